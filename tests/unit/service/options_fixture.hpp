// Runs OptionSet::parse() with files, an environment and streams of the test's own.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "risk/service/options.hpp"

namespace risk::service {

class OptionsFixture {
 public:
  OptionsFixture() {
    std::string path = (std::filesystem::temp_directory_path() / "options-XXXXXX").string();
    folder_ = mkdtemp(path.data());
  }
  ~OptionsFixture() { std::filesystem::remove_all(folder_); }

  // Writes a file of the test's folder and returns its path.
  std::string file(const std::string& name, const std::string& text) const {
    const auto path = (folder_ / name).string();
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  std::optional<int> parse(OptionSet& options, std::vector<std::string> arguments = {}) {
    std::vector<const char*> argv{"program"};
    for (const auto& argument : arguments) argv.push_back(argument.c_str());
    out.clear();
    err.clear();
    OptionSet::Environment environment;
    environment.variable = [this](const std::string& name) -> std::optional<std::string> {
      const auto found = variables.find(name);
      if (found == variables.end()) return std::nullopt;
      return found->second;
    };
    environment.dotenv_path = path(".env");
    environment.out = &out;
    environment.err = &err;
    return options.parse(static_cast<int>(argv.size()), argv.data(), environment);
  }

  std::optional<int> parse_yaml(OptionSet& options, const std::string& yaml) {
    return parse(options, {"--config", file("risk.yaml", yaml)});
  }

  // The mistakes, each a line, without the headline and the folder.
  std::vector<std::string> mistakes() const {
    std::vector<std::string> lines;
    std::string line;
    for (const char c : err) {
      if (c != '\n') {
        line.push_back(c);
        continue;
      }
      const auto prefix = folder_.string() + "/";
      if (line.rfind(prefix, 0) == 0) line.erase(0, prefix.size());
      lines.push_back(line);
      line.clear();
    }
    if (!lines.empty()) lines.erase(lines.begin());
    return lines;
  }

  std::map<std::string, std::string> variables;
  std::string out;
  std::string err;

 private:
  std::filesystem::path folder_;
};

}  // namespace risk::service

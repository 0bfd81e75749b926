// The sources of options. Each sets what it finds and notes every mistake.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "option.hpp"

namespace risk::service {

struct CommandLine {
  struct Given {
    Option* option;
    OptionOrigin place;
    std::string text;
  };
  bool help = false;
  bool version = false;
  bool check_config = false;
  std::optional<std::string> config_path;
  std::vector<Given> given;
  std::vector<std::string> words;
};

CommandLine read_command_line(int argc, const char* const* argv, std::vector<Option>& options, bool words_allowed,
                              Mistakes& mistakes);

// In the order of declaration, so that an option for several settings comes before those for one, wherever it stands.
void apply_command_line(const CommandLine& command_line, std::vector<Option>& options, Mistakes& mistakes);

void apply_yaml(const std::string& path, std::vector<Option>& options, const std::vector<std::string>& foreign_sections,
                Mistakes& mistakes);

// One layer of environment: the process's own, or a .env file.
struct Variables {
  std::function<std::optional<std::string>(const std::string& name)> value;
  std::function<OptionOrigin(const std::string& name)> place;
};

void apply_environment(const Variables& variables, std::vector<Option>& options, Mistakes& mistakes);

// NAME=VALUE lines with comments, quotes and an `export` before; nothing is expanded. A missing file has none.
struct DotenvEntry {
  std::string value;
  std::size_t line;
};
// Of a name that is there twice the last counts; `warnings` says so.
std::map<std::string, DotenvEntry> read_dotenv(const std::string& path, Mistakes& mistakes,
                                               std::vector<std::string>& warnings);

// A line for each entry that nobody reads and that was likely meant to be one of `known`: it is one or two letters away
// from one, or begins as ours do. Other names are left to others, as those of docker compose.
std::vector<std::string> unknown_variables(const std::string& path, const std::map<std::string, DotenvEntry>& entries,
                                           const std::vector<std::string>& known);

std::string help_text(const std::string& program, const std::string& description, const std::vector<Option>& options,
                      const std::string& words_name, const std::string& words_help);

}  // namespace risk::service

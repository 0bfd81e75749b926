#include <algorithm>

#include "risk/base/text.hpp"
#include "sources.hpp"

namespace risk::service {
namespace {

class Reader {
 public:
  Reader(int argc, const char* const* argv, std::vector<Option>& options, Mistakes& mistakes)
      : arguments_(argv + std::min(argc, 1), argv + argc), options_(options), mistakes_(mistakes) {}

  CommandLine read(bool words_allowed) {
    while (next_ < arguments_.size()) {
      const std::string argument = arguments_[next_++];
      if (argument == "--") {
        for (; next_ < arguments_.size(); ++next_) read_word(arguments_[next_], words_allowed);
      } else if (argument.size() > 1 && argument.front() == '-') {
        read_flag(argument);
      } else {
        read_word(argument, words_allowed);
      }
    }
    return std::move(result_);
  }

 private:
  void read_word(const std::string& word, bool allowed) {
    if (allowed) return result_.words.push_back(word);
    mistakes_.add_quoting("argument ", word, ": unexpected: allowed: options only");
  }

  void read_flag(const std::string& argument) {
    const auto equals = argument.find('=');
    const std::string flag = argument.substr(0, equals);
    std::optional<std::string> attached;
    if (equals != std::string::npos) attached = argument.substr(equals + 1);

    if (bool* builtin = builtin_switch(flag)) {
      if (attached) mistakes_.add({flag, ""}, "takes no value");
      *builtin = true;
      return;
    }
    if (flag == "--config") {
      if (auto value = value_of(flag, attached)) result_.config_path = std::move(value);
      return;
    }
    const auto option = std::find_if(options_.begin(), options_.end(),
                                     [&](const Option& o) { return !o.spec.flag.empty() && o.spec.flag == flag; });
    if (option == options_.end()) return note_unknown(flag, attached.has_value());
    if (option->kind == Option::Kind::kBool && !attached) attached = "true";
    if (auto value = value_of(flag, attached)) result_.given.push_back({&*option, {flag, ""}, *std::move(value)});
  }

  bool* builtin_switch(const std::string& flag) {
    if (flag == "--help" || flag == "-h") return &result_.help;
    if (flag == "--version") return &result_.version;
    if (flag == "--check-config") return &result_.check_config;
    return nullptr;
  }

  // "--flag=value" or "--flag value". The value of a flag may be a negative number, not another flag.
  std::optional<std::string> value_of(const std::string& flag, std::optional<std::string> attached) {
    if (attached) return attached;
    if (next_ < arguments_.size() && arguments_[next_].rfind("--", 0) != 0) return arguments_[next_++];
    mistakes_.add({flag, ""}, "needs a value");
    return std::nullopt;
  }

  void note_unknown(const std::string& flag, bool has_value) {
    std::vector<std::string> known{"--help", "--version", "--config", "--check-config"};
    for (const auto& option : options_) {
      if (!option.spec.flag.empty()) known.push_back(option.spec.flag);
    }
    const auto meant = nearest(flag, known);
    mistakes_.add({printable(flag), ""},
                  meant ? "unknown flag; did you mean " + *meant + "?" : "unknown flag: allowed: see --help");
    // What follows is most likely its value, which may be a mistyped flag's secret: neither a word nor to be shown.
    if (!has_value && next_ < arguments_.size() && arguments_[next_].rfind('-', 0) != 0) ++next_;
  }

  std::vector<std::string> arguments_;
  std::size_t next_ = 0;
  std::vector<Option>& options_;
  Mistakes& mistakes_;
  CommandLine result_;
};

}  // namespace

CommandLine read_command_line(int argc, const char* const* argv, std::vector<Option>& options, bool words_allowed,
                              Mistakes& mistakes) {
  return Reader(argc, argv, options, mistakes).read(words_allowed);
}

void apply_command_line(const CommandLine& command_line, std::vector<Option>& options, Mistakes& mistakes) {
  for (auto& option : options) {
    for (const auto& given : command_line.given) {
      if (given.option == &option) apply_text(option, given.place, given.text, mistakes);
    }
  }
}

}  // namespace risk::service

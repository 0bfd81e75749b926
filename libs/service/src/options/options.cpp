#include "risk/service/options.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "risk/base/check.hpp"
#include "risk/base/join.hpp"
#include "risk/base/os.hpp"
#include "sources.hpp"

namespace risk::service {
namespace {

constexpr int kExitMistakes = 2;

template <class Number>
std::string to_text(Number number) {
  std::array<char, 32> digits;
  return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr};
}

template <class Number>
OptionSetter number_setter(Number& value, Number min, Number max, const std::string& kind) {
  return [&value, min, max, kind](std::string_view text) -> std::optional<std::string> {
    Number number{};
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = failure == std::errc{} && end == text.data() + text.size();
    // Written so that a NaN is out of range.
    if (!whole || !(number >= min && number <= max)) return kind + " from " + to_text(min) + " to " + to_text(max);
    value = number;
    return std::nullopt;
  };
}

bool is_ipv6_address(std::string_view text) {
  in6_addr address;
  return ::inet_pton(AF_INET6, std::string(text.substr(0, text.find('%'))).c_str(), &address) == 1;  // %: a scope
}

// A name, an IPv4 address or * as it stands; "[::1]" and "::1" as "::1". No value: none of them.
std::optional<std::string_view> as_bind_address(std::string_view text) {
  const bool bracketed = text.size() > 2 && text.front() == '[' && text.back() == ']';
  if (bracketed) text = text.substr(1, text.size() - 2);
  if (bracketed || text.find(':') != text.npos) return is_ipv6_address(text) ? std::optional(text) : std::nullopt;
  const bool is_plain = std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return c > ' ' && c != 0x7f && c != '/' && c != '[' && c != ']' && c != ',' && c != ';';
  });
  return is_plain && !text.empty() ? std::optional(text) : std::nullopt;
}

constexpr std::array<std::pair<std::string_view, std::int64_t>, 4> kDurationUnits{
    {{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}}};

std::optional<std::chrono::milliseconds> parse_milliseconds(std::string_view text) {
  const auto unit_at = text.find_first_not_of("0123456789.");
  if (unit_at == std::string_view::npos) return std::nullopt;
  const auto unit = std::find_if(kDurationUnits.begin(), kDurationUnits.end(),
                                 [&](const auto& entry) { return entry.first == text.substr(unit_at); });
  const auto number = parse_decimal_units(text.substr(0, unit_at));
  if (unit == kDurationUnits.end() || !number) return std::nullopt;
  const Int128 scaled = Int128{*number} * unit->second;
  if (scaled % kDecimalScale != 0) return std::nullopt;
  return std::chrono::milliseconds(static_cast<std::int64_t>(scaled / kDecimalScale));
}

std::string to_text(std::chrono::milliseconds time) {
  for (auto unit = kDurationUnits.rbegin(); unit != kDurationUnits.rend(); ++unit) {
    const bool fits = time.count() != 0 && time.count() % unit->second == 0;
    if (fits) return std::to_string(time.count() / unit->second) + std::string(unit->first);
  }
  return "0s";
}

std::optional<bool> parse_bool(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const auto* yes : {"true", "1", "yes", "on"}) {
    if (lower == yes) return true;
  }
  for (const auto* no : {"false", "0", "no", "off"}) {
    if (lower == no) return false;
  }
  return std::nullopt;
}

// Whether all of it was written; if not, errno says why.
bool print(std::string* captured, std::FILE* stream, const std::string& text) {
  if (captured) {
    *captured += text;
    return true;
  }
  return std::fwrite(text.data(), 1, text.size(), stream) == text.size() && std::fflush(stream) == 0;
}

}  // namespace

class OptionSet::Impl {
 public:
  Impl(std::string name, std::string text) : program(std::move(name)), description(std::move(text)) {}

  void add(Option option) {
    const auto& spec = option.spec;
    RISK_CHECK(!spec.key.empty() || !spec.flag.empty() || !spec.env.empty());
    RISK_CHECK(spec.flag.empty() || spec.flag.rfind("--", 0) == 0);
    for (const auto& other : options) {
      RISK_CHECK(spec.key.empty() || spec.key != other.spec.key);
      RISK_CHECK(spec.flag.empty() || spec.flag != other.spec.flag);
    }
    options.push_back(std::move(option));
  }

  void add_value(OptionSpec spec, std::string placeholder, std::string shown_default, OptionSetter set) {
    Option option;
    option.spec = std::move(spec);
    option.placeholder = std::move(placeholder);
    option.shown_default = std::move(shown_default);
    option.set = std::move(set);
    add(std::move(option));
  }

  template <class Integer>
  void add_integer(OptionSpec spec, Integer& value, Integer min, Integer max) {
    add_value(std::move(spec), "NUMBER", to_text(value), number_setter(value, min, max, "a whole number"));
  }

  std::optional<int> parse(int argc, const char* const* argv, const Environment& environment) {
    Mistakes mistakes;
    warning_lines.clear();
    auto command_line = read_command_line(argc, argv, options, words != nullptr, mistakes);
    if (command_line.help) {
      return answer(environment, help_text(program, description, options, words_name, words_help));
    }
    if (command_line.version) return answer(environment, program + " " + std::string(version()) + "\n");
    if (command_line.config_path) apply_yaml(*command_line.config_path, options, foreign_sections, mistakes);
    apply_environments(environment, mistakes);
    apply_command_line(command_line, options, mistakes);
    if (words) *words = std::move(command_line.words);
    run_checks(mistakes);

    const auto lines = mistakes.lines();
    if (!lines.empty()) print(environment.err, stderr, describe(lines));
    for (const auto& warning : warnings) {
      for (const auto& line : warning()) note_warning(line);
    }
    print(environment.err, stderr, warning_lines);
    if (!lines.empty()) return kExitMistakes;
    return command_line.check_config ? std::optional(answer(environment, "configuration is valid\n")) : std::nullopt;
  }

  std::string program;
  std::string description;
  std::vector<Option> options;
  std::string words_name;
  std::string words_help;
  std::vector<std::string>* words = nullptr;
  std::vector<std::function<std::vector<std::string>()>> checks;
  std::vector<std::function<std::vector<std::string>()>> warnings;
  std::vector<std::string> foreign_sections;
  std::vector<std::string> foreign_variables;

 private:
  // The exit status of a call that was for this text alone.
  int answer(const Environment& environment, const std::string& text) const {
    if (print(environment.out, stdout, text)) return EXIT_SUCCESS;
    const std::string why = errno_text(errno);
    print(environment.err, stderr, program + ": the output cannot be written: " + why + "\n");
    return EXIT_FAILURE;
  }

  void note_warning(const std::string& line) { warning_lines += program + ": warning: " + line + "\n"; }

  std::vector<std::string> known_variables() const {
    auto names = foreign_variables;
    for (const auto& option : options) {
      for (const auto& name : option.spec.env) {
        names.push_back(name);
        if (option.kind == Option::Kind::kSecret) names.push_back(name + "_FILE");
      }
    }
    return names;
  }

  void apply_environments(const Environment& environment, Mistakes& mistakes) {
    const auto& path = environment.dotenv_path;
    std::vector<std::string> noted;
    const auto dotenv = read_dotenv(path, mistakes, noted);
    for (const auto& line : noted) note_warning(line);
    if (!foreign_variables.empty()) {
      for (const auto& line : unknown_variables(path, dotenv, known_variables())) note_warning(line);
    }
    const auto from_file = [&](const std::string& name) -> std::optional<std::string> {
      const auto found = dotenv.find(name);
      if (found == dotenv.end()) return std::nullopt;
      return found->second.value;
    };
    const auto place_in_file = [&](const std::string& name) {
      return OptionOrigin{path + ":" + std::to_string(dotenv.at(name).line), name};
    };
    apply_environment({from_file, place_in_file}, options, mistakes);

    const auto place_in_environment = [](const std::string& name) {
      return OptionOrigin{"environment variable " + name, ""};
    };
    if (environment.variable) apply_environment({environment.variable, place_in_environment}, options, mistakes);
  }

  // A mistake that starts with the key of an option is shown with the place that set it.
  void run_checks(Mistakes& mistakes) const {
    for (const auto& check : checks) {
      for (auto& line : check()) {
        const auto key = line.substr(0, line.find_first_of(" :"));
        const auto option = std::find_if(options.begin(), options.end(), [&](const Option& o) {
          return !key.empty() && o.spec.key == key && !o.origin.empty();
        });
        mistakes.add_line(option == options.end() ? std::move(line) : option->origin + ": " + line);
      }
    }
  }

  std::string describe(const std::vector<std::string>& lines) const {
    std::string text = program + ": " + std::to_string(lines.size()) + (lines.size() == 1 ? " mistake" : " mistakes") +
                       " in the configuration\n";
    for (const auto& line : lines) text += line + "\n";
    return text;
  }

  std::string warning_lines;
};

OptionSet::OptionSet(std::string program, std::string description)
    : impl_(std::make_unique<Impl>(std::move(program), std::move(description))) {}
OptionSet::~OptionSet() = default;

void OptionSet::add_text(OptionSpec spec, std::string& value) {
  impl_->add_value(std::move(spec), "TEXT", value, [&value](std::string_view text) -> std::optional<std::string> {
    value = text;
    return std::nullopt;
  });
}

void OptionSet::add_address(OptionSpec spec, std::string& value) {
  impl_->add_value(std::move(spec), "ADDRESS", value, [&value](std::string_view text) -> std::optional<std::string> {
    const auto address = as_bind_address(text);
    if (!address) return "a name or an address of this machine, without a port";
    value = *address;
    return std::nullopt;
  });
}

void OptionSet::add_list(OptionSpec spec, std::vector<std::string>& values) {
  Option option;
  option.kind = Option::Kind::kList;
  option.spec = std::move(spec);
  option.placeholder = "A,B,...";
  option.shown_default = join(values, ",");
  option.set_list = [&values](std::vector<std::string> given) { values = std::move(given); };
  impl_->add(std::move(option));
}

void OptionSet::add_integer(OptionSpec spec, std::int64_t& value, std::int64_t min, std::int64_t max) {
  impl_->add_integer(std::move(spec), value, min, max);
}

void OptionSet::add_integer(OptionSpec spec, std::uint64_t& value, std::uint64_t min, std::uint64_t max) {
  impl_->add_integer(std::move(spec), value, min, max);
}

void OptionSet::add_integer(OptionSpec spec, std::uint32_t& value, std::uint32_t min, std::uint32_t max) {
  impl_->add_integer(std::move(spec), value, min, max);
}

void OptionSet::add_integer(OptionSpec spec, std::uint16_t& value, std::uint16_t min, std::uint16_t max) {
  impl_->add_integer(std::move(spec), value, min, max);
}

void OptionSet::add_number(OptionSpec spec, double& value, double min, double max) {
  impl_->add_value(std::move(spec), "NUMBER", to_text(value), number_setter(value, min, max, "a number"));
}

void OptionSet::add_bool(OptionSpec spec, bool& value) {
  Option option;
  option.kind = Option::Kind::kBool;
  option.spec = std::move(spec);
  option.shown_default = value ? "true" : "false";
  option.set = [&value](std::string_view text) -> std::optional<std::string> {
    const auto parsed = parse_bool(text);
    if (!parsed) return "true or false (also 1/0, yes/no, on/off)";
    value = *parsed;
    return std::nullopt;
  };
  impl_->add(std::move(option));
}

void OptionSet::add_milliseconds(OptionSpec spec, std::chrono::milliseconds& value, std::chrono::milliseconds min,
                                 std::chrono::milliseconds max) {
  impl_->add_value(std::move(spec), "TIME", to_text(value),
                   [&value, min, max](std::string_view text) -> std::optional<std::string> {
                     const auto parsed = parse_milliseconds(text);
                     if (!parsed || *parsed < min || *parsed > max) {
                       return "a time from " + to_text(min) + " to " + to_text(max) + ", as 250ms, 5s, 2m or 1h";
                     }
                     value = *parsed;
                     return std::nullopt;
                   });
}

void OptionSet::add_secret(OptionSpec spec, Secret& value) {
  Option option;
  option.kind = Option::Kind::kSecret;
  option.spec = std::move(spec);
  option.placeholder = "SECRET";
  option.set = [&value](std::string_view text) -> std::optional<std::string> {
    value = Secret(std::string(text));
    return std::nullopt;
  };
  impl_->add(std::move(option));
}

void OptionSet::add_custom(OptionSpec spec, OptionSetter set, std::string shown_default) {
  impl_->add_value(std::move(spec), "VALUE", std::move(shown_default), std::move(set));
}

void OptionSet::add_map(OptionSpec spec,
                        std::function<std::optional<std::string>(std::string_view, std::string_view)> set) {
  Option option;
  option.kind = Option::Kind::kMap;
  option.spec = std::move(spec);
  option.placeholder = "NAME=VALUE,...";
  option.set_entry = std::move(set);
  impl_->add(std::move(option));
}

void OptionSet::add_records(OptionSpec spec, std::function<void(OptionSet& record)> add_record) {
  RISK_CHECK(!spec.key.empty() && spec.flag.empty() && spec.env.empty());
  Option option;
  option.kind = Option::Kind::kRecords;
  option.spec = std::move(spec);
  option.begin_record = [add = std::move(add_record)](const std::string& prefix) {
    OptionSet fields("", "");
    add(fields);
    OptionRecord record{std::move(fields.impl_->options), std::move(fields.impl_->checks)};
    for (auto& field : record.options) {
      RISK_CHECK(!field.spec.key.empty() && field.spec.flag.empty() && field.spec.env.empty());
      field.spec.key = prefix + field.spec.key;
    }
    return record;
  };
  impl_->add(std::move(option));
}

void OptionSet::add_positionals(std::string name, std::string help, std::vector<std::string>& words) {
  impl_->words_name = std::move(name);
  impl_->words_help = std::move(help);
  impl_->words = &words;
}

void OptionSet::add_check(std::function<std::vector<std::string>()> check) {
  impl_->checks.push_back(std::move(check));
}

void OptionSet::add_warning(std::function<std::vector<std::string>()> warning) {
  impl_->warnings.push_back(std::move(warning));
}

void OptionSet::know_variables(const std::vector<std::string>& others) {
  impl_->foreign_variables.insert(impl_->foreign_variables.end(), others.begin(), others.end());
}

void OptionSet::ignore_sections(const std::vector<std::string>& foreign_sections) {
  impl_->foreign_sections.insert(impl_->foreign_sections.end(), foreign_sections.begin(), foreign_sections.end());
}

std::optional<int> OptionSet::parse(int argc, const char* const* argv) {
  Environment environment;
  environment.variable = [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return value;
  };
  return parse(argc, argv, environment);
}

std::optional<int> OptionSet::parse(int argc, const char* const* argv, const Environment& environment) {
  return impl_->parse(argc, argv, environment);
}

std::string_view version() {
  return RISK_VERSION;
}

}  // namespace risk::service

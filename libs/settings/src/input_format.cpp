#include "risk/settings/input_format.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>

namespace risk::settings {
namespace {

bool is_name_letter(char c) {
  return (c >= 'a' && c <= 'z') || c == '_';
}

// Where the value that begins at `at` ends: at the end of the text, or at a comma with the next FIELD= behind it, for a
// value may be a comma or have one (decimal=,).
std::size_t end_of_value(std::string_view text, std::size_t at) {
  for (; at < text.size(); ++at) {
    if (text[at] != ',') continue;
    const std::size_t name_begin = std::min(text.find_first_not_of(' ', at + 1), text.size());
    std::size_t name_end = name_begin;
    while (name_end < text.size() && is_name_letter(text[name_end])) ++name_end;
    if (name_end > name_begin && name_end < text.size() && text[name_end] == '=') return at;
  }
  return text.size();
}

service::OptionSetter values_setter(ingest::Format::Settings& settings) {
  return [&settings](std::string_view text) -> std::optional<std::string> {
    while (!text.empty()) {
      text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
      const std::size_t equals = text.find('=');
      if (equals == 0 || equals == std::string_view::npos) return "FIELD=VALUE, or more of them with commas between";
      const std::size_t end = end_of_value(text, equals + 1);
      settings[std::string(text.substr(0, equals))] = text.substr(equals + 1, end - equals - 1);
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return std::nullopt;
  };
}

}  // namespace

std::string InputFormatOptions::to_string() const {
  if (name.empty()) return "";
  std::string text = "format=" + name;
  // Of a file, so that one that was changed is another format.
  std::error_code none;
  if (const auto bytes = std::filesystem::file_size(name, none); !none) text += ":" + std::to_string(bytes);
  for (const auto& [field, value] : set) text.append(" ").append(field).append("=").append(value);
  return text;
}

void add_input_format_options(service::OptionSet& set, service::OptionSpec format, service::OptionSpec values,
                              InputFormatOptions& options) {
  set.add_text(std::move(format), options.name);
  set.add_custom(std::move(values), values_setter(options.set), "none");
  set.add_check([&options]() -> std::vector<std::string> {
    if (options.name.empty()) {
      return options.set.empty() ? std::vector<std::string>{}
                                 : std::vector<std::string>{"--set goes with --input-format"};
    }
    auto loaded = ingest::Format::load(options.name, options.set);
    if (!loaded) return loaded.error();
    options.format = std::move(loaded).value();
    return {};
  });
}

}  // namespace risk::settings

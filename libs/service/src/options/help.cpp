#include <algorithm>

#include "sources.hpp"

namespace risk::service {
namespace {

constexpr std::size_t kLeftColumnMax = 38;

struct Entry {
  std::string left;
  std::vector<std::string> right;
};

std::string sources_of(const Option& option) {
  std::string text;
  for (const auto& name : option.spec.env) {
    text += (text.empty() ? "env: " : ", ") + name;
    if (option.kind == Option::Kind::kSecret) text += ", " + name + "_FILE";
  }
  if (!option.spec.key.empty()) text += (text.empty() ? "yaml: " : "; yaml: ") + option.spec.key;
  return text;
}

Entry entry_of(const Option& option) {
  Entry entry;
  // An option without a flag is known by its variable or its key.
  if (option.spec.flag.empty()) {
    entry.left = !option.spec.env.empty() ? option.spec.env.front() : option.spec.key;
  } else {
    entry.left = option.spec.flag + (option.placeholder.empty() ? "" : " " + option.placeholder);
  }
  entry.right.push_back(option.spec.help);
  if (!option.shown_default.empty()) entry.right.back() += " (default: " + option.shown_default + ")";
  if (auto sources = sources_of(option); !sources.empty() && sources != "yaml: " + entry.left) {
    entry.right.push_back(std::move(sources));
  }
  return entry;
}

void append(std::string& text, const Entry& entry, std::size_t left_width) {
  std::string line = "  " + entry.left;
  bool own_line = entry.left.size() > left_width;
  for (const auto& right : entry.right) {
    if (own_line) text.append(line).append("\n"), line.clear();
    line.resize(left_width + 4, ' ');
    line += right;
    own_line = true;
  }
  text.append(line).append("\n");
}

}  // namespace

std::string help_text(const std::string& program, const std::string& description, const std::vector<Option>& options,
                      const std::string& words_name, const std::string& words_help) {
  std::vector<Entry> entries{
      {"--help, -h", {"Show this and end"}},
      {"--version", {"Show the version and end"}},
      {"--config FILE", {"Read settings from a YAML file"}},
      {"--check-config", {"Check all settings and end: status 0 without a mistake, else 2"}},
  };
  for (const auto& option : options) {
    entries.push_back(entry_of(option));
    if (option.kind != Option::Kind::kRecords) continue;
    for (const auto& field : option.begin_record(option.spec.key + "[].").options) entries.push_back(entry_of(field));
  }

  std::size_t width = 0;
  for (const auto& entry : entries) {
    if (entry.left.size() <= kLeftColumnMax) width = std::max(width, entry.left.size());
  }
  std::string text = "Usage: " + program + " [options]" + (words_name.empty() ? "" : " " + words_name) + "\n\n";
  text += description + "\n\n";
  if (!words_name.empty()) {
    append(text, {words_name, {words_help}}, width);
    text += "\n";
  }
  text += "Options (command line over environment over .env over YAML file over defaults):\n";
  for (const auto& entry : entries) append(text, entry, width);
  return text;
}

}  // namespace risk::service

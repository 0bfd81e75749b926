#include <algorithm>
#include <filesystem>

#include "risk/service/file.hpp"
#include "sources.hpp"

namespace risk::service {
namespace {

constexpr std::size_t kSecretBytesMax = 64 * 1024;
constexpr std::size_t kDotenvBytesMax = 1024 * 1024;

// An empty variable is one that is not set: compose files pass "${NAME:-}" for what the user left out.
std::optional<std::string> value_of(const Variables& variables, const std::string& name) {
  auto value = variables.value(name);
  return value && !value->empty() ? value : std::nullopt;
}

void apply_secret_file(Option& option, const OptionOrigin& place, const std::string& path, Mistakes& mistakes) {
  auto text = read_small_file(path, kSecretBytesMax);
  if (!text) return mistakes.add_quoting(place.to_string() + ": cannot read ", path, ": " + text.error().reason);
  std::string secret = *text;
  if (!secret.empty() && secret.back() == '\n') secret.pop_back();
  if (!secret.empty() && secret.back() == '\r') secret.pop_back();
  if (secret.empty()) return mistakes.add_quoting(place.to_string() + ": file ", path, " is empty");
  apply_text(option, place, secret, mistakes);
}

// Whether `name` (or, for a secret, its NAME_FILE) is set here.
bool apply_variable(const Variables& variables, const std::string& name, Option& option, Mistakes& mistakes) {
  const auto value = value_of(variables, name);
  if (option.kind == Option::Kind::kSecret) {
    const auto file_name = name + "_FILE";
    const auto path = value_of(variables, file_name);
    if (path && value) mistakes.add(variables.place(file_name), "set together with " + name + ": allowed: one of them");
    if (path && !value) apply_secret_file(option, variables.place(file_name), *path, mistakes);
    if (path) return true;
  }
  if (value) apply_text(option, variables.place(name), *value, mistakes);
  return value.has_value();
}

bool is_name(std::string_view text) {
  const auto is_letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; };
  return !text.empty() && is_letter(text.front()) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

std::string_view without_comment(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '#' && (i == 0 || text[i - 1] == ' ' || text[i - 1] == '\t')) return trimmed(text.substr(0, i));
  }
  return text;
}

// The value after NAME=. Errors say what is wrong, never what is there: it may be a secret.
Result<std::string> dotenv_value(std::string_view text) {
  if (text.empty() || (text.front() != '"' && text.front() != '\'')) return std::string(without_comment(text));
  const char quote = text.front();
  std::string value;
  std::size_t i = 1;
  for (; i < text.size() && text[i] != quote; ++i) {
    const bool escape = quote == '"' && text[i] == '\\' && i + 1 < text.size();
    if (!escape) {
      value.push_back(text[i]);
      continue;
    }
    ++i;
    if (text[i] == 'n') {
      value.push_back('\n');
    } else if (text[i] == '"' || text[i] == '\\' || text[i] == '$') {
      value.push_back(text[i]);
    } else {
      value.append(1, '\\').append(1, text[i]);
    }
  }
  if (i >= text.size()) return Error{"the quote is not closed"};
  if (!without_comment(trimmed(text.substr(i + 1))).empty()) return Error{"text after the closing quote"};
  return value;
}

}  // namespace

void apply_environment(const Variables& variables, std::vector<Option>& options, Mistakes& mistakes) {
  for (auto& option : options) {
    for (const auto& name : option.spec.env) {
      if (apply_variable(variables, name, option, mistakes)) break;
    }
  }
}

std::map<std::string, DotenvEntry> read_dotenv(const std::string& path, Mistakes& mistakes,
                                               std::vector<std::string>& warnings) {
  std::map<std::string, DotenvEntry> entries;
  std::error_code failure;
  if (std::filesystem::status(path, failure).type() == std::filesystem::file_type::not_found) return entries;
  const auto file = read_small_file(path, kDotenvBytesMax);
  if (!file) {
    mistakes.add({path, ""}, "cannot read: " + file.error().reason);
    return entries;
  }
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  std::string_view rest = *file;
  if (rest.rfind(kByteOrderMark, 0) == 0) rest.remove_prefix(kByteOrderMark.size());
  for (std::size_t line = 1; !rest.empty(); ++line) {
    const auto end = rest.find('\n');
    auto text = trimmed(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (text.empty() || text.front() == '#') continue;

    const std::string where = path + ":" + std::to_string(line);
    if (text.rfind("export ", 0) == 0) text = trimmed(text.substr(7));
    const auto equals = text.find('=');
    const std::string name(trimmed(text.substr(0, equals)));
    if (equals == std::string_view::npos || !is_name(name)) {
      mistakes.add({where, ""}, "not a setting: allowed: NAME=VALUE, a comment or an empty line");
      continue;
    }
    auto value = dotenv_value(trimmed(text.substr(equals + 1)));
    if (!value) {
      mistakes.add({where, name}, value.error().reason);
      continue;
    }
    const auto [entry, added] = entries.try_emplace(name);
    if (!added) {
      warnings.push_back(where + ": " + name + ": given twice; the one of line " + std::to_string(entry->second.line) +
                         " does not count");
    }
    entry->second = {*value, line};
  }
  return entries;
}

}  // namespace risk::service

#include "option.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <set>

#include "risk/base/id.hpp"

namespace risk::service {
namespace {

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> parts;
  while (true) {
    const auto comma = text.find(',');
    const auto part = trimmed(text.substr(0, comma));
    if (!part.empty()) parts.emplace_back(part);
    if (comma == std::string_view::npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

void apply_map_text(Option& option, const Place& place, std::string_view text, Mistakes& mistakes) {
  std::set<std::string, std::less<>> seen;
  for (const auto& entry : split_list(text)) {
    const auto equals = entry.find('=');
    const auto name = trimmed(std::string_view(entry).substr(0, equals));
    if (equals == std::string::npos || name.empty()) {
      mistakes.add_value(place, entry, "NAME=VALUE,NAME=VALUE");
      continue;
    }
    const Place entry_place{place.to_string(), printable(name)};
    if (!seen.emplace(name).second) {
      mistakes.add(entry_place, "given twice");
      continue;
    }
    const auto value = trimmed(std::string_view(entry).substr(equals + 1));
    if (const auto allowed = option.set_entry(name, value)) mistakes.add_value(entry_place, value, *allowed);
  }
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row.back();
}

}  // namespace

std::vector<std::string> Mistakes::lines() const {
  std::vector<std::string> lines;
  for (const auto& mistake : found_) {
    std::string line = mistake.before;
    if (mistake.quoted) line += holds_secret(*mistake.quoted) ? "[secret]" : '"' + printable(*mistake.quoted) + '"';
    lines.push_back(line + mistake.after);
  }
  return lines;
}

bool Mistakes::holds_secret(const std::string& text) const {
  constexpr std::size_t kTellingSizeMin = 4;  // a shorter secret is part of everything
  return std::any_of(secrets_.begin(), secrets_.end(), [&](const std::string& secret) {
    return text == secret || (secret.size() >= kTellingSizeMin && text.find(secret) != std::string::npos);
  });
}

void apply_text(Option& option, const Place& place, std::string_view text, Mistakes& mistakes) {
  option.origin = place.where;
  if (option.kind == Option::Kind::kSecret) mistakes.keep_out(text);
  if (option.kind == Option::Kind::kMap) return apply_map_text(option, place, text, mistakes);
  if (option.kind == Option::Kind::kList) return option.set_list(split_list(text));
  if (const auto allowed = option.set(text)) mistakes.add_value(place, text, *allowed);
}

std::optional<std::string> nearest(std::string_view text, const std::vector<std::string>& candidates) {
  text = text.substr(0, 200);
  const auto last_part = text.substr(text.rfind('.') + 1);
  std::size_t best = std::max<std::size_t>(2, last_part.size() / 3) + 1;
  std::optional<std::string> found;
  for (const auto& candidate : candidates) {
    const auto distance = edit_distance(text, candidate);
    if (distance >= best) continue;
    best = distance;
    found = candidate;
  }
  return found;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

Result<std::string> read_small_file(const std::string& path, std::size_t bytes_max) {
  std::error_code failure;
  if (std::filesystem::is_directory(path, failure)) return Error{"is a directory"};
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{std::strerror(errno)};
  std::string text(bytes_max + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return Error{std::strerror(errno)};
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > bytes_max) return Error{"is larger than " + std::to_string(bytes_max) + " bytes"};
  return text;
}

}  // namespace risk::service

#include "option.hpp"

#include <algorithm>
#include <numeric>
#include <set>

#include "risk/base/text.hpp"

namespace risk::service {
namespace {

// The parts between commas, without the blanks around them; a comma at the end begins none.
std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> parts;
  while (!trimmed(text).empty()) {
    const auto end = std::min(text.find(','), text.size());
    parts.emplace_back(trimmed(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

// Whether text cannot pass for another one.
bool is_plain_text(const OptionOrigin& place, std::string_view text, TextUse use, Mistakes& mistakes) {
  const auto problem = plain_text_problem(text, use);
  if (problem) mistakes.add_quoting(place.to_string() + ": value ", text, ": " + *problem);
  return !problem;
}

void apply_map_text(Option& option, const OptionOrigin& place, std::string_view text, Mistakes& mistakes) {
  std::set<std::string, std::less<>> seen;
  for (const auto& entry : split_list(text)) {
    const auto equals = entry.find('=');
    const auto name = trimmed(std::string_view(entry).substr(0, equals));
    if (equals == std::string::npos || name.empty()) {
      mistakes.add_value(place, entry, "NAME=VALUE,NAME=VALUE");
      continue;
    }
    const OptionOrigin entry_place{place.to_string(), printable(name)};
    if (!seen.emplace(name).second) {
      mistakes.add(entry_place, "given twice");
      continue;
    }
    apply_entry(option, entry_place, name, trimmed(std::string_view(entry).substr(equals + 1)), mistakes);
  }
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

void apply_text(Option& option, const OptionOrigin& place, std::string_view text, Mistakes& mistakes) {
  option.origin = place.where;
  if (option.kind == Option::Kind::kSecret) mistakes.keep_out(text);
  if (option.kind == Option::Kind::kMap) return apply_map_text(option, place, text, mistakes);
  if (option.kind == Option::Kind::kList) {
    std::vector<Item> items;
    for (auto& part : split_list(text)) items.push_back({place, std::move(part)});
    return apply_items(option, items, mistakes);
  }
  if (option.kind != Option::Kind::kSecret && !is_plain_text(place, text, TextUse::kValue, mistakes)) return;
  if (const auto allowed = option.set(text)) mistakes.add_value(place, text, *allowed);
}

void apply_items(Option& option, const std::vector<Item>& items, Mistakes& mistakes) {
  std::vector<std::string> values;
  for (const auto& [place, text] : items) {
    if (text.empty()) {
      mistakes.add(place, "an empty entry");
    } else if (std::find(values.begin(), values.end(), text) != values.end()) {
      mistakes.add_quoting(place.to_string() + ": entry ", text, " is given twice");
    } else if (is_plain_text(place, text, TextUse::kValue, mistakes)) {
      values.push_back(text);
    }
  }
  option.set_list(std::move(values));
}

void apply_entry(Option& option, const OptionOrigin& place, std::string_view name, std::string_view text,
                 Mistakes& mistakes) {
  if (const auto problem = plain_text_problem(name, TextUse::kName)) {
    return mistakes.add_quoting(place.to_string() + ": name ", name, ": " + *problem);
  }
  if (!is_plain_text(place, text, TextUse::kValue, mistakes)) return;
  if (const auto allowed = option.set_entry(name, text)) mistakes.add_value(place, text, *allowed);
}

std::optional<std::string> nearest(std::string_view text, const std::vector<std::string>& candidates) {
  text = text.substr(0, 200);
  const auto last_part = text.substr(text.rfind('.') + 1);
  std::size_t best = std::max<std::size_t>(2, last_part.size() / 3) + 1;
  std::optional<std::string> found;
  for (const auto& candidate : candidates) {
    const auto distance = edit_distance(text, candidate);
    if (candidate.empty() || distance >= best) continue;
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

}  // namespace risk::service

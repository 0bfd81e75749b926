#include "dashboard-gateway/http/query.hpp"

#include <algorithm>
#include <charconv>

#include "dashboard-gateway/http/http.hpp"
#include "risk/base/encoding.hpp"
#include "risk/base/id.hpp"
#include "risk/base/join.hpp"

namespace risk::gateway {
namespace {

std::string quoted(std::string_view name, std::string_view value) {
  return std::string(name) + ": '" + printable(value) + "' ";
}

std::optional<std::string> decoded(std::string_view text) {
  std::string plain(text);
  std::replace(plain.begin(), plain.end(), '+', ' ');
  return percent_decoded(plain);
}

}  // namespace

Query::Query(std::string_view raw) {
  while (!raw.empty()) {
    const std::string_view pair = raw.substr(0, raw.find('&'));
    raw.remove_prefix(std::min(raw.size(), pair.size() + 1));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const auto name = decoded(pair.substr(0, equals));
    const auto value = decoded(pair.substr(std::min(pair.size(), equals + 1)));
    if (!name || !value) {
      mistake("query: '" + printable(pair) + "' is not percent-encoded text");
      continue;
    }
    const bool twice = std::any_of(parameters_.begin(), parameters_.end(), [&](auto& p) { return p.name == *name; });
    if (twice) mistake(printable(*name) + ": given twice");
    parameters_.push_back({*name, *value});
  }
}

std::optional<std::string> Query::text(std::string_view name) {
  for (Parameter& parameter : parameters_) {
    if (parameter.name != name) continue;
    parameter.read = true;
    return parameter.value;
  }
  return std::nullopt;
}

std::optional<std::string> Query::id(std::string_view name) {
  auto value = text(name);
  if (!value) return std::nullopt;
  if (const auto why = id_problem(*value)) {
    mistake(quoted(name, *value) + "cannot be an id: " + std::string(*why));
    return std::nullopt;
  }
  return value;
}

std::optional<std::uint64_t> Query::whole(std::string_view name, std::uint64_t min, std::uint64_t max) {
  const auto value = text(name);
  if (!value) return std::nullopt;
  std::uint64_t number = 0;
  const char* end = value->data() + value->size();
  const auto [rest, error] = std::from_chars(value->data(), end, number);
  if (error == std::errc{} && rest == end && number >= min && number <= max) return number;
  mistake(quoted(name, *value) + "is not a whole number from " + std::to_string(min) + " to " + std::to_string(max));
  return std::nullopt;
}

std::optional<Timestamp> Query::time(std::string_view name) {
  const auto value = text(name);
  if (!value) return std::nullopt;
  const auto time = parse_timestamp(*value);
  if (time) return *time;
  mistake(quoted(name, *value) + "is not a time such as 2026-03-02T14:30:05Z: " + time.error().reason);
  return std::nullopt;
}

std::optional<std::string_view> Query::word(std::string_view name, std::span<const std::string_view> names) {
  const auto value = text(name);
  if (!value) return std::nullopt;
  const auto known = std::find(names.begin(), names.end(), *value);
  if (known != names.end()) return *known;
  mistake(quoted(name, *value) + "is not one of " + join(names, ", "));
  return std::nullopt;
}

std::vector<std::string_view> Query::words(std::string_view name, std::span<const std::string_view> names) {
  const auto value = text(name);
  std::vector<std::string_view> found;
  if (!value) return found;
  std::size_t from = 0;
  while (from <= value->size()) {
    const std::size_t comma = std::min(value->find(',', from), value->size());
    const std::string_view part = std::string_view(*value).substr(from, comma - from);
    from = comma + 1;
    const auto known = std::find(names.begin(), names.end(), part);
    if (known == names.end()) {
      mistake(quoted(name, part) + "is not one of " + join(names, ", "));
      return {};
    }
    if (std::find(found.begin(), found.end(), *known) == found.end()) found.push_back(*known);
  }
  return found;
}

std::optional<std::string> Query::problem() const {
  if (first_mistake_) return first_mistake_;
  for (const Parameter& parameter : parameters_) {
    if (!parameter.read) return printable(parameter.name) + ": there is no such parameter here";
  }
  return std::nullopt;
}

void Query::mistake(std::string text) {
  if (!first_mistake_) first_mistake_ = std::move(text);
}

}  // namespace risk::gateway

#include "fields.hpp"

#include "risk/base/join.hpp"
#include "syntax.hpp"

namespace risk::http {

std::optional<Refusal> Fields::add(std::string_view line) {
  if (!line.empty() && (line.front() == ' ' || line.front() == '\t')) {
    return Refusal{400, "header: a line begins with a blank"};
  }
  const auto colon = line.find(':');
  if (colon == line.npos) return Refusal{400, "header: a line without a colon"};
  // Also what has a blank before the colon, or no name at all.
  const auto name = line.substr(0, colon);
  if (!is_token(name)) return Refusal{400, "header: a field's name is no token"};
  const auto value = trimmed(line.substr(colon + 1));
  if (!is_field_value(value))
    return Refusal{400, "header: the field " + std::string(name) + " holds a control character"};
  fields_.emplace_back(name, value);
  return std::nullopt;
}

std::vector<std::string_view> Fields::all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& [known, value] : fields_) {
    if (equal_ignoring_case(known, name)) values.emplace_back(value);
  }
  return values;
}

Result<std::optional<std::string_view>, Refusal> Fields::single(std::string_view name) const {
  const auto values = all(name);
  if (values.size() > 1) return Refusal{400, "header: the field " + std::string(name) + " comes twice"};
  if (values.empty()) return std::optional<std::string_view>();
  return std::optional(values.front());
}

std::string Fields::list(std::string_view name) const {
  return join(all(name), ",");
}

}  // namespace risk::http

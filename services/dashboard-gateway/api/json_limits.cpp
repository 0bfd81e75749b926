// The rules and limits in force, as the contract writes them.
#include <algorithm>

#include "dashboard-gateway/api/json.hpp"
#include "risk/engine/rule_table.hpp"

namespace risk::gateway {
namespace {

std::string text_of(const engine::Measure& value) {
  return std::string(engine::to_string(value));
}
std::string text_of(std::uint32_t value) {
  return std::to_string(value);
}
std::string text_of(Ratio value) {
  return value.to_string();
}
std::optional<std::string> text_of(const std::optional<Money>& limit) {
  return limit ? std::optional(Notional::of(*limit).to_string()) : std::nullopt;
}

// The limit in force of all entities a rule watches, or the configured one.
template <class Rule>
std::optional<std::string> limit_of(const Rule& rule, const std::vector<store::LimitRow>& rows) {
  const auto stored = std::find_if(rows.begin(), rows.end(), [&](const store::LimitRow& row) {
    return row.rule == rule.name && row.entity_id.empty();
  });
  if (stored != rows.end()) return stored->limit;
  std::optional<std::string> limit;
  engine::for_each_parameter<Rule>([&](const auto& parameter) {
    if constexpr (requires { text_of(rule.*parameter.member); }) {
      if (parameter.use == engine::ParameterUse::kLimit) limit = text_of(rule.*parameter.member);
    }
  });
  return limit;
}

template <class Rule>
void write_rule(JsonWriter& json, const Rule& rule, const std::vector<store::LimitRow>& rows) {
  json.begin_object();
  json.member("rule", rule.name);
  json.member("alert_type", engine::to_string(engine::alert_type_of(rule)));
  json.member("entity_type", engine::to_string(rule.entity_type));
  json.member("enabled", rule.enabled);
  std::optional<std::string> measure;
  if constexpr (requires { rule.measure; }) measure = text_of(rule.measure);
  json.member("measure", measure);
  json.member("limit", limit_of(rule, rows));
  json.key("parameters");
  json.begin_object();
  engine::for_each_parameter<Rule>([&]<class T>(const engine::Parameter<Rule, T>& parameter) {
    if constexpr (std::is_same_v<T, Ratio> || std::is_same_v<T, std::uint32_t>) {
      if (parameter.use == engine::ParameterUse::kSetting) {
        json.member(parameter.in_json(), text_of(rule.*parameter.member));
      }
    }
  });
  json.end_object();
  json.end_object();
}

void write_entity_limit(JsonWriter& json, const store::LimitRow& row) {
  json.begin_object();
  json.member("entity_type", engine::to_string(row.entity_type));
  json.member("entity_id", row.entity_id);
  json.member("rule", row.rule);
  json.member("measure", row.measure ? std::optional(engine::to_string(*row.measure)) : std::nullopt);
  json.member("limit", row.limit);
  // Limits come from the configuration: no person stands behind one.
  json.member("updated_by", std::optional<std::string>());
  json.member("updated_at", std::optional<std::string>());
  json.end_object();
}

}  // namespace

void write_limits(JsonWriter& json, const engine::RuleSet& rules, const std::vector<store::LimitRow>& rows) {
  json.begin_object();
  json.member("config_version", rows.empty() ? rules.config_version : LimitTable(rows).config_version());
  json.key("rules");
  json.begin_array();
  engine::for_each_rule(rules, [&](const auto& rule) { write_rule(json, rule, rows); });
  json.end_array();
  json.key("entities");
  json.begin_array();
  for (const store::LimitRow& row : rows) {
    if (!row.entity_id.empty()) write_entity_limit(json, row);
  }
  json.end_array();
  json.end_object();
}

}  // namespace risk::gateway

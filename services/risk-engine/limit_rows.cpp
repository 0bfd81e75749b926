#include "risk-engine/limit_rows.hpp"

#include <optional>

#include "risk/engine/rule_table.hpp"

namespace risk::risk_engine {
namespace {

std::string limit_text(Money limit) {
  return Notional::of(limit).to_string();
}
std::string limit_text(std::uint32_t limit) {
  return std::to_string(limit);
}
std::string limit_text(Ratio limit) {
  return format_rounded(limit.units(), kDecimalPlaces, kEdgePlaces);
}

}  // namespace

std::vector<store::LimitRow> limit_rows(const engine::RuleSet& rules) {
  std::vector<store::LimitRow> rows;
  engine::for_each_rule(rules, [&]<class Rule>(const Rule& rule) {
    if (!rule.enabled) return;
    std::optional<engine::Measure> measure;
    if constexpr (requires { rule.measure; }) measure = rule.measure;
    const auto add = [&](const std::string& entity_id, const auto& limit) {
      rows.push_back({rule.name, rule.entity_type, entity_id, measure, limit_text(limit), rules.config_version});
    };
    engine::for_each_parameter<Rule>([&](const auto& parameter) {
      const auto& value = rule.*parameter.member;
      if constexpr (requires { value.begin(); }) {
        for (const auto& [id, limit] : value) add(id, limit);
      } else if constexpr (requires { value.has_value(); }) {
        if (parameter.use == engine::ParameterUse::kLimit && value) add("", *value);
      } else if constexpr (requires { limit_text(value); }) {
        if (parameter.use == engine::ParameterUse::kLimit) add("", value);
      }
    });
  });
  return rows;
}

}  // namespace risk::risk_engine

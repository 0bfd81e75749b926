// The rules and limits in force, as the contract writes them.
#include <algorithm>

#include "dashboard-gateway/api/json.hpp"

namespace risk::gateway {
namespace {

class LimitsWriter {
 public:
  LimitsWriter(JsonWriter& json, const std::vector<store::LimitRow>& rows) : json_(json), rows_(rows) {}

  void write(const char* name, const char* alert_type, const char* entity_type, const engine::ExposureRule& rule) {
    std::optional<std::string> configured;
    if (rule.limit) configured = Notional::of(*rule.limit).to_string();
    begin(name, alert_type, entity_type, rule.enabled, engine::to_string(rule.measure), configured);
    json_.member("critical_multiple", rule.critical_ratio.to_string());
    json_.member("worsened_multiple", rule.worsened_ratio.to_string());
    json_.member("resolved_multiple", rule.resolved_ratio.to_string());
    end();
  }

  void write(const char* name, const char* entity_type, const engine::VelocityRule& rule) {
    begin(name, "HIGH_TRANSACTION_VELOCITY", entity_type, rule.enabled, std::nullopt, std::to_string(rule.limit));
    json_.member("window_seconds", std::to_string(rule.window_seconds));
    json_.member("worsened_multiple", rule.worsened_ratio.to_string());
    json_.member("resolved_multiple", rule.resolved_ratio.to_string());
    end();
  }

  void write(const char* name, const char* entity_type, const engine::AnomalyRule& rule) {
    begin(name, "ANOMALY_DETECTED", entity_type, rule.enabled, std::nullopt, rule.threshold.to_string());
    json_.member("high_threshold", rule.high_threshold.to_string());
    json_.member("samples", std::to_string(rule.window));
    json_.member("minimum_samples", std::to_string(rule.samples_min));
    json_.member("resolved_after_seconds", std::to_string(rule.quiet_seconds));
    end();
  }

 private:
  void begin(const char* name, const char* alert_type, const char* entity_type, bool enabled,
             std::optional<std::string_view> measure, std::optional<std::string> limit) {
    const auto stored = std::find_if(rows_.begin(), rows_.end(), [&](const store::LimitRow& row) {
      return row.rule == name && row.entity_id.empty();
    });
    if (stored != rows_.end()) limit = stored->limit;
    json_.begin_object();
    json_.member("rule", name);
    json_.member("alert_type", alert_type);
    json_.member("entity_type", entity_type);
    json_.member("enabled", enabled);
    json_.member("measure", measure);
    json_.member("limit", limit);
    json_.key("parameters");
    json_.begin_object();
  }

  void end() {
    json_.end_object();
    json_.end_object();
  }

  JsonWriter& json_;
  const std::vector<store::LimitRow>& rows_;
};

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
  LimitsWriter writer(json, rows);
  writer.write("client_exposure", "HIGH_CLIENT_EXPOSURE", "CLIENT", rules.client_exposure);
  writer.write("symbol_exposure", "HIGH_SYMBOL_EXPOSURE", "SYMBOL", rules.symbol_exposure);
  writer.write("firm_exposure", "HIGH_FIRM_EXPOSURE", "FIRM", rules.firm_exposure);
  writer.write("client_velocity", "CLIENT", rules.client_velocity);
  writer.write("symbol_velocity", "SYMBOL", rules.symbol_velocity);
  writer.write("client_anomaly", "CLIENT", rules.client_anomaly);
  writer.write("symbol_anomaly", "SYMBOL", rules.symbol_anomaly);
  writer.write("system_anomaly", "FIRM", rules.system_anomaly);
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

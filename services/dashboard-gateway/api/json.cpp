#include "dashboard-gateway/api/json.hpp"

#include <algorithm>

#include "risk/engine/transaction_fields.hpp"

namespace risk::gateway {
namespace {

void member_time(JsonWriter& json, std::string_view name, Timestamp time) {
  json.member(name, format_timestamp(time));
}

void member_time(JsonWriter& json, std::string_view name, const std::optional<Timestamp>& time) {
  json.member(name, time ? std::optional(format_timestamp(*time)) : std::nullopt);
}

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

// What a field of a transaction is in JSON.
const std::string& text_of(const std::string& text) {
  return text;
}
template <class Tag>
const std::string& text_of(const Id<Tag>& id) {
  return id.text;
}
std::string text_of(Timestamp time) {
  return format_timestamp(time);
}
std::string_view text_of(engine::ExecutionKind kind) {
  return to_string(kind);
}
std::string_view text_of(engine::Side side) {
  return engine::to_string(side);
}
template <class Tag>
std::string text_of(Decimal<Tag> value) {
  return value.to_string();
}

void write_measures(JsonWriter& json, const wire::ExposureFigures& row) {
  json.member("total_exposure", row.total_exposure);
  json.member("gross", row.gross);
  json.member("net", row.net);
  json.member("long", row.long_value);
  json.member("short", row.short_value);
  json.member("turnover", row.turnover);
  json.member("pnl", row.pnl);
}

void write_level(JsonWriter& json, const wire::ExposureFigures& row, const std::optional<std::string>& limit) {
  json.member("limit", limit);
  json.member("utilisation", row.utilisation);
  json.member("risk_level", engine::to_string(row.risk_level));
}

// The alert's members without the braces: an alert's detail goes on after them.
void write_alert_members(JsonWriter& json, const store::AlertRow& row) {
  const engine::AlertEvent& event = row.latest;
  json.member("alert_id", event.alert_id);
  json.member("alert_type", engine::to_string(event.alert_type));
  json.member("severity", engine::to_string(event.severity));
  json.member("status", engine::to_string(row.status));
  json.member("entity_type", engine::to_string(event.entity_type));
  json.member("entity_id", event.entity_id);
  json.member("measure", event.measure ? std::optional(engine::to_string(*event.measure)) : std::nullopt);
  json.member("value", event.value.to_string());
  json.member("limit", event.limit.to_string());
  json.member("utilisation",
              event.utilisation_e4 ? std::optional(format_rounded(*event.utilisation_e4, 4, 4)) : std::nullopt);
  json.member("peak", event.peak.to_string());
  json.member("message", row.message);
  member_time(json, "opened_at", row.opened_at);
  member_time(json, "updated_at", row.updated_at);
  member_time(json, "resolved_at", row.resolved_at);
  json.member("acknowledged_by", row.acknowledged_by);
  member_time(json, "acknowledged_at", row.acknowledged_at);
  json.member("assigned_to", row.assigned_to);
  json.member("transaction_id", event.transaction_id);
  json.member("config_version", event.config_version);
}

void write_event(JsonWriter& json, const store::AlertEventRow& event) {
  json.begin_object();
  json.member("event_id", event.event_id);
  json.member("event", engine::to_string(event.type));
  json.member("severity", engine::to_string(event.severity));
  json.member("value", unless_empty(event.value));
  member_time(json, "at", event.at);
  json.member("actor", event.actor);
  json.member("comment", event.comment);
  json.member("transaction_id", event.transaction_id);
  json.member("message", event.message);
  json.end_object();
}

void write_evidence(JsonWriter& json, const engine::AnomalyEvidence& evidence) {
  json.begin_object();
  json.member("mean", evidence.mean.to_string());
  json.member("standard_deviation", evidence.standard_deviation.to_string());
  json.member("sample_count", evidence.sample_count);
  json.end_object();
}

std::size_t index_of(engine::AlertType type) {
  return static_cast<std::size_t>(type) - 1;
}
std::size_t index_of(engine::Severity severity) {
  return static_cast<std::size_t>(severity) - 1;
}

}  // namespace

LimitTable::LimitTable(const std::vector<store::LimitRow>& rows) {
  for (const store::LimitRow& row : rows) {
    limits_[{row.rule, row.entity_id}] = row.limit;
    config_version_ = std::max(config_version_, row.config_version);
  }
}

std::optional<std::string> LimitTable::of(const char* rule, const std::string& entity_id) const {
  auto limit = limits_.find({rule, entity_id});
  if (limit == limits_.end()) limit = limits_.find({rule, ""});
  if (limit == limits_.end()) return std::nullopt;
  return limit->second;
}

store::AlertRow to_alert_row(const wire::AlertMessage& message) {
  store::AlertRow row;
  row.latest = message.event;
  row.status = message.status;
  row.message = message.message;
  row.opened_at = message.opened_at;
  row.updated_at = message.event.at;
  if (message.status == engine::AlertStatus::kResolved) row.resolved_at = message.event.at;
  row.acknowledged_by = message.acknowledged_by;
  row.acknowledged_at = message.acknowledged_at;
  row.assigned_to = message.assigned_to;
  return row;
}

wire::AppliedTransaction to_applied(const store::StoredTransaction& stored) {
  return {stored.transaction,
          stored.apply_seq,
          stored.notional.to_string(),
          stored.late,
          stored.original ? stored.original->input : 0,
          stored.counted_only,
          stored.reversed_by};
}

void write_client(JsonWriter& json, const wire::ExposureFigures& row, const std::optional<std::string>& limit) {
  json.begin_object();
  json.member("client_id", row.id);
  write_measures(json, row);
  json.member("position_count", row.position_count);
  write_level(json, row, limit);
  member_time(json, "last_updated", row.last_updated);
  json.end_object();
}

void write_symbol(JsonWriter& json, const wire::ExposureFigures& row, const std::optional<std::string>& limit) {
  json.begin_object();
  json.member("symbol", row.id);
  write_measures(json, row);
  json.member("position_count", row.position_count);
  write_level(json, row, limit);
  json.member("transaction_count", row.transaction_count);
  json.member("mark", row.mark);
  member_time(json, "last_updated", row.last_updated);
  json.end_object();
}

void write_firm(JsonWriter& json, const wire::ExposureFigures& row, const std::optional<std::string>& limit) {
  json.begin_object();
  write_measures(json, row);
  write_level(json, row, limit);
  member_time(json, "last_updated", row.last_updated);
  json.end_object();
}

void write_position(JsonWriter& json, const engine::PositionRow& row) {
  json.begin_object();
  json.member("client_id", row.client_id.text);
  json.member("symbol", row.symbol.text);
  json.member("quantity", row.quantity.to_string());
  json.member("mark", row.mark.to_string());
  json.member("market_value", row.market_value().to_string());
  json.end_object();
}

void write_instrument(JsonWriter& json, const engine::Instrument& row) {
  json.begin_object();
  json.member("multiplier", row.multiplier.to_string());
  json.member("currency", row.currency.empty() ? std::nullopt : std::optional(row.currency));
  json.member("contract", to_string(row.contract));
  json.member("expires_at", row.expires_at ? std::optional(format_timestamp(*row.expires_at)) : std::nullopt);
  json.member("allows_negative", row.allows_negative);
  json.member("name", row.name.empty() ? std::nullopt : std::optional(row.name));
  json.member("asset_class", row.asset_class.empty() ? std::nullopt : std::optional(row.asset_class));
  json.end_object();
}

void write_alert(JsonWriter& json, const store::AlertRow& row) {
  json.begin_object();
  write_alert_members(json, row);
  json.end_object();
}

void write_alert_detail(JsonWriter& json, const store::AlertRow& row,
                        const std::optional<wire::AppliedTransaction>& transaction,
                        const std::vector<store::AlertEventRow>& events) {
  json.begin_object();
  write_alert_members(json, row);
  json.key("contributors");
  json.begin_array();
  for (const engine::Contributor& contributor : row.latest.contributors) {
    json.begin_object();
    json.member("id", contributor.id);
    json.member("value", contributor.value.to_string());
    json.end_object();
  }
  json.end_array();
  json.key("evidence");
  if (row.latest.anomaly) {
    write_evidence(json, *row.latest.anomaly);
  } else {
    json.null();
  }
  json.key("transaction");
  if (transaction) {
    write_transaction(json, *transaction);
  } else {
    json.null();
  }
  json.key("events");
  json.begin_array();
  for (const store::AlertEventRow& event : events) write_event(json, event);
  json.end_array();
  json.end_object();
}

void write_transaction(JsonWriter& json, const wire::AppliedTransaction& row) {
  json.begin_object();
  json.member("apply_seq", row.apply_seq);
  engine::for_each_transaction_field([&](auto field) {
    const auto& value = field.of(row.transaction);
    if constexpr (field.presence >= engine::Presence::kOptional && requires { unless_empty(value); }) {
      json.member(field.name, unless_empty(value));
    } else {
      json.member(field.name, text_of(value));
    }
    if constexpr (engine::is_field<&engine::Transaction::currency>(field)) json.member("notional", row.notional);
  });
  json.member("counted_only", row.counted_only);
  json.member("reverses", row.reverses != 0 ? std::optional(row.reverses) : std::nullopt);
  json.key("reversed_by");
  if (row.reversed_by) {
    json.begin_object();
    json.member("apply_seq", row.reversed_by->input);
    json.member("kind", to_string(row.reversed_by->kind));
    json.member("transaction_id", row.reversed_by->transaction_id);
    json.end_object();
  } else {
    json.null();
  }
  json.end_object();
}

void write_metrics(JsonWriter& json, const store::MetricsRow& row) {
  json.begin_object();
  member_time(json, "timestamp", row.timestamp);
  json.member("total_transactions", row.total_transactions);
  json.member("total_exposure", row.total_exposure.to_string());
  json.member("active_clients", row.active_clients);
  json.member("active_symbols", row.active_symbols);
  json.member("high_risk_clients", row.high_risk_clients);
  json.member("high_risk_symbols", row.high_risk_symbols);
  json.member("alerts_generated", row.alerts_generated);
  json.end_object();
}

namespace {

void write_decision(JsonWriter& json, const store::Decision& decision) {
  const bool waits = decision.state == store::DecisionState::kWaiting;
  const auto unless_waiting = [waits](const std::string& text) { return waits ? std::nullopt : std::optional(text); };
  json.begin_object();
  json.member("state", to_string(decision.state));
  json.member("user", unless_waiting(decision.by));
  json.member("at", decision.at ? std::optional(format_timestamp(*decision.at)) : std::nullopt);
  json.member("reason", unless_waiting(decision.reason));
  json.member("apply_seq", decision.applied_as);
  json.end_object();
}

}  // namespace

void write_quarantine(JsonWriter& json, const store::QuarantineRow& row) {
  const engine::Rejection& rejection = row.rejection;
  const std::string reason =
      rejection.field.empty() ? rejection.reason : rejection.field + ": '" + rejection.value + "' " + rejection.reason;
  json.begin_object();
  json.member("quarantine_id", row.quarantine_id);
  json.member("stream", row.origin.stream_id.view());
  json.member("sequence", row.origin.sequence);
  json.member("source", row.source);
  json.member("line", row.line);
  member_time(json, "received_at", row.received_at);
  json.member("reason", reason);
  json.member("payload", row.raw);
  json.member("kind", to_string(row.kind));
  json.key("decision");
  if (row.decision) {
    write_decision(json, *row.decision);
  } else {
    json.null();
  }
  json.end_object();
}

void write_adjustment(JsonWriter& json, const store::AdjustmentRow& row) {
  const engine::Adjustment& a = row.adjustment;
  json.begin_object();
  json.member("adjustment_id", row.adjustment_id);
  member_time(json, "effective_at", a.effective_at);
  json.member("kind", to_string(a.kind));
  json.member("symbol", a.symbol.text);
  json.member("ratio", unless_empty(a.ratio));
  json.member("new_symbol", unless_empty(a.new_symbol.text));
  json.member("client_id", unless_empty(a.client_id.text));
  json.member("quantity", a.quantity ? std::optional(a.quantity->to_string()) : std::nullopt);
  json.member("reason", unless_empty(a.reason));
  json.member("requested_by", row.requested_by);
  member_time(json, "requested_at", row.requested_at);
  json.member("state", to_string(row.state));
  json.member("why", unless_empty(row.why));
  json.member("applied_as", row.applied_as);
  json.member("withdrawn_by", unless_empty(row.withdrawn_by));
  json.member("withdrawn_at", row.withdrawn_at ? std::optional(format_timestamp(*row.withdrawn_at)) : std::nullopt);
  json.end_object();
}

void AlertTally::add(engine::AlertType type, engine::Severity severity, std::uint64_t n) {
  count[index_of(type)][index_of(severity)] += n;
}

void write_by_severity(JsonWriter& json, const AlertTally& tally) {
  json.begin_object();
  for (std::size_t severity = 0; severity < std::size(kSeverities); ++severity) {
    std::uint64_t sum = 0;
    for (const auto& type : tally.count) sum += type[severity];
    json.member(kSeverities[severity], sum);
  }
  json.end_object();
}

void write_by_type(JsonWriter& json, const AlertTally& tally) {
  json.begin_object();
  for (std::size_t type = 0; type < std::size(kAlertTypes); ++type) {
    std::uint64_t sum = 0;
    for (const std::uint64_t count : tally.count[type]) sum += count;
    json.member(kAlertTypes[type], sum);
  }
  json.end_object();
}

void write_by_type_and_severity(JsonWriter& json, const AlertTally& tally) {
  json.begin_object();
  for (std::size_t type = 0; type < std::size(kAlertTypes); ++type) {
    json.key(kAlertTypes[type]);
    json.begin_object();
    for (std::size_t severity = 0; severity < std::size(kSeverities); ++severity) {
      json.member(kSeverities[severity], tally.count[type][severity]);
    }
    json.end_object();
  }
  json.end_object();
}

}  // namespace risk::gateway

#include "tables.hpp"

#include "edge.hpp"

#include <nlohmann/json.hpp>

#include "risk/engine/rule_table.hpp"

namespace risk::store {
namespace {

using enum ColumnKind;

Table exposures_table(const std::string& name, const std::string& id) {
  return {name,
          "",
          1,
          {{id, kText},
           {"total_exposure", kDecimal},
           {"gross", kDecimal},
           {"net", kDecimal},
           {"long", kDecimal},
           {"short", kDecimal},
           {"turnover", kDecimal},
           {"pnl", kDecimal},
           {"position_count", kInteger},
           {"transaction_count", kInteger},
           {"utilisation", kDecimal},
           {"risk_level", kText},
           {"last_updated", kTime},
           {"last_updated_ns", kInteger}}};
}

Table symbol_exposures_table() {
  Table table = exposures_table("symbol_exposures", "symbol");
  table.columns.push_back({"mark", kDecimal});
  return table;
}

std::string contributors_json(const std::vector<engine::Contributor>& contributors) {
  auto list = nlohmann::json::array();
  for (const auto& contributor : contributors) {
    list.push_back({{"id", contributor.id}, {"value", contributor.value.to_string()}});
  }
  return list.dump();
}

std::vector<engine::Contributor> parse_contributors(const std::string& text) {
  std::vector<engine::Contributor> contributors;
  try {
    for (const auto& item : nlohmann::json::parse(text)) {
      const auto value = Notional::parse(item.at("value").get<std::string>());
      if (!value) throw StoreError("the database holds contributors without an amount: " + text);
      contributors.push_back({item.at("id").get<std::string>(), *value});
    }
  } catch (const nlohmann::json::exception& error) {
    throw StoreError("the database holds contributors that cannot be read: " + std::string(error.what()));
  }
  return contributors;
}

DecisionState decision_state(std::string_view name) {
  for (const auto state : {DecisionState::kWaiting, DecisionState::kApplied, DecisionState::kDropped}) {
    if (to_string(state) == name) return state;
  }
  throw StoreError("the database holds a decision that is not known: " + std::string(name));
}

engine::Figure read_figure(RowReader& in, engine::Figure::Unit unit) {
  const auto amount = in.next<Notional>();  // its 16 places hold those of every unit
  switch (unit) {
    case engine::Figure::Unit::kCount:
      return {unit, amount.units() / Int128{kDecimalScale} / kDecimalScale};
    case engine::Figure::Unit::kZScore:
      return {unit, amount.units() / 1'000'000'000'000};
    case engine::Figure::Unit::kPrice:
      return {unit, amount.units() / Int128{kDecimalScale}};
    default:
      return {unit, amount.units()};
  }
}

}  // namespace

const Table kCursorsTable{"stream_cursors",
                          "",
                          1,
                          {{"stream_id", kText},
                           {"name", kText},
                           {"epoch", kInteger},
                           {"sequence", kInteger},
                           {"missing", kInteger},
                           {"updated_at", kTime},
                           {"record_hash", kText},
                           {"duplicates", kInteger},
                           {"conflicts", kInteger}}};

const Table kClientExposuresTable = exposures_table("client_exposures", "client_id");
const Table kSymbolExposuresTable = symbol_exposures_table();
const Table kFirmExposuresTable = exposures_table("firm_exposures", "firm_id");

const Table kPositionsTable{"positions", "", 2, {{"client_id", kText}, {"symbol", kText}, {"quantity", kDecimal}}};
const Table kMarkedPositionsView{
    "marked_positions", "", 2, {{"client_id", kText}, {"symbol", kText}, {"quantity", kDecimal}, {"mark", kDecimal}}};

const Table kAlertsTable{"alerts",
                         "",
                         1,
                         {{"alert_id", kInteger},
                          {"alert_type", kText},
                          {"severity", kText},
                          {"status", kText},
                          {"entity_type", kText},
                          {"entity_id", kText},
                          {"measure", kText},
                          {"value", kDecimal},
                          {"limit_value", kDecimal},
                          {"peak", kDecimal},
                          {"utilisation", kDecimal},
                          {"window_seconds", kInteger},
                          {"config_version", kInteger},
                          {"transaction_id", kText},
                          {"contributors", kJson},
                          {"anomaly_notional", kDecimal},
                          {"anomaly_mean", kDecimal},
                          {"anomaly_standard_deviation", kDecimal},
                          {"anomaly_sample_count", kInteger},
                          {"latest_event_type", kText},
                          {"latest_event_at", kTime},
                          {"latest_event_at_ns", kInteger},
                          {"message", kText},
                          {"opened_at", kTime},
                          {"opened_at_ns", kInteger},
                          {"updated_at", kTime},
                          {"updated_at_ns", kInteger},
                          {"resolved_at", kTime},
                          {"resolved_at_ns", kInteger},
                          {"acknowledged_by", kText},
                          {"acknowledged_at", kTime},
                          {"assigned_to", kText}}};

const Table kAlertEventsTable{"alert_events",
                              "",
                              0,
                              {{"event_id", kInteger},
                               {"alert_id", kInteger},
                               {"event_type", kText},
                               {"severity", kText},
                               {"value", kText},
                               {"at", kTime},
                               {"at_ns", kInteger},
                               {"transaction_id", kText},
                               {"actor", kText},
                               {"comment", kText},
                               {"message", kText},
                               {"payload", kBytes}}};

const Table kQuarantineTable{"quarantine",
                             "quarantine_id",
                             0,
                             {{"stream_id", kText},
                              {"epoch", kInteger},
                              {"sequence", kInteger},
                              {"source", kText},
                              {"line", kInteger},
                              {"field", kText},
                              {"value", kText},
                              {"reason", kText},
                              {"raw", kText},
                              {"received_at", kTime},
                              {"kind", kText},
                              {"decision", kText},
                              {"decided_by", kText},
                              {"decided_at", kTime},
                              {"decision_reason", kText},
                              {"applied_as", kInteger},
                              {"record", kBytes}}};

const Table kCommandsTable{"commands",
                           "command_id",
                           0,
                           {{"at", kTime},
                            {"actor", kText},
                            {"command", kText},
                            {"target", kText},
                            {"old_value", kText},
                            {"new_value", kText}}};

const Table kDeliveriesTable{"deliveries",
                             "",
                             2,
                             {{"channel", kText},
                              {"event_id", kInteger},
                              {"alert_id", kInteger},
                              {"outcome", kText},
                              {"answer", kText},
                              {"at", kTime}}};

const Table kMetricsTable{"risk_metrics",
                          "",
                          0,
                          {{"timestamp", kTime},
                           {"total_transactions", kInteger},
                           {"total_exposure", kDecimal},
                           {"active_clients", kInteger},
                           {"active_symbols", kInteger},
                           {"high_risk_clients", kInteger},
                           {"high_risk_symbols", kInteger},
                           {"alerts_generated", kInteger}}};

const Table kLimitsTable{"limits",
                         "",
                         2,
                         {{"rule", kText},
                          {"entity_id", kText},
                          {"entity_type", kText},
                          {"measure", kText},
                          {"limit_value", kText},
                          {"config_version", kInteger}}};

const Table kInstrumentsTable{"instruments",
                              "",
                              1,
                              {{"symbol", kText},
                               {"multiplier", kDecimal},
                               {"currency", kText},
                               {"contract", kText},
                               {"expires_at", kTime},
                               {"expires_at_ns", kInteger},
                               {"allows_negative", kFlag},
                               {"name", kText},
                               {"asset_class", kText}}};

const Table kAdjustmentsTable{"adjustments",
                              "",
                              1,
                              {{"adjustment_id", kInteger},
                               {"effective_at", kTime},
                               {"effective_at_ns", kInteger},
                               {"kind", kText},
                               {"symbol", kText},
                               {"ratio", kText},
                               {"new_symbol", kText},
                               {"client_id", kText},
                               {"quantity", kDecimal},
                               {"reason", kText},
                               {"requested_by", kText},
                               {"requested_at", kTime},
                               {"state", kText},
                               {"why", kText},
                               {"applied_as", kInteger},
                               {"withdrawn_by", kText},
                               {"withdrawn_at", kTime}}};

const Table kCleanupsTable{"cleanups",
                           "cleanup_id",
                           0,
                           {{"before", kTime},
                            {"last_event_id", kInteger},
                            {"alerts", kInteger},
                            {"alert_events", kInteger},
                            {"metrics", kInteger},
                            {"quarantine", kInteger},
                            {"deliveries", kInteger}}};

namespace {

// `more` are the columns after those that every exposure has.
template <class... Values>
void write_exposure(RowWriter& out, const engine::ExposureRow& r, const Values&... more) {
  const auto& e = r.exposure;
  out.row(r.id, r.total_exposure, e.gross(), e.net(), e.long_value, e.short_value, e.turnover, r.pnl, r.position_count,
          r.transaction_count, ScaledE4{r.utilisation_e4}, r.risk_level, Exact{r.last_updated}, more...);
}

}  // namespace

void write_row(RowWriter& out, const engine::ExposureRow& r) {
  write_exposure(out, r);
}

void write_symbol(RowWriter& out, const engine::ExposureRow& r) {
  write_exposure(out, r, r.mark);
}

void read_row(RowReader& in, SymbolExposure& r) {
  read_row(in, r.row);
  in.read(r.row.mark);
}

void read_row(RowReader& in, engine::ExposureRow& r) {
  auto& e = r.exposure;
  ScaledE4 utilisation;
  Notional net;
  in.read(r.id, r.total_exposure);
  in.skip(1);  // gross follows from long and short
  in.read(net, e.long_value, e.short_value, e.turnover, r.pnl, r.position_count, r.transaction_count, utilisation,
          r.risk_level, IntoExact{r.last_updated});
  r.utilisation_e4 = utilisation.units;
  e.inverted = inverted_by(e, net);
}

void write_row(RowWriter& out, const engine::PositionRow& r) {
  out.row(r.client_id, r.symbol, r.quantity);
}

void read_row(RowReader& in, engine::PositionRow& r) {
  in.read(r.client_id, r.symbol, r.quantity, r.mark);
}

void write_row(RowWriter& out, const AlertRow& r) {
  const auto& e = r.latest;
  const std::string contributors = contributors_json(e.contributors);
  std::optional<Notional> notional, mean, deviation;
  std::optional<std::uint32_t> samples;
  if (e.anomaly) {
    notional = e.anomaly->notional;
    mean = e.anomaly->mean;
    deviation = e.anomaly->standard_deviation;
    samples = e.anomaly->sample_count;
  }
  out.row(e.alert_id, e.alert_type, e.severity, r.status, e.entity_type, e.entity_id, e.measure, e.value, e.limit,
          e.peak, ScaledE4{e.utilisation_e4}, e.window_seconds, e.config_version, e.transaction_id, Json{contributors},
          notional, mean, deviation, samples, e.type, Exact{e.at}, r.message, Exact{r.opened_at}, Exact{r.updated_at},
          OptionalExact{r.resolved_at}, r.acknowledged_by, r.acknowledged_at, r.assigned_to);
}

void read_row(RowReader& in, AlertRow& r) {
  auto& e = r.latest;
  in.read(e.alert_id, e.alert_type, e.severity, r.status, e.entity_type, e.entity_id, e.measure);
  const auto unit = engine::unit_of(e.alert_type);
  for (auto* figure : {&e.value, &e.limit, &e.peak}) *figure = read_figure(in, unit);
  ScaledE4 utilisation;
  std::string contributors;
  std::optional<Notional> notional, mean, deviation;
  std::optional<std::uint32_t> samples;
  in.read(utilisation, e.window_seconds, e.config_version, e.transaction_id, contributors, notional, mean, deviation,
          samples, e.type, IntoExact{e.at}, r.message, IntoExact{r.opened_at}, IntoExact{r.updated_at},
          IntoOptionalExact{r.resolved_at}, r.acknowledged_by, r.acknowledged_at, r.assigned_to);
  e.utilisation_e4 = utilisation.units;
  e.contributors = parse_contributors(contributors);
  if (notional && mean && deviation && samples)
    e.anomaly = engine::AnomalyEvidence{*notional, *mean, *deviation, *samples};
}

void write_row(RowWriter& out, const AlertEventRow& r) {
  out.row(r.event_id, r.alert_id, r.type, r.severity, r.value, Exact{r.at}, r.transaction_id, r.actor, r.comment,
          r.message, Bytes{r.payload});
}

void read_row(RowReader& in, AlertEventRow& r) {
  in.read(r.event_id, r.alert_id, r.type, r.severity, r.value, IntoExact{r.at}, r.transaction_id, r.actor, r.comment,
          r.message);
  r.payload = in.next_bytes().value_or("");
}

void write_row(RowWriter& out, const QuarantineRow& r) {
  const auto& d = r.decision;
  std::optional<std::string_view> state, by, reason;
  if (d) state = to_string(d->state);
  if (d && d->state != DecisionState::kWaiting) {
    by = d->by;
    reason = d->reason;
  }
  std::optional<Bytes> record;
  if (d) record = Bytes{r.record};
  out.row(r.origin.stream_id, r.origin.epoch, r.origin.sequence, r.source, r.line, r.rejection.field, r.rejection.value,
          r.rejection.reason, r.raw, r.received_at, r.kind, state, by, d ? d->at : std::nullopt, reason,
          d ? d->applied_as : std::nullopt, record);
}

void read_row(RowReader& in, QuarantineRow& r) {
  in.read(r.quarantine_id, r.origin.stream_id, r.origin.epoch, r.origin.sequence, r.source, r.line, r.rejection.field,
          r.rejection.value, r.rejection.reason, r.raw, r.received_at);
  const auto kind = in.next<std::string>();
  r.kind = parse_quarantine_kind(kind).value_or(QuarantineKind::kRejected);  // of a newer program: no less a rejection
  const auto state = in.next<std::optional<std::string>>();
  std::optional<std::string> by, reason;
  std::optional<Timestamp> at;
  std::optional<std::uint64_t> applied_as;
  in.read(by, at, reason, applied_as);
  r.record = in.next_bytes().value_or("");
  if (state) r.decision = Decision{decision_state(*state), by.value_or(""), at, reason.value_or(""), applied_as};
}

void write_row(RowWriter& out, const CommandRow& r) {
  out.row(r.at, r.actor, r.command, r.target, r.old_value, r.new_value);
}

void read_row(RowReader& in, CommandRow& r) {
  in.read(r.command_id, r.at, r.actor, r.command, r.target, r.old_value, r.new_value);
}

void write_row(RowWriter& out, const DeliveryRow& r) {
  out.row(r.channel, r.event_id, r.alert_id, r.outcome, r.answer, r.at);
}

void read_row(RowReader& in, DeliveryRow& r) {
  in.read(r.channel, r.event_id, r.alert_id, r.outcome, r.answer, r.at);
}

void write_row(RowWriter& out, const MetricsRow& r) {
  out.row(r.timestamp, r.total_transactions, r.total_exposure, r.active_clients, r.active_symbols, r.high_risk_clients,
          r.high_risk_symbols, r.alerts_generated);
}

void read_row(RowReader& in, MetricsRow& r) {
  in.read(r.timestamp, r.total_transactions, r.total_exposure, r.active_clients, r.active_symbols, r.high_risk_clients,
          r.high_risk_symbols, r.alerts_generated);
}

void write_row(RowWriter& out, const LimitRow& r) {
  out.row(r.rule, r.entity_id, r.entity_type, r.measure, r.limit, r.config_version);
}

void read_row(RowReader& in, LimitRow& r) {
  in.read(r.rule, r.entity_id, r.entity_type, r.measure, r.limit, r.config_version);
}

void write_row(RowWriter& out, const engine::Instrument& r) {
  out.row(r.symbol, r.multiplier, r.currency, r.contract, OptionalExact{r.expires_at}, r.allows_negative, r.name,
          r.asset_class);
}

void read_row(RowReader& in, engine::Instrument& r) {
  in.read(r.symbol, r.multiplier, r.currency, r.contract, IntoOptionalExact{r.expires_at}, r.allows_negative, r.name,
          r.asset_class);
}

void read_row(RowReader& in, CursorRow& r) {
  in.read(r.stream_id, r.name, r.epoch, r.sequence, r.missing, r.updated_at, r.record_hash, r.duplicates, r.conflicts);
}

void write_row(RowWriter& out, const AdjustmentRow& r) {
  const auto& a = r.adjustment;
  out.row(r.adjustment_id, Exact{a.effective_at}, a.kind, a.symbol, a.ratio, a.new_symbol, a.client_id, a.quantity,
          a.reason, r.requested_by, r.requested_at, to_string(r.state), r.why, r.applied_as,
          r.withdrawn_at ? std::optional<std::string_view>(r.withdrawn_by) : std::nullopt, r.withdrawn_at);
}

void read_row(RowReader& in, AdjustmentRow& r) {
  auto& a = r.adjustment;
  std::string state;
  std::optional<std::string> withdrawn_by;
  in.read(r.adjustment_id, IntoExact{a.effective_at}, a.kind, a.symbol, a.ratio, a.new_symbol, a.client_id, a.quantity,
          a.reason, r.requested_by, r.requested_at, state, r.why, r.applied_as, withdrawn_by, r.withdrawn_at);
  r.withdrawn_by = withdrawn_by.value_or("");
  const auto known = parse_adjustment_state(state);
  if (!known) throw StoreError("the database holds a state of an adjustment that is not known: " + state);
  r.state = *known;
}

}  // namespace risk::store

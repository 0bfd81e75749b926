#include "tables.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "risk/base/check.hpp"
#include "risk/engine/rule_table.hpp"
#include "risk/engine/transaction_fields.hpp"

namespace risk::store {
namespace {

using enum ColumnKind;

constexpr char kTick[] = "TICK";
constexpr char kOpeningPosition[] = "OPENING_POSITION";
constexpr char kRules[] = "RULES";

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
           {"position_count", kInteger},
           {"transaction_count", kInteger},
           {"utilisation", kDecimal},
           {"risk_level", kText},
           {"last_updated", kTime}}};
}

Table symbol_exposures_table() {
  Table table = exposures_table("symbol_exposures", "symbol");
  table.columns.push_back({"mark", kDecimal});
  return table;
}

// The kind of a column by the type of its field.
template <class Field>
constexpr ColumnKind kind_of(Field) {
  using Type = typename Field::Type;
  if constexpr (std::is_same_v<Type, Timestamp>) {
    return kTime;
  } else if constexpr (requires(const Type& value) { value.units(); }) {
    return kDecimal;
  } else {
    return kText;
  }
}

Table transactions_table() {
  Table table{"transactions",
              "",
              0,
              {{"apply_seq", kInteger},
               {"recorded_on", kDate},
               {"stream_id", kText},
               {"epoch", kInteger},
               {"sequence", kInteger}}};
  engine::for_each_transaction_field([&](auto field) {
    table.columns.push_back({std::string(field.name), kind_of(field)});
  });
  table.columns.insert(table.columns.end(), {{"base_price", kDecimal}, {"late", kFlag}, {"notional", kDecimal}});
  return table;
}

// What an input of either table is read back from: where it came from; its kind, which is NULL for a transaction, and
// what engine_inputs has of the others; a transaction's own. The columns that the other table has are NULL.
constexpr std::array kInputOrigin{"apply_seq", "stream_id", "epoch", "sequence"};
constexpr std::array kEngineInputValues{"time",  "client_id", "symbol",         "quantity",
                                        "price", "currency",  "config_version", "rules"};
constexpr std::array kTransactionExtras{"base_price", "late"};

// How many columns lie between `kind` and this one.
consteval int columns_before(std::string_view engine_input_value) {
  const auto at = std::ranges::find(kEngineInputValues, engine_input_value);
  RISK_CHECK(at != kEngineInputValues.end());
  return static_cast<int>(at - kEngineInputValues.begin());
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

engine::Figure read_figure(RowReader& in, engine::Figure::Unit unit) {
  const auto amount = in.next<Notional>();  // its 16 places hold those of every unit
  switch (unit) {
    case engine::Figure::Unit::kCount:
      return {unit, amount.units() / Int128{kDecimalScale} / kDecimalScale};
    case engine::Figure::Unit::kZScore:
      return {unit, amount.units() / 1'000'000'000'000};
    default:
      return {unit, amount.units()};
  }
}

TransactionInput read_transaction(RowReader& in) {
  TransactionInput input;
  engine::with_transaction_fields(
      [&](auto... field) { in.read(field.of(input.transaction)..., input.base_price, input.late); });
  return input;
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
                           {"record_hash", kText}}};

const Table kTransactionsTable = transactions_table();

const Table kEngineInputsTable{"engine_inputs",
                               "",
                               0,
                               {{"apply_seq", kInteger},
                                {"recorded_on", kDate},
                                {"stream_id", kText},
                                {"epoch", kInteger},
                                {"sequence", kInteger},
                                {"kind", kText},
                                {"time", kTime},
                                {"client_id", kText},
                                {"symbol", kText},
                                {"quantity", kDecimal},
                                {"price", kDecimal},
                                {"currency", kText},
                                {"config_version", kInteger},
                                {"rules", kBytes}}};

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
                          {"message", kText},
                          {"opened_at", kTime},
                          {"updated_at", kTime},
                          {"resolved_at", kTime},
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
                              {"received_at", kTime}}};

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

std::string input_columns(const Table& table) {
  const bool transactions = &table == &kTransactionsTable;
  std::string list;
  const auto add = [&list](bool has, std::string_view column) {
    list.append(list.empty() ? "" : ", ").append(has ? column : "NULL");
  };
  for (const auto* column : kInputOrigin) add(true, column);
  add(!transactions, "kind");
  for (const auto* column : kEngineInputValues) add(!transactions, column);
  for (const auto column : engine::kTransactionFieldNames) add(transactions, column);
  for (const auto* column : kTransactionExtras) add(transactions, column);
  return list;
}

void write_transaction(RowWriter& out, const AppliedInput& row, Day day) {
  const auto& input = std::get<TransactionInput>(row.input);
  engine::with_transaction_fields([&](auto... field) {
    out.row(row.apply_seq, day, row.origin.stream_id, row.origin.epoch, row.origin.sequence,
            field.of(input.transaction)..., input.base_price, input.late, input.notional());
  });
}

void write_engine_input(RowWriter& out, const AppliedInput& row, Day day) {
  const auto none = std::nullopt;
  const auto& [stream_id, sequence, epoch] = row.origin;
  if (const auto* tick = std::get_if<TickInput>(&row.input)) {
    out.row(row.apply_seq, day, stream_id, epoch, sequence, kTick, tick->time, none, none, none, none, none, none,
            none);
  } else if (const auto* p = std::get_if<engine::OpeningPosition>(&row.input)) {
    out.row(row.apply_seq, day, stream_id, epoch, sequence, kOpeningPosition, none, p->client_id, p->symbol,
            p->quantity, p->price, p->currency, none, none);
  } else {
    const auto& rules = std::get<RulesInput>(row.input);
    out.row(row.apply_seq, day, stream_id, epoch, sequence, kRules, none, none, none, none, none, none,
            rules.config_version, Bytes{rules.rules});
  }
}

namespace {

// `more` are the columns after those that every exposure has.
template <class... Values>
void write_exposure(RowWriter& out, const engine::ExposureRow& r, const Values&... more) {
  const auto& e = r.exposure;
  out.row(r.id, r.total_exposure, e.gross(), e.net(), e.long_value, e.short_value, e.turnover, r.position_count,
          r.transaction_count, ScaledE4{r.utilisation_e4}, r.risk_level, r.last_updated, more...);
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
  in.read(r.id, r.total_exposure);
  in.skip(2);  // gross and net follow from long and short
  in.read(e.long_value, e.short_value, e.turnover, r.position_count, r.transaction_count, utilisation, r.risk_level,
          r.last_updated);
  r.utilisation_e4 = utilisation.units;
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
          notional, mean, deviation, samples, e.type, e.at, r.message, r.opened_at, r.updated_at, r.resolved_at,
          r.acknowledged_by, r.acknowledged_at, r.assigned_to);
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
          samples, e.type, e.at, r.message, r.opened_at, r.updated_at, r.resolved_at, r.acknowledged_by,
          r.acknowledged_at, r.assigned_to);
  e.utilisation_e4 = utilisation.units;
  e.contributors = parse_contributors(contributors);
  if (notional && mean && deviation && samples)
    e.anomaly = engine::AnomalyEvidence{*notional, *mean, *deviation, *samples};
}

void write_row(RowWriter& out, const AlertEventRow& r) {
  out.row(r.event_id, r.alert_id, r.type, r.severity, r.value, r.at, r.transaction_id, r.actor, r.comment, r.message,
          Bytes{r.payload});
}

void read_row(RowReader& in, AlertEventRow& r) {
  in.read(r.event_id, r.alert_id, r.type, r.severity, r.value, r.at, r.transaction_id, r.actor, r.comment, r.message);
  r.payload = in.next_bytes().value_or("");
}

void write_row(RowWriter& out, const QuarantineRow& r) {
  out.row(r.origin.stream_id, r.origin.epoch, r.origin.sequence, r.source, r.line, r.rejection.field, r.rejection.value,
          r.rejection.reason, r.raw, r.received_at);
}

void read_row(RowReader& in, QuarantineRow& r) {
  in.read(r.quarantine_id, r.origin.stream_id, r.origin.epoch, r.origin.sequence, r.source, r.line, r.rejection.field,
          r.rejection.value, r.rejection.reason, r.raw, r.received_at);
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

void read_row(RowReader& in, CursorRow& r) {
  in.read(r.stream_id, r.name, r.epoch, r.sequence, r.missing, r.updated_at, r.record_hash);
}

void read_row(RowReader& in, StoredTransaction& r) {
  in.read(r.apply_seq);
  in.skip(1);
  in.read(r.origin.stream_id, r.origin.epoch, r.origin.sequence);
  auto input = read_transaction(in);
  r.transaction = std::move(input.transaction);
  r.base_price = input.base_price;
  r.late = input.late;
  in.read(r.notional);
}

void read_row(RowReader& in, AppliedInput& row) {
  in.read(row.apply_seq, row.origin.stream_id, row.origin.epoch, row.origin.sequence);
  const auto kind = in.next<std::optional<std::string>>();
  if (!kind) {
    in.skip(static_cast<int>(kEngineInputValues.size()));
    row.input = read_transaction(in);
  } else if (*kind == kTick) {
    in.skip(columns_before("time"));
    row.input = TickInput{in.next<Timestamp>()};
  } else if (*kind == kOpeningPosition) {
    engine::OpeningPosition position;
    in.skip(columns_before("client_id"));
    in.read(position.client_id, position.symbol, position.quantity, position.price, position.currency);
    row.input = std::move(position);
  } else {
    RulesInput rules;
    in.skip(columns_before("config_version"));
    in.read(rules.config_version);
    rules.rules = in.next_bytes().value_or("");
    row.input = std::move(rules);
  }
}

}  // namespace risk::store

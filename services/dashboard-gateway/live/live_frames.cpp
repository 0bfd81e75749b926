// The live model as JSON: summary, snapshot and delta.
#include <algorithm>
#include <utility>

#include "dashboard-gateway/live/live_model.hpp"

namespace risk::gateway {
namespace {

constexpr std::size_t kRowBytes = 400;  // what a row takes, about

}  // namespace

void LiveModel::write_client_row(JsonWriter& json, const Row& row) const {
  write_client(json, row.figures, limits_.of("client_exposure", row.figures.id));
}

void LiveModel::write_symbol_row(JsonWriter& json, const Row& row) const {
  write_symbol(json, row.figures, limits_.of("symbol_exposure", row.figures.id));
}

void LiveModel::write_summary(JsonWriter& json, SteadyTime at) {
  const Timestamp now = now_.value_or(system_now());
  AlertTally tally;
  std::uint64_t open = 0;
  std::uint64_t acknowledged = 0;
  for (const auto& [id, alert] : alerts_) {
    if (alert.row.status == engine::AlertStatus::kResolved) continue;
    ++(alert.row.status == engine::AlertStatus::kOpen ? open : acknowledged);
    tally.add(alert.row.latest.alert_type, alert.row.latest.severity);
  }
  wire::ExposureFigures nothing;
  nothing.total_exposure = nothing.gross = nothing.net = nothing.long_value = nothing.short_value = nothing.turnover =
      nothing.pnl = Notional().to_string();
  nothing.last_updated = now;

  json.begin_object();
  json.member("as_of", format_timestamp(now));
  json.member("base_currency", base_currency_);
  json.member("session_started_at", format_timestamp(session_start(now)));
  json.key("firm");
  write_firm(json, firm_.value_or(nothing), limits_.of("firm_exposure", ""));
  json.member("active_clients", clients_.active);
  json.member("active_symbols", symbols_.active);
  json.member("high_risk_clients", clients_.high_risk);
  json.member("high_risk_symbols", symbols_.high_risk);
  json.key("alerts");
  json.begin_object();
  json.member("open", open);
  json.member("acknowledged", acknowledged);
  json.member("opened_today", opened_today_);
  json.key("by_severity");
  write_by_severity(json, tally);
  json.key("by_type");
  write_by_type(json, tally);
  json.end_object();
  json.key("transactions");
  json.begin_object();
  json.member("total", transactions_total_);
  json.member("today", transactions_total_ - std::min(transactions_total_, transactions_before_today_));
  json.member("quarantined", quarantined_total_);
  json.key("per_second");
  json.value_number(transaction_rate_.per_second(at));
  json.member("last_executed_at",
              last_executed_at_ ? std::optional(format_timestamp(*last_executed_at_)) : std::nullopt);
  json.end_object();
  json.key("waiting");
  json.begin_object();
  json.member("conflicts", waiting_.conflicts);
  json.member("executions", waiting_.executions);
  json.member("held_prices", waiting_.held_prices);
  json.member("adjustments", waiting_.adjustments);
  json.end_object();
  json.member("config_version", limits_.config_version());
  json.end_object();
}

std::string LiveModel::summary(SteadyTime at) {
  std::lock_guard lock(mutex_);
  JsonWriter json;
  write_summary(json, at);
  return json.take();
}

std::string LiveModel::snapshot(std::uint64_t number, std::string_view system, SteadyTime at) {
  std::lock_guard lock(mutex_);
  JsonWriter json((clients_.rows.size() + symbols_.rows.size() + alerts_.size() + transactions_.size()) * kRowBytes);
  json.begin_object();
  json.member("type", "snapshot");
  json.member("number", number);
  json.key("summary");
  write_summary(json, at);
  json.key("clients");
  json.begin_array();
  for (const auto& [id, row] : clients_.rows) write_client_row(json, row);
  json.end_array();
  json.key("symbols");
  json.begin_array();
  for (const auto& [id, row] : symbols_.rows) write_symbol_row(json, row);
  json.end_array();
  json.key("alerts");
  json.begin_array();
  for (auto alert = alerts_.rbegin(); alert != alerts_.rend(); ++alert) write_alert(json, alert->second.row);
  json.end_array();
  json.key("transactions");
  json.begin_array();
  for (const auto& transaction : transactions_) write_transaction(json, transaction);
  json.end_array();
  json.key("system");
  json.raw(system);
  json.end_object();
  return json.take();
}

std::optional<std::string> LiveModel::delta(std::uint64_t number, std::string_view system, SteadyTime at) {
  std::lock_guard lock(mutex_);
  const bool transactions_changed = !transactions_.empty() && transactions_.front().apply_seq > transactions_sent_seq_;
  const bool rows_changed = !clients_.changed.empty() || !symbols_.changed.empty() || alerts_changed_;
  if (!rows_changed && !transactions_changed && !summary_changed_ && system.empty()) return std::nullopt;

  JsonWriter json((clients_.changed.size() + symbols_.changed.size() + 10) * kRowBytes);
  json.begin_object();
  json.member("type", "delta");
  json.member("number", number);
  json.key("summary");
  write_summary(json, at);
  if (!clients_.changed.empty()) {
    json.key("clients");
    json.begin_array();
    for (const Row* row : clients_.changed) write_client_row(json, *row);
    json.end_array();
  }
  if (!symbols_.changed.empty()) {
    json.key("symbols");
    json.begin_array();
    for (const Row* row : symbols_.changed) write_symbol_row(json, *row);
    json.end_array();
  }
  if (alerts_changed_) {
    json.key("alerts");
    json.begin_array();
    for (auto alert = alerts_.rbegin(); alert != alerts_.rend(); ++alert) {
      if (alert->second.changed) write_alert(json, alert->second.row);
    }
    json.end_array();
  }
  if (transactions_changed) {
    json.key("transactions");
    json.begin_array();
    for (const auto& transaction : transactions_) {
      if (transaction.apply_seq <= transactions_sent_seq_) break;
      write_transaction(json, transaction);
    }
    json.end_array();
  }
  if (!system.empty()) {
    json.key("system");
    json.raw(system);
  }
  json.end_object();
  clear_changes();
  return json.take();
}

void LiveModel::forget_changes() {
  std::lock_guard lock(mutex_);
  clear_changes();
}

void LiveModel::clear_changes() {
  for (Table* table : {&clients_, &symbols_}) {
    for (Row* row : table->changed) row->changed = false;
    table->changed.clear();
  }
  if (alerts_changed_) {
    for (auto& [id, alert] : alerts_) alert.changed = false;
  }
  alerts_changed_ = summary_changed_ = false;
  if (!transactions_.empty()) transactions_sent_seq_ = transactions_.front().apply_seq;
}

}  // namespace risk::gateway

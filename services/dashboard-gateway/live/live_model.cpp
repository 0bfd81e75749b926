#include "dashboard-gateway/live/live_model.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace risk::gateway {
namespace {

constexpr std::size_t kTransactionsMax = 100;
constexpr std::size_t kLatestAlerts = 200;

bool is_active(const wire::ExposureFigures& figures) {
  return figures.position_count > 0;
}
bool is_high_risk(const wire::ExposureFigures& figures) {
  return figures.risk_level >= engine::RiskLevel::kHigh;
}
bool is_unresolved(const store::AlertRow& row) {
  return row.status != engine::AlertStatus::kResolved;
}

}  // namespace

void LiveModel::load(LiveLoad load, SteadyTime at) {
  std::lock_guard lock(mutex_);
  if (other_history_) {
    for (Table* table : {&clients_, &symbols_}) {
      for (auto& [id, row] : table->rows) row.apply_seq = 0;
    }
    for (auto& [id, alert] : alerts_) alert.event_id = 0;
    if (loaded_ && load.apply_seq < apply_seq_) start_over();
    apply_seq_ = 0;
    other_history_ = false;
  }
  reload(clients_, load.clients, load.apply_seq);
  reload(symbols_, load.symbols, load.apply_seq);
  reload_alerts(std::move(load.alerts));
  if (load.apply_seq >= apply_seq_) {
    apply_seq_ = load.apply_seq;
    if (load.firm) {
      firm_ = wire::figures(*load.firm);
      transactions_total_ = load.firm->transaction_count;
      now_ = now_ ? std::max(*now_, load.firm->last_updated) : load.firm->last_updated;
    }
    quarantined_total_ = load.quarantined_total;
    waiting_ = load.waiting;
  }
  std::vector<wire::AppliedTransaction> transactions;
  for (const store::StoredTransaction& stored : load.transactions) transactions.push_back(to_applied(stored));
  take_transactions(std::move(transactions));
  opened_today_ = load.opened_today;
  transactions_before_today_ = load.transactions_before_today;
  transaction_rate_.add(at, transactions_total_);
  limits_ = std::move(load.limits);
  summary_changed_ = true;
  loaded_ = true;
}

// The database is an emptier one than before: what was counted and dated by the old one is void.
void LiveModel::start_over() {
  discontinuity_ = true;
  transactions_.clear();
  transactions_sent_seq_ = last_alert_id_ = 0;
  now_.reset();
  firm_.reset();
  transactions_total_ = 0;
  last_executed_at_.reset();
}

void LiveModel::apply(const wire::ExposureUpdate& update, SteadyTime at) {
  std::lock_guard lock(mutex_);
  if (!loaded_ || update.apply_seq < apply_seq_) return;
  if (update.now) advance_now(*update.now);
  apply_seq_ = update.apply_seq;
  for (const auto& figures : update.clients) put(clients_, figures, update.apply_seq);
  for (const auto& figures : update.symbols) put(symbols_, figures, update.apply_seq);
  if (update.firm) firm_ = update.firm;
  take_transactions(update.transactions);
  transactions_total_ = update.transactions_total;
  quarantined_total_ = update.quarantined_total;
  if (update.waiting) waiting_ = *update.waiting;
  transaction_rate_.add(at, transactions_total_);
  summary_changed_ = true;
}

void LiveModel::apply(const wire::AlertMessage& message) {
  std::lock_guard lock(mutex_);
  if (!loaded_) return;
  Alert& alert = alerts_[message.event.alert_id];
  if (alert.event_id >= message.event_id) return;
  store::AlertRow row = to_alert_row(message);
  // What a person does to an alert was tipped by no transaction: the alert keeps the one that opened it.
  if (!row.latest.transaction_id && message.actor) row.latest.transaction_id = alert.row.latest.transaction_id;
  alert.row = std::move(row);
  alert.event_id = message.event_id;
  alert.changed = alerts_changed_ = summary_changed_ = true;
  if (message.event.alert_id > last_alert_id_) {
    last_alert_id_ = message.event.alert_id;
    if (!now_ || message.opened_at >= session_start(*now_)) ++opened_today_;
  }
  prune_alerts();
}

void LiveModel::expect_another_history() {
  std::lock_guard lock(mutex_);
  other_history_ = true;
}

void LiveModel::set_limits(LimitTable limits) {
  std::lock_guard lock(mutex_);
  if (limits == limits_) return;
  limits_ = std::move(limits);
  for (Table* table : {&clients_, &symbols_}) {
    for (auto& [id, row] : table->rows) note_change(*table, row);
  }
  summary_changed_ = true;
}

bool LiveModel::loaded() const {
  std::lock_guard lock(mutex_);
  return loaded_;
}

std::optional<Timestamp> LiveModel::now() const {
  std::lock_guard lock(mutex_);
  return now_;
}

std::uint64_t LiveModel::opened_today() const {
  std::lock_guard lock(mutex_);
  return opened_today_;
}

Timestamp LiveModel::session_start(Timestamp at) const {
  const std::int64_t begin = engine::session_begin(session_start_, at.seconds());
  return Timestamp::from_seconds(std::max(kTimestampMin.seconds(), begin));
}

bool LiveModel::take_discontinuity() {
  std::lock_guard lock(mutex_);
  return std::exchange(discontinuity_, false);
}

void LiveModel::put(Table& table, const wire::ExposureFigures& figures, std::uint64_t apply_seq) {
  Row& row = table.rows[figures.id];
  if (row.apply_seq > apply_seq) return;
  const bool same = row.figures == figures;
  table.active += std::uint64_t{is_active(figures)} - std::uint64_t{is_active(row.figures)};
  table.high_risk += std::uint64_t{is_high_risk(figures)} - std::uint64_t{is_high_risk(row.figures)};
  row.figures = figures;
  row.apply_seq = apply_seq;
  if (!same) note_change(table, row);
}

void LiveModel::reload(Table& table, const std::vector<engine::ExposureRow>& rows, std::uint64_t apply_seq) {
  std::set<std::string_view> present;
  for (const engine::ExposureRow& row : rows) {
    present.insert(row.id);
    put(table, wire::figures(row), apply_seq);
  }
  for (auto row = table.rows.begin(); row != table.rows.end();) {
    if (present.contains(row->first) || row->second.apply_seq > apply_seq) {
      ++row;
      continue;
    }
    table.active -= std::uint64_t{is_active(row->second.figures)};
    table.high_risk -= std::uint64_t{is_high_risk(row->second.figures)};
    std::erase(table.changed, &row->second);
    row = table.rows.erase(row);
    discontinuity_ = true;
  }
}

void LiveModel::reload_alerts(std::vector<store::AlertRow> rows) {
  std::map<std::uint64_t, Alert> fresh;
  for (store::AlertRow& row : rows) {
    const std::uint64_t id = row.alert_id();
    const auto old = alerts_.find(id);
    Alert alert;
    alert.event_id = old != alerts_.end() ? old->second.event_id : 0;
    alert.changed = old == alerts_.end() || old->second.changed || old->second.row != row;
    alert.row = std::move(row);
    alerts_changed_ = alerts_changed_ || alert.changed;
    last_alert_id_ = std::max(last_alert_id_, id);
    fresh.emplace(id, std::move(alert));
  }
  for (const auto& [id, alert] : alerts_) {
    if (is_unresolved(alert.row) && !fresh.contains(id)) discontinuity_ = true;
  }
  alerts_ = std::move(fresh);
}

void LiveModel::note_change(Table& table, Row& row) {
  if (row.changed) return;
  row.changed = true;
  table.changed.push_back(&row);
}

// The database gives the newest first, the engine the oldest.
void LiveModel::take_transactions(std::vector<wire::AppliedTransaction> transactions) {
  const auto by_place = [](const auto& a, const auto& b) { return a.apply_seq < b.apply_seq; };
  std::sort(transactions.begin(), transactions.end(), by_place);
  for (auto& applied : transactions) {
    if (!transactions_.empty() && applied.apply_seq <= transactions_.front().apply_seq) continue;
    last_executed_at_ = applied.transaction.executed_at;
    const auto reversed = std::find_if(transactions_.begin(), transactions_.end(), [&applied](const auto& other) {
      return applied.reverses != 0 && other.apply_seq == applied.reverses;
    });
    if (reversed != transactions_.end()) {
      reversed->reversed_by = {applied.apply_seq, applied.transaction.kind, applied.transaction.transaction_id};
    }
    transactions_.push_front(std::move(applied));
  }
  if (transactions_.size() > kTransactionsMax) transactions_.resize(kTransactionsMax);
}

void LiveModel::advance_now(Timestamp now) {
  if (now_ && session_start(now) > session_start(*now_)) {
    transactions_before_today_ = transactions_total_;
    opened_today_ = 0;
  }
  now_ = now;
}

// Resolved alerts stay while they are among the latest.
void LiveModel::prune_alerts() {
  if (alerts_.size() <= kLatestAlerts) return;
  const auto oldest_kept = std::prev(alerts_.end(), kLatestAlerts)->first;
  for (auto alert = alerts_.begin(); alert->first < oldest_kept;) {
    const bool gone = !is_unresolved(alert->second.row) && !alert->second.changed;
    alert = gone ? alerts_.erase(alert) : std::next(alert);
  }
}

}  // namespace risk::gateway

// Reading the database for the live model.
#include <algorithm>

#include "dashboard-gateway/live/live_feed.hpp"

namespace risk::gateway {
namespace {

constexpr std::uint32_t kPage = 1000;
constexpr std::uint32_t kLatestAlerts = 200;
constexpr std::uint32_t kLatestTransactions = 100;

std::uint64_t committed_apply_seq(store::Reader& reader) {
  for (const store::CursorRow& cursor : reader.cursors()) {
    if (cursor.stream_id == store::kEngineCursor) return cursor.sequence;
  }
  return 0;
}

// Calls `take` with pages of alerts, newest first, until it returns false or there are no more.
template <class Take>
void each_page(store::Reader& reader, store::AlertFilter filter, const Take& take) {
  filter.limit = kPage;
  while (true) {
    const std::vector<store::AlertRow> page = reader.alerts(filter);
    if (!take(page) || page.size() < kPage) return;
    filter.before = page.back().alert_id();
  }
}

std::vector<store::AlertRow> alerts_to_show(store::Reader& reader) {
  store::AlertFilter latest;
  latest.limit = kLatestAlerts;
  std::vector<store::AlertRow> rows = reader.alerts(latest);
  const std::uint64_t oldest = rows.empty() ? 0 : rows.back().alert_id();
  for (const auto status : {engine::AlertStatus::kOpen, engine::AlertStatus::kAcknowledged}) {
    store::AlertFilter filter;
    filter.statuses = {status};
    filter.before = oldest;
    each_page(reader, filter, [&](const std::vector<store::AlertRow>& page) {
      rows.insert(rows.end(), page.begin(), page.end());
      return true;
    });
  }
  return rows;
}

std::uint64_t count_opened_since(store::Reader& reader, Timestamp start) {
  std::uint64_t count = 0;
  each_page(reader, {}, [&](const std::vector<store::AlertRow>& page) {
    const auto opened = [&](const store::AlertRow& row) { return row.opened_at >= start; };
    const auto in_session = static_cast<std::size_t>(std::count_if(page.begin(), page.end(), opened));
    count += in_session;
    return in_session == page.size();
  });
  return count;
}

// What was applied before the session began, as the metrics around its start tell it.
std::uint64_t count_transactions_before(store::Reader& reader, Timestamp start) {
  const auto first = reader.metrics_since(kTimestampMin, 1);
  if (first.empty() || first.front().timestamp >= start) return 0;
  constexpr std::int64_t kLookback = 600 * kNanosPerSecond;
  std::uint64_t before = 0;
  for (const store::MetricsRow& row : reader.metrics_since({start.nanos - kLookback}, kPage)) {
    before = row.total_transactions;
    if (row.timestamp >= start) break;
  }
  return before;
}

}  // namespace

LiveLoad read_live_load(store::Reader& reader, const LiveModel& model) {
  LiveLoad load;
  load.apply_seq = committed_apply_seq(reader);  // first: what is read after it contains it
  load.clients = reader.client_exposures();
  load.symbols = reader.symbol_exposures();
  load.firm = reader.firm_exposure();
  load.alerts = alerts_to_show(reader);
  store::TransactionFilter latest;
  latest.limit = kLatestTransactions;
  load.transactions = reader.transactions(latest);
  load.limits = LimitTable(reader.limits());
  load.quarantined_total = reader.quarantine_count();
  const auto waiting = reader.waiting();
  load.waiting = {waiting.conflicts, waiting.executions, waiting.held_prices, waiting.adjustments};
  if (load.firm) {
    const Timestamp start = model.session_start(load.firm->last_updated);
    load.opened_today = count_opened_since(reader, start);
    load.transactions_before_today = count_transactions_before(reader, start);
  }
  return load;
}

}  // namespace risk::gateway

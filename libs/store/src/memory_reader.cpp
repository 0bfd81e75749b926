#include <algorithm>
#include <iterator>
#include <limits>
#include <map>
#include <set>
#include <tuple>

#include "edge.hpp"
#include "memory_database.hpp"
#include "risk/base/check.hpp"

namespace risk::store {
namespace {

template <class T, class Value>
bool matches(const std::optional<T>& wanted, const Value& value) {
  return !wanted || *wanted == value;
}

template <class T>
bool is_any_of(const std::vector<T>& wanted, const T& value) {
  return wanted.empty() || std::find(wanted.begin(), wanted.end(), value) != wanted.end();
}

bool below(const std::optional<std::uint64_t>& bound, std::uint64_t value) {
  return !bound || value < *bound;
}

// The number behind a column; none sorts last.
std::optional<Int128> order_number(const engine::ExposureRow& row, ExposureColumn column) {
  switch (column) {
    case ExposureColumn::kId:
      return 0;
    case ExposureColumn::kTotalExposure:
      return row.total_exposure.units();
    case ExposureColumn::kGross:
      return row.exposure.gross().units();
    case ExposureColumn::kNet:
      return row.exposure.net().units();
    case ExposureColumn::kLong:
      return row.exposure.long_value.units();
    case ExposureColumn::kShort:
      return row.exposure.short_value.units();
    case ExposureColumn::kTurnover:
      return row.exposure.turnover.units();
    case ExposureColumn::kPnl:
      return row.pnl.units();
    case ExposureColumn::kPositionCount:
      return row.position_count;
    case ExposureColumn::kUtilisation:
      return row.utilisation_e4;
    case ExposureColumn::kLastUpdated:
      return row.last_updated.nanos;
  }
  RISK_CHECK(!"a column of exposures");
}

ExposurePage page_of(std::vector<engine::ExposureRow> rows, const ExposureFilter& filter) {
  if (filter.risk_level) std::erase_if(rows, [&](const auto& row) { return row.risk_level != *filter.risk_level; });
  std::sort(rows.begin(), rows.end(), [&filter](const engine::ExposureRow& a, const engine::ExposureRow& b) {
    if (filter.order == ExposureColumn::kId) return filter.ascending ? a.id < b.id : b.id < a.id;
    const auto x = order_number(a, filter.order);
    const auto y = order_number(b, filter.order);
    if (x.has_value() != y.has_value()) return x.has_value();
    if (x != y) return filter.ascending ? *x < *y : *y < *x;
    return a.id < b.id;
  });
  ExposurePage page;
  page.total = rows.size();
  const auto first = std::min<std::uint64_t>(rows.size(), filter.offset);
  const auto last = first + std::min<std::uint64_t>(rows.size() - first, filter.limit);
  page.rows.assign(std::make_move_iterator(rows.begin() + static_cast<std::ptrdiff_t>(first)),
                   std::make_move_iterator(rows.begin() + static_cast<std::ptrdiff_t>(last)));
  return page;
}

class MemoryReader final : public Reader {
 public:
  explicit MemoryReader(std::shared_ptr<MemoryDatabase> database) : database_(std::move(database)) {}

  std::optional<engine::ExposureRow> firm_exposure() override { return locked()->firm_exposure; }
  std::vector<engine::ExposureRow> client_exposures() override { return values(locked()->client_exposures); }
  std::vector<engine::ExposureRow> symbol_exposures() override { return values(locked()->symbol_exposures); }
  ExposurePage client_exposures(const ExposureFilter& filter) override { return page_of(client_exposures(), filter); }
  ExposurePage symbol_exposures(const ExposureFilter& filter) override { return page_of(symbol_exposures(), filter); }
  std::optional<engine::ExposureRow> client_exposure(const std::string& client_id) override {
    return find(locked()->client_exposures, client_id);
  }
  std::optional<engine::ExposureRow> symbol_exposure(const std::string& symbol) override {
    return find(locked()->symbol_exposures, symbol);
  }

  std::vector<engine::PositionRow> positions(const std::string& client_id, const std::string& symbol) override {
    const auto db = locked();
    const bool all = client_id.empty() && symbol.empty();
    std::vector<engine::PositionRow> rows;
    const auto add = [&](engine::PositionRow row) {
      const auto symbol_row = db->symbol_exposures.find(row.symbol.text);
      if (symbol_row == db->symbol_exposures.end()) return;
      row.mark = symbol_row->second.mark.value_or(Price{});
      if (all || ((symbol.empty() || row.symbol.text == symbol) && row.quantity != Quantity{})) rows.push_back(row);
    };
    const auto [first, last] = client_id.empty() ? std::pair(db->positions.begin(), db->positions.end())
                                                 : db->positions.equal_range(client_id);
    for (auto client = first; client != last; ++client)
      std::for_each(client->second.begin(), client->second.end(), add);
    return rows;
  }

  std::vector<AlertRow> alerts(const AlertFilter& filter) override {
    return newest(locked()->alerts, filter.limit, [&filter](const AlertRow& row) {
      return is_any_of(filter.statuses, row.status) && is_any_of(filter.severities, row.latest.severity) &&
             is_any_of(filter.types, row.latest.alert_type) && matches(filter.entity_type, row.latest.entity_type) &&
             matches(filter.entity_id, row.latest.entity_id) && below(filter.before, row.alert_id());
    });
  }
  std::optional<AlertRow> alert(std::uint64_t alert_id) override { return find(locked()->alerts, alert_id); }

  std::vector<AlertEventRow> alert_events(std::uint64_t alert_id) override {
    const auto db = locked();
    std::vector<AlertEventRow> rows;
    for (const auto& [id, row] : db->alert_events) {
      if (row.alert_id == alert_id) rows.push_back(row);
    }
    return rows;
  }

  std::vector<AlertEventRow> alert_events_after(std::uint64_t event_id, std::uint32_t limit) override {
    const auto db = locked();
    std::vector<AlertEventRow> rows;
    auto event = db->alert_events.upper_bound(event_id);
    for (; event != db->alert_events.end() && rows.size() < limit; ++event) rows.push_back(event->second);
    return rows;
  }
  std::optional<std::uint64_t> first_alert_event_id() override {
    const auto db = locked();
    if (db->alert_events.empty()) return std::nullopt;
    return db->alert_events.begin()->first;
  }

  std::vector<AlertCount> alert_counts() override {
    const auto db = locked();
    std::map<std::tuple<engine::AlertType, engine::Severity, engine::AlertStatus>, std::uint64_t> counts;
    for (const auto& [id, row] : db->alerts) {
      ++counts[{row.latest.alert_type, row.latest.severity, row.status}];
    }
    std::vector<AlertCount> rows;
    for (const auto& [key, count] : counts)
      rows.push_back({std::get<0>(key), std::get<1>(key), std::get<2>(key), count});
    return rows;
  }

  std::vector<StoredTransaction> transactions(const TransactionFilter& filter) override {
    const auto db = locked();
    std::vector<StoredTransaction> rows;
    for (auto commit = db->inputs.rbegin(); commit != db->inputs.rend() && rows.size() < filter.limit; ++commit) {
      const auto inputs = commit->rows.unpack();
      for (auto input = inputs.rbegin(); input != inputs.rend() && rows.size() < filter.limit; ++input) {
        const auto* t = std::get_if<TransactionInput>(&input->input);
        if (t == nullptr || !matches(filter.client_id, t->transaction.client_id.text) ||
            !matches(filter.symbol, t->transaction.symbol.text) || !below(filter.before, input->apply_seq)) {
          continue;
        }
        rows.push_back(db->stored(*input));
      }
    }
    return rows;
  }

  std::vector<MetricsRow> metrics_since(Timestamp since, std::uint32_t limit) override {
    const auto db = locked();
    std::vector<MetricsRow> rows;
    for (auto row = db->metrics.lower_bound(since); row != db->metrics.end() && rows.size() < limit; ++row) {
      rows.push_back(row->second);
    }
    return rows;
  }

  std::vector<LimitRow> limits() override { return locked()->limits; }
  std::vector<engine::Instrument> instruments() override { return values(locked()->instruments); }
  std::optional<engine::Instrument> instrument(const std::string& symbol) override {
    const auto db = locked();
    const auto found = db->instruments.find(symbol);
    return found == db->instruments.end() ? std::nullopt : std::optional(found->second);
  }

  std::vector<AdjustmentRow> adjustments(const AdjustmentFilter& filter) override {
    const auto db = locked();
    std::vector<AdjustmentRow> rows;
    for (const auto& [id, found] : db->adjustments) {
      const auto& a = found.adjustment;
      const bool is_of_symbol =
          !filter.symbol || a.symbol.text == *filter.symbol || a.new_symbol.text == *filter.symbol;
      const bool is_wanted =
          (!filter.state || found.state == *filter.state) && (!filter.kind || a.kind == *filter.kind);
      if (below(filter.before, id) && is_wanted && is_of_symbol) rows.push_back(found);
    }
    if (filter.order == AdjustmentOrder::kNewest) {
      std::reverse(rows.begin(), rows.end());
    } else {
      std::stable_sort(rows.begin(), rows.end(), [](const AdjustmentRow& a, const AdjustmentRow& b) {
        return a.adjustment.effective_at < b.adjustment.effective_at;
      });
    }
    if (rows.size() > filter.limit) rows.resize(filter.limit);
    return rows;
  }
  std::optional<AdjustmentRow> adjustment(std::uint64_t adjustment_id) override {
    const auto db = locked();
    const auto found = db->adjustments.find(adjustment_id);
    return found == db->adjustments.end() ? std::nullopt : std::optional(found->second);
  }
  std::optional<AdjustmentRow> find_applied(const engine::Adjustment& adjustment) override {
    const auto db = locked();
    for (const auto& [id, row] : db->adjustments) {
      if (row.state == AdjustmentState::kApplied && row.adjustment == adjustment) return row;
    }
    return std::nullopt;
  }

  std::vector<QuarantineRow> quarantine(const QuarantineFilter& filter) override {
    const auto db = locked();
    std::vector<QuarantineRow> rows;
    for (auto row = db->quarantine.rbegin(); row != db->quarantine.rend() && rows.size() < filter.limit; ++row) {
      const bool wanted = below(filter.before, row->quarantine_id) && (!filter.kind || row->kind == *filter.kind) &&
                          (!filter.waiting || is_waiting(*row));
      if (wanted) rows.push_back(*row);
    }
    return rows;
  }
  std::optional<QuarantineRow> quarantined(std::uint64_t quarantine_id) override {
    const auto db = locked();
    const auto row = std::find_if(db->quarantine.begin(), db->quarantine.end(),
                                  [quarantine_id](const auto& other) { return other.quarantine_id == quarantine_id; });
    if (row == db->quarantine.end()) return std::nullopt;
    return *row;
  }
  Waiting waiting() override { return locked()->waiting(); }
  std::uint64_t quarantine_count() override {
    const auto db = locked();
    return static_cast<std::uint64_t>(std::count_if(db->quarantine.begin(), db->quarantine.end(), [](const auto& row) {
      const bool is_dropped = row.decision && row.decision->state == DecisionState::kDropped;
      return row.kind != QuarantineKind::kHeld && (row.kind != QuarantineKind::kAwaiting || is_dropped);
    }));
  }

  std::vector<CommandRow> commands(std::uint32_t limit) override {
    const auto db = locked();
    std::vector<CommandRow> rows;
    for (auto row = db->commands.rbegin(); row != db->commands.rend() && rows.size() < limit; ++row) {
      rows.push_back(*row);
    }
    return rows;
  }
  std::vector<UndeliveredEvent> undelivered(std::uint32_t limit) override {
    const auto db = locked();
    std::vector<UndeliveredEvent> rows;
    for (const auto& [key, delivery] : db->deliveries) {
      const auto event = db->alert_events.find(delivery.event_id);
      if (event != db->alert_events.end()) rows.push_back({delivery, event->second.severity, event->second.message});
    }
    std::stable_sort(rows.begin(), rows.end(), [](const UndeliveredEvent& a, const UndeliveredEvent& b) {
      return a.delivery.event_id > b.delivery.event_id;
    });
    if (rows.size() > limit) rows.erase(rows.begin() + limit, rows.end());
    return rows;
  }
  std::uint64_t undelivered_count() override { return undelivered(std::numeric_limits<std::uint32_t>::max()).size(); }
  std::vector<CursorRow> cursors() override { return values(locked()->cursors); }

  FoundExecutions find_executions(std::span<const std::uint64_t> apply_seqs,
                                  std::span<const std::uint64_t> fingerprints) override {
    const auto db = locked();
    std::set<std::uint64_t> wanted(apply_seqs.begin(), apply_seqs.end());
    for (const auto fingerprint : fingerprints) {
      const auto [first, last] = db->identities.equal_range(fingerprint);
      for (auto filed = first; filed != last; ++filed) wanted.insert(filed->second);
    }
    FoundExecutions found;
    found.dropped_up_to = db->dropped_up_to;
    for (auto next = wanted.begin(); next != wanted.end();) {
      const auto commit = std::partition_point(db->inputs.begin(), db->inputs.end(), [next](const auto& other) {
        return other.rows.last_apply_seq() < *next;
      });
      if (commit == db->inputs.end()) break;
      for (const auto& input : commit->rows.unpack()) {
        const auto* t = std::get_if<TransactionInput>(&input.input);
        if (t == nullptr || !wanted.contains(input.apply_seq)) continue;
        found.transactions.push_back(db->stored(input));
      }
      next = wanted.upper_bound(commit->rows.last_apply_seq());
    }
    return found;
  }

  std::vector<engine::OpeningPosition> latest_openings(std::span<const OpeningKey> keys) override {
    const auto db = locked();
    std::vector<engine::OpeningPosition> latest;
    for (const auto& [client_id, symbol] : keys) {
      const auto opening = db->openings.find({std::string(client_id), std::string(symbol)});
      if (opening != db->openings.end()) latest.push_back(opening->second.position);
    }
    return latest;
  }

  std::vector<SnapshotInfo> snapshots() override { return locked()->snapshots_newest_first(); }
  LeaseState lease() override { return locked()->lease; }

  void replay(std::uint64_t after_apply_seq, const std::function<void(const AppliedInput&)>& apply) override {
    locked()->replay(after_apply_seq, apply);
  }

 private:
  // The database, locked for one expression or scope.
  class Locked {
   public:
    explicit Locked(MemoryDatabase& database) : database_(database), lock_(database.mutex) {}
    MemoryDatabase* operator->() const { return &database_; }

   private:
    MemoryDatabase& database_;
    std::unique_lock<std::mutex> lock_;
  };
  Locked locked() const { return Locked(*database_); }

  template <class Map>
  static std::vector<typename Map::mapped_type> values(const Map& map) {
    std::vector<typename Map::mapped_type> rows;
    rows.reserve(map.size());
    for (const auto& [key, row] : map) rows.push_back(row);
    return rows;
  }

  template <class Map>
  static std::optional<typename Map::mapped_type> find(const Map& map, const typename Map::key_type& key) {
    const auto found = map.find(key);
    if (found == map.end()) return std::nullopt;
    return found->second;
  }

  template <class Map, class Wanted>
  static std::vector<typename Map::mapped_type> newest(const Map& map, std::uint32_t limit, const Wanted& wanted) {
    std::vector<typename Map::mapped_type> rows;
    for (auto entry = map.rbegin(); entry != map.rend() && rows.size() < limit; ++entry) {
      if (wanted(entry->second)) rows.push_back(entry->second);
    }
    return rows;
  }

  std::shared_ptr<MemoryDatabase> database_;
};

}  // namespace

std::unique_ptr<Reader> open_memory_reader(std::shared_ptr<MemoryDatabase> database) {
  {
    const std::scoped_lock lock(database->mutex);
    if (!database->migrated)
      throw StoreUnavailable("the database has no schema yet: the risk-engine makes it when it starts");
  }
  return std::make_unique<MemoryReader>(std::move(database));
}

}  // namespace risk::store

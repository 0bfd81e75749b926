// What the page shows right now: the rows of the database, kept fresh by the engine's streams, and what has changed
// since the last delta.
//
// Invariants
//   1. A row never goes back: each knows the apply_seq its figures contain, and an older read or update is ignored.
//   2. A row that changed is in the next delta, once.
//   3. If a row vanished (another database, an alert resolved unseen), no delta can say so: take_discontinuity() does,
//      and every client must start from a new snapshot.
//
// Any thread may call anything; rendering holds the lock for as long as the bytes take.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "dashboard-gateway/api/json.hpp"
#include "dashboard-gateway/live/rate_meter.hpp"

namespace risk::gateway {

// One reading of the database. Its rows contain at least the inputs up to apply_seq.
struct LiveLoad {
  std::uint64_t apply_seq = 0;
  std::vector<engine::ExposureRow> clients;
  std::vector<engine::ExposureRow> symbols;
  std::optional<engine::ExposureRow> firm;
  std::vector<store::AlertRow> alerts;                 // unresolved ones and the latest of any status
  std::vector<store::StoredTransaction> transactions;  // newest first
  LimitTable limits;
  std::uint64_t quarantined_total = 0;
  wire::Waiting waiting;
  std::uint64_t opened_today = 0;               // alerts since the session of `firm` began
  std::uint64_t transactions_before_today = 0;  // before that session
};

class LiveModel {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;

  LiveModel(std::string base_currency, engine::SessionStart session_start)
      : base_currency_(std::move(base_currency)), session_start_(std::move(session_start)) {}

  void load(LiveLoad load, SteadyTime at);
  // Ignored before the first load, which contains them: the engine publishes only what is stored.
  void apply(const wire::ExposureUpdate& update, SteadyTime at);
  void apply(const wire::AlertMessage& message);
  // The engine's stream is another one: its apply_seq need not go on from the old, so the next load wins over all.
  void expect_another_history();
  void set_limits(LimitTable limits);

  bool loaded() const;
  std::optional<Timestamp> now() const;  // the engine's; no value before the first input
  std::uint64_t opened_today() const;
  Timestamp session_start(Timestamp at) const;

  // Precondition of these four: loaded().
  std::string summary(SteadyTime at);
  // `system`: the contract's System as JSON. A snapshot leaves the changes for the next delta.
  std::string snapshot(std::uint64_t number, std::string_view system, SteadyTime at);
  // No value when nothing has changed and `system` is empty.
  std::optional<std::string> delta(std::uint64_t number, std::string_view system, SteadyTime at);
  void forget_changes();
  bool take_discontinuity();

 private:
  struct Row {
    wire::ExposureFigures figures;
    std::uint64_t apply_seq = 0;
    bool changed = false;
  };
  struct Table {
    std::unordered_map<std::string, Row> rows;
    std::vector<Row*> changed;
    std::uint64_t active = 0;     // with a position
    std::uint64_t high_risk = 0;  // HIGH or CRITICAL
  };
  struct Alert {
    store::AlertRow row;
    std::uint64_t event_id = 0;  // 0: from the database
    bool changed = false;
  };

  void start_over();
  void put(Table& table, const wire::ExposureFigures& figures, std::uint64_t apply_seq);
  void reload(Table& table, const std::vector<engine::ExposureRow>& rows, std::uint64_t apply_seq);
  void reload_alerts(std::vector<store::AlertRow> rows);
  void note_change(Table& table, Row& row);
  void take_transactions(std::vector<wire::AppliedTransaction> transactions);
  void advance_now(Timestamp now);
  void prune_alerts();
  void write_summary(JsonWriter& json, SteadyTime at);
  void write_client_row(JsonWriter& json, const Row& row) const;
  void write_symbol_row(JsonWriter& json, const Row& row) const;
  void clear_changes();

  const std::string base_currency_;
  const engine::SessionStart session_start_;

  mutable std::mutex mutex_;
  bool loaded_ = false;
  bool discontinuity_ = false;
  bool other_history_ = false;
  bool summary_changed_ = false;
  std::uint64_t apply_seq_ = 0;
  std::optional<Timestamp> now_;
  Table clients_;
  Table symbols_;
  std::optional<wire::ExposureFigures> firm_;
  std::map<std::uint64_t, Alert> alerts_;  // by alert_id
  bool alerts_changed_ = false;
  std::deque<wire::AppliedTransaction> transactions_;  // newest first
  std::uint64_t transactions_sent_seq_ = 0;            // up to here they were in a delta
  LimitTable limits_;
  std::uint64_t transactions_total_ = 0;
  std::uint64_t transactions_before_today_ = 0;
  std::uint64_t quarantined_total_ = 0;
  wire::Waiting waiting_;
  std::uint64_t opened_today_ = 0;
  std::uint64_t last_alert_id_ = 0;
  std::optional<Timestamp> last_executed_at_;
  RateMeter transaction_rate_;
};

}  // namespace risk::gateway

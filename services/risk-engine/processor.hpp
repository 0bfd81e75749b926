// Everything the engine does with an input between the log and the store: the core, the alerts, the cursors, the
// quarantine. Collects what has to be committed; whoever writes takes it in one piece. Asks no clock: wall-clock times
// are arguments.
//
// Invariants
//   1. Every record moves its stream's cursor, whether it was applied or quarantined.
//   2. What take() returns is all that came of the inputs since the last take(), and nothing else.
//   3. It is called when what it returned before is in the store.
//
// Threads: one at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "risk-engine/adjustments.hpp"
#include "risk-engine/alert_register.hpp"
#include "risk-engine/executions.hpp"
#include "risk-engine/openings.hpp"
#include "risk-engine/stream_clocks.hpp"
#include "risk/engine/awaiting.hpp"
#include "risk/engine/core.hpp"
#include "risk/engine/intake.hpp"
#include "risk/log/record.hpp"
#include "risk/store/store.hpp"
#include "risk/wire/control.hpp"
#include "risk/wire/exposure.hpp"
#include "risk/wire/transaction.hpp"

namespace risk::risk_engine {

// What is taken on: how much, how far ahead of the clocks at which it was received, and what is known of executions
// that were applied before.
struct Intake {
  engine::Bounds bounds{};
  std::chrono::milliseconds ahead_max{60'000};
  engine::ExecutionOptions executions{};
};

// A commit, and what is told to others once it is stored.
struct Batch {
  store::Commit commit;
  std::uint64_t apply_seq = 0;  // after it
  std::optional<Timestamp> now;
  std::uint64_t transactions_total = 0;
  std::uint64_t quarantined_total = 0;
  wire::Waiting waiting;
};

// Where a cursor of a transaction stream stands in the log.
log::Position position_of(const store::CursorRow& cursor);

struct ProcessorCounters {
  std::uint64_t transactions = 0;  // applied since the store began
  std::uint64_t late = 0;          // of them
  std::uint64_t ticks = 0;         // since this process started, as the rest
  std::uint64_t quarantined = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t conflicts = 0;
  std::uint64_t busts = 0;  // applied
  std::uint64_t corrections = 0;
  std::uint64_t missing_records = 0;
  std::uint64_t alert_events = 0;
  std::uint64_t adjustments_applied = 0;
  std::uint64_t adjustments_refused = 0;
  std::uint64_t adjustments_withdrawn = 0;
};

class Processor {
 public:
  // `key` is the core's. Goes on from `resume`. Inputs committed so far, or those after the one that load() was told,
  // must then be given to restore(), in order, and start() called.
  Processor(store::ResumePoint resume, std::uint64_t quarantined_total, engine::HashKey key = {});

  // A core that has applied the inputs up to `apply_seq`.
  void load(engine::Core core, std::uint64_t apply_seq);
  void restore(const store::AppliedInput& input);
  // A row of the quarantine that awaits its execution, each in the order in which they came, or of a price that is
  // held; before start().
  void restore(store::QuarantineRow row) {
    (row.kind == store::QuarantineKind::kHeld ? held_rows_ : awaiting_rows_).push_back(std::move(row));
  }
  // From here on the rules are `rules`: if they differ from the last ones, that is an input of its own with the next
  // version. What was applied before stays, also above the bounds.
  void start(const engine::RuleSet& rules, const Intake& intake = {});

  // Records of a transaction stream. What Executions::Find and Openings::Find throw goes through it, and then nothing
  // of them was applied.
  void apply(const log::Records& records, Timestamp wall);
  void skip(const log::Gap& gap);
  // A person's action on an alert, or what became of a delivery. Its effect is stored by the next take().
  wire::CommandReply apply(const wire::Command& command, Timestamp wall);

  // A decision about a row of the quarantine; none: there is no such row. Its effect is stored by the next take().
  wire::CommandReply decide(const std::string& actor, const wire::DecideQuarantined& decide,
                            const std::optional<store::QuarantineRow>& row, Timestamp wall);

  // A split, a rename or a set position that a person asks for: it waits for its instant, or is applied at once where
  // that has passed. Its effect is stored by the next take(), also that of one that the core refuses. What
  // Adjustments::Find throws goes through it.
  wire::CommandReply adjust(const std::string& actor, const engine::Adjustment& adjustment, Timestamp wall);
  // Takes back one that waits; `stored` is its row in the store, none: there is none. Its effect is stored by the next
  // take(). One that waits in the store alone is another engine's, which leads by now.
  wire::CommandReply withdraw(const std::string& actor, const wire::WithdrawAdjustment& withdraw,
                              const std::optional<store::AdjustmentRow>& stored, Timestamp wall);

  // What a commit has to do with the store's clean-up, which is not an alert's: only its trace.
  void note_cleanup(const std::string& actor, std::uint32_t days, Timestamp wall);
  // Puts the figures of the whole into the next batch.
  void note_metrics(Timestamp wall);

  // A snapshot will be of the state that the next take() stores: with it go the identities of all executions, so that a
  // restart finds those before the snapshot without the inputs.
  void complete_identities() { identities_due_ = true; }

  bool has_pending() const;
  // Inputs up to this one can be found in the store.
  void note_committed(std::uint64_t apply_seq);
  // Records that wait for take(), applied or quarantined.
  std::size_t pending_records() const { return pending_.inputs.size() + pending_.quarantine.size(); }
  // With kMarked, the rows of up to `marked_max` clients whose exposure moved with a mark are in it. The next inputs
  // are collected in the memory of `spare`, which is empty.
  Batch take(engine::Core::Scope scope, Timestamp wall, std::size_t marked_max = engine::Core::kAllMarked,
             store::AppliedInputs spare = {});

  std::vector<log::Position> transaction_positions() const;  // of each stream: the last record that was applied
  const ProcessorCounters& counters() const { return counters_; }
  const engine::Core& core() const { return core_; }
  std::uint64_t apply_seq() const { return apply_seq_; }                        // of the last input
  std::uint64_t last_apply_seq() const { return engine_cursor_.row.sequence; }  // that a batch held
  std::uint64_t quarantined_total() const { return quarantined_total_; }
  // The last event of the stream of alert events: its id is kept in the store, its records are numbered as the events.
  log::Position alerts_position() const;
  std::size_t open_alerts() const { return alerts_.open_count(); }
  const StreamClocks& stream_clocks() const { return stream_clocks_; }
  const store::CursorRow* find_cursor(std::string_view stream_id) const;  // null: no record of it came yet
  std::vector<store::CursorRow> stream_cursors() const;                   // of transaction streams
  Executions& executions() { return executions_; }
  const Executions& executions() const { return executions_; }
  Openings& openings() { return openings_; }
  Adjustments& adjustments() { return adjustments_; }
  wire::Waiting waiting() const { return {waiting_conflicts_, awaiting_.size(), held_.size(), adjustments_.pending()}; }
  // Busts and corrections that have waited for longer than kOverdueAfter: their execution may never come.
  std::uint64_t overdue_executions(Timestamp wall) const;
  static constexpr std::chrono::hours kOverdueAfter{1};

 private:
  // A row of the quarantine that awaits its execution.
  struct AwaitingRow {
    store::Origin row;
    Timestamp received_at;

    friend bool operator==(const AwaitingRow& a, const AwaitingRow& b) { return a.row == b.row; }
  };
  using Awaiting = engine::Awaiting<AwaitingRow>;
  struct Cursor {
    store::CursorRow row;
    std::uint64_t committed = 0;
    std::uint64_t committed_epoch = 1;
    std::optional<std::uint64_t> record_hash{};  // of the record at row.sequence; written into the row by take()
    bool moved = false;
  };
  // The risk level of each entity, and whether it holds anything, for the metrics.
  struct Flags {
    bool active = false;
    bool high_risk = false;
  };
  class EntityCounts {
   public:
    void update(const std::vector<engine::ExposureRow>& rows);
    std::uint64_t active = 0;
    std::uint64_t high_risk = 0;

   private:
    std::unordered_map<std::string, Flags> by_id_;
  };

  // Of the records at hand, those that were known before.
  struct KnownRecords {
    std::uint64_t duplicates = 0;
    std::uint64_t conflicts = 0;
  };

  // What comes with a record.
  struct Arrival;
  class InputSlots;  // where in pending_.inputs the records at hand go
  void apply_transaction(const Arrival& arrival, InputSlots& places, StreamClock& clock, KnownRecords& known);
  void apply_reversal(const Arrival& arrival, InputSlots& places, KnownRecords& known);
  void refuse(const Arrival& arrival, InputSlots& places, engine::Rejection rejection);
  void quarantine_conflict(const Arrival& arrival, InputSlots& places, const Executions::Known& applied,
                           KnownRecords& known);
  void await_execution(const Arrival& arrival, InputSlots& places, KnownRecords& known);
  store::QuarantineRow row_of(const Arrival& arrival, engine::Rejection rejection);
  // Of one whose record is not at hand.
  store::QuarantineRow row_of(const engine::Transaction& transaction, const store::Origin& origin,
                              const engine::Rejection& rejection, Timestamp wall) const;
  // A row that waits for a decision, with its record.
  void quarantine_waiting(store::QuarantineRow row, store::QuarantineKind kind, std::string record);
  // The transaction was applied as the next input; what it takes back, if it is a bust or a correction, is noted.
  void note_applied(const engine::ExecutionDigest& digest, const store::TransactionInput& input, Timestamp wall);
  void judge_awaiting(const Awaiting::Reversal& correction, const engine::ExecutionDigest& applied, Timestamp wall);
  // Applies what has awaited the execution or correction that was applied last, each as an input of its own that `keep`
  // is given.
  using Keep = std::function<void(store::AppliedInput)>;
  void apply_awaiting(const engine::Transaction& transaction, const engine::ExecutionDigest& execution, Timestamp wall,
                      const Keep& keep);
  // It waits from here on, or was applied or refused at once. Gives its row as it stands then.
  store::AdjustmentRow take_adjustment(const std::string& from, const engine::Adjustment& adjustment, Timestamp wall,
                                       const Keep& keep);
  void take_adjustment(const log::Record& record, const engine::Adjustment& adjustment, InputSlots& places,
                       Timestamp wall, KnownRecords& known);
  // The adjustments whose instants an input reaches, each as an input of its own; before it is applied itself.
  void apply_due(Timestamp reached, const Keep& keep);
  // Of an execution, under its own name and the others of its symbol.
  std::vector<engine::ExecutionDigest> identities_of(const engine::Transaction& transaction,
                                                     const engine::ExecutionDigest& own) const;
  // By the renames that were applied and those that wait: what comes together is looked up before any of it is applied.
  std::vector<std::string> names_of(std::string_view symbol) const;
  engine::Rejection too_old(const engine::Transaction& transaction) const;
  // Why what it refers to cannot be taken back; nothing: it can, or it is not there yet.
  std::optional<engine::Rejection> problem_of(const engine::Transaction& reversal,
                                              const Executions::Reference& reference) const;
  // Whether a bust or a correction of it has come before it.
  bool is_taken_back_already(const engine::Transaction& transaction, const engine::ExecutionDigest& execution) const;
  // Whether it stands for a record or an input that this process has not come to: of a row of the store, somebody
  // else's.
  bool is_beyond(const store::Origin& origin) const;
  // The answer about a row that the store has and this process does not.
  static wire::CommandReply waits_elsewhere(const std::string& what);
  // The engine's own decision about a row that awaits its execution, or of a price that was held.
  void decide_waiting(store::QuarantineKind kind, const store::Origin& origin, store::DecisionState state,
                      Timestamp wall, std::string reason, std::optional<std::uint64_t> applied_as = {});
  // What the input at hand, which is number apply_seq_, has made of held prices: each has a row of the quarantine that
  // waits as long as it is held. To be called while a transaction is still in its place.
  void note_held_changes(const Arrival& arrival);
  // Of one that is an input by a person's command, or had to wait.
  void note_held_changes(const engine::Transaction& transaction, Timestamp wall);
  // `row_of_input` makes the row of the input, given why; null: it can hold no price.
  using RowOfInput = std::function<store::QuarantineRow(engine::Rejection why)>;
  void note_held_changes(Timestamp wall, const RowOfInput& row_of_input);
  void load_held();
  using HeldRows = std::map<std::string, store::Origin, std::less<>>;
  HeldRows::const_iterator held_of(const store::Origin& origin) const;
  // A person's; its apply_seq, or why it cannot be.
  Result<std::uint64_t> decide_held(const store::QuarantineRow& row, bool takes);
  Awaiting::Reversal awaiting_of(const store::QuarantineRow& row, const engine::Transaction& reversal) const;
  void load_awaiting();
  store::QuarantineRow quarantine_row(const log::Record& record, const wire::Provenance& provenance,
                                      engine::Rejection rejection, const std::string& raw, Timestamp wall) const;
  void quarantine(store::QuarantineRow row);
  void count_quarantined();  // one more record cannot be applied
  std::optional<engine::Rejection> is_ahead(std::string_view field, Timestamp instant,
                                            const engine::ReceivedAt& received_at) const;
  void apply_other(const log::Record& record, Result<wire::Decoded>& decoded, InputSlots& places, Timestamp wall,
                   KnownRecords& known);
  void expect(const log::Records& records, InputSlots& places, Timestamp wall);
  void note_instrument(const engine::Instrument& instrument);
  Cursor& move_cursor(const log::Position& to, std::string_view publisher);
  void announce(const std::vector<engine::AlertEvent>& events);
  wire::CommandReply record(const wire::RecordDeliveries& deliveries);
  // Its apply_seq, or why it cannot be.
  Result<std::uint64_t> apply_quarantined(const store::QuarantineRow& row, Timestamp wall);

  engine::Core core_;
  Executions executions_;
  Openings openings_;
  Adjustments adjustments_;
  Awaiting awaiting_;
  std::vector<store::QuarantineRow> awaiting_rows_;  // until start()
  HeldRows held_;                                    // of each symbol whose price is held: where its row came from
  std::vector<store::QuarantineRow> held_rows_;      // until start()
  AlertRegister alerts_;
  wire::InputDecoder decoder_;
  std::map<std::string, Cursor, std::less<>> cursors_;
  Cursor engine_cursor_;
  Cursor alerts_cursor_;
  std::string alerts_stream_;
  std::uint64_t apply_seq_ = 0;
  std::uint64_t quarantined_total_;
  bool has_rules_ = false;
  bool identities_due_ = false;
  std::uint64_t waiting_conflicts_;
  std::set<std::uint64_t> decided_;  // rows of the quarantine, by this process: the store may still show them waiting
  bool rows_due_ = false;            // every row is to be written, though no input came
  store::Commit pending_;
  std::unordered_map<std::string, std::size_t> pending_instruments_;  // where each is in it, by symbol
  std::vector<const engine::Transaction*> expected_;                  // of the records at hand
  std::vector<engine::ReceivedAt> received_at_;                       // of these
  std::vector<Result<wire::Decoded>> others_;                         // of the records at hand, what is no transaction
  std::int64_t ahead_max_nanos_ = 0;
  StreamClocks stream_clocks_;
  std::vector<engine::AlertEvent> events_;  // of the input at hand
  EntityCounts clients_, symbols_;
  ProcessorCounters counters_;
};

}  // namespace risk::risk_engine

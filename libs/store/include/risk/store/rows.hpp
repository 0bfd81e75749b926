// The rows of the database as values, and the commit that writes them. Both sides of the store speak in these.
// Money is rounded half to even to 4 places on its way in; quantities and prices are exact. Unsigned numbers are at
// most 2^63 - 1; texts are UTF-8 without a zero byte, except where they are said to be bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "risk/base/decimal.hpp"
#include "risk/base/timestamp.hpp"
#include "risk/engine/identity_index.hpp"
#include "risk/engine/types.hpp"
#include "risk/store/applied_inputs.hpp"

namespace risk::store {

// One row of `alerts`: the alert as of its latest event.
struct AlertRow {
  engine::AlertEvent latest;  // figures, evidence and type of the latest event that the core announced
  engine::AlertStatus status = engine::AlertStatus::kOpen;
  std::string message;  // of that event
  Timestamp opened_at;
  Timestamp updated_at;
  std::optional<Timestamp> resolved_at;
  std::optional<std::string> acknowledged_by;
  std::optional<Timestamp> acknowledged_at;
  std::optional<std::string> assigned_to;

  std::uint64_t alert_id() const { return latest.alert_id; }
  friend bool operator==(const AlertRow&, const AlertRow&) = default;
};

// One row of `alert_events`, the engine's outgoing stream: event_id is its sequence, `payload` the message as
// published.
struct AlertEventRow {
  std::uint64_t event_id = 0;  // from 1, gapless
  std::uint64_t alert_id = 0;
  engine::AlertEventType type = engine::AlertEventType::kOpened;
  engine::Severity severity = engine::Severity::kHigh;
  std::string value;  // as Figure::to_string
  Timestamp at;       // now or the sweep's second; of a person's action the wall clock
  std::optional<std::string> transaction_id;
  std::optional<std::string> actor;    // who acknowledged, assigned or commented
  std::optional<std::string> comment;  // the comment, or whom it was assigned to
  std::string message;
  std::string payload;  // bytes

  friend bool operator==(const AlertEventRow&, const AlertEventRow&) = default;
};

enum class QuarantineKind : std::uint8_t {
  kRejected,  // it cannot be applied
  kConflict,  // an execution whose identity was applied with other figures
  kAwaiting,  // a bust or a correction whose execution has not come yet
  kHeld,      // an input that was applied, but for its price, which is held
};
std::string_view to_string(QuarantineKind kind);  // "REJECTED", "CONFLICT", "AWAITING_EXECUTION", "HELD_PRICE"
std::optional<QuarantineKind> parse_quarantine_kind(std::string_view name);

enum class DecisionState : std::uint8_t { kWaiting, kApplied, kDropped };
std::string_view to_string(DecisionState state);  // "WAITING", "APPLIED", "DROPPED"

// What was decided about a record in the quarantine, or that it waits: of what awaits its execution, and of a held
// price, the engine decides when that comes, or another price does; of a conflict a person has to.
struct Decision {
  DecisionState state = DecisionState::kWaiting;
  std::string by;  // "" while it waits, as all that follows
  std::optional<Timestamp> at{};
  std::string reason;
  std::optional<std::uint64_t> applied_as{};  // apply_seq; of a held price that waits, what it came with

  friend bool operator==(const Decision&, const Decision&) = default;
};

// A record that could not be applied. `line` counts from 1 where the input was a file.
struct QuarantineRow {
  std::uint64_t quarantine_id = 0;  // given by the store
  Origin origin;
  std::string source;  // the publisher's name for its input: a file name, "simulator"
  std::optional<std::uint64_t> line;
  engine::Rejection rejection;
  std::string raw;  // what is left of the record, printable
  Timestamp received_at;
  QuarantineKind kind = QuarantineKind::kRejected;
  std::optional<Decision> decision{};  // none: there is nothing to decide
  std::string record{};                // bytes: as it came, where it may yet be applied

  friend bool operator==(const QuarantineRow&, const QuarantineRow&) = default;
};

enum class AdjustmentState : std::uint8_t { kPending, kApplied, kRefused, kWithdrawn };
std::string_view to_string(AdjustmentState state);  // "PENDING", "APPLIED", "REFUSED", "WITHDRAWN"
std::optional<AdjustmentState> parse_adjustment_state(std::string_view name);

// One row of `adjustments`: what was asked for, and what became of it.
struct AdjustmentRow {
  std::uint64_t adjustment_id = 0;  // from 1, given by the engine, in the order of arrival
  engine::Adjustment adjustment;
  std::string requested_by;
  Timestamp requested_at;  // wall clock
  AdjustmentState state = AdjustmentState::kPending;
  std::string why;                            // it was refused or withdrawn
  std::optional<std::uint64_t> applied_as{};  // apply_seq
  std::string withdrawn_by{};                 // "" unless it was, as the next
  std::optional<Timestamp> withdrawn_at{};    // wall clock

  friend bool operator==(const AdjustmentRow&, const AdjustmentRow&) = default;
};

struct MetricsRow {
  Timestamp timestamp;  // wall clock
  std::uint64_t total_transactions = 0;
  Notional total_exposure;           // the firm's gross
  std::uint64_t active_clients = 0;  // with a position that is not zero
  std::uint64_t active_symbols = 0;
  std::uint64_t high_risk_clients = 0;  // risk level HIGH or CRITICAL
  std::uint64_t high_risk_symbols = 0;
  std::uint64_t alerts_generated = 0;  // opened since the stream began

  friend bool operator==(const MetricsRow&, const MetricsRow&) = default;
};

// One row of `limits`: what is in force. entity_id "" is the rule's default for its entity type; limit as text, an
// amount of money with 4 places or a count.
struct LimitRow {
  std::string rule;  // "client_exposure", "symbol_velocity", ...
  engine::EntityType entity_type = engine::EntityType::kFirm;
  std::string entity_id;
  std::optional<engine::Measure> measure;
  std::string limit;
  std::uint64_t config_version = 0;

  friend bool operator==(const LimitRow&, const LimitRow&) = default;
};

// One row of `commands`, the audit trail of what people did.
struct CommandRow {
  std::uint64_t command_id = 0;  // given by the store
  Timestamp at;
  std::string actor;
  std::string command;  // "ACK", "ASSIGN", "COMMENT", "CLEANUP"
  std::string target;   // "alert 12"
  std::string old_value;
  std::string new_value;

  friend bool operator==(const CommandRow&, const CommandRow&) = default;
};

// One row of `deliveries`: an alert event that a channel did not deliver.
struct DeliveryRow {
  std::string channel;  // "slack"
  std::uint64_t event_id = 0;
  std::uint64_t alert_id = 0;
  std::string outcome;  // "REFUSED", "GIVEN_UP", "PARTLY"
  std::string answer;   // what the channel said last
  Timestamp at;         // of the outcome, wall clock of who delivers

  friend bool operator==(const DeliveryRow&, const DeliveryRow&) = default;
};

// One row of `stream_cursors`. Two are the engine's own, under ids that no stream can have: kEngineCursor is its
// apply_seq, kAlertsCursor the last alert event, with the id of the stream that carries them as its name.
struct CursorRow {
  std::string stream_id;
  std::string name;  // the publisher's own name: "simulator@host"
  std::uint64_t epoch = 1;
  std::uint64_t sequence = 0;  // the last whose effects are committed
  std::uint64_t missing = 0;   // records of the stream that never came
  Timestamp updated_at;
  // Of the record at `sequence`, 16 hexadecimal digits; none: not known, as of a gap.
  std::optional<std::string> record_hash{};
  std::uint64_t duplicates = 0;  // executions of the stream that were applied before
  std::uint64_t conflicts = 0;   // and those whose identity was, with other figures

  friend bool operator==(const CursorRow&, const CursorRow&) = default;
};
inline constexpr char kEngineCursor[] = "engine";
inline constexpr char kAlertsCursor[] = "alerts";

// A cursor's step, compare-and-set: the commit fails with StoreConflict unless the row stands at sequence `from` of
// epoch `from_epoch` (with `from` 0 there may be no row yet). A step to a later epoch may go to a lower sequence.
struct CursorStep {
  CursorRow to;
  std::uint64_t from = 0;
  std::uint64_t from_epoch = 1;

  friend bool operator==(const CursorStep&, const CursorStep&) = default;
};

// A snapshot of the core's state that is whole: pieces 0 to chunk_count - 1, with `bytes` bytes between them.
struct SnapshotInfo {
  std::uint64_t apply_seq = 0;  // of the last input that is in it
  std::string state_hash;
  std::uint32_t chunk_count = 0;
  std::uint64_t bytes = 0;
  Timestamp taken_at;

  friend bool operator==(const SnapshotInfo&, const SnapshotInfo&) = default;
};
inline constexpr std::size_t kSnapshotChunkBytesMax = 1024 * 1024;

// Who may write; see lease.hpp.
struct LeaseState {
  std::uint64_t term = 0;  // 0: it was never taken
  std::string holder;      // of this term, also when it is gone
  std::uint64_t beat = 0;  // since the term began
  bool held = false;       // the holder's connection (PostgreSQL) or process (SQLite) is still there

  friend bool operator==(const LeaseState&, const LeaseState&) = default;
};

// Executions of which a later one may be a duplicate, as bytes of engine::IdentityPiece; the store does not look
// inside. Those between first_apply_seq and last_apply_seq: pieces do not overlap.
struct IdentityPieceRow {
  std::uint64_t first_apply_seq = 0;
  std::uint64_t last_apply_seq = 0;
  std::string bytes;

  friend bool operator==(const IdentityPieceRow&, const IdentityPieceRow&) = default;
};

// The decision about a row of the quarantine that waits for one; the commit fails with StoreConflict where it does not.
struct DecisionStep {
  std::uint64_t quarantine_id = 0;  // 0: the row of that kind and origin, also of this commit
  Decision decision;
  Origin origin{};
  QuarantineKind kind = QuarantineKind::kAwaiting;  // or kHeld

  friend bool operator==(const DecisionStep&, const DecisionStep&) = default;
};

// One database transaction: all or nothing. Empty parts cost nothing. Upserts list a row once.
struct Commit {
  Timestamp recorded_at;            // the engine's wall clock: the inputs are kept by its UTC day
  std::vector<CursorStep> cursors;  // always with the step of kEngineCursor, to the last of `inputs`
  AppliedInputs inputs;
  std::vector<engine::ExposureRow> client_exposures;  // upserted
  std::vector<engine::ExposureRow> symbol_exposures;  // upserted
  std::optional<engine::ExposureRow> firm_exposure;   // upserted
  std::vector<engine::PositionRow> positions;         // upserted, but for the mark: that is its symbol's
  std::vector<AlertRow> alerts;                       // upserted
  std::vector<AlertEventRow> alert_events;
  std::vector<QuarantineRow> quarantine;
  std::vector<CommandRow> commands;
  std::vector<DeliveryRow> deliveries;          // upserted
  std::vector<engine::Instrument> instruments;  // upserted
  std::vector<AdjustmentRow> adjustments;       // upserted
  std::optional<MetricsRow> metrics;
  std::optional<std::vector<LimitRow>> limits;  // replaces the table
  std::vector<IdentityPieceRow> identity_pieces;
  std::vector<DecisionStep> decisions;
};

}  // namespace risk::store

// The reading side of the database: what the dashboard and riskctl ask. Never writes; on PostgreSQL the role
// risk_reader suffices, SQLite is opened read-only.
//
// Each call but replay() is one consistent read. Lists are newest first unless said otherwise and bounded by their
// limit. Threads: one at a time; a Reader owns its connection, and makes a new one on the next call after
// StoreUnavailable.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "risk/store/config.hpp"
#include "risk/store/errors.hpp"
#include "risk/store/rows.hpp"

namespace risk::store {

struct AlertFilter {
  // Any of these; none: whichever.
  std::vector<engine::AlertStatus> statuses;
  std::vector<engine::Severity> severities;
  std::vector<engine::AlertType> types;
  std::optional<engine::EntityType> entity_type;
  std::optional<std::string> entity_id;
  std::optional<std::uint64_t> before;  // alert_id below this
  std::uint32_t limit = 100;
};

enum class ExposureColumn : std::uint8_t {
  kId,
  kTotalExposure,
  kGross,
  kNet,
  kLong,
  kShort,
  kTurnover,
  kPnl,
  kPositionCount,
  kUtilisation,
  kLastUpdated
};

// Which rows of a list of exposures, and in which order: by a column, rows without a value last, ties by id.
struct ExposureFilter {
  ExposureColumn order = ExposureColumn::kTotalExposure;
  bool ascending = false;
  std::optional<engine::RiskLevel> risk_level;
  std::uint64_t offset = 0;
  std::uint32_t limit = 100;
};

struct ExposurePage {
  std::vector<engine::ExposureRow> rows;
  std::uint64_t total = 0;  // without offset and limit
};

struct TransactionFilter {
  std::optional<std::string> client_id;
  std::optional<std::string> symbol;
  std::optional<std::uint64_t> before;  // apply_seq below this
  std::uint32_t limit = 100;
};

// Of a bust, side, quantity, price, currency and base price are those of what it takes back.
struct StoredTransaction {
  std::uint64_t apply_seq = 0;
  Origin origin;
  engine::Transaction transaction;
  Price base_price;
  Notional notional;  // quantity x base price, as stored
  bool late = false;
  bool counted_only = false;  // as in TransactionInput, as is the next
  std::optional<engine::Original> original{};
  std::optional<engine::ReversedBy> reversed_by{};
};

struct AlertCount {
  engine::AlertType type;
  engine::Severity severity;
  engine::AlertStatus status;
  std::uint64_t count = 0;
};

// An alert event that a channel did not deliver.
struct UndeliveredEvent {
  DeliveryRow delivery;
  engine::Severity severity = engine::Severity::kLow;  // of the event, as its message
  std::string message;

  friend bool operator==(const UndeliveredEvent&, const UndeliveredEvent&) = default;
};

// Rows of the quarantine.
struct QuarantineFilter {
  std::optional<QuarantineKind> kind{};
  bool waiting = false;                   // those alone that wait, for whatever: as Waiting, without adjustments
  std::optional<std::uint64_t> before{};  // quarantine_id below this
  std::uint32_t limit = 100;
};

enum class AdjustmentOrder : std::uint8_t {
  kNewest,    // the highest adjustment_id first
  kEffective  // the earliest instant first, as they are applied; of one instant the lowest adjustment_id
};

// Rows of `adjustments`.
struct AdjustmentFilter {
  std::optional<AdjustmentState> state{};
  std::optional<engine::AdjustmentKind> kind{};
  std::optional<std::string> symbol{};    // the symbol, or the new one
  std::optional<std::uint64_t> before{};  // adjustment_id below this
  std::uint32_t limit = 100;
  AdjustmentOrder order = AdjustmentOrder::kNewest;
};

// How many rows wait, and for what.
struct Waiting {
  std::uint64_t conflicts = 0;    // of the quarantine: for a person
  std::uint64_t executions = 0;   // busts and corrections in it, for what they take back
  std::uint64_t held_prices = 0;  // in it, for another price of the symbol
  std::uint64_t adjustments = 0;  // for their instant

  friend bool operator==(const Waiting&, const Waiting&) = default;
};

struct FoundExecutions {
  std::vector<StoredTransaction> transactions;  // in no order; those that are not stored are left out
  std::optional<Timestamp> dropped_up_to{};     // as ResumePoint::dropped_up_to
};

// What an opening position is of. The texts must outlive it.
struct OpeningKey {
  std::string_view client_id;
  std::string_view symbol;

  friend auto operator<=>(const OpeningKey&, const OpeningKey&) = default;
};

class Reader {
 public:
  virtual ~Reader() = default;

  virtual std::optional<engine::ExposureRow> firm_exposure() = 0;
  virtual std::vector<engine::ExposureRow> client_exposures() = 0;  // by id
  virtual std::vector<engine::ExposureRow> symbol_exposures() = 0;  // by id
  virtual ExposurePage client_exposures(const ExposureFilter& filter) = 0;
  virtual ExposurePage symbol_exposures(const ExposureFilter& filter) = 0;
  virtual std::optional<engine::ExposureRow> client_exposure(const std::string& client_id) = 0;
  virtual std::optional<engine::ExposureRow> symbol_exposure(const std::string& symbol) = 0;
  // Positions that are not zero, by client id and symbol; with both empty: all of them, zero ones too.
  virtual std::vector<engine::PositionRow> positions(const std::string& client_id, const std::string& symbol) = 0;

  virtual std::vector<AlertRow> alerts(const AlertFilter& filter) = 0;
  virtual std::optional<AlertRow> alert(std::uint64_t alert_id) = 0;
  virtual std::vector<AlertEventRow> alert_events(std::uint64_t alert_id) = 0;  // oldest first
  virtual std::vector<AlertCount> alert_counts() = 0;                           // combinations that occur
  // Those after `event_id`, of whichever alert, oldest first: to publish them again.
  virtual std::vector<AlertEventRow> alert_events_after(std::uint64_t event_id, std::uint32_t limit) = 0;
  virtual std::optional<std::uint64_t> first_alert_event_id() = 0;  // that cleanup has left; none: there is no event

  virtual std::vector<StoredTransaction> transactions(const TransactionFilter& filter) = 0;
  virtual std::vector<MetricsRow> metrics_since(Timestamp since, std::uint32_t limit) = 0;  // oldest first
  virtual std::vector<LimitRow> limits() = 0;                                               // by rule and entity id
  virtual std::vector<engine::Instrument> instruments() = 0;                                // by symbol
  virtual std::optional<engine::Instrument> instrument(const std::string& symbol) = 0;
  virtual std::vector<AdjustmentRow> adjustments(const AdjustmentFilter& filter) = 0;
  virtual std::optional<AdjustmentRow> adjustment(std::uint64_t adjustment_id) = 0;
  // The first that is the same in every field and was applied.
  virtual std::optional<AdjustmentRow> find_applied(const engine::Adjustment& adjustment) = 0;
  virtual std::vector<QuarantineRow> quarantine(const QuarantineFilter& filter) = 0;
  virtual std::optional<QuarantineRow> quarantined(std::uint64_t quarantine_id) = 0;
  // Records that could not be applied: neither prices that are or were held, nor what came before its execution, unless
  // that was dropped.
  virtual std::uint64_t quarantine_count() = 0;
  virtual Waiting waiting() = 0;
  virtual std::vector<CommandRow> commands(std::uint32_t limit) = 0;
  virtual std::vector<UndeliveredEvent> undelivered(std::uint32_t limit) = 0;  // by event, then channel
  virtual std::uint64_t undelivered_count() = 0;
  virtual std::vector<CursorRow> cursors() = 0;  // by stream id

  // The executions that were applied as these inputs, and those that were filed under these fingerprints.
  virtual FoundExecutions find_executions(std::span<const std::uint64_t> apply_seqs,
                                          std::span<const std::uint64_t> fingerprints) = 0;
  // Of each of these, which differ, the opening position that was applied last, in no order; those without one that is
  // stored are left out.
  virtual std::vector<engine::OpeningPosition> latest_openings(std::span<const OpeningKey> keys) = 0;

  virtual std::vector<SnapshotInfo> snapshots() = 0;  // as Store::snapshots
  virtual LeaseState lease() = 0;                     // which engine writes

  // Store::replay for one who must not write: calls `apply` with every input after `after_apply_seq` that was committed
  // when it began, in order, in constant memory, in several reads, and throws when some are no longer there. `apply`
  // must not use this reader.
  virtual void replay(std::uint64_t after_apply_seq, const std::function<void(const AppliedInput&)>& apply) = 0;
};

// Throws StoreUnavailable when the database cannot be reached now.
std::unique_ptr<Reader> open_reader(const DatabaseConfig& config);

}  // namespace risk::store

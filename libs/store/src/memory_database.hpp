// The tables of a MemoryDatabase, and the lock that makes each call of its stores and readers one consistent step.
#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "day.hpp"
#include "packed_inputs.hpp"
#include "risk/store/lease.hpp"
#include "risk/store/memory.hpp"
#include "risk/store/reader.hpp"
#include "risk/store/store.hpp"

namespace risk::store {

class MemoryDatabase {
 public:
  std::mutex mutex;  // guards all below
  bool migrated = false;

  struct Inputs {
    Day day;
    PackedInputs rows;
  };
  struct Place {
    std::uint64_t epoch = 0;
    std::uint64_t sequence = 0;
    friend auto operator<=>(const Place&, const Place&) = default;
  };

  std::map<std::string, CursorRow> cursors;
  std::deque<Inputs> inputs;                                   // of each commit that had any; rising apply_seq
  std::map<std::string, Place, std::less<>> last_transaction;  // the last stored, by stream
  std::map<std::string, engine::ExposureRow> client_exposures;
  std::map<std::string, engine::ExposureRow> symbol_exposures;
  std::optional<engine::ExposureRow> firm_exposure;
  std::map<std::string, std::vector<engine::PositionRow>> positions;  // by client, in order of symbol
  std::map<std::uint64_t, AlertRow> alerts;
  std::map<std::uint64_t, AlertEventRow> alert_events;
  std::uint64_t last_event_id = 0;
  std::deque<QuarantineRow> quarantine;
  std::uint64_t last_quarantine_id = 0;
  std::map<std::uint64_t, IdentityPieceRow> identity_pieces;  // by first_apply_seq
  std::multimap<std::uint64_t, std::uint64_t> identities;     // apply_seq by fingerprint
  std::uint64_t filed_up_to = 0;
  std::optional<Timestamp> dropped_up_to;
  std::vector<CommandRow> commands;
  std::map<std::pair<std::uint64_t, std::string>, DeliveryRow> deliveries;  // by event and channel
  std::multimap<Timestamp, MetricsRow> metrics;
  std::vector<LimitRow> limits;
  std::map<std::string, engine::Instrument> instruments;
  std::map<std::uint64_t, AdjustmentRow> adjustments;
  struct Opening {
    std::uint64_t apply_seq = 0;
    engine::OpeningPosition position;
  };
  std::map<std::pair<std::string, std::string>, Opening> openings;  // the latest, by client and symbol
  std::map<std::uint64_t, SnapshotInfo> snapshots;                  // those that are finished
  std::map<std::uint64_t, std::map<std::uint32_t, std::string>> snapshot_chunks;
  LeaseState lease;
  const Lease* lease_holder = nullptr;  // lease.held says whether there is one

  std::map<std::uint64_t, engine::ReversedBy> reversals;  // by what they took back

  // Precondition of each: the caller holds the mutex.
  StoredTransaction stored(const AppliedInput& input) const;  // precondition: it is a transaction
  std::uint64_t last_apply_seq() const;
  Waiting waiting() const;
  std::vector<SnapshotInfo> snapshots_newest_first() const;
  // Store::replay and Reader::replay.
  void replay(std::uint64_t after_apply_seq, const std::function<void(const AppliedInput&)>& apply) const;
};

inline bool is_waiting(const QuarantineRow& row) {
  return row.decision && row.decision->state == DecisionState::kWaiting;
}

std::unique_ptr<Store> open_memory_store(std::shared_ptr<MemoryDatabase> database);
std::unique_ptr<Reader> open_memory_reader(std::shared_ptr<MemoryDatabase> database);
std::unique_ptr<Lease> open_memory_lease(std::shared_ptr<MemoryDatabase> database);

}  // namespace risk::store

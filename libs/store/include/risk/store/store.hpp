// The engine's side of the database: it alone writes.
//
// Invariants
//   1. A commit is one database transaction: its effects and its cursors, all or nothing.
//   2. A commit whose cursors do not stand where the engine believes writes nothing and throws StoreConflict:
//      a second or stale writer cannot commit.
//      So does one whose inputs or alert events are stored already.
//      A write under a term (write_as) that is not the lease's any more does so too, or is undone with its connection.
//   3. What commit() does not throw of is in the database that the name of it leads to: a SQLite file that was deleted,
//      moved, replaced or cut off under the store is StoreUnavailable (it may be put back) or StoreLost.
//   4. What replay() gives, in its order, is what was committed, to the last digit.
//
// Threads: one at a time; a Store owns its connection. Errors of the environment are thrown, see errors.hpp. After
// StoreUnavailable drop the store and open another; a commit() that threw it may have been done all the same, if the
// connection broke after the server did it: resume_point() of the new one says where the cursors stand.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "risk/store/config.hpp"
#include "risk/store/errors.hpp"
#include "risk/store/rows.hpp"

namespace risk::store {

// Where an engine that starts goes on from.
struct ResumePoint {
  std::vector<CursorRow> cursors;    // kEngineCursor among them once anything was committed
  std::uint64_t last_apply_seq = 0;  // kEngineCursor's, also when no input is kept any more
  std::uint64_t last_event_id = 0;
  std::vector<AlertRow> open_alerts;       // OPEN and ACKNOWLEDGED, by alert_id
  std::uint64_t first_kept_apply_seq = 1;  // of the inputs that drop_days() has left; last_apply_seq + 1 without any
  // What was executed up to then may be among the inputs that drop_days() took. None: it took none.
  std::optional<Timestamp> dropped_up_to{};
  std::uint64_t waiting_conflicts = 0;               // in the quarantine
  std::vector<AdjustmentRow> pending_adjustments{};  // by adjustment_id
  std::uint64_t last_adjustment_id = 0;
  std::string identity_key =
      std::string(32, '0');       // the secret of this database: 32 hexadecimal digits, the same for ever
  std::uint64_t filed_up_to = 0;  // the last input of which file_identities() has filed the execution
};

struct CleanupCount {
  std::uint64_t alerts = 0;
  std::uint64_t alert_events = 0;
  std::uint64_t metrics = 0;
  std::uint64_t quarantine = 0;
  std::uint64_t deliveries = 0;
};

struct DroppedDays {
  std::uint64_t days = 0;
  std::uint64_t rows = 0;
  std::optional<Timestamp> up_to{};  // as ResumePoint::dropped_up_to
  std::uint64_t last_apply_seq = 0;  // of the inputs that this call dropped; 0: it dropped none
};

class Store {
 public:
  virtual ~Store() = default;

  // Brings the schema up to date with the numbered migrations of sql/, each in a transaction of its own. A database
  // newer than this program, or a migration whose text has changed since it was applied, throws SchemaError.
  virtual void migrate() = 0;

  // Tells this database from every other, also from one made anew under the same name; for DatabaseConfig::identity.
  // "" before migrate().
  virtual std::string identity() = 0;

  // From here on commit(), cleanup(), drop_days() and the writes of snapshots throw StoreConflict when the lease is at
  // another term (see lease.hpp), also where its taker has ended the connection; without this call nothing is checked.
  virtual void write_as(std::uint64_t term) = 0;

  virtual ResumePoint resume_point() = 0;

  // Calls `apply` with every committed input after `after_apply_seq`, in order, in constant memory. When it comes to
  // one that drop_days() took, it throws a StoreError that names the first that is still there. `apply` must not use
  // this store.
  virtual void replay(std::uint64_t after_apply_seq, const std::function<void(const AppliedInput&)>& apply) = 0;

  virtual void commit(const Commit& commit) = 0;

  // Deletes alerts resolved before `before` with their events and deliveries, and metrics and quarantine rows older
  // than it, but for those that wait. The ids of deleted events are not given again: last_event_id stays.
  virtual CleanupCount cleanup(Timestamp before) = 0;

  // Drops the inputs by whole UTC days of their commits, the oldest first, up to the first day that does not lie wholly
  // before `before` or has an input after `up_to_apply_seq`: that of a snapshot, without which nothing could be
  // restored any more. A day is a transaction of its own, or several on SQLite: stopped midway it is finished by the
  // next call.
  virtual DroppedDays drop_days(Timestamp before, std::uint64_t up_to_apply_seq) = 0;

  // Calls `take` with each piece that ends after `after_apply_seq`, in order. `take` must not use this store.
  virtual void identity_pieces(std::uint64_t after_apply_seq,
                               const std::function<void(const IdentityPieceRow&)>& take) = 0;
  // The first piece that ends at or before `up_to_apply_seq`.
  virtual std::optional<IdentityPieceRow> first_identity_piece(std::uint64_t up_to_apply_seq) = 0;
  // Replaces a piece by what is in it, for Reader::find_executions, in a transaction of its own. Does nothing where the
  // piece is gone.
  virtual void file_identities(const IdentityPieceRow& piece,
                               const std::vector<engine::IndexedExecution>& executions) = 0;

  // The snapshots that were finished, the newest (highest apply_seq) first.
  virtual std::vector<SnapshotInfo> snapshots() = 0;
  // Writes a piece, in a transaction of its own so that commits pass between pieces. Pieces come in order: number 0
  // begins the snapshot, and takes away what a process that died has left of one of the same apply_seq. A piece written
  // again replaces itself. StoreError: more than kSnapshotChunkBytesMax, or the snapshot of that apply_seq is finished.
  virtual void write_snapshot_chunk(std::uint64_t apply_seq, std::uint32_t number, std::string_view bytes) = 0;
  // From here on the snapshot counts. Deletes all but the `kept` newest finished ones, and the pieces of older ones
  // that never were. StoreError when its pieces are not those that `info` says. Precondition: kept > 0.
  virtual void finish_snapshot(const SnapshotInfo& info, std::size_t kept) = 0;
  // A piece as it was written; none: there is none, or it is of a snapshot that is not finished.
  virtual std::optional<std::string> snapshot_chunk(std::uint64_t apply_seq, std::uint32_t number) = 0;
};

// Opens the database; with sqlite the file and its folder are made, unless what lies beside it shows that there was
// one: the engine's lock file, FILE.engine, knows the database it was last locked for, and FILE-wal belongs to one.
// Then a file that is missing, empty or another database's is StoreLost. Throws StoreUnavailable or StoreError.
std::unique_ptr<Store> open_store(const DatabaseConfig& config);

}  // namespace risk::store

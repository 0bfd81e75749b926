// The lease on a database: of several engines one writes, the others wait.
//
// Each holder has a term, one higher than the last holder's; Store::write_as binds a store's writes to it. A holder
// that dies frees the lease with its connection (PostgreSQL) or process (SQLite). One that is alive and has stopped
// shows in a beat that stands still: who waits watches it by its own clock, decides how long is too long, and takes the
// lease from it. Whatever it does when it wakes is then refused: the term alone decides who may write.
//
// Threads: one at a time; a Lease owns its connection. Errors are those of errors.hpp. After StoreUnavailable drop the
// Lease, open another and resume().
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "risk/store/config.hpp"
#include "risk/store/errors.hpp"
#include "risk/store/rows.hpp"

namespace risk::store {

class Lease {
 public:
  // Leaves the lease to whoever wants it, as release() does; on PostgreSQL as soon as the server sees the connection
  // go.
  virtual ~Lease() = default;

  virtual LeaseState state() = 0;

  // Takes the lease if its holder, if any, is gone. Returns the new term; none: somebody holds it.
  virtual std::optional<std::uint64_t> try_take(const std::string& holder) = 0;

  // Takes the lease from a holder that no longer beats: only if term and beat still are those of `seen`, else returns
  // none. On PostgreSQL the old holder's sessions are ended and what they had not committed is undone. On SQLite a
  // process that was stopped keeps the lock on the file: until it dies others see the lease as held by the file, and
  // beat() goes on trying for it (one who calls try_take() in between gets the lease); if it was stopped in the middle
  // of a write, nobody can write before it is killed: StoreUnavailable.
  virtual std::optional<std::uint64_t> take_from(const LeaseState& seen, const std::string& holder) = 0;

  // Takes the lease up again under the term it was taken with, after its connection was lost. False: another has it.
  virtual bool resume(std::uint64_t term) = 0;

  // Shows that the holder is alive. StoreConflict: another has taken the lease. On PostgreSQL it waits for no commit;
  // on SQLite, which has one writer at a time, for the one that is being written. Precondition: it was taken or
  // resumed.
  virtual void beat() = 0;

  // Idempotent; also of a lease that was never taken.
  virtual void release() noexcept = 0;
};

// Throws StoreUnavailable when the database cannot be reached or has no schema yet (see Store::migrate).
std::unique_ptr<Lease> open_lease(const DatabaseConfig& config);

}  // namespace risk::store

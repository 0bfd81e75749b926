// A stream of one publisher on disk: what was published, until its durable consumers have committed it. A folder of
// segment files (the bytes: libs/bus/README.md).
//
// Invariants
//   1. Sequences are gapless within an epoch; a record that was read back is the one that was appended, or an error
//      names the place of the damage.
//   2. What sync() returned for outlives the process and the machine. Only that is in an extent.
//   3. Only whole segments that every durable consumer has committed are deleted.
//   4. The segments never take more than bytes_max, but for their headers (72 bytes each) and what an append() of one
//      run adds to an empty journal.
//
// Threads: append(), sync() and trim() are the publishing thread's; what ReplaySource has is the replay
// thread's; the rest any.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "risk/bus/journal_options.hpp"
#include "risk/bus/replay.hpp"

namespace risk::bus {

// The journal cannot be used: damaged at a named place, held by another process, or the disk fails.
class JournalError : public BusError {
 public:
  using BusError::BusError;
};

class Journal final : public ReplaySource {
 public:
  // Opens or begins the journal. A tail that was never synced and is torn is cut off. A journal that ends before what
  // was synced has lost records that may have been sent: it goes on in a new epoch. Throws JournalError.
  explicit Journal(JournalOptions options);
  ~Journal() override;  // syncs

  const StreamId& stream() const;
  std::uint64_t epoch() const;
  std::uint64_t last_sequence() const;  // appended in this epoch
  // What opening found and did that an operator should know: "cut off 120 bytes of ... that were never synced".
  const std::vector<std::string>& notes() const;

  // False: there is no room for it, blocked() says why; nothing was written. Precondition: run.first is
  // last_sequence() + 1. Throws JournalError when the disk fails.
  bool append(const Run& run);
  std::optional<std::string> blocked() const;
  void sync();
  void trim();  // deletes what nobody needs any more; append() does so too when there is no room

  // Every durable consumer has committed all of this epoch up to here; last_sequence() without durable consumers.
  std::uint64_t committed() const;
  std::uint64_t bytes() const;  // of all segments
  // Consumers that said to have more than was ever published: this journal is not the one they know.
  std::optional<std::string> contradiction() const;

  Extent extent(std::uint64_t epoch) override;
  void read(std::uint64_t epoch, std::uint64_t from, std::size_t bytes_max,
            const std::function<void(const Run&)>& take) override;
  void committed(std::string_view consumer, std::uint64_t epoch, std::uint64_t sequence) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace risk::bus

// The sequence numbers of a FIX session on disk: a small file beside the session's journal.
//
// What is sent next must be on the disk before it is sent: a number that was used and forgotten ends the session. What
// is expected next may be older on the disk than it is: the peer then sends again what came since, and the journal
// knows it by incarnation and number. It must never be newer than the journal.
//
// Invariants
//   1. save() leaves the file whole whenever the process or the machine dies: two places are written in turn, each with
//      a checksum, and the newer whole one counts.
//   2. The incarnation rises whenever the numbers begin at 1 again, so that a number names one message.
//
// Threads: one at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "risk/base/descriptor.hpp"

namespace risk::drop_copy {

struct Sequences {
  std::uint64_t incarnation = 1;
  std::uint64_t next_out = 1;  // that we send
  std::uint64_t next_in = 1;   // that we expect
  std::int64_t reset_at = 0;   // seconds since the epoch: when the incarnation began
  // Of the journal when this was written: records after it may be lost where it is another one.
  std::string journal_stream{};
  std::uint64_t journal_epoch = 0;

  friend bool operator==(const Sequences&, const Sequences&) = default;
};

class SequenceFile {
 public:
  // Opens or makes the file. Throws std::runtime_error: it cannot be read or written, or is damaged in both places.
  explicit SequenceFile(std::string path);

  // What was saved last; nothing: never anything.
  const std::optional<Sequences>& saved() const { return saved_; }
  // Throws std::runtime_error when the disk fails. `durably`: it also outlives the machine.
  void save(const Sequences& sequences, bool durably);

 private:
  std::string path_;
  Descriptor file_;
  std::uint64_t version_ = 0;  // of what was saved last
  std::optional<Sequences> saved_;
};

}  // namespace risk::drop_copy

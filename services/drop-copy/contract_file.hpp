// What the messages of a session have said of its symbols, on disk beside the session's journal: a broker may leave out
// of a later message what an earlier one said, and a restart must not make that of it which was never said.
//
// Invariants
//   1. What was added outlives the process, and after sync() the machine. A line that was torn or damaged since is
//   passed
//      over, and the others count.
//   2. The file has at most about twice as many lines as symbols: it is written anew when there are more.
//
// Threads: one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "risk/base/descriptor.hpp"
#include "risk/base/timestamp.hpp"
#include "risk/engine/instrument.hpp"

namespace risk::drop_copy {

class ContractFile {
 public:
  // Of contracts that expired so long ago no more messages are expected: a start forgets them.
  static constexpr std::int64_t kKeptAfterExpirySeconds = 30 * kSecondsPerDay;

  // Opens or makes the file. Throws std::runtime_error: it cannot be read or written.
  ContractFile(std::string path, Timestamp now);

  // What was known when it was opened, by symbol; the second call gives nothing.
  std::vector<engine::Instrument> take_known() { return std::move(known_); }
  std::size_t damaged_lines() const { return damaged_lines_; }  // when it was opened

  // It is what is known of its symbol from here on. Throws std::runtime_error when the disk fails.
  void add(const engine::Instrument& instrument);
  // Throws as add().
  void sync();

 private:
  std::vector<engine::Instrument> read();  // of each symbol the last
  void rewrite(const std::vector<engine::Instrument>& known);

  std::string path_;
  Descriptor file_;
  std::uint64_t bytes_ = 0;
  std::size_t lines_ = 0;
  std::size_t lines_max_ = 0;  // that it may have before it is written anew
  std::size_t damaged_lines_ = 0;
  bool is_synced_ = true;
  std::vector<engine::Instrument> known_;
};

}  // namespace risk::drop_copy

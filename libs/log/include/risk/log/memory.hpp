// A log in the memory of this process, for tests: several writers and readers, on any threads, without sockets, files
// or delays. Records outlive their writer, as on a disk, but not the MemoryLog.
#pragma once

#include <cstddef>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "risk/log/reader.hpp"
#include "risk/log/writer.hpp"

namespace risk::log {

struct MemoryLogOptions {
  // Who has to commit a record before it may be dropped. Empty: nobody.
  std::vector<std::string> durable_consumers{};
  // Of a stream. What is committed is dropped when there is no room; without room append() waits.
  std::size_t records_max = std::numeric_limits<std::size_t>::max();
};

// Threads: any. Writers, readers and what is made here may outlive it.
class MemoryLog {
 public:
  explicit MemoryLog(MemoryLogOptions options = {});

  // Who opens a topic again under the same name goes on with its stream. One writer of a stream at a time.
  OpenWriter writer(std::string publisher) const;
  // A stream for each, as of several that share an address; interrupt() and close() of one are its own here.
  OpenWriters writers(std::vector<std::string> publishers) const;
  Source source() const;

 private:
  struct State;
  class MemoryWriter;
  class MemoryReader;

  std::shared_ptr<State> state_;
};

}  // namespace risk::log

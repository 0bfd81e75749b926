// What a publisher can send again: the past of a stream, wherever it is kept. The journal is one source; the engine's
// table of alert events is another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

#include "risk/bus/message.hpp"

namespace risk::bus {

// Records that stand one after the other, each as length:u32 payload (libs/bus/README.md).
struct Run {
  std::uint64_t first = 1;  // sequence
  std::uint32_t count = 0;
  std::string_view records;

  std::uint64_t last() const { return first + count - 1; }
};

// What there is of an epoch.
struct Extent {
  std::uint64_t first = 1;  // the oldest record that is still there; last + 1: none
  std::uint64_t last = 0;   // the newest that may be sent
  bool over = false;        // the stream is in a later epoch: nothing follows `last`
};

// Threads: the publisher's replay thread calls it, one call at a time. A BusError thrown says why it cannot be told
// now, and the subscriber asks again later.
class ReplaySource {
 public:
  virtual ~ReplaySource() = default;

  virtual Extent extent(std::uint64_t epoch) = 0;

  // Gives runs in order, the first with record `from` in it, until about `bytes_max` are given or the extent ends. The
  // views live until `take` returns. Precondition: extent(epoch) has `from`.
  virtual void read(std::uint64_t epoch, std::uint64_t from, std::size_t bytes_max,
                    const std::function<void(const Run&)>& take) = 0;

  // A consumer says that everything up to `sequence` is done for good.
  virtual void committed(std::string_view consumer, std::uint64_t epoch, std::uint64_t sequence) = 0;
};

}  // namespace risk::bus

// What travels: records of streams. The bus does not look inside a record.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "risk/log/record.hpp"

namespace risk::bus {

// The longest record and the longest frame accepted from a peer; what is longer is refused unread.
inline constexpr std::size_t kRecordBytesMax = log::kRecordBytesMax;
inline constexpr std::size_t kFrameBytesMax = 8 << 20;

// An ordered, gapless series of records of one publisher.
struct StreamId {
  std::string text;  // 32 lower-case hexadecimal digits, random

  friend auto operator<=>(const StreamId&, const StreamId&) = default;
};
StreamId make_stream_id();

// One record as it was published. The views live until the handler that is given them returns.
struct Record {
  const StreamId& stream;
  std::string_view publisher;  // the publisher's own name: "simulator@host"
  std::uint64_t epoch;         // changes when the stream's journal was lost or reset
  std::uint64_t sequence;      // from 1
  std::string_view payload;
};

// Records of one stream that came together, in order. The views live as a Record's do.
struct Records {
  const StreamId& stream;
  std::string_view publisher;
  std::uint64_t epoch;
  std::uint64_t first;  // sequence of the first
  std::span<const std::string_view> payloads;
  std::optional<std::uint64_t> last_hash{};  // XXH3-64 of the last payload, from a subscriber: for resume_after()
  std::string_view topic{};                  // from a subscriber

  std::uint64_t last() const { return first + payloads.size() - 1; }
  Record operator[](std::size_t i) const { return {stream, publisher, epoch, first + i, payloads[i]}; }
};

// Records [first, last] of a stream that will not arrive: nobody has them any more, or the stream has no past.
struct Gap {
  const StreamId& stream;
  std::string_view publisher;
  std::uint64_t epoch;
  std::uint64_t first;
  std::uint64_t last;
};

// A socket cannot be opened, bound or used: the message names the endpoint and the reason.
class BusError : public log::LogError {
 public:
  using log::LogError::LogError;
};

}  // namespace risk::bus

// The frames of libs/bus/README.md as bytes. Pure: no socket, no clock, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "risk/base/result.hpp"
#include "transport/stream_id.hpp"

namespace risk::bus {

inline constexpr std::size_t kTopicBytesMax = 64;
inline constexpr std::size_t kNameBytesMax = 128;
inline constexpr std::size_t kHeaderBytes = 56;
inline constexpr std::size_t kChecksumBytes = 8;
inline constexpr std::uint8_t kFrameVersion = 3;  // 2 is read as well

enum class FrameKind : std::uint8_t { kData = 1, kHeartbeat = 2 };

// What a topic must be to stand in a frame: 1 to kTopicBytesMax bytes without 0x00.
bool is_topic(std::string_view text);
// The bytes that a frame of this topic starts with, which is also the subscription to it.
std::string topic_prefix(std::string_view topic);

std::uint64_t checksum(std::string_view bytes, std::uint64_t seed = 0);  // XXH3-64

// A decoded frame. The views look into the bytes that were decoded.
struct Frame {
  std::string_view topic;
  FrameKind kind = FrameKind::kData;
  StreamKey stream{};
  std::uint64_t epoch = 0;
  std::uint64_t sequence = 0;  // DATA: of the first record; HEARTBEAT: of the last record sent
  std::uint32_t count = 0;
  std::string_view publisher;
  std::uint64_t instance = 0;     // of the publisher's run, random; 0: it does not say, as those of version 2
  std::uint16_t replay_port = 0;  // where to ask for what is missing; 0: it cannot be had again
  std::string_view records;       // exactly `count` of them: walk with take_record()
};

// Judges every byte. Errors: a clause that names what is wrong and at which byte.
Result<Frame> decode_frame(std::string_view bytes);

// Takes the first record off `records`. Precondition: there is one (decode_frame said so).
inline std::string_view take_record(std::string_view& records) {
  std::uint32_t length;
  std::memcpy(&length, records.data(), sizeof length);
  const auto payload = records.substr(sizeof length, length);
  records.remove_prefix(sizeof length + length);
  return payload;
}

// Builds a stream's frames in one buffer that is used again and again.
class FrameWriter {
 public:
  // Preconditions: is_topic(topic), publisher.size() <= kNameBytesMax.
  FrameWriter(std::string_view topic, const StreamKey& stream, std::uint64_t epoch, std::string_view publisher,
              std::uint16_t replay_port = 0, std::uint64_t instance = 0);

  bool fits(std::size_t payload_bytes) const;
  // Precondition: fits(payload.size()).
  void append(std::string_view payload);
  // Records as they stand in a frame. Precondition: fits(records.size()).
  void append(std::string_view records, std::uint32_t count);
  std::uint32_t count() const { return count_; }
  // What was appended, as it stands in the frame; valid as finish() is.
  std::string_view records() const { return std::string_view(buffer_).substr(records_at_, end_ - records_at_); }

  // The frame of what was appended; valid until the next call of append() or clear().
  std::string_view finish(std::uint64_t first_sequence);
  void clear();

  // Leaves what was appended alone.
  std::string heartbeat(std::uint64_t last_sequence) const;

 private:
  std::string buffer_;
  std::size_t header_at_ = 0;   // after the topic
  std::size_t records_at_ = 0;  // after the publisher's name and port
  std::size_t end_ = 0;         // of the last record
  std::uint32_t count_ = 0;
};

}  // namespace risk::bus

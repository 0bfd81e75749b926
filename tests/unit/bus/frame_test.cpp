// The decoder against damaged and hostile bytes.
#include "transport/frame.hpp"

#include <limits>
#include <vector>

#include "support/catch.hpp"

using namespace risk::bus;

namespace {

const StreamKey kStream = *parse_stream_id("00112233445566778899aabbccddeeff");

// Offsets in a frame of topic "t": the header starts at 2.
constexpr std::size_t kHeaderAt = 2;
constexpr std::size_t kBodyAt = kHeaderAt + kHeaderBytes;

std::string frame_of(const std::vector<std::string>& payloads, std::uint64_t first = 1) {
  FrameWriter writer("t", kStream, 3, "p");
  for (const auto& payload : payloads) writer.append(payload);
  return std::string(writer.finish(first));
}

template <class Integer>
std::string with(std::string frame, std::size_t at, Integer value) {
  std::memcpy(frame.data() + at, &value, sizeof value);
  return frame;
}

// As a peer would send it that means harm: what is wrong has a right checksum.
std::string sealed(std::string frame) {
  const auto end = frame.size() - kChecksumBytes;
  return with(frame, end, checksum(std::string_view(frame).substr(0, end)));
}

std::string reason(const std::string& bytes) {
  const auto frame = decode_frame(bytes);
  return frame ? "accepted" : frame.error().reason;
}

std::string hex(std::string_view bytes) {
  std::string text;
  for (const unsigned char byte : bytes) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

std::string unhex(std::string_view digits) {
  std::string bytes;
  for (std::size_t at = 0; at < digits.size(); at += 2) {
    bytes += static_cast<char>(std::stoi(std::string(digits.substr(at, 2)), nullptr, 16));
  }
  return bytes;
}

}  // namespace

TEST_CASE("A frame comes back as it was written", "[bus][frame]") {
  const auto bytes = frame_of({"one", "", std::string("\0x", 2)}, 41);
  const auto frame = decode_frame(bytes);
  REQUIRE(frame);
  CHECK(frame->topic == "t");
  CHECK(frame->kind == FrameKind::kData);
  CHECK(frame->stream == kStream);
  CHECK(frame->epoch == 3);
  CHECK(frame->sequence == 41);
  CHECK(frame->count == 3);
  CHECK(frame->publisher == "p");
  CHECK(frame->replay_port == 0);
  auto records = frame->records;
  CHECK(take_record(records) == "one");
  CHECK(take_record(records) == "");
  CHECK(take_record(records) == std::string("\0x", 2));
  CHECK(records.empty());
}

TEST_CASE("The worked example of the README is what is sent", "[bus][frame]") {
  FrameWriter writer("transactions", kStream, 1, "simulator@a", 5552, 0x8877665544332211);
  writer.append("BUY");
  CHECK(hex(writer.finish(7)) ==
        "7472616e73616374696f6e7300"
        "5242555303010000"
        "00112233445566778899aabbccddeeff"
        "0100000000000000"
        "0700000000000000"
        "01000000"
        "15000000"
        "1122334455667788"
        "0b73696d756c61746f724061"
        "b015"
        "03000000425559"
        "5e59faeabf8ed84e");
}

TEST_CASE("A frame of version 2 is read still, and says nothing of an instance", "[bus][frame]") {
  const auto bytes = unhex(
      "7472616e73616374696f6e7300"
      "5242555302010000"
      "00112233445566778899aabbccddeeff"
      "0100000000000000"
      "0700000000000000"
      "01000000"
      "15000000"
      "0b73696d756c61746f724061"
      "b015"
      "03000000425559"
      "a354c009e6c2d376");
  const auto frame = decode_frame(bytes);
  REQUIRE(frame);
  CHECK(frame->sequence == 7);
  CHECK(frame->publisher == "simulator@a");
  CHECK(frame->replay_port == 5552);
  CHECK(frame->instance == 0);
  for (std::size_t length = 0; length < bytes.size(); ++length) CHECK_FALSE(decode_frame(bytes.substr(0, length)));
}

TEST_CASE("A heartbeat leaves the waiting records alone", "[bus][frame]") {
  FrameWriter writer("t", kStream, 3, "p");
  writer.append("one");
  const auto heartbeat = writer.heartbeat(9);
  const auto beat = decode_frame(heartbeat);
  REQUIRE(beat);
  CHECK(beat->kind == FrameKind::kHeartbeat);
  CHECK(beat->sequence == 9);
  CHECK(beat->count == 0);
  CHECK(std::string(writer.finish(10)) == frame_of({"one"}, 10));
}

TEST_CASE("A frame that could not be sent takes more records", "[bus][frame]") {
  FrameWriter writer("t", kStream, 3, "p");
  writer.append("one");
  writer.finish(1);
  writer.append("two");
  CHECK(std::string(writer.finish(1)) == frame_of({"one", "two"}));
}

TEST_CASE("Records that were kept stand in a frame as they were", "[bus][frame]") {
  FrameWriter kept("t", kStream, 3, "p"), writer("t", kStream, 3, "p");
  kept.append("two");
  kept.append("three");
  writer.append("one");
  writer.append(kept.records(), kept.count());
  CHECK(std::string(writer.finish(1)) == frame_of({"one", "two", "three"}));
}

TEST_CASE("A cleared writer starts anew", "[bus][frame]") {
  FrameWriter writer("t", kStream, 3, "p");
  writer.append("one");
  writer.finish(1);
  writer.clear();
  CHECK(writer.count() == 0);
  writer.append("two");
  CHECK(std::string(writer.finish(2)) == frame_of({"two"}, 2));
}

TEST_CASE("Truncated at any byte, a frame is refused", "[bus][frame]") {
  const auto bytes = frame_of({"one", "two"});
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    INFO(length);
    CHECK_FALSE(decode_frame(std::string_view(bytes).substr(0, length)));
  }
  CHECK_FALSE(decode_frame(bytes + "x"));
}

TEST_CASE("A body without a replay port is refused", "[bus][frame]") {
  auto bytes = frame_of({});
  CHECK(reason(sealed(with(with(bytes, kHeaderAt + 40, std::uint32_t{1}), kBodyAt, std::uint8_t{2}))) ==
        "byte 61: no replay port");
}

TEST_CASE("Any flipped bit is noticed", "[bus][frame]") {
  const auto bytes = frame_of({"one", "two"});
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    auto damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    INFO(bit);
    CHECK_FALSE(decode_frame(damaged));
  }
}

TEST_CASE("A broken checksum is named", "[bus][frame]") {
  auto bytes = frame_of({"one"});
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  CHECK(reason(bytes) == "byte " + std::to_string(bytes.size() - kChecksumBytes) + ": wrong checksum");
}

TEST_CASE("An unknown version is named before anything else of it is read", "[bus][frame]") {
  CHECK(reason(with(frame_of({"one"}), kHeaderAt + 4, std::uint8_t{1})) == "byte 6: unknown version 1");
}

TEST_CASE("What is not a frame is refused", "[bus][frame]") {
  CHECK(reason("") == "byte 0: no topic");
  CHECK(reason(std::string(1, '\0')) == "byte 0: no topic");
  CHECK(reason(std::string(100, 'x')) == "byte 0: no topic");
  CHECK(reason(std::string("t\0x", 3)) == "byte 3: cut off in its header");
  CHECK(reason(std::string("t\0", 2) + std::string(100, 'x')) == "byte 2: not a frame of this bus");
  CHECK(reason(std::string(kFrameBytesMax + 1, 'x')) == "byte 0: longer than 8388608 bytes");
}

TEST_CASE("Hostile fields with a right checksum are refused by name", "[bus][frame]") {
  const auto bytes = frame_of({"one", "two"});
  const std::size_t record = kBodyAt + 4;  // the first, after the name "p" and the port
  const std::uint64_t end = std::numeric_limits<std::uint64_t>::max();

  CHECK(reason(sealed(with(bytes, kHeaderAt + 5, std::uint8_t{0}))) == "byte 7: unknown kind 0");
  CHECK(reason(sealed(with(bytes, kHeaderAt + 5, std::uint8_t{3}))) == "byte 7: unknown kind 3");
  CHECK(reason(sealed(with(bytes, kHeaderAt + 6, std::uint16_t{1}))) == "byte 8: unknown flags");
  CHECK(reason(sealed(with(bytes, kHeaderAt + 32, std::uint64_t{0}))) == "byte 34: sequence out of range");
  CHECK(reason(sealed(with(bytes, kHeaderAt + 32, end - 1))) == "byte 34: sequence out of range");
  CHECK(reason(sealed(with(bytes, kHeaderAt + 40, std::uint32_t{0}))) == "byte 42: no records");
  CHECK(reason(sealed(with(bytes, kHeaderAt + 40, std::uint32_t{3}))) == "byte 76: record 3 of 3 is missing");
  CHECK(reason(sealed(with(bytes, kHeaderAt + 40, std::uint32_t{1}))) == "byte 69: bytes after the last record");
  CHECK(reason(sealed(with(bytes, kHeaderAt + 44, std::uint32_t{17}))) ==
        "byte 46: says 17 bytes of body, but 18 are here");
  CHECK(reason(sealed(with(bytes, kBodyAt, std::uint8_t{255}))) == "byte 58: publisher's name is too long");
  CHECK(reason(sealed(with(bytes, record, std::uint32_t{kRecordBytesMax + 1}))) ==
        "byte 62: record 1 of 2 is 1048577 bytes long, at most 1048576 are allowed");
  CHECK(reason(sealed(with(bytes, record, std::uint32_t{100}))) == "byte 62: record 1 of 2 is cut off");
  CHECK(reason(sealed(with(bytes, record, std::numeric_limits<std::uint32_t>::max()))).find("at most") !=
        std::string::npos);

  FrameWriter writer("t", kStream, 3, "p");
  const auto heartbeat = writer.heartbeat(1);
  CHECK(reason(sealed(with(heartbeat, kHeaderAt + 40, std::uint32_t{1}))) == "byte 42: records in a heartbeat");
  CHECK(reason(sealed(with(heartbeat, kHeaderAt + 32, end))) == "byte 34: sequence out of range");
}

TEST_CASE("A record of the largest size passes, and a frame never grows beyond its own", "[bus][frame]") {
  FrameWriter writer("t", kStream, 3, "p");
  const std::string largest(kRecordBytesMax, 'x');
  std::uint32_t count = 0;
  for (; writer.fits(largest.size()); ++count) writer.append(largest);
  CHECK(count == 7);
  const auto bytes = writer.finish(1);
  CHECK(bytes.size() <= kFrameBytesMax);
  const auto frame = decode_frame(bytes);
  REQUIRE(frame);
  CHECK(frame->count == count);
}

TEST_CASE("Stream ids are 32 lower-case digits and do not repeat", "[bus][frame]") {
  const auto id = make_stream_id();
  REQUIRE(parse_stream_id(id.text));
  CHECK(to_stream_id(*parse_stream_id(id.text)) == id);
  CHECK(make_stream_id() != id);
  CHECK_FALSE(parse_stream_id(""));
  CHECK_FALSE(parse_stream_id("00112233445566778899aabbccddeef"));
  CHECK_FALSE(parse_stream_id("00112233445566778899AABBCCDDEEFF"));
}

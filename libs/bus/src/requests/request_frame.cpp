#include "requests/request_frame.hpp"

#include "journal/bytes.hpp"
#include "transport/frame.hpp"

namespace risk::bus {
namespace {

constexpr std::string_view kMagic = "RREQ";
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kVersionAt = 4;
constexpr std::size_t kKindAt = 5;
constexpr std::size_t kFlagsAt = 6;
constexpr std::size_t kNumberAt = 8;
constexpr std::size_t kPayloadAt = 16;
static_assert(kPayloadAt + kChecksumBytes == kRequestOverheadBytes);

}  // namespace

std::string encode_request_frame(const RequestFrame& frame) {
  std::string bytes(kMagic);
  bytes.reserve(kRequestOverheadBytes + frame.payload.size());
  bytes.resize(kPayloadAt);
  put(bytes, kVersionAt, kVersion);
  put(bytes, kKindAt, frame.kind);
  put(bytes, kNumberAt, frame.number);
  bytes += frame.payload;
  const auto sum = checksum(bytes);
  bytes.resize(bytes.size() + kChecksumBytes);
  put(bytes, bytes.size() - kChecksumBytes, sum);
  return bytes;
}

Result<RequestFrame> decode_request_frame(std::string_view bytes) {
  if (bytes.size() > kFrameBytesMax) return at(0, "longer than " + std::to_string(kFrameBytesMax) + " bytes");
  if (bytes.size() < kRequestOverheadBytes) return at(bytes.size(), "cut off in its header");
  if (bytes.substr(0, kMagic.size()) != kMagic) return at(0, "not a request or reply of this bus");
  if (const auto version = get<std::uint8_t>(bytes, kVersionAt); version != kVersion) {
    return at(kVersionAt, "unknown version " + std::to_string(version));
  }
  const auto checksum_at = bytes.size() - kChecksumBytes;
  if (get<std::uint64_t>(bytes, checksum_at) != checksum(bytes.substr(0, checksum_at))) {
    return at(checksum_at, "wrong checksum");
  }

  RequestFrame frame;
  frame.kind = get<RequestKind>(bytes, kKindAt);
  if (frame.kind != RequestKind::kRequest && frame.kind != RequestKind::kReply) return at(kKindAt, "unknown kind");
  if (get<std::uint16_t>(bytes, kFlagsAt) != 0) return at(kFlagsAt, "unknown flags");
  frame.number = get<std::uint64_t>(bytes, kNumberAt);
  frame.payload = bytes.substr(kPayloadAt, checksum_at - kPayloadAt);
  return frame;
}

}  // namespace risk::bus

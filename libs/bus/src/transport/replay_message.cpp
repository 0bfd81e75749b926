#include "transport/replay_message.hpp"

#include <cstring>
#include <limits>

#include "journal/bytes.hpp"
#include "risk/base/check.hpp"
#include "transport/frame.hpp"

namespace risk::bus {
namespace {

// The first byte is none that a topic has, so that an answer's messages tell themselves apart.
constexpr std::string_view kMagic{"\0RPL", 4};
// Only what a publisher answers is of version 2: an older one still reads what it is asked.
constexpr std::uint8_t kVersion = 1, kVersionWithInstance = 2;
constexpr std::size_t kVersionAt = 4, kKindAt = 5, kAnswerAt = 6, kZeroAt = 7, kStreamAt = 8, kEpochAt = 24,
                      kFirstAt = 32, kLastAt = 40, kTextLengthAt = 48, kInstanceAt = 49, kInstanceBytes = 8;

std::size_t text_at(std::uint8_t version) {
  return kInstanceAt + (version == kVersionWithInstance ? kInstanceBytes : 0);
}

}  // namespace

std::string hash_text(std::uint64_t hash) {
  std::string bytes(sizeof hash, '\0');
  put(bytes, 0, hash);
  return bytes;
}

std::string encode_replay(const ReplayMessage& message) {
  RISK_CHECK(message.text.size() <= kReplayTextBytesMax);
  const auto version = message.instance == 0 ? kVersion : kVersionWithInstance;
  std::string bytes(text_at(version), '\0');
  bytes.replace(0, kMagic.size(), kMagic);
  put(bytes, kVersionAt, version);
  if (message.instance != 0) put(bytes, kInstanceAt, message.instance);
  put(bytes, kKindAt, message.kind);
  put(bytes, kAnswerAt, message.answer);
  std::memcpy(bytes.data() + kStreamAt, message.stream.data(), message.stream.size());
  put(bytes, kEpochAt, message.epoch);
  put(bytes, kFirstAt, message.first);
  put(bytes, kLastAt, message.last);
  put(bytes, kTextLengthAt, static_cast<std::uint8_t>(message.text.size()));
  bytes += message.text;
  const auto end = bytes.size();
  bytes.append(kChecksumBytes, '\0');
  put(bytes, end, checksum(std::string_view(bytes).substr(0, end)));
  return bytes;
}

bool is_replay_message(std::string_view bytes) {
  return bytes.starts_with(kMagic);
}

Result<ReplayMessage> decode_replay(std::string_view bytes) {
  if (!is_replay_message(bytes)) return at(0, "not a message about replay");
  if (bytes.size() < kInstanceAt + kChecksumBytes) return at(bytes.size(), "cut off");
  const auto version = get<std::uint8_t>(bytes, kVersionAt);
  if (version != kVersion && version != kVersionWithInstance) {
    return at(kVersionAt, "unknown version " + std::to_string(version));
  }
  const std::size_t text_length = get<std::uint8_t>(bytes, kTextLengthAt);
  if (bytes.size() != text_at(version) + text_length + kChecksumBytes) {
    return at(kTextLengthAt, "says " + std::to_string(text_length) + " bytes of text, which does not fit");
  }
  const auto checksum_at = bytes.size() - kChecksumBytes;
  if (get<std::uint64_t>(bytes, checksum_at) != checksum(bytes.substr(0, checksum_at))) {
    return at(checksum_at, "wrong checksum");
  }
  ReplayMessage message;
  const auto kind = get<std::uint8_t>(bytes, kKindAt);
  if (kind < 1 || kind > 5) return at(kKindAt, "unknown kind " + std::to_string(kind));
  message.kind = ReplayMessage::Kind{kind};
  const auto answer = get<std::uint8_t>(bytes, kAnswerAt);
  if (answer > 3) return at(kAnswerAt, "unknown answer " + std::to_string(answer));
  message.answer = ReplayMessage::Answer{answer};
  if (get<std::uint8_t>(bytes, kZeroAt) != 0) return at(kZeroAt, "unknown flags");
  std::memcpy(message.stream.data(), bytes.data() + kStreamAt, message.stream.size());
  message.epoch = get<std::uint64_t>(bytes, kEpochAt);
  message.first = get<std::uint64_t>(bytes, kFirstAt);
  message.last = get<std::uint64_t>(bytes, kLastAt);
  // As in frames: the largest stays free.
  constexpr std::uint64_t kEnd = std::numeric_limits<std::int64_t>::max();
  if (message.epoch > kEnd) return at(kEpochAt, "epoch out of range");
  if (message.first > kEnd) return at(kFirstAt, "sequence out of range");
  if (message.last >= kEnd) return at(kLastAt, "sequence out of range");
  if (version == kVersionWithInstance) message.instance = get<std::uint64_t>(bytes, kInstanceAt);
  message.text = bytes.substr(text_at(version), text_length);
  return message;
}

}  // namespace risk::bus

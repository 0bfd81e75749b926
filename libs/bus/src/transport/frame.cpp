#include "transport/frame.hpp"

#include <xxhash.h>

#include <limits>

#include "journal/bytes.hpp"
#include "risk/base/check.hpp"

namespace risk::bus {
namespace {

constexpr std::string_view kMagic = "RBUS";
constexpr std::size_t kLengthBytes = sizeof(std::uint32_t);

// Where the fields of the header are, from its first byte.
constexpr std::size_t kVersionAt = 4;
constexpr std::size_t kKindAt = 5;
constexpr std::size_t kFlagsAt = 6;
constexpr std::size_t kStreamAt = 8;
constexpr std::size_t kEpochAt = 24;
constexpr std::size_t kSequenceAt = 32;
constexpr std::size_t kCountAt = 40;
constexpr std::size_t kBodyLengthAt = 44;
constexpr std::size_t kInstanceAt = 48;

constexpr std::uint8_t kOldVersion = 2;
constexpr std::size_t kOldHeaderBytes = 48;  // without the instance

// The reason why the records do not fill `records` exactly, or nothing.
std::optional<Error> judge_records(std::string_view records, std::uint32_t count, std::size_t base) {
  std::size_t offset = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto ordinal = [&] { return "record " + std::to_string(i + 1) + " of " + std::to_string(count); };
    if (records.size() - offset < kLengthBytes) return at(base + offset, ordinal() + " is missing");
    const auto length = get<std::uint32_t>(records, offset);
    if (length > kRecordBytesMax) {
      return at(base + offset, ordinal() + " is " + std::to_string(length) + " bytes long, at most " +
                                   std::to_string(kRecordBytesMax) + " are allowed");
    }
    if (records.size() - offset - kLengthBytes < length) return at(base + offset, ordinal() + " is cut off");
    offset += kLengthBytes + length;
  }
  if (offset != records.size()) return at(base + offset, "bytes after the last record");
  return std::nullopt;
}

}  // namespace

bool is_topic(std::string_view text) {
  return !text.empty() && text.size() <= kTopicBytesMax && text.find('\0') == text.npos;
}

std::string topic_prefix(std::string_view topic) {
  std::string prefix(topic);
  prefix += '\0';
  return prefix;
}

std::uint64_t checksum(std::string_view bytes, std::uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

Result<Frame> decode_frame(std::string_view bytes) {
  if (bytes.size() > kFrameBytesMax) return at(0, "longer than " + std::to_string(kFrameBytesMax) + " bytes");
  const auto topic_end = bytes.substr(0, kTopicBytesMax + 1).find('\0');
  if (topic_end == bytes.npos || topic_end == 0) return at(0, "no topic");

  const auto header_at = topic_end + 1;
  if (bytes.size() < header_at + kOldHeaderBytes + kChecksumBytes) return at(bytes.size(), "cut off in its header");
  if (bytes.substr(header_at, kMagic.size()) != kMagic) return at(header_at, "not a frame of this bus");
  const auto version = get<std::uint8_t>(bytes, header_at + kVersionAt);
  if (version != kFrameVersion && version != kOldVersion) {
    return at(header_at + kVersionAt, "unknown version " + std::to_string(version));
  }
  const auto header = bytes.substr(header_at, version == kOldVersion ? kOldHeaderBytes : kHeaderBytes);
  const auto body_at = header_at + header.size();
  if (bytes.size() < body_at + kChecksumBytes) return at(bytes.size(), "cut off in its header");

  const auto body_length = get<std::uint32_t>(header, kBodyLengthAt);
  if (body_length != bytes.size() - body_at - kChecksumBytes) {
    return at(header_at + kBodyLengthAt, "says " + std::to_string(body_length) + " bytes of body, but " +
                                             std::to_string(bytes.size() - body_at - kChecksumBytes) + " are here");
  }
  const auto checksum_at = bytes.size() - kChecksumBytes;
  if (get<std::uint64_t>(bytes, checksum_at) != checksum(bytes.substr(0, checksum_at))) {
    return at(checksum_at, "wrong checksum");
  }

  Frame frame;
  frame.topic = bytes.substr(0, topic_end);
  const auto kind = get<std::uint8_t>(header, kKindAt);
  frame.kind = FrameKind{kind};
  if (frame.kind != FrameKind::kData && frame.kind != FrameKind::kHeartbeat) {
    return at(header_at + kKindAt, "unknown kind " + std::to_string(kind));
  }
  if (get<std::uint16_t>(header, kFlagsAt) != 0) return at(header_at + kFlagsAt, "unknown flags");
  std::memcpy(frame.stream.data(), header.data() + kStreamAt, frame.stream.size());
  frame.epoch = get<std::uint64_t>(header, kEpochAt);
  frame.sequence = get<std::uint64_t>(header, kSequenceAt);
  frame.count = get<std::uint32_t>(header, kCountAt);
  if (version != kOldVersion) frame.instance = get<std::uint64_t>(header, kInstanceAt);

  // Whoever keeps cursors keeps them as signed numbers; the largest stays free, so that the one after the last is one
  // too.
  constexpr std::uint64_t kSequenceEnd = std::numeric_limits<std::int64_t>::max();
  if (frame.epoch > kSequenceEnd) return at(header_at + kEpochAt, "epoch out of range");
  if (frame.kind == FrameKind::kHeartbeat) {
    if (frame.count != 0) return at(header_at + kCountAt, "records in a heartbeat");
    if (frame.sequence >= kSequenceEnd) return at(header_at + kSequenceAt, "sequence out of range");
  } else {
    if (frame.count == 0) return at(header_at + kCountAt, "no records");
    if (frame.sequence == 0 || frame.sequence > kSequenceEnd - frame.count) {
      return at(header_at + kSequenceAt, "sequence out of range");
    }
  }

  const auto body = bytes.substr(body_at, body_length);
  if (body.empty()) return at(body_at, "no publisher");
  const std::size_t name_length = static_cast<unsigned char>(body[0]);
  if (name_length > kNameBytesMax || name_length > body.size() - 1) return at(body_at, "publisher's name is too long");
  frame.publisher = body.substr(1, name_length);
  const auto port_at = 1 + name_length;
  const auto records_at = port_at + sizeof frame.replay_port;
  if (body.size() < records_at) return at(body_at + port_at, "no replay port");
  frame.replay_port = get<std::uint16_t>(body, port_at);
  frame.records = body.substr(records_at);
  if (auto problem = judge_records(frame.records, frame.count, body_at + records_at)) return std::move(*problem);
  return frame;
}

FrameWriter::FrameWriter(std::string_view topic, const StreamKey& stream, std::uint64_t epoch,
                         std::string_view publisher, std::uint16_t replay_port, std::uint64_t instance) {
  RISK_CHECK(is_topic(topic));
  RISK_CHECK(publisher.size() <= kNameBytesMax);
  buffer_ = topic_prefix(topic);
  header_at_ = buffer_.size();
  buffer_.append(kHeaderBytes, '\0');
  buffer_.replace(header_at_, kMagic.size(), kMagic);
  put(buffer_, header_at_ + kVersionAt, kFrameVersion);
  put(buffer_, header_at_ + kKindAt, FrameKind::kData);
  std::memcpy(buffer_.data() + header_at_ + kStreamAt, stream.data(), stream.size());
  put(buffer_, header_at_ + kEpochAt, epoch);
  put(buffer_, header_at_ + kInstanceAt, instance);
  buffer_ += static_cast<char>(publisher.size());
  buffer_ += publisher;
  const auto port_at = buffer_.size();
  buffer_.append(sizeof replay_port, '\0');
  put(buffer_, port_at, replay_port);
  records_at_ = end_ = buffer_.size();
}

bool FrameWriter::fits(std::size_t payload_bytes) const {
  return end_ + kLengthBytes + payload_bytes + kChecksumBytes <= kFrameBytesMax;
}

void FrameWriter::append(std::string_view payload) {
  const auto length = static_cast<std::uint32_t>(payload.size());
  char prefix[kLengthBytes];
  std::memcpy(prefix, &length, sizeof prefix);
  buffer_.resize(end_);  // finish() may have left its checksum
  buffer_.append(prefix, sizeof prefix);
  buffer_.append(payload);
  end_ = buffer_.size();
  ++count_;
}

void FrameWriter::append(std::string_view records, std::uint32_t count) {
  buffer_.resize(end_);
  buffer_.append(records);
  end_ = buffer_.size();
  count_ += count;
}

std::string_view FrameWriter::finish(std::uint64_t first_sequence) {
  put(buffer_, header_at_ + kSequenceAt, first_sequence);
  put(buffer_, header_at_ + kCountAt, count_);
  put(buffer_, header_at_ + kBodyLengthAt, static_cast<std::uint32_t>(end_ - header_at_ - kHeaderBytes));
  buffer_.resize(end_ + kChecksumBytes);
  put(buffer_, end_, checksum(std::string_view(buffer_).substr(0, end_)));
  return buffer_;
}

void FrameWriter::clear() {
  end_ = records_at_;
  count_ = 0;
}

std::string FrameWriter::heartbeat(std::uint64_t last_sequence) const {
  auto frame = buffer_.substr(0, records_at_);
  put(frame, header_at_ + kKindAt, FrameKind::kHeartbeat);
  put(frame, header_at_ + kSequenceAt, last_sequence);
  put(frame, header_at_ + kCountAt, std::uint32_t{0});
  put(frame, header_at_ + kBodyLengthAt, static_cast<std::uint32_t>(records_at_ - header_at_ - kHeaderBytes));
  frame.append(kChecksumBytes, '\0');
  put(frame, records_at_, checksum(std::string_view(frame).substr(0, records_at_)));
  return frame;
}

}  // namespace risk::bus

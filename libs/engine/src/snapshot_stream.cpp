#include "snapshot_stream.hpp"

#include <xxhash.h>

#include <array>

namespace risk::engine {
namespace {

template <class T>
void put_le(std::string& bytes, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) bytes.push_back(static_cast<char>(value >> (8 * i) & 0xff));
}

template <class T>
T get_le(std::string_view bytes) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) value |= static_cast<T>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  return value;
}

// Number and payload, so that a chunk in another's place does not pass.
std::uint64_t checksum(std::uint32_t number, std::string_view payload) {
  return XXH3_64bits_withSeed(payload.data(), payload.size(), number);
}

}  // namespace

std::string make_chunk(std::uint32_t number, std::string_view payload) {
  std::string chunk;
  chunk.reserve(kChunkHeadBytes + payload.size());
  put_le(chunk, static_cast<std::uint32_t>(payload.size()));
  put_le(chunk, number);
  put_le(chunk, checksum(number, payload));
  put_le(chunk, std::uint64_t{0});
  chunk.append(payload);
  return chunk;
}

void SnapshotReader::read_chunk() {
  const auto refuse_chunk = [this](const std::string& problem) {
    throw BadSnapshot{"chunk " + std::to_string(chunks_) + ": " + problem};
  };
  if (!source_) refuse("field", "ends too early");
  const auto chunk = source_();
  if (!chunk) refuse_chunk("is missing");
  if (chunk->size() <= kChunkHeadBytes) refuse_chunk("is too short");
  const std::string_view head = *chunk;
  const std::string_view payload = head.substr(kChunkHeadBytes);
  if (get_le<std::uint32_t>(head) != payload.size() || payload.size() > kPayloadBytesMax) {
    refuse_chunk("the size is not what its head says");
  }
  if (get_le<std::uint32_t>(head.substr(4)) != chunks_) refuse_chunk("is out of turn");
  if (get_le<std::uint64_t>(head.substr(8)) != checksum(chunks_, payload) ||
      get_le<std::uint64_t>(head.substr(16)) != 0) {
    refuse_chunk("the checksum does not match");
  }
  payload_.assign(payload);
  at_ = 0;
  ++chunks_;
}

}  // namespace risk::engine

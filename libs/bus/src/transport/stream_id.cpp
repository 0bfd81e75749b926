#include "transport/stream_id.hpp"

#include <charconv>
#include <cstring>
#include <random>
#include <system_error>

#include "risk/base/encoding.hpp"

namespace risk::bus {

StreamId make_stream_id() {
  std::random_device random;
  StreamKey key;
  for (auto& byte : key) byte = static_cast<unsigned char>(random());
  return to_stream_id(key);
}

std::optional<StreamKey> parse_stream_id(std::string_view text) {
  StreamKey key;
  const auto bytes = from_hex(text);
  if (!bytes || bytes->size() != key.size()) return std::nullopt;
  std::memcpy(key.data(), bytes->data(), key.size());
  return key;
}

StreamId to_stream_id(const StreamKey& key) {
  return StreamId{to_hex(std::string_view(reinterpret_cast<const char*>(key.data()), key.size()))};
}

std::string hash_digits(std::uint64_t hash) {
  return to_hex(hash);
}

std::optional<std::uint64_t> parse_hash_digits(std::string_view digits) {
  std::uint64_t hash = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), hash, 16);
  if (digits.size() != 16 || error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return hash;
}

}  // namespace risk::bus

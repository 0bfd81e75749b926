#include "transport/stream_id.hpp"

#include <charconv>
#include <random>
#include <system_error>

namespace risk::bus {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

}  // namespace

StreamId make_stream_id() {
  std::random_device random;
  StreamKey key;
  for (auto& byte : key) byte = static_cast<unsigned char>(random());
  return to_stream_id(key);
}

std::optional<StreamKey> parse_stream_id(std::string_view text) {
  StreamKey key;
  if (text.size() != 2 * key.size()) return std::nullopt;
  for (std::size_t i = 0; i < key.size(); ++i) {
    const auto high = kDigits.find(text[2 * i]);
    const auto low = kDigits.find(text[2 * i + 1]);
    if (high == kDigits.npos || low == kDigits.npos) return std::nullopt;
    key[i] = static_cast<unsigned char>(high << 4 | low);
  }
  return key;
}

StreamId to_stream_id(const StreamKey& key) {
  StreamId id;
  id.text.reserve(2 * key.size());
  for (const unsigned char byte : key) {
    id.text += kDigits[byte >> 4];
    id.text += kDigits[byte & 15];
  }
  return id;
}

std::string hash_digits(std::uint64_t hash) {
  std::string digits(16, '0');
  for (std::size_t i = digits.size(); i-- > 0; hash >>= 4) digits[i] = kDigits[hash & 15];
  return digits;
}

std::optional<std::uint64_t> parse_hash_digits(std::string_view digits) {
  std::uint64_t hash = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), hash, 16);
  if (digits.size() != 16 || error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return hash;
}

}  // namespace risk::bus

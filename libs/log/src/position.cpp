#include "risk/log/position.hpp"

#include <charconv>
#include <random>
#include <system_error>
#include <tuple>

#include "risk/base/check.hpp"
#include "risk/base/encoding.hpp"

namespace risk::log {

StreamId make_stream_id() {
  std::random_device random;
  std::string bytes;
  for (int i = 0; i < 16; ++i) bytes += static_cast<char>(random());
  return StreamId{to_hex(bytes)};
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

Position Position::previous() const {
  RISK_CHECK(fields_.sequence > 0);
  return Position(fields_.stream, fields_.epoch, fields_.sequence - 1);
}

std::partial_ordering operator<=>(const Position& a, const Position& b) {
  if (a.stream() != b.stream()) return std::partial_ordering::unordered;
  return std::tie(a.fields_.epoch, a.fields_.sequence) <=> std::tie(b.fields_.epoch, b.fields_.sequence);
}

std::uint64_t distance(const Position& from, const Position& to) {
  RISK_CHECK(from.stream() == to.stream());
  if (to <= from) return 0;
  const auto same_epoch = from.fields().epoch == to.fields().epoch;
  return same_epoch ? to.fields().sequence - from.fields().sequence : to.fields().sequence;
}

}  // namespace risk::log

// Instants: nanoseconds since the Unix epoch, UTC. Range: the years 1678 to 2261, which 64 bits hold with room to
// spare. Pure values; only system_now() asks the clock, and the risk core never calls it.
#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "risk/base/result.hpp"

namespace risk {

inline constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
inline constexpr std::int64_t kNanosPerMicro = 1'000;
inline constexpr std::int64_t kMicrosPerSecond = 1'000'000;
inline constexpr std::int64_t kSecondsPerDay = 86'400;

// Rounds towards the earlier, as a clock does that shows less. Precondition: divisor > 0.
constexpr std::int64_t floor_divide(std::int64_t value, std::int64_t divisor) {
  return value / divisor - (value % divisor < 0 ? 1 : 0);
}

struct Timestamp {
  std::int64_t nanos = 0;  // since 1970-01-01T00:00:00Z, may be negative

  // Precondition: within the range.
  static constexpr Timestamp from_seconds(std::int64_t seconds) { return {seconds * kNanosPerSecond}; }
  static constexpr Timestamp from_micros(std::int64_t micros) { return {micros * kNanosPerMicro}; }

  // The parts that databases and messages keep: whole microseconds, and the nanoseconds since, 0 to 999.
  constexpr std::int64_t micros() const { return floor_divide(nanos, kNanosPerMicro); }
  constexpr std::uint32_t nanos_of_micro() const {
    return static_cast<std::uint32_t>(nanos - micros() * kNanosPerMicro);
  }
  constexpr std::int64_t seconds() const { return floor_divide(nanos, kNanosPerSecond); }

  constexpr bool is_in_range() const;

  friend constexpr auto operator<=>(Timestamp, Timestamp) = default;
};

// 1678-01-01T00:00:00Z to 2261-12-31T23:59:59.999999999Z
inline constexpr Timestamp kTimestampMin{-9'214'560'000'000'000'000};
inline constexpr Timestamp kTimestampMax{9'214'646'399'999'999'999};
// Why an instant beyond them is refused.
inline constexpr std::string_view kOutsideTimestamps = "outside the years 1678 to 2261";

constexpr bool Timestamp::is_in_range() const {
  return kTimestampMin <= *this && *this <= kTimestampMax;
}

// An instant from its parts; nothing where they are out of range.
constexpr std::optional<Timestamp> timestamp_of(std::int64_t micros, std::uint32_t nanos_of_micro = 0) {
  if (micros < kTimestampMin.micros() || micros > kTimestampMax.micros() || nanos_of_micro >= kNanosPerMicro) {
    return std::nullopt;
  }
  return Timestamp{micros * kNanosPerMicro + nanos_of_micro};
}

// So many seconds later; the latest that there is where that is beyond it. Precondition: `time` is in range.
constexpr Timestamp later_by(Timestamp time, std::uint32_t seconds) {
  return {std::min(time.nanos, kTimestampMax.nanos - seconds * kNanosPerSecond) + seconds * kNanosPerSecond};
}

// Parses ISO 8601: YYYY-MM-DDTHH:MM:SS[.f{1,9}] and then Z or an offset from UTC, +HH:MM, +HHMM or +HH, which is
// converted; proleptic Gregorian, with T or a blank between date and time. Second 60, which a leap second has, is the
// last nanosecond of second 59. Errors: "not an ISO 8601 time …", "has neither Z nor an offset from UTC", "no such
// date", "no such time of day", "no such offset from UTC", "more than 9 decimal places of a second", "outside the
// years 1678 to 2261".
Result<Timestamp> parse_timestamp(std::string_view text);

// "2024-09-20T08:36:00.000000Z": six places of a second, or nine where the instant has that many. Precondition: in
// range.
std::string format_timestamp(Timestamp time);
// With six places, cut off: for a column of microseconds, whose texts sort as the instants do. Precondition: in range.
std::string format_timestamp_micros(Timestamp time);

// The wall clock, for the edges that may ask it; to the microsecond, which is what databases keep.
Timestamp system_now();

}  // namespace risk

// Instants: microseconds since the Unix epoch, UTC, as the databases keep them. Range: years 1 to 9999.
// Pure values; only system_now() asks the clock, and the risk core never calls it.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "risk/base/result.hpp"

namespace risk {

inline constexpr std::int64_t kMicrosPerSecond = 1'000'000;

struct Timestamp {
  std::int64_t micros = 0;  // since 1970-01-01T00:00:00Z, may be negative

  static constexpr Timestamp from_seconds(std::int64_t seconds) { return {seconds * kMicrosPerSecond}; }

  friend constexpr auto operator<=>(Timestamp, Timestamp) = default;
};

// 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999999Z
inline constexpr Timestamp kTimestampMin{-62'135'596'800'000'000};
inline constexpr Timestamp kTimestampMax{253'402'300'799'999'999};

// Parses ISO 8601 in UTC: YYYY-MM-DDTHH:MM:SS[.f{1,6}](Z|+00:00), proleptic Gregorian; also a blank for the T.
// Errors: "not an ISO 8601 UTC time …", "no such date", "no such time of day", "more than 6 decimal places of a
// second".
Result<Timestamp> parse_timestamp(std::string_view text);

// "2024-09-20T08:36:00.000000Z". Precondition: kTimestampMin <= time <= kTimestampMax.
std::string format_timestamp(Timestamp time);

// The wall clock, for the edges that may ask it.
Timestamp system_now();

}  // namespace risk

// When sessions begin: at a time of day on the clocks of a zone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace risk::engine {

// From `from` on, in seconds since 1970-01-01T00:00:00Z, the clocks of a zone are `offset_seconds` ahead of UTC (below
// 0: behind), until the next change.
struct ZoneChange {
  std::int64_t from = 0;
  std::int32_t offset_seconds = 0;
  friend bool operator==(const ZoneChange&, const ZoneChange&) = default;
};

struct SessionStart {
  std::uint32_t time_of_day_seconds = 0;  // below 86,400
  std::string zone{};                     // "America/New_York"; "": UTC
  // Of the zone, `from` rising; the first counts from the beginning of time. As the time-zone database had them when
  // the rules were made: the same inputs give the same sessions, whatever it says later. Empty: UTC.
  std::vector<ZoneChange> changes{};

  friend bool operator==(const SessionStart&, const SessionStart&) = default;
};

inline constexpr std::size_t kZoneChangesMax = 10'000;

// The second, since 1970-01-01T00:00:00Z, at which the session began that `second` lies in. A session begins once a
// day: where the clocks show its time twice, at the first; where they skip it, at the instant at which they are set
// forward.
std::int64_t session_begin(const SessionStart& start, std::int64_t second);

}  // namespace risk::engine

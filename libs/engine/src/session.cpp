#include "risk/engine/session.hpp"

#include <algorithm>
#include <limits>

#include "risk/base/timestamp.hpp"

namespace risk::engine {
namespace {

using Changes = std::vector<ZoneChange>;

// What is in force at a second. Precondition: there are changes.
Changes::const_iterator in_force(const Changes& changes, std::int64_t second) {
  const auto after = std::upper_bound(changes.begin() + 1, changes.end(), second,
                                      [](std::int64_t at, const ZoneChange& change) { return at < change.from; });
  return after - 1;
}

// The first second at which the clocks show `local`, or from which on they show more.
std::int64_t first_showing(const Changes& changes, std::int64_t local) {
  // No clock is a day ahead of UTC or behind it.
  for (auto change = in_force(changes, local - kSecondsPerDay);; ++change) {
    const std::int64_t second =
        std::max(local - change->offset_seconds,
                 change == changes.begin() ? std::numeric_limits<std::int64_t>::min() : change->from);
    const auto next = change + 1;
    if (next == changes.end() || second < next->from) return second;
  }
}

}  // namespace

std::int64_t session_begin(const SessionStart& start, std::int64_t second) {
  const auto begin_of = [&](std::int64_t day) {
    const std::int64_t local = day * kSecondsPerDay + start.time_of_day_seconds;
    return start.changes.empty() ? local : first_showing(start.changes, local);
  };
  const std::int64_t offset = start.changes.empty() ? 0 : in_force(start.changes, second)->offset_seconds;
  // The clocks' own day is the right one, or they have been set over its begin.
  std::int64_t day = floor_divide(second + offset - start.time_of_day_seconds, kSecondsPerDay) + 1;
  while (begin_of(day) > second) --day;
  return begin_of(day);
}

}  // namespace risk::engine

// When a session's sequence numbers begin anew: each day at a time of day in a time zone, as both sides have agreed.
// An immutable value; pure functions. Threads: any.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "risk/base/result.hpp"
#include "risk/base/time_zone.hpp"
#include "risk/base/timestamp.hpp"

namespace risk::drop_copy {

class DailyReset {
 public:
  // "17:00 America/New_York", "00:00", "06:30:15 Europe/Zurich"; UTC without a zone. The error says what is allowed.
  static Result<DailyReset> parse(std::string_view text);

  // The latest one at or before `now`, in seconds since the epoch. Where the clocks skip the time of day, it is
  // when they would have shown it, had they not been set.
  std::int64_t latest(Timestamp now) const;

 private:
  DailyReset(std::int64_t second_of_day, TimeZone zone) : second_of_day_(second_of_day), zone_(std::move(zone)) {}
  std::int64_t at(std::int64_t local_day) const;

  std::int64_t second_of_day_;
  TimeZone zone_;
};

}  // namespace risk::drop_copy

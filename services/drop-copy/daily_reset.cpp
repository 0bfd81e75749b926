#include "drop-copy/daily_reset.hpp"

#include <algorithm>

namespace risk::drop_copy {

Result<DailyReset> DailyReset::parse(std::string_view text) {
  const Error allowed{
      "a time of day HH:MM or HH:MM:SS, and a time zone if it is not UTC, such as 17:00 America/New_York"};
  const auto blank = std::min(text.find(' '), text.size());
  const auto time = text.substr(0, blank);
  if (time.size() != 5 && time.size() != 8) return allowed;
  const auto at = parse_timestamp("1970-01-01T" + std::string(time) + (time.size() == 5 ? ":00Z" : "Z"));
  if (!at || at->nanos % kNanosPerSecond != 0) return allowed;  // a second 60 is none
  if (blank == text.size()) return DailyReset(at->seconds(), TimeZone::utc());
  auto zone = TimeZone::find(text.substr(blank + 1));
  if (!zone) return Error{"a time of day and a time zone: " + zone.error().reason};
  return DailyReset(at->seconds(), *zone);
}

std::int64_t DailyReset::at(std::int64_t local_day) const {
  const auto local = local_day * kSecondsPerDay + second_of_day_;
  const auto utc = zone_.to_utc_seconds(local);
  return utc ? *utc : local - zone_.offset_seconds_at(Timestamp::from_seconds(local));
}

std::int64_t DailyReset::latest(Timestamp now) const {
  const auto seconds = now.seconds();
  auto day = floor_divide(seconds + zone_.offset_seconds_at(now), kSecondsPerDay) + 1;
  while (at(day) > seconds) --day;
  return at(day);
}

}  // namespace risk::drop_copy

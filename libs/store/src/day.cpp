#include "day.hpp"

#include "risk/store/errors.hpp"

namespace risk::store {
Day Day::of(Timestamp time) {
  if (!time.is_in_range()) {
    throw StoreError("the time " + std::to_string(time.nanos) + " is " + std::string(kOutsideTimestamps));
  }
  return {static_cast<std::int32_t>(floor_divide(time.seconds(), kSecondsPerDay))};
}

std::string Day::text() const {
  return format_timestamp(Timestamp::from_seconds(since_epoch * kSecondsPerDay)).substr(0, 10);
}

Timestamp Day::latest_execution() const {
  constexpr std::int64_t kDays = 2;  // the day itself, and a day ahead
  const std::int64_t seconds = (since_epoch + kDays) * kSecondsPerDay;
  return seconds >= kTimestampMax.seconds() ? kTimestampMax : Timestamp::from_seconds(seconds);
}

}  // namespace risk::store

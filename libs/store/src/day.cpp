#include "day.hpp"

#include "risk/store/errors.hpp"

namespace risk::store {
namespace {

constexpr std::int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;

}  // namespace

Day Day::of(Timestamp time) {
  if (time < kTimestampMin || time > kTimestampMax) {
    throw StoreError("the time " + std::to_string(time.micros) + " is outside the years 1 to 9999");
  }
  const bool before_epoch = time.micros < 0;
  const auto day = (time.micros - (before_epoch ? kMicrosPerDay - 1 : 0)) / kMicrosPerDay;
  return {static_cast<std::int32_t>(day)};
}

std::string Day::text() const {
  return format_timestamp({since_epoch * kMicrosPerDay}).substr(0, 10);
}

}  // namespace risk::store

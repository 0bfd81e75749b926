#include "risk/engine/intake.hpp"

#include "support/catch.hpp"

using namespace risk;
using namespace risk::engine;

namespace {

constexpr Timestamp kClock = Timestamp::from_seconds(1'790'000'000);
constexpr std::int64_t kAheadMax = 60 * kNanosPerSecond;

std::optional<Rejection> judged(Timestamp instant, std::optional<Timestamp> now, const ReceivedAt& received_at) {
  return ahead_of_clock("executed_at", instant, now, received_at, kAheadMax);
}

Timestamp after(std::int64_t nanos) {
  return {kClock.nanos + nanos};
}

}  // namespace

TEST_CASE("an instant may be as far ahead of the engine's clock as is allowed, and not a nanosecond more") {
  CHECK_FALSE(judged(after(kAheadMax), {}, {kClock, {}}));
  const auto rejection = judged(after(kAheadMax + 1), {}, {kClock, {}});
  REQUIRE(rejection);
  CHECK(*rejection == Rejection{"executed_at", format_timestamp(after(kAheadMax + 1)),
                                "ahead of the engine's clock, which was at " + format_timestamp(kClock)});
  CHECK(judged(kTimestampMax, {}, {kClock, {}}));
  CHECK_FALSE(judged(kTimestampMin, {}, {kTimestampMax, kTimestampMax}));
}

TEST_CASE("an instant is held against the publisher's clock, too") {
  CHECK_FALSE(judged(after(30 * kNanosPerSecond), {}, {after(30 * kNanosPerSecond), kClock}));
  const auto rejection = judged(after(61 * kNanosPerSecond), {}, {after(61 * kNanosPerSecond), kClock});
  REQUIRE(rejection);
  CHECK(rejection->reason == "ahead of the publisher's clock, which was at " + format_timestamp(kClock));
  // A publisher's wrong clock excuses nothing before the engine's.
  CHECK(judged(after(61 * kNanosPerSecond), {}, {kClock, after(61 * kNanosPerSecond)}));
}

TEST_CASE("an instant that moves no time may be whatever it is") {
  const Timestamp instant = after(3600 * kNanosPerSecond);
  CHECK_FALSE(judged(instant, instant, {kClock, kClock}));
  CHECK(judged(instant, Timestamp{instant.nanos - 1}, {kClock, kClock}));
}

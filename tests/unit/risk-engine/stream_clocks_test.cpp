#include "risk-engine/stream_clocks.hpp"

#include "support/catch.hpp"

using namespace risk;
using namespace risk::risk_engine;

namespace {

constexpr Timestamp kWall = Timestamp::from_seconds(1'790'000'000);

}  // namespace

TEST_CASE("a stream is late when more than half of its last thousand executions are") {
  StreamClock clock;
  for (int i = 0; i < 500; ++i) clock.note({i}, true, kWall);
  CHECK_FALSE(clock.is_late(kWall));
  clock.note({500}, true, kWall);
  CHECK(clock.is_late(kWall));
  CHECK(clock.is_late(Timestamp::from_seconds(kWall.seconds() + StreamClock::kSilentSeconds)));
  CHECK_FALSE(clock.is_late(Timestamp::from_seconds(kWall.seconds() + StreamClock::kSilentSeconds + 1)));
  CHECK(clock.recent() == 501);
  CHECK(clock.recent_late() == 501);
  for (int i = 0; i < 499; ++i) clock.note({1'000}, false, kWall);
  CHECK(clock.recent() == 1'000);
  CHECK(clock.is_late(kWall));
  clock.note({1'000}, false, kWall);  // the first of the late ones is forgotten
  CHECK(clock.recent() == 1'000);
  CHECK(clock.recent_late() == 500);
  CHECK_FALSE(clock.is_late(kWall));
  for (int i = 0; i < 1'000; ++i) clock.note({1'000}, false, kWall);
  CHECK(clock.recent_late() == 0);
}

TEST_CASE("a stream's lead is how far its latest execution is after that of all others") {
  StreamClocks clocks;
  CHECK_FALSE(clocks.lead_of("a"));
  clocks.of("a").note({100}, false, kWall);
  clocks.of("a").note({40}, true, kWall);
  CHECK_FALSE(clocks.lead_of("a"));
  clocks.of("b");
  CHECK_FALSE(clocks.lead_of("a"));
  clocks.of("b").note({70}, true, kWall);
  clocks.of("c").note({90}, true, kWall);
  CHECK(clocks.lead_of("a") == 10);
  CHECK(clocks.lead_of("b") == -30);
  CHECK(clocks.lead_of("c") == -10);
  CHECK_FALSE(clocks.lead_of("d"));
  CHECK(clocks.find("b")->latest() == Timestamp{70});
  CHECK(clocks.find("d") == nullptr);

  clocks.of("a").note(kTimestampMax, false, kWall);
  clocks.of("b").note(kTimestampMin, true, kWall);
  CHECK(clocks.lead_of("a") == kTimestampMax.nanos - 90);
}

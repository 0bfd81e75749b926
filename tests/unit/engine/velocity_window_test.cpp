#include "velocity_window.hpp"

#include <deque>
#include <random>

#include "support/catch.hpp"

using namespace risk;
using namespace risk::engine;

TEST_CASE("a window counts what a list of its transactions counts") {
  std::mt19937_64 random(GENERATE(1u, 2u, 3u, 4u, 5u, 6u));
  VelocityWindow window;
  std::deque<std::int64_t> slots;
  std::int64_t now = -500;
  const auto is_in = [&](std::int64_t slot) { return now - 60 < slot && slot <= now; };
  for (int i = 0; i < 5'000; ++i) {
    const auto pick = random() % 100;
    now += pick < 60   ? 0
           : pick < 90 ? static_cast<std::int64_t>(random() % 5)
           : pick < 99 ? static_cast<std::int64_t>(random() % 70)
                       : 1'000;
    const std::int64_t slot = now - (random() % 4 == 0 ? static_cast<std::int64_t>(random() % 90) : 0);
    window.add(slot, now);
    slots.push_back(slot);
    if (slots.size() > 2'000) slots.pop_front();
    REQUIRE(window.count(now) == static_cast<std::uint64_t>(std::count_if(slots.begin(), slots.end(), is_in)));
  }
}

TEST_CASE("the window forgets slot by slot") {
  VelocityWindow window;
  window.add(0, 0);
  window.add(1, 1);
  CHECK(window.count(59) == 2);
  CHECK(window.count(60) == 1);
  CHECK(window.count(61) == 0);
  window.add(100, 1'000);
  CHECK(window.count(1'000) == 0);
}

TEST_CASE("a slot counts beyond 255 and beyond 65,535, and forgets it all") {
  VelocityWindow window;
  for (int i = 0; i < 70'000; ++i) window.add(10, 10);
  window.add(11, 11);
  CHECK(window.count(11) == 70'001);
  CHECK(window.count(69) == 70'001);
  CHECK(window.count(70) == 1);
  window.add(70, 70);
  CHECK(window.count(70) == 2);
  CHECK(window.count(131) == 0);
}

TEST_CASE("a slot is a sixtieth of the window, before the epoch too") {
  SlotClock seconds(60), days(86'400), one(1);
  CHECK(seconds.slot_of({0}) == 0);
  CHECK(seconds.slot_of({999'999'999}) == 0);
  CHECK(seconds.slot_of({1'000'000'000}) == 1);
  CHECK(seconds.slot_of({-1}) == -1);
  CHECK(seconds.slot_of({-1'000'000'000}) == -1);
  CHECK(seconds.slot_of({-1'000'000'001}) == -2);
  CHECK(days.slot_of(Timestamp::from_seconds(1'440)) == 1);
  CHECK(one.slot_of({16'666'666}) == 0);  // slots of 16,666,666.67 nanoseconds
  CHECK(one.slot_of({16'666'667}) == 1);
  CHECK(one.slot_of({33'333'333}) == 1);
  CHECK(one.slot_of({33'333'334}) == 2);
  CHECK(one.slot_of(kTimestampMax) == kTimestampMax.nanos / 50'000'000 * 3 + 2);
  CHECK(one.slot_of(kTimestampMin) == kTimestampMin.nanos / 50'000'000 * 3);
  CHECK(one.start_of(1) == Timestamp{16'666'667});
  CHECK(one.start_of(-1) == Timestamp{-16'666'666});
  CHECK(days.start_of(1'000'000'000'000) > kTimestampMax);
}

#include "simulator/random.hpp"

#include "support/catch.hpp"

using risk::simulator::Random;

TEST_CASE("the random numbers of a seed are the same on every platform", "[simulator]") {
  // The first numbers of xoshiro256** as published, from the state that splitmix64 makes of 42.
  Random random(42);
  CHECK(random.next() == 1546998764402558742U);
  CHECK(random.next() == 6990951692964543102U);
  CHECK(random.next() == 12544586762248559009U);
}

TEST_CASE("draws stay within their bounds and reach both ends", "[simulator]") {
  Random random(1);
  bool low = false, high = false;
  for (int i = 0; i < 10'000; ++i) {
    const auto drawn = random.between(-3, 3);
    REQUIRE(-3 <= drawn);
    REQUIRE(drawn <= 3);
    low |= drawn == -3;
    high |= drawn == 3;
  }
  CHECK(low);
  CHECK(high);
  CHECK(random.below(1) == 0);
}

TEST_CASE("a chance comes as often as it says", "[simulator]") {
  Random random(7);
  int hits = 0;
  for (int i = 0; i < 1'000'000; ++i) hits += random.chance(risk::simulator::share_of(0.0005));
  CHECK(hits > 420);
  CHECK(hits < 580);
  CHECK(random.chance(risk::simulator::share_of(1)));
  CHECK_FALSE(random.chance(0));
}

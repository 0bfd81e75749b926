#include "risk/base/throttle.hpp"

#include <string>

#include "support/catch.hpp"

using namespace risk;
using namespace std::chrono_literals;

namespace {

constexpr Throttle::Instant kStart{};

}  // namespace

TEST_CASE("what happens again is let through once an interval, with how often it was kept back") {
  Throttle throttle(10s);
  CHECK(throttle.admit("a", kStart) == 0);
  for (int i = 0; i < 5; ++i) CHECK_FALSE(throttle.admit("a", kStart + 9s));
  CHECK(throttle.kept_back("a") == 5);
  CHECK(throttle.admit("a", kStart + 10s) == 5);
  CHECK(throttle.kept_back("a") == 0);
  CHECK(throttle.admit("a", kStart + 20s) == 0);
}

TEST_CASE("each thing has an interval of its own") {
  Throttle throttle;
  CHECK(throttle.admit("a", kStart) == 0);
  CHECK(throttle.admit("b", kStart + 1s) == 0);
  CHECK_FALSE(throttle.admit("a", kStart + 59s));
  CHECK(throttle.admit("a", kStart + 60s) == 1);
  CHECK_FALSE(throttle.admit("b", kStart + 60s));
}

TEST_CASE("what was kept back is due when its interval is over, and only once") {
  Throttle throttle;
  CHECK_FALSE(throttle.take_due("a", kStart));
  CHECK(throttle.admit("a", kStart) == 0);
  CHECK_FALSE(throttle.take_due("a", kStart + 60s));
  CHECK_FALSE(throttle.admit("a", kStart + 1s));
  CHECK_FALSE(throttle.take_due("a", kStart + 59s));
  CHECK(throttle.take_due("a", kStart + 60s) == 1);
  CHECK_FALSE(throttle.take_due("a", kStart + 120s));
  CHECK_FALSE(throttle.admit("a", kStart + 119s));
  CHECK(throttle.admit("a", kStart + 120s) == 1);
}

TEST_CASE("peers that make up new things to happen fill neither the log nor the memory") {
  Throttle throttle;
  REQUIRE(throttle.admit("a", kStart));
  std::size_t admitted = 0;
  for (int i = 0; i < 1000; ++i) admitted += throttle.admit(std::to_string(i), kStart + 30s).has_value();
  CHECK(admitted == Throttle::kKeysMax - 1);
  CHECK_FALSE(throttle.admit("new", kStart + 59s));
  CHECK(throttle.admit("new", kStart + 60s) == 0);
  CHECK_FALSE(throttle.admit("newer", kStart + 60s));
  CHECK(throttle.admit("newer", kStart + 90s) == 0);
}

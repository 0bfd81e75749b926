// When a session's numbers begin anew: at a time of day in a zone, on the days when clocks change, too.
#include "drop-copy/daily_reset.hpp"

#include "support/catch.hpp"

using namespace risk;
using namespace risk::drop_copy;

namespace {

std::string latest(const std::string& start, const std::string& now) {
  const auto reset = DailyReset::parse(start);
  REQUIRE(reset.ok());
  return format_timestamp(Timestamp::from_seconds(reset->latest(*parse_timestamp(now)))).substr(0, 19);
}

}  // namespace

TEST_CASE("the latest reset is today's once its time has come, else yesterday's") {
  CHECK(latest("00:00", "2026-03-02T00:00:00Z") == "2026-03-02T00:00:00");
  CHECK(latest("00:00", "2026-03-01T23:59:59.999Z") == "2026-03-01T00:00:00");
  CHECK(latest("06:30:15", "2026-03-02T06:30:15Z") == "2026-03-02T06:30:15");
  CHECK(latest("06:30:15", "2026-03-02T06:30:14Z") == "2026-03-01T06:30:15");
}

TEST_CASE("the time of day is that of the zone, in winter and in summer") {
  CHECK(latest("17:00 America/New_York", "2026-01-05T22:00:00Z") == "2026-01-05T22:00:00");
  CHECK(latest("17:00 America/New_York", "2026-07-06T21:00:00Z") == "2026-07-06T21:00:00");
  CHECK(latest("17:00 America/New_York", "2026-07-06T20:59:59Z") == "2026-07-05T21:00:00");
  CHECK(latest("08:00 Asia/Tokyo", "2026-01-05T23:30:00Z") == "2026-01-05T23:00:00");
}

TEST_CASE("a time of day that the clocks skip, or show twice, is one reset") {
  CHECK(latest("02:30 America/New_York", "2026-03-08T12:00:00Z") == "2026-03-08T07:30:00");
  CHECK(latest("01:30 America/New_York", "2026-11-01T05:30:00Z") == "2026-11-01T05:30:00");
  CHECK(latest("01:30 America/New_York", "2026-11-01T06:45:00Z") == "2026-11-01T05:30:00");
}

TEST_CASE("what is no time of day, or no zone, is refused with what is allowed") {
  for (const char* text : {"", "5", "25:00", "17:00:60", "17:00  UTC", "17:00 Nowhere/At_All", "17.00"}) {
    CHECK_FALSE(DailyReset::parse(text).ok());
  }
  CHECK(DailyReset::parse("17.00").error().reason ==
        "a time of day HH:MM or HH:MM:SS, and a time zone if it is not UTC, such as 17:00 America/New_York");
}

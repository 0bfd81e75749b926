#include "risk/base/timestamp.hpp"

#include "support/catch.hpp"

using namespace risk;

TEST_CASE("an instant is read and printed to the nanosecond") {
  const auto [text, nanos, printed] = GENERATE(table<const char*, std::int64_t, const char*>({
      {"1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00.000000Z"},
      {"2024-09-20T08:36:00.000Z", 1'726'821'360'000'000'000, "2024-09-20T08:36:00.000000Z"},
      {"2024-02-29T23:59:59.999999Z", 1'709'251'199'999'999'000, "2024-02-29T23:59:59.999999Z"},
      {"2024-02-29T23:59:59.123456789Z", 1'709'251'199'123'456'789, "2024-02-29T23:59:59.123456789Z"},
      {"2024-02-29T23:59:59.1234567Z", 1'709'251'199'123'456'700, "2024-02-29T23:59:59.123456700Z"},
      {"1970-01-01T00:00:00.000000001Z", 1, "1970-01-01T00:00:00.000000001Z"},
      {"1969-12-31T23:59:59.999999999Z", -1, "1969-12-31T23:59:59.999999999Z"},
      {"1969-12-31T23:59:59.5+00:00", -500'000'000, "1969-12-31T23:59:59.500000Z"},
      {"1678-01-01T00:00:00Z", kTimestampMin.nanos, "1678-01-01T00:00:00.000000Z"},
      {"2261-12-31 23:59:59.999999999Z", kTimestampMax.nanos, "2261-12-31T23:59:59.999999999Z"},
  }));
  const auto time = parse_timestamp(text);
  REQUIRE(time.ok());
  CHECK(time->nanos == nanos);
  CHECK(format_timestamp(*time) == printed);
}

TEST_CASE("an offset from UTC is converted, over the end of a day and of the years that there are") {
  const auto [text, printed] = GENERATE(table<const char*, const char*>({
      {"2024-03-08T09:30:00-04:00", "2024-03-08T13:30:00.000000Z"},
      {"2024-03-08T09:30:00+05:30", "2024-03-08T04:00:00.000000Z"},
      {"2024-03-08T09:30:00.5+0530", "2024-03-08T04:00:00.500000Z"},
      {"2024-03-08T09:30:00-11", "2024-03-08T20:30:00.000000Z"},
      {"2024-02-29T23:59:59-00:01", "2024-03-01T00:00:59.000000Z"},
      {"2024-03-01T00:00:00+14:00", "2024-02-29T10:00:00.000000Z"},
      {"2024-03-08T09:30:00-00:00", "2024-03-08T09:30:00.000000Z"},
      {"2262-01-01T00:59:59+01:00", "2261-12-31T23:59:59.000000Z"},
  }));
  const auto time = parse_timestamp(text);
  REQUIRE(time.ok());
  CHECK(format_timestamp(*time) == printed);
}

TEST_CASE("a leap second is the last nanosecond of the second before it") {
  for (const char* text : {"2016-12-31T23:59:60Z", "2016-12-31T23:59:60.25Z", "2017-01-01T00:59:60+01:00"}) {
    const auto time = parse_timestamp(text);
    REQUIRE(time.ok());
    CHECK(format_timestamp(*time) == "2016-12-31T23:59:59.999999999Z");
  }
}

TEST_CASE("a text that is no instant is refused with the reason") {
  for (const char* text : {"", "2024-09-20", "20240920T083600Z", "2024-09-20T08:36Z", "2024-9-20T08:36:00Z",
                           "2024-09-20T08:36:00.Z", "yesterday", "2024-09-20T08:36:00z", "2024-09-20T08:36:00+1:00",
                           "2024-09-20T08:36:00+01:0", "2024-09-20T08:36:00+01:000", "2024-09-20T08:36:00+aa",
                           "2024-09-20T08:36:00 EST", "2024-09-20T08:36:00Z ", "2024-09-20T08:36:00+01-00"}) {
    CAPTURE(text);
    const auto time = parse_timestamp(text);
    REQUIRE_FALSE(time.ok());
    CHECK(time.error().reason == "not an ISO 8601 time such as 2024-09-20T08:36:00.000Z");
  }
  const auto reason = [](const char* text) { return parse_timestamp(text).error().reason; };
  const std::string no_offset = "has neither Z nor an offset from UTC, such as in 2024-09-20T08:36:00+01:00";
  CHECK(reason("2024-09-20T08:36:00") == no_offset);
  CHECK(reason("2024-09-20T08:36:00.123") == no_offset);
  CHECK(reason("2023-02-29T00:00:00Z") == "no such date");
  CHECK(reason("0000-01-01T00:00:00Z") == "no such date");
  CHECK(reason("2024-01-01T24:00:00Z") == "no such time of day");
  CHECK(reason("2024-01-01T23:59:61Z") == "no such time of day");
  CHECK(reason("2024-01-01T00:00:00+24:00") == "no such offset from UTC");
  CHECK(reason("2024-01-01T00:00:00-00:60") == "no such offset from UTC");
  CHECK(reason("2024-01-01T00:00:00.1234567891Z") == "more than 9 decimal places of a second");
  for (const char* text : {"0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2262-01-01T00:00:00Z",
                           "1677-12-31T23:59:59.999999999Z", "1678-01-01T00:00:00+00:01"}) {
    CHECK(reason(text) == "outside the years 1678 to 2261");
  }
}

TEST_CASE("an instant is the same from its microseconds and what is left of them, before 1970 too") {
  for (const std::int64_t nanos :
       {std::int64_t{0}, std::int64_t{1}, std::int64_t{-1}, std::int64_t{-1'000}, std::int64_t{-1'001},
        std::int64_t{1'726'821'360'123'456'789}, kTimestampMin.nanos, kTimestampMax.nanos}) {
    const Timestamp time{nanos};
    CHECK(timestamp_of(time.micros(), time.nanos_of_micro()) == time);
    CHECK(format_timestamp_micros(time) == format_timestamp(Timestamp::from_micros(time.micros())));
  }
  CHECK_FALSE(timestamp_of(0, 1'000));
  CHECK_FALSE(timestamp_of(kTimestampMax.micros() + 1));
  CHECK_FALSE(timestamp_of(kTimestampMin.micros() - 1));
  CHECK_FALSE(timestamp_of(253'402'300'799'999'999));
}

TEST_CASE("no time after the last that there is") {
  CHECK(later_by(Timestamp::from_seconds(10), 300) == Timestamp::from_seconds(310));
  CHECK(later_by(kTimestampMin, 0xffff'ffff).nanos == kTimestampMin.nanos + 0xffff'ffff * kNanosPerSecond);
  CHECK(later_by(kTimestampMax, 1) == kTimestampMax);
  CHECK(later_by(Timestamp::from_seconds(9'000'000'000), 0xffff'ffff) == kTimestampMax);
}

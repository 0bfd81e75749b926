#include "risk/base/timestamp.hpp"

#include "support/catch.hpp"

using namespace risk;

TEST_CASE("an instant is read and printed to the microsecond") {
  const auto [text, micros, printed] = GENERATE(table<const char*, std::int64_t, const char*>({
      {"1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00.000000Z"},
      {"2024-09-20T08:36:00.000Z", 1'726'821'360'000'000, "2024-09-20T08:36:00.000000Z"},
      {"2024-02-29T23:59:59.999999Z", 1'709'251'199'999'999, "2024-02-29T23:59:59.999999Z"},
      {"1969-12-31T23:59:59.5+00:00", -500'000, "1969-12-31T23:59:59.500000Z"},
      {"0001-01-01T00:00:00Z", kTimestampMin.micros, "0001-01-01T00:00:00.000000Z"},
      {"9999-12-31 23:59:59.999999Z", kTimestampMax.micros, "9999-12-31T23:59:59.999999Z"},
  }));
  const auto time = parse_timestamp(text);
  REQUIRE(time.ok());
  CHECK(time->micros == micros);
  CHECK(format_timestamp(*time) == printed);
}

TEST_CASE("a text that is no instant is refused with the reason") {
  for (const char* text : {"", "2024-09-20", "2024-09-20T08:36:00", "2024-09-20T08:36:00+01:00", "20240920T083600Z",
                           "2024-09-20T08:36Z", "2024-9-20T08:36:00Z", "2024-09-20T08:36:00.Z", "yesterday"}) {
    const auto time = parse_timestamp(text);
    REQUIRE_FALSE(time.ok());
    CHECK(time.error().reason == "not an ISO 8601 UTC time such as 2024-09-20T08:36:00.000Z");
  }
  CHECK(parse_timestamp("2023-02-29T00:00:00Z").error().reason == "no such date");
  CHECK(parse_timestamp("0000-01-01T00:00:00Z").error().reason == "no such date");
  CHECK(parse_timestamp("2024-01-01T24:00:00Z").error().reason == "no such time of day");
  CHECK(parse_timestamp("2024-01-01T00:00:00.1234567Z").error().reason == "more than 6 decimal places of a second");
}

// A time is the instant that the file's author meant, or it is refused.
#include "time_style.hpp"

#include "support/catch.hpp"

using namespace risk;
using namespace risk::ingest;

namespace {

TimeStyle style(std::vector<std::string> patterns, const char* zone = nullptr,
                TimeZone::Repeated repeated = TimeZone::Repeated::kEarlier) {
  TimeStyle made;
  for (const auto& text : patterns) {
    auto pattern = TimePattern::parse(text);
    REQUIRE(pattern.ok());
    made.patterns.push_back(std::move(pattern).value());
  }
  if (zone != nullptr) made.zone = TimeZone::find(zone).value();
  made.repeated = repeated;
  return made;
}

// The instant, or "refused: why".
std::string read(const std::string& text, const TimeStyle& style) {
  const auto time = read_time(text, style);
  return time ? format_timestamp(*time) : "refused: " + time.error().reason;
}

std::string problem_of(const char* text) {
  const auto pattern = TimePattern::parse(text);
  return pattern ? "" : pattern.error().reason;
}

}  // namespace

TEST_CASE("ISO times are read with Z, with an offset, or by the format's zone", "[ingest]") {
  const auto utc = style({"iso"}, "UTC");
  CHECK(read("2024-09-20T08:36:00Z", utc) == "2024-09-20T08:36:00.000000Z");
  CHECK(read("2024-09-20 08:36:00.123456789+05:30", utc) == "2024-09-20T03:06:00.123456789Z");
  CHECK(read("2024-09-20T08:36:00-0400", utc) == "2024-09-20T12:36:00.000000Z");
  CHECK(read("2024-09-20T08:36", utc) == "2024-09-20T08:36:00.000000Z");
  CHECK(read("2024-09-20T08:36:00.5", style({"iso"}, "Asia/Kolkata")) == "2024-09-20T03:06:00.500000Z");
  CHECK(read("2024-09-20T08:36:00", style({"iso"})) == "refused: has no zone, and neither has the format (zone)");
  CHECK(read("2016-12-31T23:59:60Z", utc) == "2016-12-31T23:59:59.999999999Z");
  CHECK(read("2024-02-30T00:00:00Z", utc) == "refused: no such date");
  CHECK(read("2024-02-01T24:00:00Z", utc) == "refused: no such time of day");
  CHECK(read("2024-02-01T00:00:00.1234567891Z", utc) == "refused: more than 9 decimal places of a second");
  CHECK(read("1500-01-01T00:00:00Z", utc) == "refused: outside the years 1678 to 2261");
  for (const char* text :
       {"", "2024-09-20", "20240920T083600Z", "2024-9-20T08:36:00Z", "2024-09-20T08:36:00+", "yesterday",
        "2024-09-20T08:36:00.Z", "2024-09-20T08:36:00Z ", "2024-09-20T08:36:00+24:00"}) {
    CAPTURE(text);
    CHECK(read(text, utc) == "refused: not a time such as the format has: iso");
  }
}

TEST_CASE("patterns read what they say, with months before hours and minutes after them", "[ingest]") {
  CHECK(read("20-09-2024 08:36:05", style({"dd-mm-yyyy hh:mm:ss"}, "UTC")) == "2024-09-20T08:36:05.000000Z");
  CHECK(read("20240920;083605", style({"yyyymmdd;hhmmss"}, "America/New_York")) == "2024-09-20T12:36:05.000000Z");
  CHECK(read("9/7/2024 1:05 pm", style({"m/d/yyyy h:mm ap"}, "UTC")) == "2024-09-07T13:05:00.000000Z");
  CHECK(read("12/31/2024 12:00 AM", style({"m/d/yyyy h:mm ap"}, "UTC")) == "2024-12-31T00:00:00.000000Z");
  CHECK(read("20 SEP 2024", style({"dd mmm yyyy"}, "UTC")) == "2024-09-20T00:00:00.000000Z");
  CHECK(read("2024-09-20 08:36:00.25", style({"yyyy-mm-dd hh:mm:ss.f"}, "UTC")) == "2024-09-20T08:36:00.250000Z");
  CHECK(read("2024-09-20 08:36:00", style({"yyyy-mm-dd hh:mm:ss.f"}, "UTC")) == "2024-09-20T08:36:00.000000Z");
  CHECK(read("2024.09.20 08.36.00,5 +02:00", style({"yyyy.mm.dd hh.mm.ss,f z"})) == "2024-09-20T06:36:00.500000Z");
  const auto schwab = style({"mm/dd/yyyy", "* 'as of' mm/dd/yyyy"}, "America/New_York");
  CHECK(read("09/23/2024 as of 09/20/2024", schwab) == "2024-09-20T04:00:00.000000Z");
  CHECK(read("01/23/2024", schwab) == "2024-01-23T05:00:00.000000Z");
  // Month and day are never swapped to make a date of what is none.
  CHECK(read("09/23/2024", style({"dd/mm/yyyy"}, "UTC")) == "refused: no such date");
  CHECK(read("1/1/2024 0:05 am", style({"m/d/yyyy h:mm ap"}, "UTC")) == "refused: no such time of day");
  CHECK(read("1/1/2024 13:05 pm", style({"m/d/yyyy h:mm ap"}, "UTC")) == "refused: no such time of day");
  for (const char* text : {"20-09-24 08:36:05", "20-9-2024 08:36:05", "20-09-2024T08:36:05", "20-09-2024 08:36:05 ",
                           "20-09-2024 08:36", "20-09-2024 08:36:5", "+0-09-2024 08:36:05"}) {
    CAPTURE(text);
    CHECK(read(text, style({"dd-mm-yyyy hh:mm:ss"}, "UTC")) ==
          "refused: not a time such as the format has: dd-mm-yyyy hh:mm:ss");
  }
}

TEST_CASE("a text that is no pattern says why", "[ingest]") {
  CHECK(problem_of("dd-mm-yyyy hh:mm:ss").empty());
  CHECK(problem_of("") == "it needs yyyy, mm and dd");
  CHECK(problem_of("dd-mm hh:mm") == "it needs yyyy, mm and dd");
  CHECK(problem_of("dd-mm-yy") == "\"yy\" is no part of a time; a text stands between '");
  CHECK(problem_of("yyyy-mm-dd at hh:mm") == "\"a\" is no part of a time; a text stands between '");
  CHECK(problem_of("yyyy-mm-dd 'at") == "a ' is not closed");
  CHECK(problem_of("yyyy-mm-dd mm") == "a part of the time comes twice");
  CHECK(problem_of("yyyy-mm-dd hh:ss") == "a smaller part of a time needs the larger ones");
  CHECK(problem_of("yyyy-mm-dd hh:mm:ssf") == "a fraction f stands after . or ,");
  CHECK(problem_of("*yyyy-mm-dd") == "a * stands before a text or at the end");
  CHECK(problem_of("dmyyyy") == "a part of one or two digits stands before other digits");
}

TEST_CASE("epochs are read in their unit, and refused where the unit is likely another", "[ingest]") {
  CHECK(read("1726821360", style({"epoch_s"})) == "2024-09-20T08:36:00.000000Z");
  CHECK(read("1726821360.5", style({"epoch_s"})) == "2024-09-20T08:36:00.500000Z");
  CHECK(read("1726821360123", style({"epoch_ms"})) == "2024-09-20T08:36:00.123000Z");
  CHECK(read("1726821360123456", style({"epoch_us"})) == "2024-09-20T08:36:00.123456Z");
  CHECK(read("1726821360123456789", style({"epoch_ns"})) == "2024-09-20T08:36:00.123456789Z");
  CHECK(read("1726821360123456789.0", style({"epoch_ns"})) == "2024-09-20T08:36:00.123456789Z");
  CHECK(read("1726821360123456789.5", style({"epoch_ns"})) == "refused: more than 9 decimal places of a second");
  const std::string other_unit = "refused: not between the years 1980 and 2261: it may have another unit";
  CHECK(read("1726821360", style({"epoch_ms"})) == other_unit);
  CHECK(read("1726821360123", style({"epoch_s"})) == other_unit);
  CHECK(read("99999999999999999999999999", style({"epoch_ns"})) == other_unit);
  CHECK(read("0", style({"epoch_ns"})) == other_unit);
  for (const char* text : {"", "-1726821360", "1726821360.", ".5", "1,726,821,360", "1e9", " 1726821360"}) {
    CAPTURE(text);
    CHECK(read(text, style({"epoch_s"})) == "refused: not a time such as the format has: epoch_s");
  }
}

TEST_CASE("FIX times are UTC", "[ingest]") {
  const auto fix = style({"fix"}, "America/New_York");
  CHECK(read("20240920-08:36:00", fix) == "2024-09-20T08:36:00.000000Z");
  CHECK(read("20240920-08:36:00.123456789", fix) == "2024-09-20T08:36:00.123456789Z");
  CHECK(read("20240920 08:36:00", fix) == "refused: not a time such as the format has: fix");
}

TEST_CASE("times that the zone's clocks skip are refused, and those shown twice are as the format says", "[ingest]") {
  const std::vector<std::string> patterns{"yyyy-mm-dd hh:mm:ss"};
  CHECK(read("2024-03-31 02:30:00", style(patterns, "Europe/Amsterdam")) ==
        "refused: the clocks of Europe/Amsterdam skip that time");
  CHECK(read("2024-10-27 02:30:00", style(patterns, "Europe/Amsterdam")) == "2024-10-27T00:30:00.000000Z");
  CHECK(read("2024-10-27 02:30:00", style(patterns, "Europe/Amsterdam", TimeZone::Repeated::kLater)) ==
        "2024-10-27T01:30:00.000000Z");
  CHECK(read("2024-10-27 02:30:00", style(patterns, "Europe/Amsterdam", TimeZone::Repeated::kRefuse)) ==
        "refused: the clocks of Europe/Amsterdam show that time twice");
}

TEST_CASE("the first pattern of a text's shape decides, so that no date of a file is turned around", "[ingest]") {
  const auto two = style({"dd/mm/yyyy", "mm/dd/yyyy"}, "UTC");
  CHECK(read("03/04/2024", two) == "2024-04-03T00:00:00.000000Z");
  CHECK(read("09/23/2024", two) == "refused: no such date");
}

#include "risk/base/time_zone.hpp"

#include "support/catch.hpp"

using namespace risk;

namespace {

TimeZone zone(std::string_view name) {
  auto found = TimeZone::find(name);
  REQUIRE(found.ok());
  return std::move(found).value();
}

Timestamp at(const std::string& utc) {
  const auto instant = parse_timestamp(utc + "Z");
  REQUIRE(instant.ok());
  return *instant;
}

// A reading of clocks, in seconds since 1970-01-01T00:00:00 on them.
std::int64_t reading(const std::string& local) {
  return at(local).seconds();
}

Timestamp instant(const TimeZone& zone, const std::string& local,
                  TimeZone::Repeated repeated = TimeZone::Repeated::kEarlier) {
  const auto seconds = zone.to_utc_seconds(reading(local), repeated);
  REQUIRE(seconds.ok());
  return Timestamp::from_seconds(*seconds);
}

std::string refusal(const TimeZone& zone, const std::string& local,
                    TimeZone::Repeated repeated = TimeZone::Repeated::kEarlier) {
  const auto seconds = zone.to_utc_seconds(reading(local), repeated);
  REQUIRE_FALSE(seconds.ok());
  return seconds.error().reason;
}

}  // namespace

TEST_CASE("a zone's offset is that of its clocks, to the second of a change") {
  const auto [name, utc, offset] = GENERATE(table<const char*, const char*, std::int32_t>({
      {"UTC", "2024-07-01T00:00:00", 0},
      {"America/New_York", "2024-03-10T06:59:59", -18'000},
      {"America/New_York", "2024-03-10T07:00:00", -14'400},
      {"America/New_York", "2024-11-03T05:59:59", -14'400},
      {"America/New_York", "2024-11-03T06:00:00", -18'000},
      {"America/New_York", "2037-07-01T00:00:00", -14'400},
      {"Europe/Amsterdam", "2024-07-01T00:00:00", 7'200},
      {"Asia/Kolkata", "2024-07-01T00:00:00", 19'800},
      {"Asia/Kolkata", "2200-07-01T00:00:00", 19'800},
      {"Australia/Lord_Howe", "2024-07-01T00:00:00", 37'800},
      {"Europe/Dublin", "2024-01-01T00:00:00", 0},
      {"Africa/Casablanca", "2025-03-10T00:00:00", 0},
  }));
  CAPTURE(name, utc);
  CHECK(zone(name).offset_seconds_at(at(utc)) == offset);
  CHECK(zone(name).name() == name);
}

TEST_CASE("a fraction of a second before 1970 belongs to the second that it lies in") {
  // London went back on 1971-10-31 at 02:00 UTC, New York ahead on 1967-04-30 at 07:00 UTC.
  const auto london = zone("Europe/London");
  CHECK(london.offset_seconds_at(at("1971-10-31T01:59:59.999999999")) == 3'600);
  CHECK(london.offset_seconds_at(at("1971-10-31T02:00:00")) == 0);
  const auto new_york = zone("America/New_York");
  CHECK(new_york.offset_seconds_at(at("1967-04-30T06:59:59.999999999")) == -18'000);
  CHECK(new_york.offset_seconds_at(at("1967-04-30T07:00:00")) == -14'400);
}

TEST_CASE("a reading of the clocks is the instant at which they showed it") {
  CHECK(instant(zone("America/New_York"), "2024-09-20T17:00:00") == at("2024-09-20T21:00:00"));
  CHECK(instant(zone("America/New_York"), "2024-12-20T17:00:00") == at("2024-12-20T22:00:00"));
  CHECK(instant(zone("Asia/Kolkata"), "2023-04-03T09:15:05") == at("2023-04-03T03:45:05"));
  CHECK(instant(zone("Pacific/Kiritimati"), "2024-01-01T00:00:00") == at("2023-12-31T10:00:00"));
  CHECK(instant(TimeZone::utc(), "2024-01-01T00:00:00") == at("2024-01-01T00:00:00"));
}

TEST_CASE("a time that the clocks skip is refused") {
  const auto new_york = zone("America/New_York");
  CHECK(instant(new_york, "2024-03-10T01:59:59") == at("2024-03-10T06:59:59"));
  for (const char* skipped : {"2024-03-10T02:00:00", "2024-03-10T02:30:00", "2024-03-10T02:59:59"}) {
    CHECK(refusal(new_york, skipped) == "the clocks of America/New_York skip that time");
  }
  CHECK(instant(new_york, "2024-03-10T03:00:00") == at("2024-03-10T07:00:00"));
  // A whole day: Samoa went over the date line.
  CHECK(refusal(zone("Pacific/Apia"), "2011-12-30T12:00:00") == "the clocks of Pacific/Apia skip that time");
}

TEST_CASE("a time that the clocks show twice is the earlier, the later, or refused, as it is asked") {
  const auto new_york = zone("America/New_York");
  CHECK(instant(new_york, "2024-11-03T01:30:00") == at("2024-11-03T05:30:00"));
  CHECK(instant(new_york, "2024-11-03T01:30:00", TimeZone::Repeated::kLater) == at("2024-11-03T06:30:00"));
  CHECK(refusal(new_york, "2024-11-03T01:30:00", TimeZone::Repeated::kRefuse) ==
        "the clocks of America/New_York show that time twice");
  for (const char* once : {"2024-11-03T00:59:59", "2024-11-03T02:00:00"}) {
    CHECK(instant(new_york, once, TimeZone::Repeated::kLater) == instant(new_york, once));
    CHECK(instant(new_york, once, TimeZone::Repeated::kRefuse) == instant(new_york, once));
  }
  // By half an hour.
  CHECK(instant(zone("Australia/Lord_Howe"), "2024-04-07T01:45:00") == at("2024-04-06T14:45:00"));
  CHECK(instant(zone("Australia/Lord_Howe"), "2024-04-07T01:45:00", TimeZone::Repeated::kLater) ==
        at("2024-04-06T15:15:00"));
}

TEST_CASE("the changes between two instants begin with what is in force and leave out the end") {
  const auto new_york = zone("America/New_York");
  const std::vector<TimeZone::Change> of_2024{
      {at("2024-01-01T00:00:00"), -18'000}, {at("2024-03-10T07:00:00"), -14'400}, {at("2024-11-03T06:00:00"), -18'000}};
  CHECK(new_york.changes(at("2024-01-01T00:00:00"), at("2025-01-01T00:00:00")) == of_2024);
  CHECK(new_york.changes(at("2024-03-10T07:00:00"), at("2024-11-03T06:00:00")) ==
        std::vector<TimeZone::Change>{{at("2024-03-10T07:00:00"), -14'400}});
  CHECK(new_york.changes(at("2024-03-10T06:59:59"), at("2024-03-10T07:00:01")).size() == 2);
  CHECK(new_york.changes(at("2024-03-10T07:00:00"), at("2024-03-10T07:00:00")).empty());
  CHECK(TimeZone::utc().changes(kTimestampMin, kTimestampMax) == std::vector<TimeZone::Change>{{kTimestampMin, 0}});
}

TEST_CASE("what the database does not know is not made up") {
  const auto new_york = zone("America/New_York");
  if (new_york.known_until() == kTimestampMax) {  // a library that follows the rules for all years
    CHECK(new_york.offset_seconds_at(at("2050-07-01T00:00:00")) == -14'400);
  } else {
    CHECK(new_york.known_until() == at("2038-01-01T00:00:00"));
    CHECK(refusal(new_york, "2038-07-01T12:00:00") == "the clocks of America/New_York are not known so far ahead");
    CHECK(new_york.changes(at("2037-06-01T00:00:00"), at("2050-01-01T00:00:00")).size() == 2);
  }
  CHECK(zone("Asia/Kolkata").known_until() == kTimestampMax);
  CHECK(instant(zone("Asia/Tokyo"), "2100-01-01T09:00:00") == at("2100-01-01T00:00:00"));
}

TEST_CASE("a name that is no zone is refused, whatever file it leads to") {
  for (const char* name :
       {"", "Mars/Olympus", "america/new_york", "America", "America/", "/America/New_York", "zone.tab",
        "../../../etc/passwd", "localtime", "posixrules", "America/New_York ", "EST5EDT,M3.2.0"}) {
    CAPTURE(name);
    const auto found = TimeZone::find(name);
    REQUIRE_FALSE(found.ok());
    CHECK(found.error().reason ==
          "no time zone of that name in the system's database; names are such as Europe/Amsterdam");
  }
  CHECK_FALSE(TimeZone::find(std::string("UTC\0", 4)).ok());
  CHECK_FALSE(TimeZone::find(std::string(100'000, 'A')).ok());
}

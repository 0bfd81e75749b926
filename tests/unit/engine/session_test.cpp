#include "desk.hpp"

using namespace risk;
using namespace risk::engine;

TEST_CASE("a new session begins with no turnover, positions stay") {
  RuleSet rules = quiet_rules();
  rules.exposure("client_exposure").measure = Measure::kTurnover;
  Desk desk(rules);
  CHECK(desk.trade(86'399, "C", "A", "11", "100").size() == 1);
  CHECK(desk.trade(86'400, "C", "A", "1", "100") == Texts{"RESOLVED HIGH HIGH_CLIENT_EXPOSURE C 0.0000"});
  const auto row = desk.core.client_rows().front();
  CHECK(row.exposure.turnover.to_string() == "100.0000");
  CHECK(row.exposure.gross().to_string() == "1200.0000");
}

TEST_CASE("a session may begin at another time of day") {
  RuleSet rules = quiet_rules();
  rules.session_start.time_of_day_seconds = 8 * 3'600;
  Desk desk(rules);
  desk.trade(8 * 3'600 - 1, "C", "A", "1", "100");
  desk.trade(8 * 3'600 - 0.5, "C", "A", "1", "100");
  CHECK(desk.core.client_rows().front().exposure.turnover.to_string() == "200.0000");
  desk.tick(8 * 3'600);
  CHECK(desk.core.client_rows().front().exposure.turnover.to_string() == "0.0000");
}

TEST_CASE("the first transaction sets the sweep second without a sweep, and each second is swept once") {
  Desk desk;
  desk.trade(10, "C", "A", "1", "1");
  CHECK(desk.core.counters().sweeps == 0);
  desk.trade(10.9, "C", "A", "1", "1");
  CHECK(desk.core.counters().sweeps == 0);
  desk.trade(25.5, "C", "A", "1", "1");
  CHECK(desk.core.counters().sweeps == 1);
  desk.trade(5, "C", "A", "1", "1");
  desk.tick(25.9);
  CHECK(desk.core.counters().sweeps == 1);
  CHECK(desk.core.now() == Timestamp::from_micros(kMidnight * kMicrosPerSecond + 25'900'000));
}

namespace {

std::int64_t second(const char* text) {
  return parse_timestamp(text)->seconds();
}

// New York in 2026.
SessionStart new_york(std::uint32_t hours, std::uint32_t minutes) {
  return {hours * 3'600 + minutes * 60,
          "America/New_York",
          {{second("2025-11-02T06:00:00Z"), -5 * 3'600},
           {second("2026-03-08T07:00:00Z"), -4 * 3'600},
           {second("2026-11-01T06:00:00Z"), -5 * 3'600}}};
}

// The instants of [from, to) at which a session begins, found second by second.
std::vector<std::string> begins(const SessionStart& start, const char* from, const char* to) {
  std::vector<std::string> all;
  for (std::int64_t at = second(from); at < second(to); ++at) {
    const auto begin = session_begin(start, at);
    REQUIRE(begin <= at);
    if (begin == at) all.push_back(format_timestamp(Timestamp::from_seconds(at)).substr(0, 16));
  }
  return all;
}

}  // namespace

TEST_CASE("a session begins at a time of day of its zone, on the days when its clocks are set, too") {
  CHECK(begins(new_york(17, 0), "2026-03-06T00:00:00Z", "2026-03-10T00:00:00Z") ==
        Texts{"2026-03-06T22:00", "2026-03-07T22:00", "2026-03-08T21:00", "2026-03-09T21:00"});
  CHECK(begins(new_york(17, 0), "2026-10-31T00:00:00Z", "2026-11-02T00:00:00Z") ==
        Texts{"2026-10-31T21:00", "2026-11-01T22:00"});
  // Skipped: when the clocks are set forward.
  CHECK(begins(new_york(2, 30), "2026-03-07T00:00:00Z", "2026-03-10T00:00:00Z") ==
        Texts{"2026-03-07T07:30", "2026-03-08T07:00", "2026-03-09T06:30"});
  // Shown twice: at the first.
  CHECK(begins(new_york(1, 30), "2026-10-31T00:00:00Z", "2026-11-03T00:00:00Z") ==
        Texts{"2026-10-31T05:30", "2026-11-01T05:30", "2026-11-02T06:30"});
  CHECK(begins({8 * 3'600, "", {}}, "1969-12-31T00:00:00Z", "1970-01-02T00:00:00Z") ==
        Texts{"1969-12-31T08:00", "1970-01-01T08:00"});
  // A zone that left a whole day out: Samoa, 30 December 2011.
  const SessionStart samoa{9 * 3'600, "Pacific/Apia", {{0, -10 * 3'600}, {second("2011-12-30T10:00:00Z"), 14 * 3'600}}};
  CHECK(begins(samoa, "2011-12-29T00:00:00Z", "2012-01-01T00:00:00Z") ==
        Texts{"2011-12-29T19:00", "2011-12-30T10:00", "2011-12-30T19:00", "2011-12-31T19:00"});
}

TEST_CASE("turnover starts anew when the session of a zone begins") {
  RuleSet rules = quiet_rules();
  rules.session_start = new_york(17, 0);
  Core core(rules);
  std::vector<AlertEvent> events;
  Desk desk;
  const auto turnover_at = [&](const char* at) {
    auto t = desk.transaction(0, "C", "A", "1", "100");
    t.executed_at = *parse_timestamp(at);
    REQUIRE(core.apply(t, events).ok());
    return core.client_rows().front().exposure.turnover.to_string();
  };
  CHECK(turnover_at("2026-03-07T16:59:59-05:00") == "100.0000");
  CHECK(turnover_at("2026-03-07T17:00:00-05:00") == "100.0000");
  CHECK(turnover_at("2026-03-08T21:00:00-00:00") == "100.0000");  // 17:00 of summer
  CHECK(turnover_at("2026-03-08T21:59:59Z") == "200.0000");
  CHECK(turnover_at("2026-03-08T22:00:00Z") == "300.0000");  // 17:00 of winter is nothing any more
}

TEST_CASE("a late transaction moves position and turnover as usual, and no mark") {
  Desk desk;
  desk.trade(10, "C", "A", "1", "100");
  desk.trade(5, "C", "A", "1", "300");
  const auto row = desk.core.client_rows().front();
  CHECK(row.exposure.gross().to_string() == "200.0000");
  CHECK(row.exposure.turnover.to_string() == "400.0000");
  CHECK(desk.core.counters().late == 1);
}

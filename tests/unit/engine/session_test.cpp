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
  rules.session_start_seconds = 8 * 3'600;
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

TEST_CASE("a late transaction moves position and turnover as usual, and no mark") {
  Desk desk;
  desk.trade(10, "C", "A", "1", "100");
  desk.trade(5, "C", "A", "1", "300");
  const auto row = desk.core.client_rows().front();
  CHECK(row.exposure.gross().to_string() == "200.0000");
  CHECK(row.exposure.turnover.to_string() == "400.0000");
  CHECK(desk.core.counters().late == 1);
}

#include "desk.hpp"

using namespace risk;
using namespace risk::engine;

namespace {

RuleSet velocity_rules() {
  RuleSet rules = quiet_rules();
  rules.exposure("client_exposure").enabled = false;
  rules.velocity("client_velocity").enabled = true;
  rules.velocity("client_velocity").limit = 3;
  return rules;
}

// Buys and sells by turns: each is an order of its own.
Texts trade(Desk& desk, double second) {
  return desk.trade(second, "C", "A", desk.count % 2 == 0 ? "1" : "-1", "1");
}

}  // namespace

TEST_CASE("more than the limit in the window opens, twice the announced count worsens, half the limit resolves") {
  Desk desk(velocity_rules());
  for (double second : {0.0, 0.1, 0.2}) CHECK(trade(desk, second).empty());
  CHECK(trade(desk, 0.3) == Texts{"OPENED HIGH HIGH_TRANSACTION_VELOCITY C 4"});
  CHECK(desk.events.front().utilisation_e4 == 13'333);
  CHECK(desk.events.front().window_seconds == 60);
  for (double second : {0.4, 0.5, 10.0}) CHECK(trade(desk, second).empty());
  CHECK(trade(desk, 20) == Texts{"WORSENED HIGH HIGH_TRANSACTION_VELOCITY C 8"});
  CHECK(desk.tick(59.9).empty());
  CHECK(desk.tick(60).empty());  // 2 remain: above half of 3
  CHECK(desk.tick(69.5).empty());
  CHECK(desk.tick(70) == Texts{"RESOLVED HIGH HIGH_TRANSACTION_VELOCITY C 1"});
  CHECK(desk.events.front().peak.to_string() == "8");
}

TEST_CASE("a late transaction counts only if it lies inside the window") {
  Desk desk(velocity_rules());
  trade(desk, 100);
  trade(desk, 41);  // slot 41 > 100 - 60
  trade(desk, 41);
  CHECK(trade(desk, 40).empty());  // slot 40 is outside
  CHECK(trade(desk, 41).size() == 1);
  CHECK(desk.core.counters().late == 4);
}

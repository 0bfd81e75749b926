#include "desk.hpp"

using namespace risk;
using namespace risk::engine;

namespace {

RuleSet anomaly_rules() {
  RuleSet rules = quiet_rules();
  rules.exposure("client_exposure").enabled = false;
  rules.anomaly("client_anomaly").enabled = true;
  return rules;
}

// 30 notionals of 90 and 110 in turn: mean 100, population standard deviation 10.
void make_baseline(Desk& desk) {
  for (int i = 0; i < 30; ++i) CHECK(desk.trade(i, "C", "A", "1", i % 2 == 0 ? "90" : "110").empty());
}

}  // namespace

TEST_CASE("a z-score at the threshold is no anomaly, above it one of medium severity, from 4 a high one") {
  Desk at, above, high;
  for (Desk* desk : {&at, &above, &high}) {
    *desk = Desk(anomaly_rules());
    make_baseline(*desk);
  }
  CHECK(at.trade(30, "C", "A", "1", "130").empty());
  CHECK(above.trade(30, "C", "A", "1", "130.01") == Texts{"OPENED MEDIUM ANOMALY_DETECTED C 3.0010"});
  CHECK(high.trade(30, "C", "A", "1", "60") == Texts{"OPENED HIGH ANOMALY_DETECTED C 4.0000"});
  REQUIRE(high.events.front().anomaly);
  CHECK(high.events.front().anomaly->mean.to_string() == "100.0000");
  CHECK(high.events.front().anomaly->standard_deviation.to_string() == "10.0000");
  CHECK(high.events.front().anomaly->sample_count == 30);
}

TEST_CASE("fewer than 30 notionals, or no deviation, give no alert") {
  Desk few(anomaly_rules()), same(anomaly_rules());
  for (int i = 0; i < 29; ++i) few.trade(i, "C", "A", "1", i % 2 == 0 ? "90" : "110");
  CHECK(few.trade(29, "C", "A", "1", "100000").empty());
  for (int i = 0; i < 40; ++i) same.trade(i, "C", "A", "1", "100");
  CHECK(same.trade(40, "C", "A", "1", "100000").empty());
}

TEST_CASE("while open only a larger z-score is told, and 300 s without an anomaly resolve it") {
  Desk desk(anomaly_rules());
  make_baseline(desk);
  CHECK(desk.trade(30, "C", "A", "1", "135").size() == 1);
  CHECK(desk.trade(31, "C", "A", "1", "135").empty());
  CHECK(desk.trade(100, "C", "A", "1", "200").front().starts_with("WORSENED HIGH ANOMALY_DETECTED C"));
  CHECK(desk.tick(399.9).empty());
  CHECK(desk.tick(400).front().starts_with("RESOLVED HIGH ANOMALY_DETECTED C"));
}

TEST_CASE("the system scope scores against all transactions together") {
  RuleSet rules = anomaly_rules();
  rules.anomaly("client_anomaly").enabled = false;
  rules.anomaly("system_anomaly").enabled = true;
  Desk desk(rules);
  for (int i = 0; i < 30; ++i) desk.trade(i, "C" + std::to_string(i), "A", "1", i % 2 == 0 ? "90" : "110");
  CHECK(desk.trade(30, "NEW", "A", "1", "150") == Texts{"OPENED HIGH ANOMALY_DETECTED  5.0000"});
  CHECK(desk.events.front().entity_type == EntityType::kFirm);
}

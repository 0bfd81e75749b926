#include "desk.hpp"
#include "support/snapshots.hpp"

using namespace risk;
using namespace risk::engine;

TEST_CASE("an exposure at its limit opens nothing, above it an alert") {
  Desk desk;
  CHECK(desk.trade(1, "C", "A", "10", "100").empty());
  CHECK(desk.trade(2, "C", "A", "0.00000001", "100") == Texts{"OPENED HIGH HIGH_CLIENT_EXPOSURE C 1000.0000"});
  const AlertEvent& event = desk.events.front();
  CHECK(event.alert_id == 1);
  CHECK(event.transaction_id == "T2");
  CHECK(event.measure == Measure::kGross);
  CHECK(event.limit.to_string() == "1000.0000");
  CHECK(event.utilisation_e4 == 10'000);
  CHECK(event.contributors == std::vector<Contributor>{{"A", Notional::parse("1000.000001").value()}});
}

TEST_CASE("an exposure above one and a half limits opens CRITICAL, at it HIGH") {
  Desk at, above;
  CHECK(at.trade(1, "C", "A", "15", "100") == Texts{"OPENED HIGH HIGH_CLIENT_EXPOSURE C 1500.0000"});
  CHECK(above.trade(1, "C", "A", "15.01", "100") == Texts{"OPENED CRITICAL HIGH_CLIENT_EXPOSURE C 1501.0000"});
}

TEST_CASE("an open alert escalates once, worsens from 1.25 times the announced value, resolves at 0.95 limits") {
  Desk desk;
  CHECK(desk.trade(1, "C", "A", "12", "100").size() == 1);
  CHECK(desk.trade(2, "C", "A", "2.99", "100").empty());
  CHECK(desk.trade(3, "C", "A", "0.01", "100") == Texts{"WORSENED HIGH HIGH_CLIENT_EXPOSURE C 1500.0000"});
  CHECK(desk.trade(4, "C", "A", "0.01", "100") == Texts{"ESCALATED CRITICAL HIGH_CLIENT_EXPOSURE C 1501.0000"});
  CHECK(desk.trade(5, "C", "A", "-5.50", "100").empty());
  CHECK(desk.trade(6, "C", "A", "-0.01", "100") == Texts{"RESOLVED CRITICAL HIGH_CLIENT_EXPOSURE C 950.0000"});
  CHECK(desk.events.front().peak.to_string() == "1501.0000");
  CHECK(desk.trade(7, "C", "A", "0.50", "100").empty());
  CHECK(desk.trade(8, "C", "A", "0.01", "100") == Texts{"OPENED HIGH HIGH_CLIENT_EXPOSURE C 1001.0000"});
  CHECK(desk.events.front().alert_id == 2);
}

TEST_CASE("of an escalation and a worsening only the escalation is told") {
  Desk desk;
  desk.trade(1, "C", "A", "11", "100");
  CHECK(desk.trade(2, "C", "A", "9", "100") == Texts{"ESCALATED CRITICAL HIGH_CLIENT_EXPOSURE C 2000.0000"});
  CHECK(desk.trade(3, "C", "A", "5", "100") == Texts{"WORSENED CRITICAL HIGH_CLIENT_EXPOSURE C 2500.0000"});
}

TEST_CASE("a sale reduces a position and then makes a short one: turnover is not exposure") {
  Desk desk;
  desk.trade(1, "C", "A", "5", "100");
  desk.trade(2, "C", "A", "-8", "100");
  desk.trade(3, "C", "B", "2", "50");
  const auto row = desk.core.client_rows().front();
  CHECK(row.exposure.long_value.to_string() == "100.0000");
  CHECK(row.exposure.short_value.to_string() == "300.0000");
  CHECK(row.exposure.gross().to_string() == "400.0000");
  CHECK(row.exposure.net().to_string() == "-200.0000");
  CHECK(row.exposure.turnover.to_string() == "1400.0000");
  CHECK(row.position_count == 2);
  CHECK(row.utilisation_e4 == 4'000);
  CHECK(row.risk_level == RiskLevel::kLow);
}

TEST_CASE("a mark that moves under an idle client is seen at the next sweep, and before by its own trade") {
  Desk desk;
  desk.trade(1, "IDLE", "A", "9", "100");
  CHECK(desk.trade(1.5, "B", "A", "1", "200").empty());
  CHECK(desk.trade(2, "B", "A", "-1", "200") == Texts{"OPENED CRITICAL HIGH_CLIENT_EXPOSURE IDLE 1800.0000"});
  CHECK_FALSE(desk.events.front().transaction_id);
  CHECK(desk.events.front().at == Timestamp::from_seconds(kMidnight + 2));
}

TEST_CASE("a sweep goes through clients in byte order, then symbols, then the firm") {
  RuleSet rules = quiet_rules();
  rules.exposure("symbol_exposure").enabled = rules.exposure("firm_exposure").enabled = true;
  rules.exposure("symbol_exposure").limit = Money::from_whole(1'500);
  rules.exposure("firm_exposure").limit = Money::from_whole(1'500);
  Desk desk(rules);
  desk.trade(1, "b", "A", "6", "100");
  desk.trade(1, "a", "A", "6", "100");
  desk.trade(1, "B", "A", "1", "200");
  CHECK(desk.tick(2) ==
        Texts{"OPENED HIGH HIGH_CLIENT_EXPOSURE a 1200.0000", "OPENED HIGH HIGH_CLIENT_EXPOSURE b 1200.0000"});
  CHECK(desk.core.firm_row().exposure.gross().to_string() == "2600.0000");
}

TEST_CASE("each measure can be the one that is limited, net by its magnitude") {
  const auto [measure, value] = GENERATE(table<Measure, const char*>({{Measure::kGross, "1600.0000"},
                                                                      {Measure::kNet, "1200.0000"},
                                                                      {Measure::kLong, "200.0000"},
                                                                      {Measure::kShort, "1400.0000"},
                                                                      {Measure::kTurnover, "1600.0000"}}));
  RuleSet rules = quiet_rules();
  rules.exposure("client_exposure").measure = measure;
  rules.exposure("client_exposure").limit = Money::from_whole(1);
  Desk desk(rules);
  desk.trade(1, "C", "A", "2", "100");
  desk.trade(1, "C", "B", "-14", "100");
  const auto row = desk.core.client_rows().front();
  CHECK(row.total_exposure.magnitude().to_string() == value);
  CHECK(row.risk_level == RiskLevel::kCritical);
}

TEST_CASE("a limit of its own stands before the rule's, also without one") {
  RuleSet rules = quiet_rules();
  rules.exposure("client_exposure").limit.reset();
  rules.exposure("client_exposure").limit_by_entity["VIP"] = Money::from_whole(500);
  Desk desk(rules);
  CHECK(desk.trade(1, "C", "A", "1000", "100").empty());
  CHECK_FALSE(desk.core.client_rows().front().utilisation_e4);
  CHECK(desk.trade(1, "VIP", "A", "6", "100").size() == 1);
}

TEST_CASE("an opening position sets quantity and mark and is judged from the next evaluation on") {
  Desk desk;
  CHECK_FALSE(
      desk.core.apply(OpeningPosition{ClientId("C"), Symbol("A"), *Quantity::parse("-20"), *Price::parse("100"), ""}));
  CHECK(desk.core.counters().transactions == 0);
  CHECK(desk.trade(1, "D", "B", "1", "1").empty());
  CHECK(desk.tick(2) == Texts{"OPENED CRITICAL HIGH_CLIENT_EXPOSURE C 2000.0000"});
  CHECK_FALSE(
      desk.core.apply(OpeningPosition{ClientId("C"), Symbol("A"), *Quantity::parse("1"), *Price::parse("100"), "USD"}));
  CHECK(desk.core.client_rows().front().exposure.gross().to_string() == "100.0000");
}

TEST_CASE("rules that change judge open alerts at the next sweep; a limit that is gone resolves") {
  Desk desk;
  desk.trade(1, "C", "A", "12", "100");
  RuleSet rules = quiet_rules();
  rules.config_version = 2;
  rules.exposure("client_exposure").limit = Money::from_whole(700);
  desk.core.set_rules(rules);
  CHECK(desk.tick(2) == Texts{"ESCALATED CRITICAL HIGH_CLIENT_EXPOSURE C 1200.0000"});
  CHECK(desk.events.front().config_version == 2);
  rules.exposure("client_exposure").limit.reset();
  desk.core.set_rules(rules);
  CHECK(desk.tick(3) == Texts{"RESOLVED CRITICAL HIGH_CLIENT_EXPOSURE C 1200.0000"});
}

namespace {

RuleSet held_rules(std::uint32_t seconds = 60) {
  auto rules = quiet_rules();
  rules.exposure("client_exposure").resolved_after_seconds = seconds;
  return rules;
}

const std::string kResolved = "RESOLVED HIGH HIGH_CLIENT_EXPOSURE C ";

}  // namespace

TEST_CASE("an exposure resolves at the first sweep when it has been low for as long as it has to") {
  Desk desk(held_rules());
  CHECK(desk.trade(0, "C", "A", "11", "100").size() == 1);
  CHECK(desk.trade(10.5, "C", "A", "-2", "100") == Texts{});  // 900: low since here
  CHECK(desk.tick(70) == Texts{});
  CHECK(desk.tick(70.5) == Texts{});  // 60 s later, but no second begins
  CHECK(desk.tick(71) == Texts{kResolved + "900.0000"});
  CHECK(desk.events.back().at == Timestamp::from_seconds(kMidnight + 71));
  CHECK_FALSE(desk.events.back().transaction_id);
}

TEST_CASE("a transaction resolves no exposure that has to stay low, and a rise begins the time anew") {
  Desk desk(held_rules());
  desk.trade(0, "C", "A", "11", "100");
  desk.trade(10, "C", "A", "-2", "100");
  CHECK(desk.trade(50, "C", "A", "0.6", "100") == Texts{});  // 960: not low
  CHECK(desk.trade(50, "C", "A", "-1", "100") == Texts{});
  CHECK(desk.trade(90, "D", "B", "1", "1") == Texts{});
  CHECK(desk.tick(109) == Texts{});
  CHECK(desk.trade(110, "C", "A", "-1", "100") ==
        Texts{kResolved + "860.0000"});  // its sweep, with the state before it
  CHECK(desk.trade(111, "C", "A", "9", "100") == Texts{"OPENED CRITICAL HIGH_CLIENT_EXPOSURE C 1660.0000"});
}

TEST_CASE("an exposure that flaps around its limit is told of once, and once more when it stays low") {
  Desk desk(held_rules());
  std::size_t told = 0;
  for (int second = 0; second < 600; second += 10) {
    told += desk.trade(second, "C", "A", second % 20 == 0 ? (second == 0 ? "10.1" : "0.7") : "-0.7", "100").size();
  }
  CHECK(told == 1);
  for (int second = 600; second < 700; ++second) told += desk.tick(second).size();
  CHECK(told == 2);
}

TEST_CASE("an idle holder's exposure resolves by the mark of others, and a symbol's without a trade") {
  auto rules = held_rules();
  rules.exposure("symbol_exposure").enabled = true;
  rules.exposure("symbol_exposure").limit = Money::from_whole(1'000);
  rules.exposure("symbol_exposure").resolved_after_seconds = 30;
  Desk desk(rules);
  CHECK(desk.trade(0, "C", "A", "11", "100").size() == 2);
  CHECK(desk.trade(5, "D", "A", "0.1", "50") == Texts{});
  CHECK(desk.tick(6) == Texts{});
  CHECK(desk.tick(34) == Texts{});
  CHECK(desk.tick(35) == Texts{"RESOLVED HIGH HIGH_SYMBOL_EXPOSURE A 555.0000"});
  CHECK(desk.tick(65) == Texts{});
  CHECK(desk.tick(66) == Texts{kResolved + "550.0000"});  // the sweep of second 6 was the first to find it low
}

TEST_CASE("how long an exposure has been low outlives a snapshot") {
  Desk desk(held_rules());
  desk.trade(0, "C", "A", "11", "100");
  desk.trade(10, "C", "A", "-2", "100");
  desk.tick(40);
  Core loaded = load(save(desk.core)).value();
  CHECK(loaded.state_hash() == desk.core.state_hash());
  CHECK(broken(loaded) == "");
  for (Core* core : std::initializer_list<Core*>{&desk.core, &loaded}) {
    std::vector<AlertEvent> events;
    core->tick(Timestamp::from_seconds(kMidnight + 69), events);
    CHECK(events.empty());
    core->tick(Timestamp::from_seconds(kMidnight + 70), events);
    REQUIRE(events.size() == 1);
    CHECK(events[0].type == AlertEventType::kResolved);
  }
}

TEST_CASE("other rules keep how long an exposure has been low, and one without a limit resolves at once") {
  Desk desk(held_rules());
  desk.trade(0, "C", "A", "11", "100");
  desk.trade(10, "C", "A", "-2", "100");
  desk.core.set_rules(held_rules(30));
  CHECK(desk.tick(39) == Texts{});
  CHECK(desk.tick(40) == Texts{kResolved + "900.0000"});
  desk.trade(50, "C", "A", "3", "100");
  auto none = held_rules();
  none.exposure("client_exposure").limit.reset();
  desk.core.set_rules(none);
  CHECK(desk.tick(51) == Texts{kResolved + "1200.0000"});
}

// Several rules of a kind on the same entities.
#include <algorithm>

#include "market.hpp"
#include "risk/engine/rule_table.hpp"
#include "support/snapshots.hpp"

namespace risk::engine {
namespace {

template <class Rule>
Rule& add(RuleSet& rules, const std::string& name, EntityType type) {
  auto& list = rules.of<Rule>();
  const auto further = list.begin() + static_cast<std::ptrdiff_t>(RuleKind<Rule>::builtin.size());
  const auto place = std::find_if(further, list.end(), [&](const Rule& rule) { return name < rule.name; });
  Rule& rule = *list.insert(place, Rule{});
  rule.name = name;
  rule.entity_type = type;
  return rule;
}

// Gross above 1,000 as in quiet_rules(), and net above 300.
RuleSet gross_and_net() {
  RuleSet rules = quiet_rules();
  ExposureRule& net = add<ExposureRule>(rules, "client_net", EntityType::kClient);
  net.measure = Measure::kNet;
  net.limit = Money::from_whole(300);
  return rules;
}

// Rules of every kind and entity type beside those of lively_rules(), each of which alerts now and then.
RuleSet many_rules() {
  RuleSet rules = lively_rules();
  ExposureRule& net = add<ExposureRule>(rules, "net", EntityType::kClient);
  net.measure = Measure::kNet;
  net.limit = Money::from_whole(6'000);
  ExposureRule& turnover = add<ExposureRule>(rules, "turnover", EntityType::kClient);
  turnover.measure = Measure::kTurnover;
  turnover.limit = Money::from_whole(900'000);
  add<ExposureRule>(rules, "symbol_long", EntityType::kSymbol).limit = Money::from_whole(10'000);
  rules.exposure("symbol_long").measure = Measure::kLong;
  add<ExposureRule>(rules, "firm_short", EntityType::kFirm).limit = Money::from_whole(20'000);
  rules.exposure("firm_short").measure = Measure::kShort;
  VelocityRule& burst = add<VelocityRule>(rules, "burst", EntityType::kClient);
  burst.window_seconds = 5;
  burst.limit = 6;
  add<VelocityRule>(rules, "symbol_burst", EntityType::kSymbol).window_seconds = 3;
  AnomalyRule& sharp = add<AnomalyRule>(rules, "sharp", EntityType::kClient);
  sharp.threshold = *Ratio::parse("2.5");
  sharp.window = 30;
  add<AnomalyRule>(rules, "firm_sharp", EntityType::kFirm).quiet_seconds = 20;
  return rules;
}

std::vector<AlertEvent> run(Core& core, Market& market, int transactions) {
  std::vector<AlertEvent> events;
  for (int i = 0; i < transactions; ++i) CHECK(core.apply(market.next(), events).ok());
  return events;
}

}  // namespace

TEST_CASE("two exposure rules of a client open, worsen and resolve each by its own measure and limit") {
  Desk desk(gross_and_net());
  CHECK(desk.trade(0, "A", "X", "4", "100") == Texts{"OPENED HIGH HIGH_CLIENT_EXPOSURE A 400.0000"});
  CHECK(desk.events.front().measure == Measure::kNet);
  // Gross 1,200 of long 800 and short 400; net 400 has not moved.
  CHECK(desk.trade(0.1, "A", "X", "4", "100") == Texts{"ESCALATED CRITICAL HIGH_CLIENT_EXPOSURE A 800.0000"});
  CHECK(desk.trade(0.2, "A", "Y", "-4", "100") == Texts{"OPENED HIGH HIGH_CLIENT_EXPOSURE A 1200.0000"});
  CHECK(desk.events.front().measure == Measure::kGross);
  CHECK(desk.trade(0.3, "A", "Y", "-2", "100") == Texts{"RESOLVED CRITICAL HIGH_CLIENT_EXPOSURE A 200.0000"});
  CHECK(desk.events.front().measure == Measure::kNet);
  CHECK(desk.core.client_rows().front().total_exposure.to_string() == "1400.0000");
}

TEST_CASE("a client's risk level is the highest that any of its exposure rules gives") {
  Desk desk(gross_and_net());
  desk.trade(0, "A", "X", "4", "100");
  const ExposureRow row = desk.core.client_rows().front();
  CHECK(row.utilisation_e4 == 4'000);  // of the first rule
  CHECK(row.risk_level == RiskLevel::kCritical);
}

TEST_CASE("a mark that moves is judged by every exposure rule at the next sweep") {
  RuleSet rules = gross_and_net();
  rules.exposure("client_exposure").limit = Money::from_whole(2'000);
  Desk desk(rules);
  CHECK(desk.trade(0, "A", "X", "2", "100").empty());
  CHECK(desk.trade(0.1, "B", "X", "1", "200").empty());  // A's net is 400 now
  CHECK(desk.tick(1) == Texts{"OPENED HIGH HIGH_CLIENT_EXPOSURE A 400.0000"});
}

TEST_CASE("two velocity rules of a client count in windows of their own") {
  RuleSet rules = quiet_rules();
  rules.exposure("client_exposure").enabled = false;
  rules.velocity("client_velocity").enabled = true;
  rules.velocity("client_velocity").limit = 3;
  VelocityRule& burst = add<VelocityRule>(rules, "burst", EntityType::kClient);
  burst.limit = 1;
  burst.window_seconds = 2;
  Desk desk(rules);
  CHECK(desk.trade(0, "A", "X", "1", "1").empty());
  CHECK(desk.trade(1, "A", "X", "1", "1") == Texts{"OPENED HIGH HIGH_TRANSACTION_VELOCITY A 2"});
  CHECK(desk.events.front().window_seconds == 2);
  CHECK(desk.tick(4) == Texts{"RESOLVED HIGH HIGH_TRANSACTION_VELOCITY A 0"});
  CHECK(desk.trade(5, "A", "X", "1", "1").empty());
  CHECK(desk.trade(8, "A", "X", "1", "1") == Texts{"OPENED HIGH HIGH_TRANSACTION_VELOCITY A 4"});
  CHECK(desk.events.front().window_seconds == 60);
}

TEST_CASE("further rules change nothing of what the others say") {
  Market market(7), same(7);
  Core with(many_rules()), without(lively_rules());
  auto more = run(with, market, 2'000);
  const auto fewer = run(without, same, 2'000);
  CHECK(more.size() > fewer.size());
  std::size_t found = 0;
  for (const auto& event : more) {
    if (found == fewer.size()) break;
    auto expected = fewer[found];
    expected.alert_id = event.alert_id;
    found += event == expected ? 1 : 0;
  }
  CHECK(found == fewer.size());
}

TEST_CASE("a core with further rules goes on from its snapshot as if nothing had been") {
  Market market(3), same(3);
  Core core(many_rules()), skipped(many_rules());
  run(core, market, 1'500);
  run(skipped, same, 1'500);
  auto loaded = load(save(core));
  REQUIRE(loaded.ok());
  Core from_snapshot = std::move(loaded).value();
  CHECK(from_snapshot.rules() == core.rules());
  CHECK(from_snapshot.state_hash() == core.state_hash());
  CHECK(save(from_snapshot) == save(core));
  CHECK(run(core, market, 1'500) == run(from_snapshot, same, 1'500));
  CHECK(from_snapshot.state_hash() == core.state_hash());
  CHECK(core.verify().empty());
  CHECK(from_snapshot.verify().empty());
}

TEST_CASE("a further velocity rule whose window has passed is saved as one that never counted") {
  Market market(3);
  Core core(many_rules());
  auto events = run(core, market, 300);
  REQUIRE(core.tick(Timestamp{core.now()->nanos + 3'600 * kNanosPerSecond}, events));
  auto loaded = load(save(core));
  REQUIRE(loaded.ok());
  CHECK(loaded->state_hash() == core.state_hash());
  CHECK(save(*loaded) == save(core));
}

TEST_CASE("a rule that comes between others leaves them the states they have") {
  Market market(5), same(5);
  Core core(many_rules()), reference(many_rules());
  run(core, market, 1'000);
  run(reference, same, 1'000);
  RuleSet more = many_rules();
  add<ExposureRule>(more, "new", EntityType::kClient);  // between "net" and "turnover"; no limit
  add<VelocityRule>(more, "a", EntityType::kClient).enabled = false;
  add<AnomalyRule>(more, "new_anomaly", EntityType::kClient).enabled = false;
  core.set_rules(more);
  reference.set_rules(many_rules());
  CHECK(run(core, market, 1'000) == run(reference, same, 1'000));
}

TEST_CASE("a rule that is missing from the next rules is kept, disabled, and what it has open resolves") {
  Desk desk(gross_and_net());
  desk.trade(0, "A", "X", "4", "100");
  RuleSet next = quiet_rules();
  keep_missing_rules(next, desk.core.rules());
  CHECK(problems(next).empty());
  CHECK_FALSE(next.exposure("client_net").enabled);
  desk.core.set_rules(next);
  CHECK(desk.tick(1) == Texts{"RESOLVED HIGH HIGH_CLIENT_EXPOSURE A 400.0000"});
}

TEST_CASE("rules that are out of order, named twice or of what has no such rule are named") {
  RuleSet rules = gross_and_net();
  CHECK(problems(rules).empty());
  std::swap(rules.exposure_rules[0], rules.exposure_rules[3]);
  CHECK(problems(rules).front() == "client_exposure: is missing");
  rules = gross_and_net();
  rules.exposure_rules.push_back(rules.exposure("client_net"));
  CHECK(problems(rules) == Texts{"client_net: is not in order", "client_net: two rules have this name"});
  rules = gross_and_net();
  add<VelocityRule>(rules, "client_net", EntityType::kClient);
  CHECK(problems(rules) == Texts{"client_net: two rules have this name"});
  rules = gross_and_net();
  add<VelocityRule>(rules, "firm_velocity", EntityType::kFirm);
  CHECK(problems(rules) == Texts{"firm_velocity: the firm has no velocity"});
  rules = gross_and_net();
  rules.exposure("firm_exposure").limit_by_entity["A"] = Money::from_whole(1);
  CHECK(problems(rules) == Texts{"firm_exposure.limits: the firm has one limit"});
}

}  // namespace risk::engine

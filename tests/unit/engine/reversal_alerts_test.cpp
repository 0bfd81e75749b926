// What becomes of alerts, windows and orders when an execution is taken back.
#include "internals.hpp"
#include "reversal_desk.hpp"

using namespace risk;
using namespace risk::engine;

namespace {

RuleSet size_rules() {
  RuleSet rules = quiet_rules();
  rules.exposure("client_exposure").enabled = false;
  rules.size("client_size").limit = Money::from_whole(100);
  return rules;
}

RuleSet anomaly_rules() {
  RuleSet rules = quiet_rules();
  rules.exposure("client_exposure").enabled = false;
  rules.anomaly("client_anomaly").enabled = true;
  return rules;
}

// 30 notionals of 90 and 110 in turn: mean 100, population standard deviation 10.
void make_baseline(ReversalDesk& desk) {
  for (int i = 0; i < 30; ++i) desk.book(i, "C", "A", "1", i % 2 == 0 ? "90" : "110");
}

const ClientState& client(ReversalDesk& desk) {
  return Internals::impl(desk.core).positions.clients[0];
}
const ActivityWindow& velocity_window(ReversalDesk& desk) {
  return client(desk).rules.of<VelocityRule>(0).window;
}
std::size_t samples(ReversalDesk& desk) {
  return client(desk).rules.of<AnomalyRule>(0).window.samples().size();
}

}  // namespace

TEST_CASE("an alert on size resolves with the bust of what tipped it, as an event of the bust") {
  ReversalDesk desk(size_rules());
  const auto wrong = desk.book(1, "C", "A", "300", "1");
  CHECK(desk.texts() == Texts{"OPENED HIGH LARGE_TRANSACTION C 300.0000"});
  CHECK(desk.bust(wrong, 2) == Texts{"RESOLVED HIGH LARGE_TRANSACTION C 300.0000"});
  const AlertEvent& event = desk.events.front();
  CHECK(event.alert_id == 1);
  CHECK(event.transaction_id == "T2");
  CHECK(event.at == at(2));
  CHECK(event.limit.to_string() == "100.0000");
  CHECK(desk.pass(400).empty());
}

TEST_CASE(
    "an alert on size that another execution tipped since stays with the bust of the first, and goes with the "
    "other's") {
  ReversalDesk desk(size_rules());
  const auto first = desk.book(1, "C", "A", "300", "1");
  const auto worse = desk.book(2, "C", "A", "600", "1");
  CHECK(desk.texts() == Texts{"WORSENED HIGH LARGE_TRANSACTION C 600.0000"});
  desk.book(3, "C", "A", "150", "1");
  CHECK(desk.texts().empty());
  CHECK(desk.bust(first, 4).empty());
  CHECK(desk.bust(worse, 5) == Texts{"RESOLVED HIGH LARGE_TRANSACTION C 150.0000"});  // the last above the limit
}

TEST_CASE("an alert on size that its execution has escalated resolves with its bust") {
  ReversalDesk desk(size_rules());
  const auto first = desk.book(1, "C", "A", "300", "1");
  const auto escalated = desk.book(2, "C", "A", "1001", "1");
  CHECK(desk.texts() == Texts{"ESCALATED CRITICAL LARGE_TRANSACTION C 1001.0000"});
  CHECK(desk.bust(first, 3).empty());
  CHECK(desk.bust(escalated, 4) == Texts{"RESOLVED CRITICAL LARGE_TRANSACTION C 1001.0000"});
}

TEST_CASE("a bust of what only counted for an alert, or broke no rule, resolves nothing") {
  ReversalDesk desk(size_rules());
  desk.book(1, "C", "A", "300", "1");
  const auto counted = desk.book(2, "C", "A", "350", "1");
  const auto small = desk.book(3, "C", "A", "5", "1");
  CHECK(desk.bust(counted, 4).empty());
  CHECK(desk.bust(small, 5).empty());
}

TEST_CASE("a correction resolves what its original tipped, and its own size is judged") {
  ReversalDesk desk(size_rules());
  const auto wrong = desk.book(1, "C", "A", "2000", "1");
  const auto still_large = desk.correct(wrong, 2, "250", "1");
  CHECK(desk.texts() ==
        Texts{"RESOLVED CRITICAL LARGE_TRANSACTION C 2000.0000", "OPENED HIGH LARGE_TRANSACTION C 250.0000"});
  CHECK(desk.events.back().alert_id == 2);
  CHECK(desk.events.back().transaction_id == still_large.transaction.transaction_id);
  const auto small = desk.correct(still_large, 3, "100", "1");
  CHECK(desk.texts() == Texts{"RESOLVED HIGH LARGE_TRANSACTION C 250.0000"});
  desk.correct(small, 4, "101", "1");
  CHECK(desk.texts() == Texts{"OPENED HIGH LARGE_TRANSACTION C 101.0000"});
}

TEST_CASE("a correction that came before its execution opens an alert on size, and that execution none") {
  ReversalDesk desk(size_rules());
  const auto counted = desk.count(1, "C", "A", "5000", "1");
  CHECK(desk.texts().empty());
  desk.correct(counted, 2, "250", "1");
  CHECK(desk.texts() == Texts{"OPENED HIGH LARGE_TRANSACTION C 250.0000"});
}

TEST_CASE("an alert on an anomaly resolves with the bust of what tipped it, and the baseline keeps the notional") {
  ReversalDesk desk(anomaly_rules());
  make_baseline(desk);
  const auto wrong = desk.book(30, "C", "A", "1", "135");
  CHECK(desk.texts() == Texts{"OPENED MEDIUM ANOMALY_DETECTED C 3.5000"});
  CHECK(samples(desk) == 31);
  CHECK(desk.bust(wrong, 31) == Texts{"RESOLVED MEDIUM ANOMALY_DETECTED C 3.5000"});
  CHECK(samples(desk) == 31);
}

TEST_CASE("an alert on an anomaly that another execution tipped since stays with the bust of the first") {
  ReversalDesk desk(anomaly_rules());
  make_baseline(desk);
  const auto first = desk.book(30, "C", "A", "1", "135");
  const auto worse = desk.book(31, "C", "A", "1", "300");
  CHECK(desk.texts().front().starts_with("WORSENED HIGH ANOMALY_DETECTED C"));
  CHECK(desk.bust(first, 32).empty());
  CHECK(desk.bust(worse, 33).front().starts_with("RESOLVED HIGH ANOMALY_DETECTED C"));
}

TEST_CASE("a correction is no anomaly and enters no baseline, however large it is") {
  ReversalDesk desk(anomaly_rules());
  make_baseline(desk);
  const auto right = desk.book(30, "C", "A", "1", "100");
  desk.correct(right, 31, "1", "100000");
  CHECK(desk.texts().empty());
  CHECK(samples(desk) == 31);
}

TEST_CASE("alerts of several rules resolve in the order of the rules, and exposures are judged after them") {
  RuleSet rules = anomaly_rules();
  rules.exposure("client_exposure").enabled = true;
  rules.exposure("symbol_exposure").enabled = true;
  rules.exposure("symbol_exposure").limit = Money::from_whole(1'000);
  rules.size("client_size").limit = Money::from_whole(500);
  rules.anomaly("symbol_anomaly").enabled = rules.anomaly("system_anomaly").enabled = true;
  for (auto& rule : rules.exposure_rules) rule.measure = Measure::kTurnover;
  for (auto& rule : rules.exposure_rules) rule.resolved_after_seconds = 60;
  rules.exposure("client_exposure").limit = rules.exposure("symbol_exposure").limit = Money::from_whole(10'000);
  ReversalDesk desk(rules);
  make_baseline(desk);
  const auto wrong = desk.book(30, "C", "A", "1", "20000");
  REQUIRE(desk.events.size() == 6);
  const Texts resolved = desk.bust(wrong, 30);
  REQUIRE(resolved.size() == 4);  // exposures are held
  CHECK(resolved[0].starts_with("RESOLVED CRITICAL LARGE_TRANSACTION C"));
  CHECK(resolved[1].starts_with("RESOLVED HIGH ANOMALY_DETECTED C"));
  CHECK(resolved[2].starts_with("RESOLVED HIGH ANOMALY_DETECTED A"));
  CHECK(resolved[3].starts_with("RESOLVED HIGH ANOMALY_DETECTED "));
  CHECK(desk.events[3].entity_type == EntityType::kFirm);
  CHECK(desk.pass(89).empty());
  CHECK(desk.pass(90) == Texts{"RESOLVED CRITICAL HIGH_CLIENT_EXPOSURE C 3000.0000",
                               "RESOLVED CRITICAL HIGH_SYMBOL_EXPOSURE A 3000.0000"});
}

TEST_CASE("an exposure is judged at the bust: it resolves at once where nothing holds it") {
  ReversalDesk desk;
  const auto wrong = desk.book(1, "C", "A", "11", "100");
  CHECK(desk.texts() == Texts{"OPENED HIGH HIGH_CLIENT_EXPOSURE C 1100.0000"});
  CHECK(desk.bust(wrong, 1) == Texts{"RESOLVED HIGH HIGH_CLIENT_EXPOSURE C 0.0000"});
}

TEST_CASE("an exposure that a bust has brought down is held from then on, and resolves at a sweep") {
  RuleSet rules = quiet_rules();
  rules.exposure("client_exposure").resolved_after_seconds = 60;
  ReversalDesk desk(rules);
  const auto wrong = desk.book(1, "C", "A", "11", "100");
  CHECK(desk.bust(wrong, 5).empty());
  CHECK(desk.pass(64).empty());
  CHECK(desk.pass(65) == Texts{"RESOLVED HIGH HIGH_CLIENT_EXPOSURE C 0.0000"});
}

TEST_CASE("a bust of a sale, and a correction to more, open an exposure at once") {
  ReversalDesk desk;
  const auto buy = desk.book(1, "C", "A", "10", "100");
  const auto sale = desk.book(1, "C", "A", "-5", "100");
  desk.book(1, "C", "A", "5", "100");
  CHECK(desk.bust(sale, 1) == Texts{"OPENED HIGH HIGH_CLIENT_EXPOSURE C 1500.0000"});
  CHECK(desk.events.front().transaction_id == "T4");
  desk.correct(buy, 1, "11", "100");
  CHECK(desk.texts() == Texts{"ESCALATED CRITICAL HIGH_CLIENT_EXPOSURE C 1600.0000"});
}

TEST_CASE("an exposure alert stays with the bust of what tipped it while the exposure does") {
  ReversalDesk desk;
  desk.book(1, "C", "A", "10", "100");
  const auto tipped = desk.book(1, "C", "A", "1", "100");
  CHECK(desk.texts() == Texts{"OPENED HIGH HIGH_CLIENT_EXPOSURE C 1100.0000"});
  CHECK(desk.bust(tipped, 1).empty());  // 1,000 is above 950
}

TEST_CASE("exposures of others whose mark a bust moves are judged by the next sweep") {
  ReversalDesk desk;
  desk.price(1, "A", "120");
  desk.book(1, "D", "A", "9", "100");
  const auto wrong = desk.book(1, "C", "A", "1", "50");
  CHECK(desk.bust(wrong, 1).empty());
  CHECK(desk.mark("A") == "100");
  const auto low = desk.book(1.1, "E", "A", "1", "120");
  CHECK(desk.texts().empty());
  CHECK(desk.pass(2) == Texts{"OPENED HIGH HIGH_CLIENT_EXPOSURE D 1080.0000"});
  CHECK(desk.bust(low, 2).empty());
  CHECK(desk.pass(3) == Texts{"RESOLVED HIGH HIGH_CLIENT_EXPOSURE D 900.0000"});
}

TEST_CASE("velocity and orders go by what was done: a bust takes nothing from a window, and enters none") {
  RuleSet rules = quiet_rules();
  rules.velocity("client_velocity").enabled = true;
  rules.velocity("client_velocity").limit = 2;
  ReversalDesk desk(rules);
  desk.book(1, "C", "A", "1", "1");
  const auto second = desk.book(2, "C", "B", "1", "1");
  const auto third = desk.book(3, "C", "A", "1", "1");
  CHECK(desk.texts() == Texts{"OPENED HIGH HIGH_TRANSACTION_VELOCITY C 3"});
  CHECK(desk.bust(third, 3.1).empty());
  desk.correct(second, 3.1, "2", "1");
  CHECK(desk.texts().empty());
  CHECK(Internals::total(velocity_window(desk).executions()) == 3);
  desk.book(3.2, "C", "A", "1", "1");  // goes on with the order of the busted one
  CHECK(Internals::total(velocity_window(desk).executions()) == 4);
  REQUIRE(velocity_window(desk).further() != nullptr);
  CHECK(Internals::total(*velocity_window(desk).further()) == 1);
  CHECK(desk.pass(61).empty());
  CHECK(desk.pass(62) == Texts{"RESOLVED HIGH HIGH_TRANSACTION_VELOCITY C 1"});
}

TEST_CASE("an execution that is only counted is in no order, no window and no baseline, and breaks no rule") {
  RuleSet rules = anomaly_rules();
  rules.velocity("client_velocity").enabled = true;
  rules.velocity("client_velocity").limit = 1;
  rules.size("client_size").limit = Money::from_whole(1);
  rules.exposure("client_exposure").enabled = true;
  ReversalDesk desk(rules);
  auto with_id = desk.transaction(1, "C", "A", "100", "100");
  with_id.order_id = "O";
  desk.begin_input();
  REQUIRE(desk.core.count(with_id, desk.events).ok());
  CHECK(desk.events.empty());
  const auto counted = desk.count(1.5, "C", "A", "100", "100");
  CHECK(desk.bust(counted, 2).empty());
  CHECK(client(desk).order == CurrentOrder{});
  CHECK(velocity_window(desk).empty());
  CHECK(samples(desk) == 0);
}

TEST_CASE("an alert that an execution tipped under rules without reversals stays with its bust") {
  RuleSet before = size_rules();
  before.edition = 4;
  ReversalDesk desk(before);
  const auto wrong = desk.book(1, "C", "A", "300", "1");
  desk.set_rules(size_rules());
  CHECK(desk.bust(wrong, 2).empty());
  CHECK(desk.pass(301) == Texts{"RESOLVED HIGH LARGE_TRANSACTION C 300.0000"});
}

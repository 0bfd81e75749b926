// Single transactions above a limit.
#include "market.hpp"
#include "support/snapshots.hpp"

namespace risk::engine {
namespace {

RuleSet size_rules() {
  RuleSet rules = quiet_rules();
  rules.exposure("client_exposure").enabled = false;
  rules.size("client_size").limit = Money::from_whole(100);
  rules.size("client_size").limit_by_entity["VIP"] = Money::from_whole(1'000);
  return rules;
}

}  // namespace

TEST_CASE("a transaction above the limit opens, one far above it escalates, a doubled one worsens") {
  Desk desk(size_rules());
  CHECK(desk.trade(0, "A", "X", "100", "1").empty());
  CHECK(desk.trade(0.1, "A", "X", "101", "1") == Texts{"OPENED HIGH LARGE_TRANSACTION A 101.0000"});
  CHECK(alert_message(desk.events.front(), "USD") == "Client A transaction of $101.00 exceeds limit $100.00 (101.0%)");
  CHECK(desk.trade(0.2, "A", "X", "150", "1").empty());
  CHECK(desk.trade(0.3, "A", "X", "-1001", "1") == Texts{"ESCALATED CRITICAL LARGE_TRANSACTION A 1001.0000"});
  CHECK(desk.trade(0.4, "A", "X", "2001", "1").empty());
  CHECK(desk.trade(0.5, "A", "X", "2002", "1") == Texts{"WORSENED CRITICAL LARGE_TRANSACTION A 2002.0000"});
  CHECK(desk.trade(0.6, "VIP", "X", "1000", "1").empty());
}

TEST_CASE("an alert on size resolves when no such transaction came for long enough, or its limit has gone") {
  Desk desk(size_rules());
  desk.trade(0, "A", "X", "300", "1");
  desk.trade(10, "A", "X", "200", "1");
  CHECK(desk.tick(309).empty());
  CHECK(desk.tick(310) == Texts{"RESOLVED HIGH LARGE_TRANSACTION A 200.0000"});
  CHECK(alert_message(desk.events.front(), "USD") ==
        "Client A has made no further transaction above $100.00 (largest $300.00)");
  desk.trade(320, "A", "X", "300", "1");
  RuleSet none = size_rules();
  none.size("client_size").limit.reset();
  desk.core.set_rules(none);
  CHECK(desk.tick(321) == Texts{"RESOLVED HIGH LARGE_TRANSACTION A 300.0000"});
}

TEST_CASE("an alert whose rule has gone back to its defaults is in a snapshot until the sweep that resolves it") {
  Desk desk(size_rules());
  desk.trade(0, "A", "X", "300", "1");
  RuleSet none = size_rules();
  none.size("client_size") = RuleSet().size("client_size");
  desk.core.set_rules(none);
  auto loaded = load(save(desk.core));
  REQUIRE(loaded.ok());
  CHECK(loaded->state_hash() == desk.core.state_hash());
  desk.core = std::move(loaded).value();
  CHECK(desk.tick(1) == Texts{"RESOLVED HIGH LARGE_TRANSACTION A 300.0000"});
  CHECK(save(desk.core).front().find("client_size") == std::string::npos);
}

TEST_CASE("a core without a limit on size has the hash and the bytes that it had before there was one") {
  Market market(1), same(1);
  RuleSet with_limit = lively_rules();
  with_limit.size("client_size").limit = Money::from_whole(1'500);
  Core without(lively_rules()), with(with_limit);
  std::vector<AlertEvent> events;
  for (int i = 0; i < 500; ++i) CHECK(without.apply(market.next(), events).ok());
  const std::size_t fewer = events.size();
  events.clear();
  for (int i = 0; i < 500; ++i) CHECK(with.apply(same.next(), events).ok());
  CHECK(events.size() > fewer);
  CHECK(save(without).front().find("client_size") == std::string::npos);
  CHECK(save(with).front().find("client_size") != std::string::npos);

  auto loaded = load(save(with));
  REQUIRE(loaded.ok());
  CHECK(loaded->rules() == with.rules());
  CHECK(loaded->state_hash() == with.state_hash());
  CHECK(loaded->state_hash() != without.state_hash());
  CHECK(loaded->verify().empty());
}

}  // namespace risk::engine

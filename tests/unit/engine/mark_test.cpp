#include "desk.hpp"
#include "support/snapshots.hpp"

using namespace risk;
using namespace risk::engine;

namespace {

std::string mark_of(const Core& core, std::size_t symbol = 0) {
  return core.symbol_rows().at(symbol).mark->to_string();
}

OpeningPosition opening(const char* client, const char* quantity, const char* price) {
  return {ClientId(client), Symbol("A"), *Quantity::parse(quantity), *Price::parse(price), ""};
}

RuleSet of_edition(std::uint32_t edition) {
  auto rules = quiet_rules();
  rules.edition = edition;
  return rules;
}

}  // namespace

TEST_CASE("a late fill puts no old price back, and resolves no alert") {
  Desk desk;
  desk.trade(1, "C", "A", "10", "50");
  CHECK(desk.trade(10, "D", "A", "1", "120") == Texts{});
  CHECK(desk.tick(11) == Texts{"OPENED HIGH HIGH_CLIENT_EXPOSURE C 1200.0000"});
  CHECK(desk.trade(2, "D", "A", "1", "50") == Texts{});  // late
  CHECK(desk.tick(12) == Texts{});
  CHECK(mark_of(desk.core) == "120");
  const auto client = desk.core.client_rows().at(1);
  CHECK(client.exposure.gross().to_string() == "240.0000");   // two at the mark
  CHECK(client.exposure.turnover.to_string() == "170.0000");  // each at its own price
  CHECK(desk.core.counters().late == 1);
}

TEST_CASE(
    "a price of the mark's own instant becomes the mark, and of two fills a nanosecond apart the later one does") {
  Desk desk;
  desk.trade(1, "C", "A", "1", "100");
  desk.trade(1, "C", "A", "1", "101");
  CHECK(mark_of(desk.core) == "101");
  auto later = desk.transaction(1, "C", "A", "1", "102"), earlier = desk.transaction(1, "C", "A", "1", "103");
  later.executed_at.nanos += 2;
  earlier.executed_at.nanos += 1;
  REQUIRE(desk.core.apply(later, desk.events).ok());
  const auto applied = desk.core.apply(earlier, desk.events);
  REQUIRE(applied.ok());
  CHECK(applied->late);
  CHECK(mark_of(desk.core) == "102");
  CHECK(desk.core.now() == later.executed_at);
}

TEST_CASE("the price of an opening position is older than any other") {
  Desk desk;
  REQUIRE_FALSE(desk.core.apply(opening("C", "5", "10")));
  CHECK(mark_of(desk.core) == "10");
  REQUIRE_FALSE(desk.core.apply(opening("D", "5", "11")));
  CHECK(mark_of(desk.core) == "11");
  desk.trade(1, "C", "A", "1", "20");
  REQUIRE_FALSE(desk.core.apply(opening("E", "3", "12")));
  CHECK(mark_of(desk.core) == "20");
  CHECK(desk.core.position_rows().at(2).quantity.to_string() == "3");
  CHECK(broken(desk.core) == "");
}

TEST_CASE("an opening position does not fit at the mark that stays") {
  Desk desk;
  desk.trade(1, "C", "A", "1", "92233720368.54775807");
  desk.trade(2, "C", "B", "1", "1");
  const auto huge = opening("D", "92233720368.54775807", "0.00000001");
  REQUIRE_FALSE(desk.core.apply(huge));  // 127 bits hold it once
  const auto rejection = desk.core.apply(opening("E", "92233720368.54775807", "0.00000001"));
  REQUIRE(rejection);
  CHECK(rejection->field == "price");
  CHECK(broken(desk.core) == "");
}

TEST_CASE("when a mark was traded outlives a snapshot") {
  Desk desk;
  desk.trade(10, "C", "A", "1", "100");
  desk.tick(20);
  Core loaded = load(save(desk.core)).value();
  CHECK(loaded.state_hash() == desk.core.state_hash());
  for (Core* core : std::initializer_list<Core*>{&desk.core, &loaded}) {
    REQUIRE(core->apply(desk.transaction(9.999, "C", "A", "1", "50"), desk.events).ok());
    CHECK(mark_of(*core) == "100");
    REQUIRE(core->apply(desk.transaction(10.001, "C", "A", "1", "60"), desk.events).ok());
    CHECK(mark_of(*core) == "60");
  }
}

TEST_CASE("inputs of the first release are applied as it applied them: every price becomes the mark") {
  Desk desk(of_edition(1));
  desk.trade(10, "C", "A", "1", "100");
  desk.trade(2, "C", "A", "1", "50");
  CHECK(mark_of(desk.core) == "50");
  REQUIRE_FALSE(desk.core.apply(opening("D", "1", "70")));
  CHECK(mark_of(desk.core) == "70");
}

TEST_CASE("a mark of the first edition keeps no price away, even when one clock was decades ahead") {
  Desk desk(of_edition(1));
  desk.trade(10, "C", "A", "1", "100");
  desk.tick(1'000'000'000);  // 2056
  desk.trade(2, "C", "A", "1", "50");
  Core loaded = load(save(desk.core)).value();
  for (Core* core : std::initializer_list<Core*>{&desk.core, &loaded}) {
    core->set_rules(of_edition(2));
    CHECK(mark_of(*core) == "50");
    REQUIRE(core->apply(desk.transaction(9.5, "C", "A", "1", "60"), desk.events).ok());
    CHECK(mark_of(*core) == "60");
    REQUIRE(core->apply(desk.transaction(9, "C", "A", "1", "61"), desk.events).ok());
    CHECK(mark_of(*core) == "60");
    CHECK(broken(*core) == "");
  }
}

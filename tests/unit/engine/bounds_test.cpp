#include "desk.hpp"

using namespace risk;
using namespace risk::engine;

namespace {

struct BoundedDesk : Desk {
  explicit BoundedDesk(const Bounds& bounds) { core.set_bounds(bounds); }

  // The field of the rejection, "" when the trade was applied.
  std::string rejected_field(const std::string& client, const std::string& symbol) {
    const auto applied = core.apply(transaction(1, client, symbol, "1", "1"), events);
    return applied ? "" : applied.error().field;
  }
};

}  // namespace

TEST_CASE("a client, symbol or position beyond its bound is rejected, everything else goes on") {
  BoundedDesk clients({2, 10, 10}), symbols({10, 2, 10}), positions({10, 10, 2});
  for (BoundedDesk* desk : {&clients, &symbols, &positions}) CHECK(desk->rejected_field("A", "X").empty());

  CHECK(clients.rejected_field("B", "X").empty());
  CHECK(clients.rejected_field("C", "X") == "client_id");
  CHECK(clients.rejected_field("B", "Y").empty());

  CHECK(symbols.rejected_field("A", "Y").empty());
  CHECK(symbols.rejected_field("A", "Z") == "symbol");
  CHECK(symbols.rejected_field("C", "Y").empty());

  CHECK(positions.rejected_field("B", "X").empty());
  CHECK(positions.rejected_field("B", "Y") == "symbol");
  CHECK(positions.rejected_field("A", "X").empty());
  CHECK(positions.core.counters().transactions == 3);
}

TEST_CASE("an input beyond a bound changes nothing, and its reason names the bound") {
  BoundedDesk desk({1, 1, 1});
  desk.trade(1, "A", "X", "1", "1");
  const std::string before = desk.core.state_hash();
  const auto applied = desk.core.apply(desk.transaction(100, "B", "Y", "5", "5"), desk.events);
  REQUIRE_FALSE(applied);
  CHECK(applied.error().value == "B");
  CHECK(applied.error().reason == "there are 1 clients already, as many as allowed");
  const auto opening =
      desk.core.apply(OpeningPosition{ClientId("B"), Symbol("X"), *Quantity::parse("1"), *Price::parse("1"), ""});
  REQUIRE(opening);
  CHECK(opening->field == "client_id");
  CHECK(desk.core.state_hash() == before);
}

TEST_CASE("what is there stays when a bound is lowered") {
  BoundedDesk desk({10, 10, 10});
  desk.trade(1, "A", "X", "1", "1");
  desk.trade(1, "B", "Y", "1", "1");
  desk.core.set_bounds({1, 1, 1});
  CHECK(desk.rejected_field("B", "Y").empty());
  CHECK(desk.rejected_field("B", "X") == "symbol");
}

// Adjustments that are refused: whole, with the field that is to blame.
#include "adjustment_desk.hpp"

using namespace risk;
using namespace risk::engine;

namespace {

constexpr char kMost[] = "92233720368.54775807";  // that a decimal holds

RuleSet no_limit() {
  RuleSet rules = quiet_rules();
  rules.exposure("client_exposure").enabled = false;
  return rules;
}

Rejection problem(const Adjustment& adjustment) {
  const auto found = value_problem(adjustment);
  REQUIRE(found);
  return *found;
}

}  // namespace

TEST_CASE("an adjustment whose values do not fit is refused by the first of them") {
  const auto split = AdjustmentDesk::splitted(1, "A", "4:1");
  const auto rename = AdjustmentDesk::renamed(1, "A", "B");
  const auto set = AdjustmentDesk::with_position(1, "C", "A", "-5");
  for (const auto& good : {split, rename, set}) CHECK_FALSE(value_problem(good));
  auto bad = split;
  bad.effective_at = {kTimestampMax.nanos + 1};
  CHECK(problem(bad).field == "effective_at");
  bad = split;
  bad.kind = AdjustmentKind{9};
  CHECK(problem(bad) == Rejection{"kind", "9", "not SPLIT, RENAME or SET_POSITION"});
  bad = split;
  bad.symbol.text = "";
  CHECK(problem(bad) == Rejection{"symbol", "", "empty"});
  for (const char* ratio :
       {"", "4", "4:", ":1", "0:1", "1:0", "-4:1", "+4:1", "4 : 1", "4:1:1", "4.5:1", "1000001:1"}) {
    bad = split;
    bad.ratio = ratio;
    CHECK(problem(bad) ==
          Rejection{"ratio", ratio, "not new to old as two whole numbers from 1 to 1000000, such as 4:1"});
  }
  bad = rename;
  bad.ratio = "4:1";
  CHECK(problem(bad) == Rejection{"ratio", "4:1", "is of a SPLIT alone"});
  bad = rename;
  bad.new_symbol.text = "\n";
  CHECK(problem(bad).field == "new_symbol");
  bad = split;
  bad.new_symbol.text = "B";
  CHECK(problem(bad) == Rejection{"new_symbol", "B", "is of a RENAME alone"});
  bad = set;
  bad.client_id.text = "";
  CHECK(problem(bad) == Rejection{"client_id", "", "empty"});
  bad = split;
  bad.client_id.text = "C";
  CHECK(problem(bad) == Rejection{"client_id", "C", "is of a SET_POSITION alone"});
  bad = set;
  bad.quantity.reset();
  CHECK(problem(bad) == Rejection{"quantity", "", "is missing"});
  bad = rename;
  bad.quantity = Quantity{};
  CHECK(problem(bad) == Rejection{"quantity", "0", "is of a SET_POSITION alone"});
  bad = set;
  bad.quantity = Quantity::from_units(INT64_MIN);
  CHECK(problem(bad).reason == "out of range");
  bad = set;
  bad.reason = std::string(201, 'x');
  CHECK(problem(bad).field == "reason");
  bad.reason = std::string(200, 'x');
  CHECK_FALSE(value_problem(bad));
}

TEST_CASE("a split of a symbol that nobody has traded is refused") {
  AdjustmentDesk desk;
  CHECK(desk.refuse(desk.splitted(1, "A", "4:1")) == Rejection{"symbol", "A", "nobody has traded it"});
}

TEST_CASE("a split that takes a position, a price or a worth out of range is refused whole") {
  AdjustmentDesk desk(no_limit());
  desk.book(1, "SMALL", "A", "1", "0.00000001");
  desk.book(2, "C", "A", "50000000000", "0.00000001");
  CHECK(desk.refuse(desk.splitted(3, "A", "2:1")) ==
        Rejection{"ratio", "2:1", "it would take a position out of range"});
  desk.book(4, "C", "B", "1", kMost);
  desk.book(5, "C", "B", "1", "10");
  CHECK(desk.refuse(desk.splitted(6, "B", "1:2")) ==
        Rejection{"ratio", "1:2", "it would take a price of the symbol out of range"});
  desk.know({.symbol = Symbol("M"), .multiplier = *Multiplier::parse("1000000")});
  desk.book(7, "C", "M", "1", "90000");
  CHECK(desk.refuse(desk.splitted(8, "M", "1:2")) ==
        Rejection{"ratio", "1:2", "it would take what the symbol is worth out of range"});
  CHECK(desk.position("SMALL", "A") == "1");
  CHECK(desk.position("C", "A") == "50000000000");
}

TEST_CASE("a split that takes the firm's exposure out of range is refused, and one by which it falls is not") {
  AdjustmentDesk desk(no_limit());
  // An inverse contract is worth the same at every price, so that a split multiplies its exposure.
  desk.know({.symbol = Symbol("I"), .multiplier = *Multiplier::parse("90000000000"), .contract = Contract::kInverse});
  for (const char* client : {"C", "D", "E"}) desk.book(1, client, "I", "40000000000", "1");
  CHECK(desk.refuse(desk.splitted(2, "I", "2:1")) ==
        Rejection{"ratio", "2:1", "it would take the firm's gross exposure out of range"});
  CHECK(desk.split(3, "I", "1:2").empty());
}

TEST_CASE("a rename that takes a position or the exposure out of range is refused whole") {
  AdjustmentDesk desk(no_limit());
  desk.book(1, "C", "OLD", "50000000000", "1");
  desk.book(2, "C", "NEW", "50000000000", "1");
  CHECK(desk.refuse(desk.renamed(3, "OLD", "NEW")) ==
        Rejection{"new_symbol", "NEW", "it would take a position out of range"});
  desk.book(4, "D", "DEAR", "50000000000", "1");
  for (const char* client : {"E", "F", "G"}) desk.book(5, client, "CHEAP", "90000000000", "1");
  desk.price(6, "DEAR", "60000000000");
  CHECK(desk.refuse(desk.renamed(7, "CHEAP", "DEAR")) ==
        Rejection{"new_symbol", "DEAR", "it would take the firm's gross exposure out of range"});
}

TEST_CASE("a position that is set beyond the range of exposures is refused whole") {
  AdjustmentDesk desk(no_limit());
  desk.book(1, "C", "A", "1", kMost);
  desk.book(1, "D", "B", "90000000000", "90000000000");
  desk.set_position(2, "D", "A", "90000000000");
  CHECK(desk.refuse(desk.with_position(3, "E", "A", "90000000000")) ==
        Rejection{"quantity", "90000000000", "it would take the firm's gross exposure out of range"});
}

TEST_CASE("what is one client, symbol or position more than the bounds allow is refused") {
  AdjustmentDesk desk(no_limit());
  desk.book(1, "C", "A", "1", "1");
  desk.core.set_bounds({.clients_max = 1, .symbols_max = 1, .positions_max = 1});
  CHECK(desk.refuse(desk.with_position(2, "D", "A", "1")).field == "client_id");
  CHECK(desk.refuse(desk.with_position(2, "C", "B", "1")).field == "symbol");
  CHECK(desk.refuse(desk.renamed(2, "A", "B")).field == "new_symbol");
  desk.core.set_bounds({.clients_max = 1, .symbols_max = 2, .positions_max = 1});
  CHECK(desk.refuse(desk.renamed(2, "A", "B")) ==
        Rejection{"new_symbol", "B", "there are 1 positions already, as many as allowed"});
  desk.core.set_bounds({.clients_max = 1, .symbols_max = 2, .positions_max = 2});
  desk.rename(2, "A", "B");
  CHECK(desk.position("C", "B") == "1");
}

TEST_CASE("a position of a symbol without the instrument that is required is refused") {
  RuleSet rules = no_limit();
  rules.require_instruments = true;
  AdjustmentDesk desk(rules);
  CHECK(desk.refuse(desk.with_position(1, "C", "A", "1")) == Rejection{"symbol", "A", "there is no instrument of it"});
}

TEST_CASE("a symbol remembers at most a thousand splits") {
  AdjustmentDesk desk(no_limit());
  desk.book(1, "C", "A", "1", "1");
  auto& splits = Internals::impl(desk.core).history.splits;
  Internals::impl(desk.core).positions.symbols[0].has_history = true;
  for (std::size_t i = 0; i < kSplitsOfSymbolMax; ++i) splits.add("A", {at(1), {1, 1}, 1});
  CHECK(desk.refuse(desk.splitted(2, "A", "1:1")) ==
        Rejection{"ratio", "1:1", "there are as many splits already as are remembered"});
}

TEST_CASE("an execution that its splits take out of range is refused with the figure that it came with") {
  AdjustmentDesk desk(no_limit());
  desk.book(1, "C", "A", "1", "1");
  desk.split(5, "A", "1000:1");
  auto t = desk.transaction(2, "C", "A", "10000000000", "1");
  std::vector<AlertEvent> events;
  const std::string hash = desk.core.state_hash();
  CHECK(desk.core.apply(t, events).error() ==
        Rejection{"quantity", "10000000000", "out of range after the splits that came since"});
  CHECK(desk.core.unit_value(t).error().field == "quantity");
  CHECK(desk.core.count(t, events).error().field == "quantity");
  t.quantity = Quantity{};
  CHECK(desk.core.apply(t, events).error() == Rejection{"quantity", "0", "must be above 0"});
  desk.book(6, "C", "B", "1", "1");
  desk.split(7, "B", "1:1000");
  CHECK(desk.core.apply(MarketPrice{Symbol("B"), *Price::parse("10000000000"), "", at(2)}, events).error() ==
        Rejection{"price", "10000000000", "out of range after the splits that came since"});
  desk.book(2, "C", "B", "0.00000001", "1");  // it is a part of a unit of today that rounds to none
  CHECK(desk.position("C", "B") == "0.001");
  CHECK(desk.core.counters().transactions == 3);
}

TEST_CASE("a bust whose execution has grown beyond its range by splits is refused") {
  AdjustmentDesk desk(no_limit());
  const auto large = desk.book(1, "C", "A", "50000000000", "1");
  desk.book(2, "C", "A", "-49999999999", "1");
  desk.split(3, "A", "2:1");
  CHECK(desk.refused(desk.bust_of(large, 4), large) ==
        Rejection{"ref_transaction_id", "T1", "the splits since have taken its quantity out of range"});
}

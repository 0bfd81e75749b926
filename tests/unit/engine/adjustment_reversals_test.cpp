// Busts and corrections of what was split or renamed since, and the state that they need in a snapshot.
#include "adjustment_desk.hpp"

using namespace risk;
using namespace risk::engine;

namespace {

RuleSet wide_rules() {
  RuleSet rules = quiet_rules();
  rules.exposure("client_exposure").limit = Money::from_whole(1'000'000);
  return rules;
}

// The same execution, named as one of another symbol.
ReversalDesk::Booked under(const char* symbol, ReversalDesk::Booked booked) {
  booked.transaction.symbol.text = symbol;
  return booked;
}

}  // namespace

TEST_CASE("a bust across a split takes back the units that became of the execution, and what it cost") {
  AdjustmentDesk desk(wide_rules());
  const auto wrong = desk.book(1, "C", "A", "10", "100");
  desk.book(2, "C", "A", "1", "110");
  desk.split(3, "A", "4:1");
  desk.price(4, "A", "30");
  CHECK(desk.client("C") == "1320.0000 0.0000 1110.0000 210.0000 2");
  desk.bust(wrong, 5);
  CHECK(desk.position("C", "A") == "4");
  CHECK(desk.client("C") == "120.0000 0.0000 110.0000 10.0000 2");
}

TEST_CASE("a bust of a late execution counts the splits before it and those since, each rounded") {
  AdjustmentDesk desk(wide_rules());
  desk.book(20, "C", "A", "1", "100");
  desk.split(20, "A", "1:2");
  const auto late = desk.book(1, "D", "A", "0.00000003", "100");  // 1.5: 0.00000002
  CHECK(desk.position("D", "A") == "0.00000002");
  CHECK(late.original.unit_value.to_string() == "200");
  desk.split(21, "A", "3:4");  // 1.5: 0.00000002
  desk.split(10, "A", "1:1");
  CHECK(desk.position("D", "A") == "0.00000002");
  desk.book(22, "D", "A", "5", "100");
  desk.bust(late, 23);
  CHECK(desk.position("D", "A") == "5");
  CHECK(desk.client("D") == "500.0000 0.0000 500.0000 0.0000 2");
}

TEST_CASE("a correction is in the terms of the execution that began its chain, whenever it was executed itself") {
  AdjustmentDesk desk(wide_rules());
  const auto wrong = desk.book(1, "C", "A", "10", "100");
  desk.book(2, "D", "A", "1", "100");
  desk.split(3, "A", "4:1");
  const auto first = desk.correct(wrong, 4, "5", "120");
  CHECK(first.original.unit_value.to_string() == "30");
  CHECK(desk.position("C", "A") == "20");
  CHECK(desk.client("C") == "500.0000 0.0000 600.0000 -100.0000 1");
  desk.split(5, "A", "2:1");
  const auto second = desk.correct(first, 6, "6", "160");
  CHECK(second.original.unit_value.to_string() == "20");
  CHECK(desk.position("C", "A") == "48");
  CHECK(desk.client("C") == "600.0000 0.0000 960.0000 -360.0000 1");
  desk.bust(second, 7);
  CHECK(desk.position("C", "A") == "0");
  CHECK(desk.client("C") == "0.0000 0.0000 0.0000 0.0000 1");
}

TEST_CASE("a correction of an execution from after a split is not split") {
  AdjustmentDesk desk(wide_rules());
  desk.book(1, "C", "A", "1", "100");
  desk.split(3, "A", "4:1");
  const auto after = desk.book(4, "C", "A", "10", "25");
  desk.correct(after, 2, "8", "26");  // though its own instant is before it
  CHECK(desk.position("C", "A") == "12");
  CHECK(desk.mark("A") == "26");
}

TEST_CASE("a correction takes the place of its original's mark in new units") {
  AdjustmentDesk desk(wide_rules());
  const auto wrong = desk.book(1, "C", "A", "1", "100");
  desk.split(2, "A", "4:1");
  desk.correct(wrong, 3, "1", "120");
  CHECK(desk.marks("A") == "30");
}

TEST_CASE("an execution that was only counted is corrected in new units") {
  AdjustmentDesk desk(wide_rules());
  desk.book(9, "C", "A", "1", "100");
  desk.split(9, "A", "4:1");
  const auto counted = desk.count(1, "D", "A", "3", "80");
  CHECK(counted.original.unit_value.to_string() == "20");
  desk.correct(counted, 10, "2", "80");
  CHECK(desk.position("D", "A") == "8");
}

TEST_CASE("a bust across a rename, under either name, moves the new symbol's position and the old one's turnover") {
  const bool is_old_name = GENERATE(true, false);
  AdjustmentDesk desk(wide_rules());
  const auto wrong = desk.book(1, "C", "FB", "10", "100");
  desk.book(2, "C", "META", "1", "110");
  desk.rename(3, "FB", "META");
  desk.split(4, "META", "2:1");
  const auto renamed = desk.book(5, "C", "FB", "1", "60");
  desk.bust(is_old_name ? wrong : under("META", wrong), 6);
  CHECK(desk.position("C", "META") == "3");
  CHECK(desk.symbol("FB") == "0.0000 0.0000 0.0000 0.0000 1");
  // The rename has moved its basis to the mark of META: it is taken back at what it cost.
  CHECK(desk.symbol("META") == "180.0000 0.0000 170.0000 -90.0000 2");
  desk.bust(is_old_name ? renamed : under("META", renamed), 7);
  CHECK(desk.position("C", "META") == "2");
  CHECK(desk.symbol("META") == "110.0000 0.0000 110.0000 -100.0000 2");  // at the mark before: 55
}

TEST_CASE("a correction across a rename keeps the turnover of its chain where the execution was counted") {
  AdjustmentDesk desk(wide_rules());
  const auto wrong = desk.book(1, "C", "FB", "10", "100");
  desk.rename(2, "FB", "META");
  const auto right = desk.correct(under("META", wrong), 3, "5", "100");
  CHECK(desk.position("C", "META") == "5");
  CHECK(desk.symbol("FB") == "0.0000 0.0000 500.0000 0.0000 1");
  CHECK(desk.symbol("META") == "500.0000 0.0000 0.0000 0.0000 0");
  desk.bust(right, 4);
  CHECK(desk.symbol("FB") == "0.0000 0.0000 0.0000 0.0000 1");
  CHECK(desk.position("C", "META") == "0");
}

TEST_CASE("a bust finds its execution through chains, and in a symbol that has come back") {
  AdjustmentDesk desk(wide_rules());
  const auto old = desk.book(1, "C", "A", "1", "10");
  desk.rename(2, "A", "B");
  desk.rename(3, "B", "A");  // A lives again, B means it
  CHECK(desk.position("C", "A") == "1");
  desk.split(4, "A", "3:1");
  const auto late = desk.book(3.5, "C", "B", "1", "10");
  CHECK(desk.position("C", "A") == "6");
  desk.bust(old, 5);
  CHECK(desk.position("C", "A") == "3");
  desk.bust(late, 6);
  CHECK(desk.position("C", "A") == "0");
}

TEST_CASE("a bust after a rename lets the next sweep judge the turnover of the old symbol") {
  RuleSet rules = quiet_rules();
  rules.exposure("client_exposure").enabled = false;
  auto& rule = rules.exposure("symbol_exposure");
  rule.enabled = true;
  rule.limit = Money::from_whole(500);
  rule.measure = Measure::kTurnover;
  AdjustmentDesk desk(rules);
  const auto wrong = desk.book(1, "C", "FB", "10", "100");
  desk.rename(2, "FB", "META");
  desk.pass(3);
  CHECK(desk.bust(wrong, 3.5).empty());
  CHECK(desk.pass(4) == Texts{"RESOLVED CRITICAL HIGH_SYMBOL_EXPOSURE FB 0.0000"});
}

TEST_CASE("a bust resolves what its execution tipped of a symbol that was renamed since") {
  RuleSet rules = quiet_rules();
  SizeRule of_symbol;
  of_symbol.name = "symbol_size";
  of_symbol.entity_type = EntityType::kSymbol;
  of_symbol.limit = Money::from_whole(500);
  rules.size_rules.push_back(of_symbol);
  rules.exposure("client_exposure").enabled = false;
  AdjustmentDesk desk(rules);
  const auto wrong = desk.book(1, "C", "FB", "10", "100");
  CHECK(desk.texts() == Texts{"OPENED HIGH LARGE_TRANSACTION FB 1000.0000"});
  desk.rename(2, "FB", "META");
  CHECK(desk.bust(wrong, 3) == Texts{"RESOLVED HIGH LARGE_TRANSACTION FB 1000.0000"});
}

TEST_CASE(
    "the alert on a symbol's exposure resolves after it was renamed, and the new symbol's opens by the next sweep") {
  RuleSet rules = quiet_rules();
  rules.exposure("client_exposure").enabled = false;
  rules.exposure("symbol_exposure").enabled = true;
  rules.exposure("symbol_exposure").limit = Money::from_whole(500);
  AdjustmentDesk desk(rules);
  desk.book(1, "C", "FB", "10", "100");
  CHECK(desk.rename(1.5, "FB", "META").empty());
  CHECK(desk.pass(2) == Texts{"RESOLVED CRITICAL HIGH_SYMBOL_EXPOSURE FB 0.0000",
                              "OPENED CRITICAL HIGH_SYMBOL_EXPOSURE META 1000.0000"});
}

TEST_CASE("a core without adjustments has no field of them in its snapshot, and inputs leave its hash alone") {
  AdjustmentDesk one(wide_rules()), other(wide_rules());
  other.input = 100;
  for (AdjustmentDesk* desk : {&one, &other}) {
    desk->book(1, "C", "A", "1", "10");
    desk->split(2, "A", "2:1");
    desk->rename(3, "A", "B");
    desk->know({.symbol = Symbol("A")});
  }
  CHECK(one.core.state_hash() == other.core.state_hash());
  CHECK(save(one.core) != save(other.core));
  AdjustmentDesk without(wide_rules());
  without.book(1, "C", "A", "2", "5");
  CHECK(one.core.state_hash() != without.core.state_hash());
}

TEST_CASE("what is broken in splits and renames is found") {
  AdjustmentDesk desk(wide_rules());
  desk.book(1, "C", "A", "1", "10");
  desk.split(2, "A", "2:1");
  desk.rename(3, "A", "B");
  auto& core = Internals::impl(desk.core);
  const auto symbol = Named::in(core.positions.symbols, "A").index;
  SECTION("a circle") {
    core.history.renames.restore("B", {"A", 9, {}, false});
    core.positions.symbols[Named::in(core.positions.symbols, "B").index].has_history = true;
    CHECK(broken(desk.core).find("they lead in a circle") != std::string::npos);
    CHECK_FALSE(load(save(desk.core)).ok());
  }
  SECTION("a renamed symbol with an instrument") {
    const Terms terms;
    core.positions.symbols[symbol].terms = &terms;
    CHECK(broken(desk.core).find("it was renamed, and is held") != std::string::npos);
    core.positions.symbols[symbol].terms = nullptr;
  }
  SECTION("a history that is not noticed") {
    core.positions.symbols[symbol].has_history = false;
    CHECK(broken(desk.core).find("it has a history unnoticed") != std::string::npos);
  }
  SECTION("two renames of a name in force") {
    core.history.renames.restore("A", {"Z", 9, {}, false});
    CHECK(broken(desk.core).find("one that is not the last is in force") != std::string::npos);
    CHECK_FALSE(load(save(desk.core)).ok());
  }
  SECTION("splits out of order") {
    core.history.splits.add("A", {at(1), {1, 2}, 1});
    CHECK(broken(desk.core).find("they are not in order of application") != std::string::npos);
    CHECK_FALSE(load(save(desk.core)).ok());
  }
  SECTION("a ratio of nothing") {
    core.history.splits.add("A", {at(1), {0, 2}, 9});
    CHECK(broken(desk.core).find("a ratio is out of range") != std::string::npos);
    CHECK_FALSE(load(save(desk.core)).ok());
  }
}

TEST_CASE("the names of a symbol are all under which its executions may have come") {
  AdjustmentDesk desk;
  desk.rename(1, "A", "B");
  desk.rename(2, "B", "C");
  desk.rename(2, "X", "Y");
  desk.know({.symbol = Symbol("A")});
  CHECK(desk.core.names_of("C") == std::vector<std::string>{"C", "B", "A"});
  CHECK(desk.core.names_of("A") == std::vector<std::string>{"A", "B", "C"});
  CHECK(desk.core.names_of("Z") == std::vector<std::string>{"Z"});
}

// Splits, renames and positions that a person sets: what they do to positions, marks, P&L and alerts, and to what comes
// later under the old name or in the old units.
#include "adjustment_desk.hpp"

using namespace risk;
using namespace risk::engine;

namespace {

RuleSet rules_with_limit(std::int64_t limit) {
  RuleSet rules = quiet_rules();
  rules.exposure("client_exposure").limit = Money::from_whole(limit);
  return rules;
}

Instrument expiring(const char* symbol, double second) {
  Instrument i;
  i.symbol = Symbol(symbol);
  i.expires_at = at(second);
  return i;
}

constexpr double kNextSession = 24 * 3600;

}  // namespace

TEST_CASE("a split of 10 for 1 leaves exposure, P&L and the alert as they are, and the next trade is in new units") {
  AdjustmentDesk desk(rules_with_limit(1'000'000));
  desk.book(1, "C", "NVDA", "1000", "1200");
  CHECK(desk.texts() == Texts{"OPENED HIGH HIGH_CLIENT_EXPOSURE C 1200000.0000"});
  CHECK(desk.split(2, "NVDA", "10:1").empty());
  CHECK(desk.position("C", "NVDA") == "10000");
  CHECK(desk.mark("NVDA") == "120");
  CHECK(desk.client("C") == "1200000.0000 0.0000 1200000.0000 0.0000 1");
  CHECK(desk.pass(120).empty());  // nothing has fallen below the limit
  desk.book(121, "C", "NVDA", "1", "120");
  CHECK(desk.texts().empty());
  CHECK(desk.client("C") == "1200120.0000 0.0000 1200120.0000 0.0000 2");
  CHECK(desk.core.counters().transactions == 2);
}

TEST_CASE("positions and prices of a split are rounded half to even, each once, and P&L stays") {
  AdjustmentDesk desk(rules_with_limit(1'000'000));
  desk.book(1, "LONG", "A", "0.00000003", "1");
  desk.book(1, "SHORT", "A", "-0.00000001", "1");
  desk.book(1, "MORE", "A", "10", "0.00000005");
  desk.price(2, "A", "0.00000003");
  const auto pnl = [&](const char* client) { return desk.row(client).pnl.to_string(); };
  const std::string gained = pnl("MORE");
  desk.split(3, "A", "1:2");
  CHECK(desk.position("LONG", "A") == "0.00000002");  // 1.5
  CHECK(desk.position("SHORT", "A") == "0");          // -0.5
  CHECK(desk.mark("A") == "0.00000006");
  CHECK(pnl("MORE") == gained);
  desk.split(4, "A", "4:1");
  CHECK(desk.mark("A") == "0.00000002");  // 1.5
  desk.split(5, "A", "4:1");
  CHECK(desk.mark("A") == "0");  // 0.5
  CHECK(pnl("MORE") == gained);
}

TEST_CASE("a split brings the remembered marks along, so that a bust leaves the mark before in new units") {
  AdjustmentDesk desk;
  desk.book(1, "C", "A", "1", "90");
  const auto last = desk.book(2, "C", "A", "1", "100");
  desk.split(3, "A", "2:1");
  desk.bust(last, 4);
  CHECK(desk.mark("A") == "45");
  CHECK(desk.position("C", "A") == "2");
  CHECK(desk.client("C") == "90.0000 0.0000 90.0000 0.0000 2");
}

TEST_CASE("what comes later and is from before a split is split too; what is from then on is not") {
  AdjustmentDesk desk(rules_with_limit(1'000'000));
  desk.book(1, "C", "A", "10", "100");
  desk.split(10, "A", "4:1");
  const auto late = desk.book(9.5, "C", "A", "5", "101");
  CHECK(late.original.unit_value.to_string() == "25.25");
  CHECK(desk.position("C", "A") == "60");
  CHECK(desk.mark("A") == "25.25");  // newer than the mark
  CHECK(desk.client("C") == "1515.0000 0.0000 1505.0000 10.0000 2");
  CHECK(desk.core.counters().late == 1);
  desk.book(10, "C", "A", "5", "26");
  CHECK(desk.position("C", "A") == "65");
  desk.book(8, "C", "A", "1", "100");  // older than the mark
  CHECK(desk.mark("A") == "26");
  CHECK(desk.position("C", "A") == "69");
  desk.price(9, "A", "1000");
  CHECK(desk.mark("A") == "26");
  desk.open("C", "A", "7", "1");  // a position of now
  CHECK(desk.position("C", "A") == "7");
}

TEST_CASE("a price from before a split that comes after it marks in new units") {
  AdjustmentDesk desk;
  desk.book(1, "C", "A", "1", "100");
  desk.split(10, "A", "4:1");
  desk.price(5, "A", "120");
  CHECK(desk.mark("A") == "30");
}

TEST_CASE("splits that come late are applied at once, and an execution from before several by their instants") {
  AdjustmentDesk desk;
  desk.book(20, "C", "A", "0.00000003", "100");
  desk.split(10, "A", "1:2");  // 0.00000002
  CHECK(desk.core.now() == at(20));
  desk.split(5, "A", "3:1");
  CHECK(desk.position("C", "A") == "0.00000006");
  // By instants: 3 for 1, then 1 for 2; in the order of application it would be 0.
  desk.book(1, "D", "A", "0.00000001", "100");
  CHECK(desk.position("D", "A") == "0.00000002");
  desk.book(7, "E", "A", "0.00000001", "100");  // from before the second alone
  CHECK(desk.position("E", "A") == "0");
  CHECK(desk.core.counters().transactions == 3);
}

TEST_CASE("a renamed symbol gives the new one positions, marks and inputs, and keeps its turnover and counts") {
  AdjustmentDesk desk(rules_with_limit(1'000'000));
  desk.book(1, "C", "FB", "10", "300");
  desk.book(2, "D", "FB", "-5", "310");
  desk.book(1.5, "C", "META", "1", "305");
  desk.rename(3, "FB", "META");
  CHECK(desk.position("C", "META") == "11");
  CHECK(desk.position("D", "META") == "-5");
  CHECK(desk.position("C", "FB") == "0");
  CHECK(desk.mark("META") == "310");  // the newer of both
  CHECK(desk.mark("FB") == "0");
  CHECK(desk.symbol("FB") == "0.0000 0.0000 4550.0000 100.0000 2");
  CHECK(desk.symbol("META") == "3410.0000 1550.0000 305.0000 0.0000 1");
  CHECK(desk.client("C") == "3410.0000 0.0000 3305.0000 100.0000 2");
  desk.book(4, "C", "FB", "-1", "320");
  CHECK(desk.position("C", "META") == "10");
  CHECK(desk.position("C", "FB") == "0");
  desk.price(5, "FB", "330");
  CHECK(desk.mark("META") == "330");
  desk.open("E", "FB", "7", "1");
  CHECK(desk.position("E", "META") == "7");
  CHECK(desk.count(4, "F", "FB", "1", "1").original.input != 0);
  CHECK(desk.position("F", "META") == "0");
  CHECK(desk.position("F", "FB") == "none");
}

TEST_CASE("a rename by which a client's net exposure changes moves no P&L") {
  AdjustmentDesk desk(rules_with_limit(1'000'000));
  desk.book(1, "C", "OLD", "10", "100");
  desk.book(2, "D", "NEW", "1", "90");
  desk.price(3, "OLD", "101");
  CHECK(desk.client("C") == "1010.0000 0.0000 1000.0000 10.0000 1");
  desk.price(4, "NEW", "95");
  desk.rename(5, "OLD", "NEW");
  CHECK(desk.client("C") == "950.0000 0.0000 1000.0000 10.0000 1");
  CHECK(desk.client("D") == "95.0000 0.0000 90.0000 5.0000 1");
  CHECK(desk.symbol("NEW") == "1045.0000 0.0000 90.0000 5.0000 1");
  CHECK(desk.symbol("OLD") == "0.0000 0.0000 1000.0000 10.0000 1");
  CHECK(desk.firm() == "1045.0000 0.0000 1090.0000 15.0000 2");
}

TEST_CASE("of two symbols that become one the last eight marks stay, of one instant the renamed symbol's are older") {
  AdjustmentDesk desk(rules_with_limit(1'000'000));
  desk.book(1, "C", "OLD", "1", "10");
  const auto twin = desk.book(2, "C", "NEW", "1", "20");
  desk.price(2, "OLD", "11");
  for (int i = 0; i < 6; ++i) desk.price(3 + i, i % 2 == 0 ? "OLD" : "NEW", std::to_string(30 + i).c_str());
  desk.rename(10, "OLD", "NEW");
  CHECK(desk.mark("NEW") == "35");
  CHECK(desk.marks("NEW") == "11 20 30 31 32 33 34 35");
  desk.bust(twin, 11);
  CHECK(desk.marks("NEW") == "11 30 31 32 33 34 35");
  CHECK(desk.marks("OLD") == "");
}

TEST_CASE("renames go through chains, and a name that is used again ends the rename that took it away") {
  AdjustmentDesk desk(rules_with_limit(1'000'000));
  desk.book(1, "C", "A", "1", "10");
  desk.rename(2, "A", "B");
  desk.rename(3, "B", "C");
  desk.book(4, "C", "A", "1", "10");
  CHECK(desk.position("C", "C") == "2");
  desk.rename(5, "A", "D");  // A means C
  CHECK(desk.position("C", "D") == "2");
  desk.rename(6, "D", "A");  // A lives again, and B, C and D mean it
  CHECK(desk.position("C", "A") == "2");
  desk.book(7, "C", "B", "1", "10");
  CHECK(desk.position("C", "A") == "3");
}

TEST_CASE("a rename to what the name means already, or to itself, is refused") {
  AdjustmentDesk desk;
  desk.book(1, "C", "FB", "1", "10");
  desk.rename(2, "FB", "META");
  CHECK(desk.refuse(desk.renamed(3, "FB", "META")) == Rejection{"new_symbol", "META", "is what FB means already"});
  CHECK(desk.refuse(desk.renamed(3, "FB", "FB")) == Rejection{"new_symbol", "FB", "is the symbol itself"});
}

TEST_CASE("a symbol that nobody has traded can be renamed, so that a late feed finds the new one") {
  AdjustmentDesk desk;
  desk.rename(1, "FB", "META");
  CHECK(desk.core.symbol_rows().empty());
  desk.book(2, "C", "FB", "1", "10");
  CHECK(desk.position("C", "META") == "1");
  CHECK(desk.core.symbol_rows().size() == 1);
}

TEST_CASE("an Instrument of the old name makes it a symbol of its own again, as new") {
  AdjustmentDesk desk(rules_with_limit(1'000'000));
  const auto old = desk.book(1, "C", "FB", "10", "300");
  desk.split(2, "FB", "2:1");
  desk.rename(3, "FB", "META");
  Instrument again{.symbol = Symbol("FB")};
  desk.know(again);
  desk.book(1.5, "C", "FB", "1", "20");  // of the new symbol, which knows no split
  CHECK(desk.position("C", "FB") == "1");
  CHECK(desk.mark("FB") == "20");
  CHECK(desk.position("C", "META") == "20");
  desk.bust(old, 5);  // its position has gone to the new name
  CHECK(desk.position("C", "META") == "0");
  CHECK(desk.position("C", "FB") == "1");
  CHECK(desk.symbol("FB") == "20.0000 0.0000 20.0000 0.0000 2");
}

TEST_CASE("the instrument of a renamed symbol goes along, unless the new one has its own") {
  AdjustmentDesk desk(rules_with_limit(1'000'000));
  Instrument five{.symbol = Symbol("OLD"), .multiplier = *Multiplier::parse("5")};
  desk.know(five);
  desk.book(1, "C", "OLD", "1", "10");
  desk.rename(2, "OLD", "NEW");
  CHECK(desk.mark("NEW") == "50");
  Instrument two{.symbol = Symbol("LAST"), .multiplier = *Multiplier::parse("2")};
  desk.know(two);
  desk.rename(3, "NEW", "LAST");
  CHECK(desk.mark("LAST") == "20");
  CHECK(desk.firm() == "20.0000 0.0000 50.0000 0.0000 1");
}

TEST_CASE("an expiry goes along with the instrument of a renamed symbol") {
  AdjustmentDesk desk(rules_with_limit(1'000'000));
  desk.know(expiring("OLD", 60));
  desk.book(1, "C", "OLD", "1", "10");
  desk.rename(2, "OLD", "NEW");
  desk.pass(60);
  CHECK(desk.position("C", "NEW") == "0");
}

TEST_CASE("splits of the old name count for executions under it, those of the new one only from the rename on") {
  AdjustmentDesk desk(rules_with_limit(1'000'000'000));
  desk.book(1, "C", "OLD", "1", "100");
  desk.book(1, "C", "NEW", "1", "100");
  desk.split(2, "OLD", "2:1");
  desk.split(3, "NEW", "3:1");
  desk.rename(4, "OLD", "NEW");
  desk.split(5, "NEW", "5:1");
  CHECK(desk.position("C", "NEW") == "25");
  desk.book(1, "D", "OLD", "1", "100");
  CHECK(desk.position("D", "NEW") == "10");
  desk.book(1, "E", "NEW", "1", "100");
  CHECK(desk.position("E", "NEW") == "15");
}

TEST_CASE("a rename that is taken back leaves the splits of before and in between to what comes late") {
  AdjustmentDesk desk(rules_with_limit(1'000'000'000));
  desk.book(1, "C", "A", "1", "100");
  desk.split(2, "A", "2:1");
  desk.rename(3, "A", "B");
  desk.split(4, "B", "3:1");
  desk.rename(5, "B", "A");
  CHECK(desk.position("C", "A") == "6");
  desk.book(1, "D", "A", "1", "100");
  CHECK(desk.position("D", "A") == "6");
  desk.book(3.5, "E", "B", "1", "100");
  CHECK(desk.position("E", "A") == "3");
}

TEST_CASE("an older name leads to what a symbol is now, and not to the splits of one that had its name before") {
  AdjustmentDesk desk(rules_with_limit(1'000'000'000));
  desk.book(1, "C", "A", "1", "100");
  desk.rename(2, "A", "S");
  desk.split(3, "S", "2:1");
  desk.rename(4, "S", "N");
  desk.split(5, "N", "3:1");
  desk.know({.symbol = Symbol("S")});
  desk.book(1, "D", "A", "1", "100");
  CHECK(desk.position("D", "S") == "1");
  CHECK(desk.position("C", "N") == "6");
}

TEST_CASE("a position that is set moves no P&L, turnover or count, and its client and symbol may be new") {
  AdjustmentDesk desk(rules_with_limit(100));
  desk.book(1, "C", "A", "10", "9");
  CHECK(desk.set_position(2, "C", "A", "20").empty());
  CHECK(desk.client("C") == "180.0000 0.0000 90.0000 0.0000 1");
  CHECK(desk.pass(3) == Texts{"OPENED CRITICAL HIGH_CLIENT_EXPOSURE C 180.0000"});
  desk.price(4, "A", "10");
  CHECK(desk.client("C") == "200.0000 0.0000 90.0000 20.0000 1");
  desk.set_position(5, "C", "A", "-3");
  CHECK(desk.client("C") == "0.0000 30.0000 90.0000 20.0000 1");
  desk.set_position(6, "NEW", "B", "7");
  CHECK(desk.position("NEW", "B") == "7");
  CHECK(desk.client("NEW") == "0.0000 0.0000 0.0000 0.0000 0");  // without a mark it is worth nothing
  desk.book(7, "D", "B", "1", "2");
  CHECK(desk.client("NEW") == "14.0000 0.0000 0.0000 0.0000 0");
  desk.set_position(8, "C", "A", "0");
  CHECK(desk.position("C", "A") == "0");
}

TEST_CASE("the first mark of a position that was set moves no P&L, whatever makes it") {
  AdjustmentDesk desk(rules_with_limit(1'000'000));
  desk.set_position(1, "C", "A", "7");
  desk.set_position(1, "S", "A", "-2");
  SECTION("a trade, of one who holds it") {
    desk.book(2, "C", "A", "1", "10");
  }
  SECTION("a price") {
    desk.price(2, "A", "10");
  }
  SECTION("an opening position") {
    desk.open("D", "A", "1", "10");
  }
  SECTION("a correction of what was only counted") {
    const auto counted = desk.count(2, "D", "A", "1", "10");
    desk.correct(counted, 3, "1", "10");
  }
  SECTION("a rename") {
    desk.book(2, "D", "B", "1", "10");
    desk.rename(3, "A", "B");
  }
  CHECK(desk.row("S").exposure.net().to_string() == "-20.0000");
  for (const char* client : {"C", "S", "D"}) CHECK(desk.row(client).pnl.to_string() == "0.0000");
  CHECK(desk.core.firm_row().pnl.to_string() == "0.0000");
  desk.price(9, desk.position("S", "B") == "-2" ? "B" : "A", "11");
  CHECK(desk.row("S").pnl.to_string() == "-2.0000");
}

TEST_CASE("an adjustment moves now to its instant, with the sweep that goes with it") {
  AdjustmentDesk desk(rules_with_limit(100));
  desk.book(1, "C", "A", "20", "9");
  desk.set_position(2, "C", "A", "10");
  CHECK(desk.core.now() == at(2));
  CHECK(desk.set_position(3, "C", "B", "1") == Texts{"RESOLVED CRITICAL HIGH_CLIENT_EXPOSURE C 90.0000"});
  desk.split(2, "A", "2:1");
  CHECK(desk.core.now() == at(3));
  desk.rename(kNextSession, "A", "N");
  CHECK(desk.client("C") == "90.0000 0.0000 0.0000 0.0000 1");
}

TEST_CASE("an adjustment whose own sweep closes what has expired finds nothing to move") {
  AdjustmentDesk desk(rules_with_limit(1'000'000));
  desk.know(expiring("A", 10));
  desk.know(expiring("OLD", 10));
  desk.know(expiring("SET", 10));
  for (const char* symbol : {"A", "OLD", "SET"}) desk.book(1, "C", symbol, "1", "10");
  SECTION("a split") {
    desk.split(11, "A", "2:1");
    CHECK(desk.position("C", "A") == "0");
    CHECK(desk.mark("A") == "5");
  }
  SECTION("a rename") {
    desk.book(2, "C", "NEW", "3", "10");
    desk.rename(11, "OLD", "NEW");
    CHECK(desk.position("C", "NEW") == "3");
  }
  SECTION("a rename to what is closed") {
    desk.book(2, "C", "NEW", "3", "10");
    desk.rename(11, "NEW", "OLD");
    CHECK(desk.position("C", "OLD") == "3");
  }
  SECTION("a position that is set") {
    desk.set_position(11, "C", "SET", "4");
    CHECK(desk.position("C", "SET") == "4");
  }
}

TEST_CASE("a client's velocity, orders and baselines do not see an adjustment") {
  RuleSet rules = quiet_rules();
  rules.velocity("client_velocity").enabled = true;
  rules.velocity("client_velocity").limit = 1;
  AdjustmentDesk desk(rules);
  desk.book(1, "C", "A", "1", "1");
  desk.split(1.5, "A", "2:1");
  desk.set_position(1.6, "C", "A", "9");
  desk.rename(1.7, "A", "B");
  CHECK(desk.texts().empty());
  desk.book(1.8, "C", "B", "1", "1");
  CHECK(desk.texts() == Texts{"OPENED HIGH HIGH_TRANSACTION_VELOCITY C 2"});
}

// Which mark a symbol has after a bust or a correction: the last eight are remembered.
#include "reversal_desk.hpp"

using namespace risk;
using namespace risk::engine;

namespace {

RuleSet rules_with_euro() {
  RuleSet rules = quiet_rules();
  rules.rates["EUR"] = *Rate::parse("1.27");
  return rules;
}

Instrument inverse(const char* symbol) {
  Instrument i;
  i.symbol = Symbol(symbol);
  i.multiplier = *Multiplier::parse("100");
  i.contract = Contract::kInverse;
  return i;
}

}  // namespace

TEST_CASE(
    "a bust of what set the mark brings the one before back, with its instant, and what all holders have is worth it") {
  ReversalDesk desk;
  desk.book(1, "D", "A", "5", "90");
  const auto wrong = desk.book(3, "C", "A", "10", "100");
  CHECK(desk.client("D") == "500.0000 0.0000 450.0000 50.0000 1");
  desk.bust(wrong, 4);
  CHECK(desk.mark("A") == "90");
  CHECK(desk.client("D") == "450.0000 0.0000 450.0000 0.0000 1");
  CHECK(desk.firm() == "450.0000 0.0000 450.0000 0.0000 2");
  desk.price(0.5, "A", "70");  // older than the mark that is back
  CHECK(desk.mark("A") == "90");
  desk.price(2, "A", "95");  // not older than it, though than the one that left
  CHECK(desk.mark("A") == "95");
}

TEST_CASE("a bust of an execution that is not the mark any more leaves it") {
  ReversalDesk desk;
  const auto wrong = desk.book(1, "C", "A", "10", "100");
  const auto last = desk.book(2, "D", "A", "5", "90");
  desk.bust(wrong, 3);
  CHECK(desk.mark("A") == "90");
  desk.bust(last, 4);  // the other one has left
  CHECK(desk.mark("A") == "90");
}

TEST_CASE("the only mark stays though its execution is busted, with its instant") {
  ReversalDesk desk;
  const auto wrong = desk.book(2, "C", "A", "10", "100");
  desk.bust(wrong, 3);
  CHECK(desk.mark("A") == "100");
  desk.book(1, "D", "A", "1", "90");  // late
  CHECK(desk.mark("A") == "100");
  const auto next = desk.book(2, "D", "A", "1", "80");
  CHECK(desk.mark("A") == "80");
  desk.bust(next, 3);
  CHECK(desk.mark("A") == "100");
}

TEST_CASE("opening positions and prices without a trade are remembered as well") {
  ReversalDesk desk;
  desk.open("D", "A", "5", "80");
  const auto first = desk.book(1, "C", "A", "10", "100");
  desk.price(2, "A", "110");
  const auto second = desk.book(3, "C", "A", "1", "120");
  desk.bust(second, 4);
  CHECK(desk.mark("A") == "110");
  desk.bust(first, 4);
  CHECK(desk.mark("A") == "110");

  ReversalDesk fresh;
  fresh.open("D", "A", "5", "80");
  const auto only = fresh.book(1, "C", "A", "10", "100");
  fresh.bust(only, 2);
  CHECK(fresh.mark("A") == "80");
  fresh.open("D", "A", "5", "70");  // the mark is that of an opening position again
  CHECK(fresh.mark("A") == "70");
}

TEST_CASE("eight marks are remembered, and one beyond them never comes back") {
  ReversalDesk desk;
  const auto first = desk.book(1, "C", "A", "10", "101");
  std::vector<ReversalDesk::Booked> others;
  for (int i = 0; i < 8; ++i) others.push_back(desk.book(2 + i, "D", "A", "1", std::to_string(102 + i).c_str()));
  desk.bust(first, 10);
  CHECK(desk.position("C", "A") == "0");
  CHECK(desk.mark("A") == "109");
  for (int i = 7; i > 0; --i) {
    desk.bust(others[static_cast<std::size_t>(i)], 10);
    CHECK(desk.mark("A") == std::to_string(101 + i));
  }
  desk.bust(others[0], 10);
  CHECK(desk.mark("A") == "102");
  CHECK(desk.firm() == "0.0000 0.0000 0.0000 0.0000 9");
}

TEST_CASE("the eighth mark back comes back") {
  ReversalDesk desk;
  desk.book(1, "C", "A", "1", "101");
  std::vector<ReversalDesk::Booked> others;
  for (int i = 0; i < 7; ++i) others.push_back(desk.book(2 + i, "D", "A", "1", std::to_string(102 + i).c_str()));
  for (const auto& other : others) desk.bust(other, 10);
  CHECK(desk.mark("A") == "101");
}

TEST_CASE("a bust of a late execution leaves the mark, and takes what it gained against that") {
  ReversalDesk desk;
  desk.book(10, "C", "A", "10", "100");
  const auto late = desk.book(5, "D", "A", "5", "90");
  CHECK(desk.client("D") == "500.0000 0.0000 450.0000 50.0000 1");
  desk.bust(late, 11);
  CHECK(desk.mark("A") == "100");
  CHECK(desk.client("D") == "0.0000 0.0000 0.0000 0.0000 1");
}

TEST_CASE("a mark that comes back is worth its price at the rate in force now, and by the terms of now") {
  ReversalDesk desk(rules_with_euro());
  desk.book(1, "D", "SAP", "1", "100", "EUR");
  const auto wrong = desk.book(2, "C", "SAP", "10", "130", "USD");
  CHECK(desk.client("D") == "130.0000 0.0000 127.0000 3.0000 1");
  desk.rate(3, "EUR", "1.2");
  CHECK(desk.mark("SAP") == "130");
  desk.bust(wrong, 4);
  CHECK(desk.mark("SAP") == "120");
  CHECK(desk.client("D") == "120.0000 0.0000 127.0000 -7.0000 1");
  desk.rate(5, "EUR", "1.3");
  CHECK(desk.mark("SAP") == "130");

  const auto again = desk.book(6, "C", "SAP", "1", "140", "USD");
  Instrument known;
  known.symbol = Symbol("SAP");
  known.multiplier = *Multiplier::parse("2");
  desk.know(known);
  CHECK(desk.mark("SAP") == "280");
  desk.bust(again, 7);
  CHECK(desk.mark("SAP") == "260");
}

TEST_CASE("a correction's price takes the place and the instant of its original's among the marks") {
  ReversalDesk desk;
  desk.book(1, "D", "A", "1", "90");
  const auto wrong = desk.book(3, "C", "A", "10", "100");
  const auto last = desk.book(5, "D", "A", "1", "120");
  const auto corrected = desk.correct(wrong, 9, "10", "105");
  CHECK(desk.mark("A") == "120");
  CHECK(desk.client("C") == "1200.0000 0.0000 1050.0000 150.0000 1");
  desk.bust(last, 9);
  CHECK(desk.mark("A") == "105");
  desk.price(2, "A", "70");  // older than the original
  CHECK(desk.mark("A") == "105");
  desk.price(4, "A", "95");  // older than the correction alone
  CHECK(desk.mark("A") == "95");
  desk.bust(corrected, 9);
  CHECK(desk.mark("A") == "95");
}

TEST_CASE("a correction in another currency marks in that, and goes on with its rate") {
  ReversalDesk desk(rules_with_euro());
  const auto wrong = desk.book(1, "C", "SAP", "10", "100", "USD");
  desk.correct(wrong, 2, "10", "100", "EUR");
  CHECK(desk.mark("SAP") == "127");
  CHECK(desk.client("C") == "1270.0000 0.0000 1270.0000 0.0000 1");
  desk.rate(3, "EUR", "1.3");
  CHECK(desk.client("C") == "1300.0000 0.0000 1270.0000 30.0000 1");
}

TEST_CASE("a correction whose original left the last eight marks, or never was one, makes none") {
  ReversalDesk desk;
  const auto first = desk.book(2, "C", "A", "10", "100");
  const auto late = desk.book(1, "C", "A", "10", "50");
  desk.correct(late, 3, "10", "60");
  CHECK(desk.mark("A") == "100");
  for (int i = 0; i < 8; ++i) desk.price(3 + i, "A", std::to_string(102 + i).c_str());
  desk.correct(first, 20, "10", "300");
  CHECK(desk.mark("A") == "109");
  CHECK(desk.client("C") == "2180.0000 0.0000 3600.0000 -1420.0000 2");
}

TEST_CASE("the price of a correction that came first marks at its execution's instant, where that may mark") {
  const bool is_older_than_the_mark = GENERATE(false, true);
  ReversalDesk desk;
  desk.book(is_older_than_the_mark ? 6 : 3, "D", "A", "1", "90");
  const auto counted = desk.count(5, "C", "A", "10", "100");
  const auto corrected = desk.correct(counted, 8, "4", "95");
  if (is_older_than_the_mark) {
    CHECK(desk.mark("A") == "90");
    CHECK(desk.client("C") == "360.0000 0.0000 380.0000 -20.0000 1");
    return;
  }
  CHECK(desk.mark("A") == "95");
  desk.price(4, "A", "70");
  CHECK(desk.mark("A") == "95");
  const auto again = desk.correct(corrected, 9, "4", "97");
  CHECK(desk.mark("A") == "97");
  desk.bust(again, 9);
  CHECK(desk.mark("A") == "90");
  desk.price(4, "A", "80");  // of the execution's instant nothing is left
  CHECK(desk.mark("A") == "80");
}

TEST_CASE(
    "a symbol of which executions were only counted is worth nothing until something marks it, also an inverse one") {
  ReversalDesk desk;
  desk.know(inverse("BTC"));
  const auto counted = desk.count(1, "C", "BTC", "10", "60000");
  CHECK(counted.original.unit_value.to_string() == "100");
  CHECK(desk.mark("BTC") == "0");
  desk.know(inverse("BTC"));
  desk.correct(counted, 2, "3", "50000");
  CHECK(desk.mark("BTC") == "100");
  CHECK(desk.client("C") == "300.0000 0.0000 300.0000 0.0000 1");
}

TEST_CASE("with another base currency one mark is remembered: what the symbol is worth, by the input that made it") {
  ReversalDesk desk(rules_with_euro());
  desk.book(1, "D", "A", "1", "90");
  desk.book(2, "D", "A", "1", "95");
  const auto wrong = desk.book(3, "C", "A", "10", "100", "EUR");
  RuleSet rules = quiet_rules();
  rules.base_currency = "EUR";
  rules.rates["USD"] = *Rate::parse("0.8");
  desk.set_rules(rules);
  CHECK(desk.mark("A") == "127");
  SECTION("a bust leaves it, for it is the only one") {
    desk.bust(wrong, 4);
    CHECK(desk.mark("A") == "127");
    CHECK(desk.position("C", "A") == "0");
  }
  SECTION("a correction replaces it") {
    desk.correct(wrong, 4, "10", "100", "EUR");
    CHECK(desk.mark("A") == "100");
  }
  SECTION("the next mark can go again") {
    const auto next = desk.book(5, "C", "A", "1", "200", "USD");
    CHECK(desk.mark("A") == "160");
    desk.bust(next, 6);
    CHECK(desk.mark("A") == "127");
  }
}

// Busts and corrections: what they do to positions, turnover, P&L and the session.
#include "reversal_desk.hpp"

using namespace risk;
using namespace risk::engine;

namespace {

constexpr double kNextSession = 24 * 3600;

Instrument expiring(const char* symbol, double second) {
  Instrument i;
  i.symbol = Symbol(symbol);
  i.multiplier = *Multiplier::parse("1");
  i.expires_at = at(second);
  return i;
}

}  // namespace

TEST_CASE("an execution that is busted and booked again counts twice, and moves positions, turnover and P&L once") {
  ReversalDesk desk;
  const auto wrong = desk.book(1, "C", "A", "10", "100");
  CHECK(desk.bust(wrong, 2).empty());
  CHECK(desk.position("C", "A") == "0");
  for (const auto& row : {desk.firm(), desk.client("C"), desk.symbol("A")}) {
    CHECK(row == "0.0000 0.0000 0.0000 0.0000 1");
  }
  desk.book(3, "C", "A", "10", "100");
  CHECK(desk.position("C", "A") == "10");
  for (const auto& row : {desk.firm(), desk.client("C"), desk.symbol("A")}) {
    CHECK(row == "1000.0000 0.0000 1000.0000 0.0000 2");
  }
  CHECK(desk.core.counters().transactions == 2);
  CHECK(desk.core.counters().late == 0);
}

TEST_CASE("a bust of a sale takes back what it gained, at its own price, and leaves the others' part of the position") {
  ReversalDesk desk;
  desk.book(1, "C", "A", "10", "100");
  const auto sale = desk.book(2, "C", "A", "-4", "110");
  desk.price(3, "A", "120");
  CHECK(desk.client("C") == "720.0000 0.0000 1440.0000 160.0000 2");
  desk.bust(sale, 4);
  CHECK(desk.position("C", "A") == "10");
  CHECK(desk.client("C") == "1200.0000 0.0000 1000.0000 200.0000 2");
  CHECK(desk.symbol("A") == "1200.0000 0.0000 1000.0000 200.0000 2");
}

TEST_CASE("a bust or correction that is older than now is not late, and moves no time; one that is newer does") {
  ReversalDesk desk;
  const auto one = desk.book(5, "C", "A", "1", "100"), other = desk.book(5, "C", "A", "1", "100");
  desk.bust(one, 3);
  CHECK(desk.core.now() == at(5));
  desk.correct(other, 7, "2", "100");
  CHECK(desk.core.now() == at(7));
  CHECK(desk.core.counters().late == 0);
  CHECK(desk.core.counters().sweeps == 1);
}

TEST_CASE("a correction of quantity, price or side gives what the right execution would have given") {
  struct Case {
    const char *quantity, *price;
    const char *position, *row;
  };
  const auto one = GENERATE(Case{"4", "100", "4", "400.0000 0.0000 400.0000 0.0000 1"},
                            Case{"10", "90", "10", "900.0000 0.0000 900.0000 0.0000 1"},
                            Case{"-10", "100", "-10", "0.0000 1000.0000 1000.0000 0.0000 1"},
                            Case{"-4", "90", "-4", "0.0000 360.0000 360.0000 0.0000 1"});
  ReversalDesk desk;
  const auto wrong = desk.book(1, "C", "A", "10", "100");
  desk.correct(wrong, 2, one.quantity, one.price);
  CHECK(desk.position("C", "A") == one.position);
  for (const auto& row : {desk.firm(), desk.client("C"), desk.symbol("A")}) CHECK(row == one.row);
}

TEST_CASE("a correction of a correction replaces that, and a bust of the last leaves nothing of the chain") {
  ReversalDesk desk;
  desk.book(1, "D", "A", "1", "90");
  const auto first = desk.book(2, "C", "A", "10", "100");
  const auto second = desk.correct(first, 3, "5", "110");
  CHECK(desk.client("C") == "550.0000 0.0000 550.0000 0.0000 1");
  const auto third = desk.correct(second, 4, "-2", "120");
  CHECK(desk.client("C") == "0.0000 240.0000 240.0000 0.0000 1");
  CHECK(desk.client("D") == "120.0000 0.0000 90.0000 30.0000 1");
  desk.bust(third, 5);
  CHECK(desk.position("C", "A") == "0");
  CHECK(desk.client("C") == "0.0000 0.0000 0.0000 0.0000 1");
  CHECK(desk.client("D") == "90.0000 0.0000 90.0000 0.0000 1");
  CHECK(desk.firm() == "90.0000 0.0000 90.0000 0.0000 2");
}

TEST_CASE("a bust of an execution of an earlier session takes its whole P&L back in this one, and no turnover") {
  const bool is_begun_by_tick = GENERATE(true, false);
  ReversalDesk desk;
  const auto wrong = desk.book(1, "C", "A", "10", "100");
  desk.book(2, "D", "A", "1", "110");
  if (is_begun_by_tick) {
    desk.pass(kNextSession);
    CHECK(desk.client("C") == "1100.0000 0.0000 0.0000 0.0000 1");
  }
  desk.bust(wrong, kNextSession + 1);  // also where it begins the session itself
  CHECK(desk.client("C") == "0.0000 0.0000 0.0000 -100.0000 1");
  CHECK(desk.client("D") == "110.0000 0.0000 0.0000 0.0000 1");
  CHECK(desk.firm() == "110.0000 0.0000 0.0000 -100.0000 2");
}

TEST_CASE("a correction of an execution of an earlier session adds no turnover, nor does a bust of it take any") {
  const bool is_begun_by_tick = GENERATE(true, false);
  ReversalDesk desk;
  const auto wrong = desk.book(1, "C", "A", "10", "100");
  desk.book(2, "D", "A", "1", "110");
  if (is_begun_by_tick) desk.pass(kNextSession);
  const auto corrected = desk.correct(wrong, kNextSession + 1, "4", "105");
  // It paid 420 where it had paid 1,000, and has 440 where it had 1,100: 80 gained of 100 are lost again.
  CHECK(desk.client("C") == "440.0000 0.0000 0.0000 -80.0000 1");
  const auto again = desk.correct(corrected, kNextSession + 2, "6", "105");
  CHECK(desk.client("C") == "660.0000 0.0000 0.0000 -70.0000 1");
  desk.bust(again, kNextSession + 3);
  CHECK(desk.client("C") == "0.0000 0.0000 0.0000 -100.0000 1");
  CHECK(desk.firm() == "110.0000 0.0000 0.0000 -100.0000 2");
}

TEST_CASE("an execution that begins a session is of it") {
  ReversalDesk desk;
  desk.book(1, "C", "A", "1", "100");
  const auto first = desk.book(kNextSession, "C", "A", "2", "100");
  CHECK(desk.client("C") == "300.0000 0.0000 200.0000 0.0000 2");
  const auto corrected = desk.correct(first, kNextSession + 1, "3", "100");
  CHECK(desk.client("C") == "400.0000 0.0000 300.0000 0.0000 2");
  desk.bust(corrected, kNextSession + 2);
  CHECK(desk.client("C") == "100.0000 0.0000 0.0000 0.0000 2");
}

TEST_CASE(
    "a bust after the symbol expired takes what was closed from the position, which the next sweep closes again") {
  ReversalDesk desk;
  desk.know(expiring("A", 5));
  const auto wrong = desk.book(1, "C", "A", "10", "100");
  desk.price(2, "A", "120");
  desk.pass(6);
  CHECK(desk.client("C") == "0.0000 0.0000 1000.0000 200.0000 1");
  desk.bust(wrong, 6.5);
  CHECK(desk.position("C", "A") == "-10");
  CHECK(desk.client("C") == "0.0000 1200.0000 0.0000 0.0000 1");
  desk.pass(7);
  CHECK(desk.position("C", "A") == "0");
  CHECK(desk.client("C") == "0.0000 0.0000 0.0000 0.0000 1");
}

TEST_CASE("a bust whose own sweep closes the symbol comes after the closing") {
  ReversalDesk desk;
  desk.know(expiring("A", 5));
  const auto wrong = desk.book(1, "C", "A", "10", "100");
  desk.book(1, "C", "A", "1", "100");
  desk.bust(wrong, 6);
  CHECK(desk.position("C", "A") == "-10");
  desk.pass(7);
  CHECK(desk.position("C", "A") == "0");
}

TEST_CASE("a bust after an opening position takes its quantity from what that has set") {
  ReversalDesk desk;
  const auto wrong = desk.book(1, "C", "A", "10", "100");
  desk.open("C", "A", "3", "80");
  CHECK(desk.client("C") == "300.0000 0.0000 1000.0000 0.0000 1");
  desk.bust(wrong, 2);
  CHECK(desk.position("C", "A") == "-7");
  CHECK(desk.client("C") == "0.0000 700.0000 0.0000 0.0000 1");
}

TEST_CASE("an execution that comes after its bust gives rows of nothing, and counts") {
  ReversalDesk desk;
  desk.book(2, "D", "B", "1", "50");
  const auto counted = desk.count(1, "C", "A", "10", "100");
  CHECK(desk.texts().empty());
  CHECK(desk.position("C", "A") == "0");
  CHECK(desk.mark("A") == "0");
  for (const auto& row : {desk.client("C"), desk.symbol("A")}) CHECK(row == "0.0000 0.0000 0.0000 0.0000 1");
  CHECK(desk.firm() == "50.0000 0.0000 50.0000 0.0000 2");
  CHECK(desk.core.counters().late == 1);
  const auto before = desk.core.client_rows();
  desk.bust(counted, 2);
  CHECK(desk.core.client_rows() == before);
  CHECK(desk.mark("A") == "0");
  // Whatever comes first marks the symbol, also what is older.
  desk.book(0.5, "D", "A", "1", "40");
  CHECK(desk.mark("A") == "40");
}

TEST_CASE("an execution that is only counted moves now, sweeps and begins a session, as any other") {
  ReversalDesk desk;
  desk.book(1, "C", "A", "10", "100");
  desk.count(kNextSession, "C", "A", "10", "200");
  CHECK(desk.core.now() == at(kNextSession));
  CHECK(desk.client("C") == "1000.0000 0.0000 0.0000 0.0000 2");
  CHECK(desk.mark("A") == "100");
}

TEST_CASE("an execution that is only counted is judged as any other, and what is refused changes nothing") {
  ReversalDesk desk;
  desk.book(1, "C", "A", "10", "100");
  auto wrong = desk.transaction(2, "C", "A", "1", "100");
  wrong.currency = "EUR";
  const auto hash = desk.core.state_hash();
  CHECK(desk.core.count(wrong, desk.events).error() == Rejection{"currency", "EUR", "there is no rate for it"});
  wrong.currency = "";
  wrong.side = Side::kUnknown;
  CHECK(desk.core.count(wrong, desk.events).error().field == "side");
  desk.core.set_bounds({.clients_max = 1, .symbols_max = 1, .positions_max = 1});
  CHECK(desk.core.count(desk.transaction(2, "NEW", "A", "1", "100"), desk.events).error().field == "client_id");
  CHECK(desk.core.count(desk.transaction(2, "C", "NEW", "1", "100"), desk.events).error().field == "symbol");
  CHECK(desk.core.state_hash() == hash);
  CHECK(desk.core.count(desk.transaction(2, "C", "A", "1", "100"), desk.events).ok());
}

TEST_CASE(
    "a correction that came before its execution stands in its place, with what that would have been of the session") {
  ReversalDesk desk;
  desk.book(1, "D", "A", "1", "90");
  const auto counted = desk.count(5, "C", "A", "10", "100");
  const auto corrected = desk.correct(counted, 6, "4", "95");
  CHECK(desk.position("C", "A") == "4");
  CHECK(desk.client("C") == "380.0000 0.0000 380.0000 0.0000 1");
  CHECK(desk.client("D") == "95.0000 0.0000 90.0000 5.0000 1");
  desk.bust(corrected, 7);
  CHECK(desk.client("C") == "0.0000 0.0000 0.0000 0.0000 1");
  CHECK(desk.client("D") == "90.0000 0.0000 90.0000 0.0000 1");
}

TEST_CASE("a correction of what was counted in an earlier session adds no turnover") {
  ReversalDesk desk;
  desk.book(1, "D", "A", "1", "90");
  const auto counted = desk.count(2, "C", "A", "10", "100");
  desk.pass(kNextSession);
  desk.correct(counted, kNextSession + 1, "4", "90");
  CHECK(desk.client("C") == "360.0000 0.0000 0.0000 0.0000 1");
}

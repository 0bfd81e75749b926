// Busts and corrections that cannot be applied: values that do not fit, and ranges that they would leave.
#include "reversal_desk.hpp"

using namespace risk;
using namespace risk::engine;

namespace {

constexpr const char *kMost = "92233720368.54775807", *kLeast = "-92233720368.54775807";

Transaction bust() {
  Transaction t;
  t.transaction_id = "V";
  t.executed_at = at(1);
  t.client_id = ClientId("C");
  t.symbol = Symbol("A");
  t.kind = ExecutionKind::kBust;
  t.ref_transaction_id = "T";
  return t;
}
Transaction correction() {
  Transaction t = bust();
  t.kind = ExecutionKind::kCorrection;
  t.side = Side::kBuy;
  t.quantity = *Quantity::parse("1");
  return t;
}

Instrument terms(const char* symbol) {
  Instrument i;
  i.symbol = Symbol(symbol);
  i.multiplier = *Multiplier::parse("1");
  i.allows_negative = true;
  return i;
}

}  // namespace

TEST_CASE("a bust or correction names what it takes back, and an execution names nothing") {
  CHECK_FALSE(value_problem(bust()));
  CHECK_FALSE(value_problem(correction()));
  for (auto reversal : {bust(), correction()}) {
    reversal.ref_transaction_id = "";
    CHECK(value_problem(reversal) == Rejection{"ref_transaction_id", "", "empty"});
    reversal.ref_transaction_id = "a\nb";
    CHECK(value_problem(reversal)->field == "ref_transaction_id");
    CHECK(value_problem(reversal)->reason == "contains a control character");
    reversal.ref_transaction_id = std::string(51, 'x');
    CHECK(value_problem(reversal)->reason == "longer than 50 bytes");
  }
  Transaction execution = correction();
  execution.kind = ExecutionKind::kExecution;
  CHECK(value_problem(execution) == Rejection{"ref_transaction_id", "T", "is of a BUST or a CORRECTION alone"});
  execution.ref_transaction_id = "";
  CHECK_FALSE(value_problem(execution));
}

TEST_CASE("an execution with a reference is refused by the core, known client and symbol or not") {
  ReversalDesk desk;
  for (int i = 0; i < 2; ++i) {
    auto execution = desk.transaction(1, "C", "A", "1", "100");
    execution.ref_transaction_id = "T";
    const auto hash = desk.core.state_hash();
    const auto applied = desk.core.apply(execution, desk.events);
    REQUIRE_FALSE(applied.ok());
    CHECK(applied.error().field == "ref_transaction_id");
    CHECK(desk.core.count(execution, desk.events).error().field == "ref_transaction_id");
    CHECK(desk.core.state_hash() == hash);
    desk.book(1, "C", "A", "1", "100");
  }
}

TEST_CASE("a correction must not have its original's own id, a bust may") {
  auto same = correction();
  same.ref_transaction_id = same.transaction_id;
  CHECK(value_problem(same) == Rejection{"ref_transaction_id", "V", "is the correction's own id"});
  same = bust();
  same.ref_transaction_id = same.transaction_id;
  CHECK_FALSE(value_problem(same));
}

TEST_CASE("a kind that is none is refused, of what looks like an execution too") {
  Transaction unknown = correction();
  unknown.kind = static_cast<ExecutionKind>(9);
  CHECK(value_problem(unknown) == Rejection{"kind", "9", "not EXECUTION, BUST or CORRECTION"});
}

TEST_CASE("of a bust its ids, its instant, broker and market are read, and nothing else") {
  auto odd = bust();
  odd.side = static_cast<Side>(9);
  odd.quantity = Quantity::from_units(-1);
  odd.price = *Price::parse("-5");
  odd.currency = odd.order_id = odd.trader_id = std::string(60, '\n');
  CHECK_FALSE(value_problem(odd));
  const auto field_of = [](auto&& change) {
    auto wrong = bust();
    change(wrong);
    const auto problem = value_problem(wrong);
    return problem ? problem->field : "none";
  };
  CHECK(field_of([](auto& t) { t.transaction_id = ""; }) == "transaction_id");
  CHECK(field_of([](auto& t) { t.executed_at = kTimestampMax, ++t.executed_at.nanos; }) == "executed_at");
  CHECK(field_of([](auto& t) { t.client_id = ClientId(""); }) == "client_id");
  CHECK(field_of([](auto& t) { t.symbol = Symbol("\x7f"); }) == "symbol");
  CHECK(field_of([](auto& t) { t.broker_id = "\n"; }) == "broker_id");
  CHECK(field_of([](auto& t) { t.market = "\n"; }) == "market");
}

TEST_CASE(
    "of two fields that do not fit the first of the table is named, before it a kind that is none, and the reference "
    "last") {
  auto wrong = correction();
  wrong.side = Side::kUnknown;
  wrong.trader_id = wrong.ref_transaction_id = "\n";
  CHECK(value_problem(wrong)->field == "side");
  wrong.side = Side::kSell;
  CHECK(value_problem(wrong)->field == "trader_id");
  wrong.kind = static_cast<ExecutionKind>(9);
  CHECK(value_problem(wrong)->field == "kind");
  wrong.kind = ExecutionKind::kCorrection;
  wrong.trader_id = "";
  CHECK(value_problem(wrong)->field == "ref_transaction_id");
}

TEST_CASE("a bust or correction whose values do not fit changes nothing") {
  ReversalDesk desk;
  const auto booked = desk.book(1, "C", "A", "10", "100");
  auto no_reference = desk.bust_of(booked, 100'000);
  no_reference.ref_transaction_id = "";
  CHECK(desk.refused(no_reference, booked) == Rejection{"ref_transaction_id", "", "empty"});
  auto no_quantity = desk.correction_of(booked, 100'000, "1", "100");
  no_quantity.quantity = {};
  CHECK(desk.refused(no_quantity, booked) == Rejection{"quantity", "0", "must be above 0"});
  CHECK(desk.refused(desk.correction_of(booked, 100'000, "1", "100", "XXX"), booked) ==
        Rejection{"currency", "XXX", "there is no rate for it"});
  CHECK(desk.refused(desk.correction_of(booked, 100'000, "1", "-1"), booked).field == "price");
  CHECK(desk.client("C") == "1000.0000 0.0000 1000.0000 0.0000 1");
}

TEST_CASE(
    "a reversal that takes a position out of its range is refused, a bust by its reference, a correction by its "
    "quantity") {
  ReversalDesk desk;
  const auto sale = desk.book(1, "C", "A", "-1", "1");
  const auto first = desk.book(1, "C", "A", "1", "1");
  desk.book(1, "C", "A", kMost, "1");
  CHECK(desk.position("C", "A") == kMost);
  CHECK(desk.refused(desk.bust_of(sale, 2), sale) ==
        Rejection{"ref_transaction_id", sale.transaction.transaction_id, "it would take the position out of range"});
  CHECK(desk.refused(desk.correction_of(first, 2, "1.00000001", "1"), first) ==
        Rejection{"quantity", "1.00000001", "it would take the position out of range"});
  desk.correct(first, 2, "1", "2");  // as much fits

  ReversalDesk short_desk;
  const auto buy = short_desk.book(1, "C", "A", "1", "1");
  const auto other = short_desk.book(1, "C", "A", "-1", "1");
  short_desk.book(1, "C", "A", kLeast, "1");
  CHECK(short_desk.refused(short_desk.bust_of(buy, 2), buy).field == "ref_transaction_id");
  CHECK(short_desk.refused(short_desk.correction_of(other, 2, "-1.00000001", "1"), other).field == "quantity");
}

TEST_CASE("a mark that is worth too much at the rate of now does not come back") {
  RuleSet rules = quiet_rules();
  rules.rates["EUR"] = *Rate::parse("1");
  ReversalDesk desk(rules);
  desk.book(1, "D", "A", "0.00000001", "90000000000", "EUR");
  const auto wrong = desk.book(2, "C", "A", "1", "100");
  desk.rate(3, "EUR", "2");
  CHECK(desk.refused(desk.bust_of(wrong, 4), wrong) ==
        Rejection{"ref_transaction_id", wrong.transaction.transaction_id,
                  "it would take what the symbol is worth out of range"});
  CHECK(desk.refused(desk.correction_of(wrong, 4, "1", "90000000000", "EUR"), wrong).field == "price");
  desk.rate(5, "EUR", "1");
  desk.bust(wrong, 6);
  CHECK(desk.mark("A") == "90000000000");
}

TEST_CASE("a mark at which the firm's gross exposure leaves its range does not come back") {
  ReversalDesk desk;
  desk.price(1, "A", kMost);
  const auto wrong = desk.book(2, "C", "A", "1", "1");
  for (const char* client : {"D", "E", "F"}) desk.book(1.5, client, "A", kMost, "1");  // late
  CHECK(desk.refused(desk.bust_of(wrong, 4), wrong) ==
        Rejection{"ref_transaction_id", wrong.transaction.transaction_id,
                  "it would take the firm's gross exposure out of range"});
  CHECK(desk.refused(desk.correction_of(wrong, 4, "1", kMost), wrong) ==
        Rejection{"quantity", "1", "it would take the firm's gross exposure out of range"});
}

TEST_CASE("a correction that takes the firm's turnover out of its range is refused") {
  ReversalDesk desk;
  desk.book(1, "C", "A", kMost, kMost);
  desk.book(1, "C", "A", kLeast, kMost);
  const auto wrong = desk.book(1, "D", "B", "1", "1");
  CHECK(desk.refused(desk.correction_of(wrong, 2, kMost, kMost), wrong) ==
        Rejection{"quantity", kMost, "it would take the firm's turnover out of range"});
  desk.pass(24 * 3600);
  desk.correct(wrong, 24 * 3600 + 1, kMost, kMost);  // of an earlier session it makes none
  CHECK(desk.core.firm_row().exposure.turnover == Notional{});
}

TEST_CASE("a bust that takes the P&L of the session out of 127 bits is refused") {
  ReversalDesk desk;
  std::vector<ReversalDesk::Booked> bought;
  double session = 0;
  for (const char* symbol : {"A", "B", "E"}) {
    bought.push_back(desk.book(session + 1, "C", symbol, kMost, kMost));
    desk.price(session + 2, symbol, "0");
    desk.pass(session += 24 * 3600);
  }
  CHECK(desk.firm() == "0.0000 0.0000 0.0000 0.0000 3");
  desk.bust(bought[0], session + 1);
  desk.bust(bought[1], session + 1);
  CHECK(desk.core.firm_row().pnl.units() == 2 * (Int128{INT64_MAX} * INT64_MAX));
  CHECK(desk.refused(desk.bust_of(bought[2], session + 1), bought[2]) ==
        Rejection{"ref_transaction_id", bought[2].transaction.transaction_id,
                  "it would take the session's P&L out of range"});
  CHECK(desk.refused(desk.correction_of(bought[2], session + 1, "1", "1"), bought[2]) ==
        Rejection{"quantity", "1", "it would take the session's P&L out of range"});
}

TEST_CASE(
    "a bust whose own sweep closes the symbol is refused if the P&L that the closing keeps leaves no room for it") {
  ReversalDesk desk;
  Instrument ending = terms("X");
  ending.expires_at = at(5);
  desk.know(ending);
  for (const auto& [symbol, gained] : {std::pair("A", kMost), std::pair("B", "80000000000")}) {
    desk.open("G", symbol, kMost, "0");
    desk.price(1, symbol, gained);
    desk.open("G", symbol, "0", "0");
  }
  desk.price(1, "X", "0");
  const auto wrong = desk.book(2, "C", "X", kMost, kMost);
  // Closed at its own price it has paid for itself; that nobody paid for it would be a gain.
  CHECK(desk.refused(desk.bust_of(wrong, 5), wrong) == Rejection{"ref_transaction_id", wrong.transaction.transaction_id,
                                                                 "it would take the session's P&L out of range"});
  desk.bust(wrong, 4.9);
  CHECK(desk.client("C") == "0.0000 0.0000 0.0000 0.0000 1");
}

TEST_CASE("a correction has to fit a position that its own sweep closes, as well as the one that stands") {
  ReversalDesk desk;
  auto ending = terms("A");
  ending.expires_at = at(5);
  desk.know(ending);
  const auto wrong = desk.book(1, "C", "A", kMost, "0.00000001");
  CHECK(desk.refused(desk.correction_of(wrong, 5, kLeast, "0.00000001"), wrong).field == "quantity");
  const auto corrected = desk.correct(wrong, 4.9, kLeast, "0.00000001");
  CHECK(desk.position("C", "A") == kLeast);
  CHECK(desk.refused(desk.correction_of(corrected, 5, "0.00000001", "0.00000001"), corrected).field == "quantity");
  desk.correct(corrected, 5, "-0.00000001", "0.00000001");
  CHECK(desk.position("C", "A") == "92233720368.54775806");
}

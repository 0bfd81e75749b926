// What a Processor does with busts and corrections: before and after their execution is stored, before it has come, and
// with those that come again.
#include "known_records.hpp"
#include "support/catch.hpp"

using namespace risk;
using namespace risk::risk_engine;
using namespace risk::risk_engine::test;
using engine::ExecutionKind;

namespace {

engine::Transaction bust(const std::string& id, const std::string& reference, int at = 100) {
  engine::Transaction t = fill(0);
  t.transaction_id = id;
  t.executed_at = {kWall.nanos + at * kNanosPerSecond};
  t.kind = ExecutionKind::kBust;
  t.ref_transaction_id = reference;
  // Nobody reads these of a bust.
  t.side = engine::Side::kUnknown;
  t.quantity = {};
  t.price = {};
  return t;
}

engine::Transaction correction(const std::string& id, const std::string& reference, const char* quantity,
                               const char* price = "10") {
  auto t = bust(id, reference);
  t.kind = ExecutionKind::kCorrection;
  t.side = engine::Side::kBuy;
  t.quantity = *Quantity::parse(quantity);
  t.price = *Price::parse(price);
  return t;
}

store::StoredTransaction stored(const Rig& rig, const std::string& id) {
  for (const auto& row : rig.reader->transactions({})) {
    if (row.transaction.transaction_id == id) return row;
  }
  return {};
}

std::vector<store::QuarantineRow> awaiting(const Rig& rig) {
  return rig.reader->quarantine({store::QuarantineKind::kAwaiting, true});
}

// What the engine makes of it whenever commits and restarts come in between.
enum class Between { kNothing, kCommit, kRestart };
void pause(Rig& rig, Between between) {
  if (between != Between::kNothing) rig.commit();
  if (between == Between::kRestart) rig.restart();
}

}  // namespace

TEST_CASE("a bust takes an execution back, and its row says by what, whether it is stored yet or not") {
  const auto between = GENERATE(Between::kNothing, Between::kCommit, Between::kRestart);
  Rig rig;
  rig.send(fill(1));
  rig.send(fill(2));
  pause(rig, between);
  rig.send(bust("B1", "T1"), 1);
  pause(rig, between);
  CHECK((rig.commit(), rig.position()) == "100");
  const auto busted = stored(rig, "T1");
  REQUIRE(busted.reversed_by);
  CHECK(busted.reversed_by->kind == ExecutionKind::kBust);
  CHECK(busted.reversed_by->transaction_id == "B1");
  const auto row = stored(rig, "B1");
  CHECK(busted.reversed_by->input == row.apply_seq);
  REQUIRE(row.original);
  CHECK(row.original->input == busted.apply_seq);
  CHECK(row.transaction.side == engine::Side::kBuy);
  CHECK(row.transaction.quantity.to_string() == "100");
  CHECK(row.transaction.price.to_string() == "10");
  CHECK(row.base_price.to_string() == "10");
  CHECK_FALSE(stored(rig, "T2").reversed_by);
  rig.restart();
  CHECK(rig.processor->core().position_rows()[0].quantity.to_string() == "100");
  CHECK(rig.processor->core().counters().transactions == 2);
}

TEST_CASE("a second bust of the same is a duplicate, and so is the same again") {
  const auto between = GENERATE(Between::kNothing, Between::kCommit, Between::kRestart);
  Rig rig;
  rig.send(fill(1));
  rig.send(bust("B1", "T1"));
  pause(rig, between);
  rig.send(bust("B1", "T1"), 1);
  rig.send(bust("B2", "T1"), 1);
  const auto commit = rig.commit();
  CHECK(commit.quarantine.empty());
  CHECK(rig.position() == "0");
  CHECK(rig.cursor(1).duplicates == 2);
}

TEST_CASE("a bust and a rebooking under another id leave the rebooking") {
  Rig rig;
  rig.send(fill(1));
  rig.send(bust("B1", "T1"));
  rig.send(fill(2));
  rig.commit();
  CHECK(rig.position() == "100");
  // The busted id itself comes again by another feed: it is known.
  rig.send(fill(1), 1);
  rig.commit();
  CHECK(rig.position() == "100");
  CHECK(rig.cursor(1).duplicates == 1);
}

TEST_CASE("a correction of a correction may name any id of the chain") {
  const auto between = GENERATE(Between::kNothing, Between::kCommit, Between::kRestart);
  const std::string named = GENERATE("T1", "K1", "K2");
  Rig rig;
  rig.send(fill(1));
  pause(rig, between);
  rig.send(correction("K1", "T1", "150"));
  pause(rig, between);
  rig.send(correction("K2", "K1", "160"));
  pause(rig, between);
  rig.send(correction("K3", named, "170"));
  CHECK((rig.commit(), rig.position()) == "170");
  pause(rig, between);
  rig.send(bust("B1", named));
  CHECK((rig.commit(), rig.position()) == "0");
  CHECK(rig.processor->counters().corrections == (between == Between::kRestart ? 0 : 3));
  CHECK(stored(rig, "K3").reversed_by->transaction_id == "B1");
  CHECK(stored(rig, "K2").reversed_by->transaction_id == "K3");
  rig.restart();
  CHECK(rig.processor->core().position_rows()[0].quantity.to_string() == "0");
}

TEST_CASE("a correction that comes again is a duplicate, with other figures a conflict that a person may apply") {
  Rig rig;
  rig.send(fill(1));
  rig.send(correction("K1", "T1", "150"));
  rig.send(correction("K1", "T1", "150"), 1);
  rig.send(correction("K1", "T1", "155"), 1);
  const auto commit = rig.commit();
  CHECK(rig.cursor(1).duplicates == 1);
  REQUIRE(commit.quarantine.size() == 1);
  CHECK(commit.quarantine[0].kind == store::QuarantineKind::kConflict);
  CHECK(rig.decide(1, Action::kApply).outcome == Outcome::kDone);
  rig.commit();
  CHECK(rig.position() == "155");
}

TEST_CASE("a correction of what a bust has taken back is quarantined, and one under its original's own id") {
  Rig rig;
  rig.send(fill(1));
  rig.send(bust("B1", "T1"));
  rig.send(correction("K1", "T1", "150"));
  rig.send(fill(2));
  rig.send(correction("T2", "T2", "150"));
  const auto commit = rig.commit();
  REQUIRE(commit.quarantine.size() == 2);
  CHECK(commit.quarantine[0].rejection.field == "ref_transaction_id");
  CHECK(commit.quarantine[0].rejection.reason == "was taken back by BUST B1 as input 3");
  CHECK(commit.quarantine[1].rejection.field == "ref_transaction_id");
  CHECK(commit.quarantine[1].rejection.value == "T2");
  CHECK(rig.position() == "100");
}

TEST_CASE("where both sides have an id the bust's side says which, and one that says none is quarantined") {
  Rig rig;
  rig.send(fill(1));
  auto sell = fill(1);
  sell.side = engine::Side::kSell;
  sell.quantity = *Quantity::parse("30");
  rig.send(sell);
  rig.send(bust("B1", "T1"));
  auto of_sell = bust("B2", "T1");
  of_sell.side = engine::Side::kSell;
  rig.send(of_sell);
  const auto commit = rig.commit();
  REQUIRE(commit.quarantine.size() == 1);
  CHECK(commit.quarantine[0].rejection.field == "side");
  CHECK(rig.position() == "100");
}

TEST_CASE("a bust finds its execution by a broker's other name only") {
  Rig rig;
  engine::BrokerAliases aliases;
  aliases.add("IB", "IBKR");
  rig.restart({1'000, aliases});
  rig.send(fill(1));
  auto of_another = bust("B1", "T1");
  of_another.broker_id = "SCHWAB";
  rig.send(of_another);
  rig.commit();
  CHECK(rig.position() == "100");
  auto by_alias = bust("B2", "T1");
  by_alias.broker_id = "IB";
  rig.send(by_alias);
  rig.commit();
  CHECK(rig.position() == "0");
}

TEST_CASE("a bust that comes before its execution waits, and the execution then only counts") {
  const auto between = GENERATE(Between::kNothing, Between::kCommit, Between::kRestart);
  Rig rig;
  rig.send(bust("B1", "T1"));
  rig.send(bust("B1", "T1"), 1);  // the same again is a duplicate
  pause(rig, between);
  CHECK(rig.processor->waiting() == wire::Waiting{.executions = 1});
  if (between != Between::kNothing) {
    const auto rows = awaiting(rig);
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].rejection.reason == "names an execution that has not come");
    CHECK(rig.decide(rows[0].quarantine_id, Action::kApply).outcome == Outcome::kConflict);
  }
  rig.send(fill(1), 1);
  pause(rig, between);
  rig.send(fill(2));
  rig.commit();
  CHECK(rig.position() == "100");
  CHECK(rig.processor->waiting() == wire::Waiting{});
  CHECK(awaiting(rig).empty());
  const auto row = rig.reader->quarantined(1);
  REQUIRE(row);
  REQUIRE(row->decision);
  CHECK(row->decision->state == store::DecisionState::kApplied);
  CHECK(row->decision->by == "risk-engine");
  CHECK(row->decision->applied_as == stored(rig, "B1").apply_seq);
  CHECK(stored(rig, "T1").counted_only);
  CHECK(stored(rig, "T1").reversed_by->transaction_id == "B1");
  CHECK(rig.processor->core().counters().transactions == 2);
  // A bust of the same that comes once more is a duplicate as before.
  rig.send(bust("B9", "T1"));
  rig.restart();
  CHECK(rig.processor->core().position_rows()[0].quantity.to_string() == "100");
  CHECK(rig.processor->waiting().executions == 0);
}

TEST_CASE("a correction, its bust and another correction wait for one execution in the order in which they came") {
  const auto between = GENERATE(Between::kNothing, Between::kCommit, Between::kRestart);
  Rig rig;
  rig.send(correction("K1", "T1", "150"));
  rig.send(correction("K2", "K1", "160"));
  pause(rig, between);
  CHECK(rig.processor->waiting().executions == 2);
  rig.send(fill(1));
  rig.commit();
  CHECK(rig.position() == "160");
  CHECK(stored(rig, "T1").reversed_by->transaction_id == "K1");
  CHECK(stored(rig, "K1").reversed_by->transaction_id == "K2");
  rig.send(bust("B3", "K3"));
  rig.send(correction("K3", "T3", "50"));
  pause(rig, between);
  rig.send(fill(3));
  rig.commit();
  CHECK(rig.position() == "160");
  CHECK(rig.processor->waiting() == wire::Waiting{});
}

TEST_CASE("of two corrections under one id that wait one is applied, and the other is a conflict") {
  Rig rig;
  rig.send(correction("K1", "T1", "150"));
  rig.send(correction("K1", "T1", "155"));
  rig.send(fill(1));
  rig.commit();
  CHECK(rig.position() == "150");
  CHECK(rig.processor->waiting() == wire::Waiting{.conflicts = 1});
  const auto rows = rig.reader->quarantine({store::QuarantineKind::kConflict, true});
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].rejection.field == "quantity");
  CHECK(rows[0].rejection.value == "155");
  CHECK(rig.reader->quarantined(2)->decision->state == store::DecisionState::kDropped);
  CHECK(rig.decide(rows[0].quarantine_id, Action::kApply).outcome == Outcome::kDone);
  rig.commit();
  CHECK(rig.position() == "155");
}

TEST_CASE("a correction that waits and whose id an execution has meanwhile is not applied twice") {
  Rig rig;
  rig.send(correction("T2", "T1", "100"));
  auto same = fill(2);
  same.executed_at = correction("T2", "T1", "100").executed_at;
  rig.send(same);
  rig.send(fill(1));
  rig.commit();
  CHECK(rig.position() == "200");
  CHECK(rig.processor->waiting() == wire::Waiting{});
  CHECK(rig.reader->quarantined(1)->decision->reason == "it was applied meanwhile, as input 2");
}

TEST_CASE("what is left of records after an execution that was awaited is applied in their order") {
  Rig rig;
  rig.send(correction("K1", "T1", "150"));
  rig.send(bust("B2", "T2"));
  rig.send_together({fill(1), bust("B1", "K1"), fill(2), fill(3), bust("B3", "T3"), fill(4)});
  const auto commit = rig.commit();
  std::vector<std::string> order;
  for (const auto& input : commit.inputs) {
    order.push_back(std::get<store::TransactionInput>(input.input).transaction.transaction_id);
  }
  CHECK(order == std::vector<std::string>{"T1", "K1", "B1", "T2", "B2", "T3", "B3", "T4"});
  CHECK(rig.position() == "100");
}

TEST_CASE("what a person has dropped waits no more, and the execution that comes then is applied") {
  Rig rig;
  rig.send(bust("B1", "T1"));
  rig.commit();
  CHECK(rig.decide(1, Action::kDrop).outcome == Outcome::kDone);
  CHECK(rig.decide(1, Action::kDrop).outcome == Outcome::kConflict);
  rig.commit();
  CHECK(rig.processor->waiting() == wire::Waiting{});
  rig.send(fill(1));
  rig.commit();
  CHECK(rig.position() == "100");
}

TEST_CASE("a bust that has waited for more than an hour is overdue, also after a restart") {
  const auto between = GENERATE(Between::kNothing, Between::kCommit, Between::kRestart);
  Rig rig;
  rig.send(bust("B1", "T1"));
  rig.send(bust("B2", "T2"));
  pause(rig, between);
  const auto overdue_after = [&](std::int64_t nanos) {
    return rig.processor->overdue_executions({kWall.nanos + nanos});
  };
  CHECK(overdue_after(3'600 * kNanosPerSecond) == 0);
  CHECK(overdue_after(3'600 * kNanosPerSecond + 1) == 2);
  rig.send(fill(1));
  CHECK(overdue_after(3'600 * kNanosPerSecond + 1) == 1);
}

TEST_CASE("what awaits its execution is quarantined for good when it is dropped, and not before") {
  Rig rig;
  rig.send(bust("B1", "T1"));
  rig.send(bust("B2", "T2"));
  rig.commit();
  CHECK(rig.processor->quarantined_total() == 0);
  CHECK(rig.reader->quarantine_count() == 0);
  rig.send(fill(1));  // B1 is applied
  CHECK(rig.decide(2, Action::kDrop).outcome == Outcome::kDone);
  rig.commit();
  CHECK(rig.processor->quarantined_total() == 1);
  CHECK(rig.reader->quarantine_count() == 1);
  rig.restart();
  CHECK(rig.processor->quarantined_total() == 1);
}

TEST_CASE("of more than ten thousand that wait the oldest goes, and says so") {
  Rig rig;
  for (int i = 0; i <= 10'000; ++i) rig.send(bust("B" + std::to_string(i), "X" + std::to_string(i)));
  rig.commit();
  CHECK(rig.processor->waiting() == wire::Waiting{.executions = 10'000});
  CHECK(rig.processor->quarantined_total() == 1);
  const auto row = rig.reader->quarantined(1);
  REQUIRE(row->decision);
  CHECK(row->decision->state == store::DecisionState::kDropped);
  CHECK(row->decision->reason == "more than 10000 wait: the oldest goes");
  rig.restart();
  CHECK(rig.processor->waiting().executions == 10'000);
}

TEST_CASE("a bust without a reference, of a kind that is not known or ahead of the clock is quarantined") {
  Rig rig;
  rig.send(fill(1));
  rig.send(bust("B1", ""));
  auto unknown = bust("B2", "T1");
  unknown.kind = static_cast<ExecutionKind>(7);
  rig.send(unknown);
  rig.send(bust("B3", "T1", 9'999'999));
  const auto commit = rig.commit();
  std::vector<std::string> fields;
  for (const auto& row : commit.quarantine) fields.push_back(row.rejection.field);
  CHECK(fields == std::vector<std::string>{"ref_transaction_id", "kind", "executed_at"});
  CHECK(rig.position() == "100");
}

TEST_CASE(
    "a bust from before what is kept, of what is not found, is quarantined, and a later one of what was dropped "
    "waits") {
  Rig rig;
  rig.send(fill(1));
  rig.commit();
  rig.store->drop_days({kWall.nanos + std::int64_t{3} * kSecondsPerDay * kNanosPerSecond}, rig.processor->apply_seq());
  rig.processor->executions().note_dropped(fill(1).executed_at, rig.processor->apply_seq());
  rig.send(bust("B1", "T1", 1));
  rig.send(bust("B2", "T1", 2));
  const auto commit = rig.commit();
  REQUIRE(commit.quarantine.size() == 2);
  CHECK(commit.quarantine[0].kind == store::QuarantineKind::kRejected);
  CHECK(commit.quarantine[0].rejection.field == "executed_at");
  CHECK(commit.quarantine[1].kind == store::QuarantineKind::kAwaiting);
}

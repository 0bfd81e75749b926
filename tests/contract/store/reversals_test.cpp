// Busts and corrections, what they took back, and those that wait in the quarantine.
#include <map>

#include "backends.hpp"
#include "samples.hpp"
#include "support/catch.hpp"

using namespace risk;
using namespace risk::store;
using namespace risk::test;
using engine::ExecutionKind;

namespace {

AppliedInput execution(std::uint64_t apply_seq) {
  auto input = transaction(apply_seq, apply_seq);
  auto& t = std::get<TransactionInput>(input.input).transaction;
  t.kind = ExecutionKind::kExecution;
  t.ref_transaction_id = "";
  return input;
}

AppliedInput reversal(std::uint64_t apply_seq, ExecutionKind kind, const engine::Original& original) {
  auto input = transaction(apply_seq, apply_seq);
  auto& t = std::get<TransactionInput>(input.input);
  t.transaction.kind = kind;
  t.transaction.ref_transaction_id = "T-" + std::to_string(original.input);
  t.original = original;
  return input;
}

engine::Original original(std::uint64_t input, std::uint64_t first) {
  return {input,
          first,
          {kNoon.nanos + 7},
          Quantity::parse("-92233720368.54775807").value(),
          Price::parse("-0.00000001").value(),
          first == input ? "" : "O'Neil",
          first == input ? std::nullopt : std::optional(Timestamp{kNoon.nanos - 3})};
}

std::map<std::uint64_t, StoredTransaction> by_number(const std::vector<StoredTransaction>& rows) {
  std::map<std::uint64_t, StoredTransaction> sorted;
  for (const auto& row : rows) sorted.emplace(row.apply_seq, row);
  return sorted;
}

QuarantineRow waiting_row(std::uint64_t sequence, QuarantineKind kind) {
  QuarantineRow row;
  row.origin = {kStream, sequence};
  row.source = "simulator";
  row.rejection = {"ref_transaction_id", "T-9", "names an execution that has not come"};
  row.received_at = kNoon;
  row.kind = kind;
  row.decision.emplace();
  row.record = std::string("\x0a\x00\xff", 3);
  return row;
}

DecisionStep decision(std::uint64_t sequence, DecisionState state, QuarantineKind kind) {
  return {0, {state, "risk-engine", kNoon, "its execution has come", 2}, {kStream, sequence}, kind};
}

}  // namespace

TEMPLATE_TEST_CASE("what was taken back says by what, also in the commit of both", "[store]", Memory, Sqlite,
                   Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  auto first = step(0, 3);
  first.inputs = {execution(1), execution(2), reversal(3, ExecutionKind::kCorrection, original(1, 1))};
  std::get<TransactionInput>(first.inputs[1].input).counted_only = true;
  f.store->commit(first);
  auto second = step(3, 5);
  second.inputs = {reversal(4, ExecutionKind::kBust, original(3, 1)), execution(5)};
  f.store->commit(second);

  std::vector<AppliedInput> all(first.inputs.begin(), first.inputs.end());
  all.insert(all.end(), second.inputs.begin(), second.inputs.end());
  CHECK(replayed(*f.store) == AppliedInputs(all.data(), all.data() + all.size()));

  const auto reader = f.reader();
  const std::vector<std::uint64_t> numbers{1, 2, 3, 4, 5};
  for (const auto& rows :
       {by_number(reader->transactions({})), by_number(reader->find_executions(numbers, {}).transactions)}) {
    REQUIRE(rows.size() == 5);
    CHECK(rows.at(1).reversed_by == engine::ReversedBy{3, ExecutionKind::kCorrection, "T-3"});
    CHECK_FALSE(rows.at(2).reversed_by);
    CHECK(rows.at(2).counted_only);
    CHECK(rows.at(3).reversed_by == engine::ReversedBy{4, ExecutionKind::kBust, "T-4"});
    CHECK(rows.at(3).original == original(1, 1));
    CHECK_FALSE(rows.at(3).counted_only);
    CHECK(rows.at(4).original == original(3, 1));
    CHECK(rows.at(4).transaction.kind == ExecutionKind::kBust);
    CHECK_FALSE(rows.at(4).reversed_by);
    CHECK_FALSE(rows.at(5).original);
  }
}

TEMPLATE_TEST_CASE("what awaits its execution, and a held price, is decided by its record, also in the commit of it",
                   "[store]", Memory, Sqlite, Postgres) {
  const auto kind = GENERATE(QuarantineKind::kAwaiting, QuarantineKind::kHeld);
  const auto other = kind == QuarantineKind::kHeld ? QuarantineKind::kAwaiting : QuarantineKind::kHeld;
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  auto first = step(0, 1);
  first.inputs = {tick(1, 9)};
  first.quarantine = {waiting_row(1, kind), waiting_row(2, kind), waiting_row(3, kind)};
  first.decisions = {decision(2, DecisionState::kApplied, kind)};
  f.store->commit(first);

  const auto reader = f.reader();
  const QuarantineFilter waiting{kind, true};
  const auto rows = reader->quarantine(waiting);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].origin.sequence == 3);
  CHECK(rows[0].record == waiting_row(3, kind).record);
  CHECK(rows[1].origin.sequence == 1);
  CHECK(f.store->resume_point().waiting_conflicts == 0);
  const bool is_held = kind == QuarantineKind::kHeld;
  CHECK(reader->waiting() == (is_held ? Waiting{.held_prices = 2} : Waiting{.executions = 2}));
  CHECK(reader->quarantine_count() == 0);

  auto second = step(1, 2);
  second.inputs = {tick(2, 10)};
  second.decisions = {decision(1, DecisionState::kDropped, kind)};
  f.store->commit(second);
  REQUIRE(reader->quarantine(waiting).size() == 1);
  CHECK(reader->quarantined(rows[1].quarantine_id)->decision->state == DecisionState::kDropped);
  CHECK(reader->quarantined(rows[1].quarantine_id)->decision->by == "risk-engine");

  auto again = step(2, 3);
  again.inputs = {tick(3, 11)};
  again.decisions = {decision(1, DecisionState::kApplied, kind)};
  CHECK_THROWS_AS(f.store->commit(again), StoreConflict);
  again.decisions = {decision(3, DecisionState::kApplied, other)};
  CHECK_THROWS_AS(f.store->commit(again), StoreConflict);
  again.decisions = {decision(7, DecisionState::kApplied, kind)};
  CHECK_THROWS_AS(f.store->commit(again), StoreConflict);
  CHECK(reader->waiting() == (is_held ? Waiting{.held_prices = 1} : Waiting{.executions = 1}));
  CHECK(reader->quarantine_count() == (is_held ? 0 : 1));  // what was dropped before its execution came
}

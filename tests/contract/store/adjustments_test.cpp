// Adjustments: those that wait, what became of them, and the inputs that they became.
#include "backends.hpp"
#include "samples.hpp"
#include "support/catch.hpp"

using namespace risk;
using namespace risk::store;
using namespace risk::test;
using engine::Adjustment;
using engine::AdjustmentKind;

namespace {

Adjustment split(const char* symbol = "O'Neil") {
  return {.effective_at = {kNoon.nanos + 7},
          .kind = AdjustmentKind::kSplit,
          .symbol = Symbol(symbol),
          .ratio = "3:2",
          .reason = "Zürich \"said\" so"};
}
Adjustment rename() {
  return {.effective_at = kNoon, .kind = AdjustmentKind::kRename, .symbol = Symbol("FB"), .new_symbol = Symbol("META")};
}
Adjustment position(const char* quantity) {
  return {.effective_at = kNoon,
          .kind = AdjustmentKind::kSetPosition,
          .symbol = Symbol("META"),
          .client_id = ClientId("CLIENT_001"),
          .quantity = Quantity::parse(quantity).value()};
}

AdjustmentRow row(std::uint64_t id, const Adjustment& adjustment) {
  return {.adjustment_id = id,
          .adjustment = adjustment,
          .requested_by = "anna",
          .requested_at = kNoon,
          .state = AdjustmentState::kPending,
          .why = ""};
}

}  // namespace

TEMPLATE_TEST_CASE("adjustments that were applied are replayed as they were", "[store]", Memory, Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  auto commit = step(0, 5);
  commit.inputs = {{1, {kCommandsOrigin, 1}, split()},
                   {2, {kCommandsOrigin, 2}, rename()},
                   {3, {kCommandsOrigin, 3}, position("-92233720368.54775807")},
                   {4, {kCommandsOrigin, 4}, position("0")},
                   tick(5, 9)};
  f.store->commit(commit);
  CHECK(replayed(*f.store) == commit.inputs);
}

TEMPLATE_TEST_CASE("adjustments that wait are there for who starts next, and those that were decided are not",
                   "[store]", Memory, Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  CHECK(f.store->resume_point().last_adjustment_id == 0);
  auto first = step(0, 1);
  first.inputs = {tick(1, 9)};
  first.adjustments = {row(1, split()), row(2, rename()), row(3, position("5"))};
  f.store->commit(first);
  CHECK(f.store->resume_point().pending_adjustments == first.adjustments);
  auto second = step(1, 2);
  second.inputs = {{2, {kCommandsOrigin, 2}, split()}};
  auto applied = row(1, split());
  applied.state = AdjustmentState::kApplied;
  applied.applied_as = 2;
  auto refused = row(2, rename());
  refused.state = AdjustmentState::kRefused;
  refused.why = "new_symbol META: it would take a position out of range";
  second.adjustments = {applied, refused};
  CHECK(f.reader()->waiting() == Waiting{.adjustments = 3});
  f.store->commit(second);
  const auto point = f.open()->resume_point();
  CHECK(point.pending_adjustments == std::vector<AdjustmentRow>{row(3, position("5"))});
  CHECK(point.last_adjustment_id == 3);

  const auto reader = f.reader();
  CHECK(reader->adjustments({}) == std::vector<AdjustmentRow>{row(3, position("5")), refused, applied});
  CHECK(reader->adjustments({.state = AdjustmentState::kApplied}) == std::vector<AdjustmentRow>{applied});
  CHECK(reader->adjustments({.kind = AdjustmentKind::kRename}) == std::vector<AdjustmentRow>{refused});
  CHECK(reader->adjustments({.state = AdjustmentState::kPending, .kind = AdjustmentKind::kRename}).empty());
  CHECK(reader->adjustments({.symbol = "META"}) == std::vector<AdjustmentRow>{row(3, position("5")), refused});
  CHECK(reader->adjustments({.symbol = "FB"}) == std::vector<AdjustmentRow>{refused});
  CHECK(reader->adjustments({.before = 2}) == std::vector<AdjustmentRow>{applied});
  CHECK(reader->adjustments({.limit = 1}) == std::vector<AdjustmentRow>{row(3, position("5"))});
  using Rows = std::vector<AdjustmentRow>;
  CHECK(reader->adjustments({.order = AdjustmentOrder::kEffective}) == Rows{refused, row(3, position("5")), applied});
  CHECK(reader->adjustments({.limit = 2, .order = AdjustmentOrder::kEffective}) ==
        Rows{refused, row(3, position("5"))});
  CHECK(reader->adjustments({.kind = AdjustmentKind::kSplit, .order = AdjustmentOrder::kEffective}) == Rows{applied});
  CHECK(reader->waiting() == Waiting{.adjustments = 1});
  CHECK(reader->adjustment(2) == refused);
  CHECK_FALSE(reader->adjustment(4));
}

TEMPLATE_TEST_CASE("an adjustment that was withdrawn says by whom, when and why, and waits no longer", "[store]",
                   Memory, Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  auto first = step(0, 1);
  first.inputs = {tick(1, 9)};
  first.adjustments = {row(1, split()), row(2, rename())};
  f.store->commit(first);
  auto withdrawn = row(1, split());
  withdrawn.state = AdjustmentState::kWithdrawn;
  withdrawn.why = "the \"issuer\"\ntook it back, Zürich";
  withdrawn.withdrawn_by = "O'Neil";
  withdrawn.withdrawn_at = Timestamp{kNoon.nanos + 5 * kNanosPerMicro};
  auto second = step(1, 1);  // no input
  second.adjustments = {withdrawn};
  f.store->commit(second);
  const auto point = f.open()->resume_point();
  CHECK(point.pending_adjustments == std::vector<AdjustmentRow>{row(2, rename())});
  CHECK(point.last_adjustment_id == 2);
  const auto reader = f.reader();
  CHECK(reader->adjustment(1) == withdrawn);
  CHECK(reader->adjustment(2) == row(2, rename()));
  CHECK(reader->adjustments({.state = AdjustmentState::kWithdrawn}) == std::vector<AdjustmentRow>{withdrawn});
  CHECK(reader->waiting() == Waiting{.adjustments = 1});
  CHECK_FALSE(reader->find_applied(split()));
}

TEMPLATE_TEST_CASE("an adjustment that was applied is found by all its fields", "[store]", Memory, Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  auto commit = step(0, 1);
  commit.inputs = {tick(1, 9)};
  const auto as = [](AdjustmentState state, AdjustmentRow row) {
    row.state = state;
    return row;
  };
  const auto applied = as(AdjustmentState::kApplied, row(2, split()));
  const auto set = as(AdjustmentState::kApplied, row(4, position("5")));
  commit.adjustments = {as(AdjustmentState::kRefused, row(1, rename())),        applied,
                        as(AdjustmentState::kWithdrawn, row(3, position("5"))), set,
                        as(AdjustmentState::kApplied, row(5, position("5"))),   row(6, position("7"))};
  f.store->commit(commit);
  const auto reader = f.reader();
  CHECK_FALSE(reader->find_applied(rename()));
  CHECK(reader->find_applied(split()) == applied);
  CHECK(reader->find_applied(position("5")) == set);
  CHECK_FALSE(reader->find_applied(position("7")));
  CHECK_FALSE(reader->find_applied(position("6")));
  CHECK_FALSE(reader->find_applied(split("B")));
  auto other = split();
  other.reason = "";
  CHECK_FALSE(reader->find_applied(other));
  other = split();
  other.effective_at.nanos += 1;
  CHECK_FALSE(reader->find_applied(other));
}

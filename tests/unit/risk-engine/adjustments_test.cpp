// What a Processor does with splits, renames and set positions: until their instant, at it, across restarts, and with
// what comes later in old units or under an old name.
#include "known_records.hpp"
#include "support/catch.hpp"

using namespace risk;
using namespace risk::risk_engine;
using namespace risk::risk_engine::test;
using engine::Adjustment;
using engine::AdjustmentKind;
using engine::ExecutionKind;
using store::AdjustmentState;

namespace {

Timestamp at(int second) {
  return {kWall.nanos + second * kNanosPerSecond};
}
Adjustment split(int second, const char* ratio, const char* symbol = "A") {
  return {.effective_at = at(second), .kind = AdjustmentKind::kSplit, .symbol = Symbol(symbol), .ratio = ratio};
}
Adjustment rename(int second, const char* symbol, const char* new_symbol) {
  return {.effective_at = at(second),
          .kind = AdjustmentKind::kRename,
          .symbol = Symbol(symbol),
          .new_symbol = Symbol(new_symbol)};
}
Adjustment set_position(int second, const char* quantity) {
  return {.effective_at = at(second),
          .kind = AdjustmentKind::kSetPosition,
          .symbol = Symbol("A"),
          .client_id = ClientId("C"),
          .quantity = *Quantity::parse(quantity),
          .reason = "transfer"};
}
engine::Transaction bust(const std::string& id, const std::string& reference, const char* symbol = "A") {
  engine::Transaction t = fill(0);
  t.transaction_id = id;
  t.executed_at = at(100);
  t.symbol.text = symbol;
  t.kind = ExecutionKind::kBust;
  t.ref_transaction_id = reference;
  return t;
}
engine::Transaction correction(const std::string& id, const std::string& reference, const char* quantity) {
  auto t = bust(id, reference);
  t.kind = ExecutionKind::kCorrection;
  t.quantity = *Quantity::parse(quantity);
  return t;
}

struct AdjustingRig : Rig {
  wire::CommandReply adjust(const Adjustment& adjustment) { return processor->adjust("anna", adjustment, kWall); }
  // As a person who looks at the store asks for it.
  wire::CommandReply withdraw(std::uint64_t id, const char* actor = "ben") {
    return processor->withdraw(actor, {id, "the issuer\ntook it back"}, reader->adjustment(id), at(3));
  }
  void done(const Adjustment& adjustment) { CHECK(adjust(adjustment).outcome == Outcome::kDone); }
  std::vector<std::string> states() {
    commit();
    std::vector<std::string> texts;
    for (const auto& row : reader->adjustments({})) {
      texts.emplace_back(to_string(row.state));
      if (row.applied_as) texts.back() += " as " + std::to_string(*row.applied_as);
    }
    return texts;
  }
  // As it is in the core, which a restart must give again.
  std::string held(const char* symbol = "A") const {
    for (const auto& row : processor->core().position_rows()) {
      if (row.client_id.text == "C" && row.symbol.text == symbol) return row.quantity.to_string();
    }
    return "none";
  }
  void check_restart() {
    commit();
    const auto hash = processor->core().state_hash();
    restart();
    CHECK(processor->core().state_hash() == hash);
  }
};

enum class Between { kNothing, kCommit, kRestart };
void pause(AdjustingRig& rig, Between between) {
  if (between != Between::kNothing) rig.commit();
  if (between == Between::kRestart) rig.check_restart();
}

using States = std::vector<std::string>;

}  // namespace

TEST_CASE("an adjustment waits for its instant, and is applied once, before the first input that reaches it") {
  const auto between = GENERATE(Between::kNothing, Between::kCommit, Between::kRestart);
  AdjustingRig rig;
  rig.send(fill(1));
  pause(rig, between);
  rig.done(split(10, "2:1"));
  CHECK(rig.processor->waiting().adjustments == 1);
  pause(rig, between);
  rig.send(fill(9));
  CHECK(rig.held() == "200");
  pause(rig, between);
  rig.send(fill(10));  // in new units
  CHECK(rig.held() == "500");
  CHECK(rig.processor->waiting().adjustments == 0);
  pause(rig, between);
  rig.send(fill(11));
  CHECK(rig.held() == "600");
  CHECK(rig.states() == States{"APPLIED as 4"});  // after the rules and two executions
  rig.check_restart();
  CHECK(rig.held() == "600");
}

TEST_CASE("a tick, a price and a rate reach the instant of an adjustment too") {
  const wire::Input input = GENERATE(wire::Input(wire::Tick{at(10)}),
                                     wire::Input(engine::MarketPrice{Symbol("B"), Price::from_whole(5), "", at(10)}),
                                     wire::Input(engine::ExchangeRate{"EUR", *Rate::parse("1.1"), at(10)}));
  AdjustingRig rig;
  rig.send(fill(1));
  rig.done(split(10, "2:1"));
  rig.send(input);
  CHECK(rig.held() == "200");
  rig.check_restart();
}

TEST_CASE("what is refused moves no time, and no adjustment") {
  AdjustingRig rig;
  rig.send(fill(1));
  rig.done(split(10, "2:1"));
  auto wrong = fill(20);
  wrong.quantity = {};
  rig.send(wrong);
  auto ahead = fill(2);
  ahead.executed_at = at(7'200);
  rig.send(ahead);
  CHECK(rig.held() == "100");
  CHECK(rig.states() == States{"PENDING"});
}

TEST_CASE("one whose instant has passed is applied at once; several that are due go by instant, then by arrival") {
  AdjustingRig rig;
  rig.send(fill(1));
  rig.done(set_position(1, "7"));
  CHECK(rig.held() == "7");
  rig.done(set_position(5, "1"));
  rig.done(set_position(4, "2"));
  rig.done(split(5, "3:1"));
  rig.send(wire::Tick{at(9)});
  CHECK(rig.held() == "3");
  CHECK(rig.states() == States{"APPLIED as 6", "APPLIED as 4", "APPLIED as 5", "APPLIED as 3"});
  rig.check_restart();
}

TEST_CASE("the same adjustment is taken once, whether it waits, was applied, or was before a restart") {
  const auto between = GENERATE(Between::kNothing, Between::kCommit, Between::kRestart);
  AdjustingRig rig;
  rig.send(fill(1));
  rig.done(split(10, "2:1"));
  pause(rig, between);
  auto again = rig.adjust(split(10, "2:1"));
  CHECK(again.outcome == Outcome::kConflict);
  CHECK(again.reason == "it is adjustment 1 already, which waits for its instant");
  rig.send(wire::Tick{at(10)});
  pause(rig, between);
  again = rig.adjust(split(10, "2:1"));
  CHECK(again.outcome == Outcome::kConflict);
  CHECK(again.reason == "it is adjustment 1 already, which was applied as input 3");
  rig.done(split(11, "2:1"));
  rig.send(wire::Tick{at(11)});
  CHECK(rig.held() == "400");
}

TEST_CASE("one that the core refuses says why, stays in the history, and may be asked for again") {
  AdjustingRig rig;
  rig.send(fill(1));
  const auto reply = rig.adjust(split(1, "2:1", "B"));
  CHECK(reply.outcome == Outcome::kConflict);
  CHECK(reply.reason == "adjustment 1 was refused: symbol B: nobody has traded it");
  rig.done(split(3, "2:1", "B"));
  rig.send(wire::Tick{at(3)});
  CHECK(rig.states() == States{"REFUSED", "REFUSED"});
  CHECK(rig.reader->adjustments({})[0].why == "symbol B: nobody has traded it");
  auto b = fill(2);
  b.symbol.text = "B";
  rig.send(b);
  rig.done(split(3, "2:1", "B"));
  CHECK(rig.held("B") == "200");
  rig.check_restart();
}

TEST_CASE("one that waits can be withdrawn, and is never applied then") {
  const auto between = GENERATE(Between::kNothing, Between::kCommit, Between::kRestart);
  AdjustingRig rig;
  rig.send(fill(1));
  rig.done(split(10, "2:1"));
  rig.done(rename(10, "A", "N"));
  pause(rig, between);
  const auto hash = rig.processor->core().state_hash();
  CHECK(rig.withdraw(1).outcome == Outcome::kDone);
  CHECK(rig.processor->waiting().adjustments == 1);
  CHECK(rig.processor->core().state_hash() == hash);
  CHECK(rig.processor->has_pending());
  pause(rig, between);
  CHECK(rig.processor->waiting().adjustments == 1);
  rig.send(fill(10));
  CHECK(rig.held("N") == "200");
  CHECK(rig.states() == States{"APPLIED as 3", "WITHDRAWN"});
  const auto row = rig.reader->adjustment(1);
  REQUIRE(row);
  CHECK(row->why == "the issuer\ntook it back");
  CHECK(row->withdrawn_by == "ben");
  CHECK(row->withdrawn_at == at(3));
  CHECK(row->requested_by == "anna");
  CHECK(rig.processor->counters().adjustments_withdrawn == (between == Between::kRestart ? 0 : 1));
  rig.check_restart();
  CHECK(rig.held("N") == "200");
}

TEST_CASE("what waits no longer cannot be withdrawn, and the refusal says what became of it") {
  const auto between = GENERATE(Between::kNothing, Between::kCommit, Between::kRestart);
  // While what decided it is being stored: it is taken, and the store has it as it was.
  const bool is_in_flight = GENERATE(false, true);
  AdjustingRig rig;
  rig.send(fill(1));
  rig.done(split(10, "2:1"));
  rig.done(split(10, "2:1", "B"));
  rig.done(split(12, "2:1"));
  rig.commit();
  rig.send(wire::Tick{at(10)});
  CHECK(rig.withdraw(3).outcome == Outcome::kDone);
  const auto commit = is_in_flight ? rig.processor->take(engine::Core::Scope::kMarked, kWall).commit : store::Commit{};
  const auto check = [&] {
    const auto reason_of = [&](std::uint64_t id) {
      const auto reply = rig.withdraw(id, "carla");
      CHECK(reply.outcome == Outcome::kConflict);
      return reply.reason;
    };
    CHECK(reason_of(1) == "adjustment 1 cannot be withdrawn: it was applied as input 3");
    CHECK(reason_of(2) == "adjustment 2 cannot be withdrawn: it was refused: symbol B: nobody has traded it");
    CHECK(reason_of(3) == "adjustment 3 cannot be withdrawn: it was withdrawn by ben at " + format_timestamp(at(3)) +
                              ": the issuer\\x0atook it back");
    const auto unknown = rig.withdraw(4);
    CHECK(unknown.outcome == Outcome::kNotFound);
    CHECK(unknown.reason == "there is no adjustment 4");
  };
  check();
  if (is_in_flight) rig.store->commit(commit);
  pause(rig, between);
  check();
  CHECK(rig.states() == States{"WITHDRAWN", "REFUSED", "APPLIED as 3"});
}

TEST_CASE("one that was withdrawn may be asked for anew, by a person or a stream") {
  const auto between = GENERATE(Between::kNothing, Between::kCommit, Between::kRestart);
  const bool by_stream = GENERATE(false, true);
  AdjustingRig rig;
  rig.send(fill(1));
  rig.done(split(10, "2:1"));
  rig.commit();  // the store has it as one that waits
  CHECK(rig.withdraw(1).outcome == Outcome::kDone);
  pause(rig, between);
  if (by_stream) {
    rig.send(split(10, "2:1"), 1);
  } else {
    rig.done(split(10, "2:1"));
  }
  CHECK(rig.adjust(split(10, "2:1")).reason == "it is adjustment 2 already, which waits for its instant");
  pause(rig, between);
  rig.send(fill(10));
  CHECK(rig.held() == "300");
  CHECK(rig.states() == States{"APPLIED as 3", "WITHDRAWN"});
  rig.check_restart();
}

TEST_CASE("a restart before the commit of a withdrawal finds the adjustment waiting") {
  AdjustingRig rig;
  rig.send(fill(1));
  rig.done(split(10, "2:1"));
  rig.commit();
  CHECK(rig.withdraw(1).outcome == Outcome::kDone);
  rig.restart();
  CHECK(rig.processor->waiting().adjustments == 1);
  CHECK(rig.withdraw(1).outcome == Outcome::kDone);
  CHECK(rig.states() == States{"WITHDRAWN"});
}

TEST_CASE("an engine that was replaced and has not noticed leaves to the next one what is asked of that") {
  AdjustingRig replaced;
  AdjustingRig next;
  next.config = replaced.config;
  next.restart();
  next.done(split(10, "2:1"));
  next.commit();
  replaced.reader = store::open_reader(replaced.config);
  const auto reply = replaced.withdraw(1);
  CHECK(reply.outcome == Outcome::kUnavailable);
  CHECK(reply.reason == "adjustment 1 waits in the database and is not known here: another engine may lead");
  CHECK_FALSE(replaced.processor->has_pending());
  CHECK(next.withdraw(1).outcome == Outcome::kDone);
}

TEST_CASE("a withdrawal is among the commands, with the reason") {
  AdjustingRig rig;
  rig.done(split(10, "2:1"));
  rig.commit();
  CHECK(rig.withdraw(1).outcome == Outcome::kDone);
  CHECK(rig.withdraw(1).outcome == Outcome::kConflict);
  const auto commit = rig.commit();
  REQUIRE(commit.commands.size() == 1);
  const auto& command = commit.commands[0];
  CHECK(command.at == at(3));
  CHECK(command.actor == "ben");
  CHECK(command.command == "WITHDRAW");
  CHECK(command.target == "adjustment 1");
  CHECK(command.old_value == "PENDING");
  CHECK(command.new_value == "WITHDRAWN: the issuer\ntook it back");
}

TEST_CASE("who asked for an adjustment, when and why is in its row and among the commands") {
  AdjustingRig rig;
  rig.send(fill(1));
  rig.done(set_position(5, "7"));
  const auto commit = rig.commit();
  REQUIRE(commit.commands.size() == 1);
  CHECK(commit.commands[0].actor == "anna");
  CHECK(commit.commands[0].command == "ADJUST");
  CHECK(commit.commands[0].target == "adjustment 1");
  CHECK(commit.commands[0].new_value == "SET_POSITION A of C to 7 as of " + format_timestamp(at(5)));
  const auto row = rig.reader->adjustments({}).at(0);
  CHECK(row.requested_by == "anna");
  CHECK(row.requested_at == kWall);
  CHECK(row.adjustment.reason == "transfer");
}

TEST_CASE("more adjustments than are kept waiting are refused") {
  AdjustingRig rig;
  for (std::size_t i = 0; i < Adjustments::kPendingMost; ++i) rig.done(set_position(10, std::to_string(i).c_str()));
  CHECK(rig.adjust(set_position(10, "-1")).reason == "10000 adjustments wait already, as many as allowed");
  rig.restart();
  CHECK(rig.processor->waiting().adjustments == 0);  // they were not committed
}

TEST_CASE("adjustments of a stream wait as those of people do, once, and say which publisher they are from") {
  AdjustingRig rig;
  rig.send(split(10, "2:1"));
  rig.send(split(0, "2:1", "B"));
  rig.send(split(10, "2:1"), 1);
  auto wrong = split(10, "2:1");
  wrong.ratio = "0:1";
  rig.send(wrong);
  rig.send(fill(1));
  CHECK(rig.cursor(0).sequence == 0);
  const auto commit = rig.commit();
  REQUIRE(commit.quarantine.size() == 1);
  CHECK(commit.quarantine[0].rejection.field == "ratio");
  CHECK(rig.cursor(1).duplicates == 1);
  rig.check_restart();
  rig.send(split(10, "2:1"));
  rig.send(fill(10));
  CHECK(rig.held() == "300");
  CHECK(rig.states() == States{"REFUSED", "APPLIED as 3"});
  CHECK(rig.cursor(0).duplicates == 1);
  CHECK(rig.reader->adjustments({}).at(1).requested_by == "simulator@test");
  rig.send(split(5, "3:1"));  // its instant has passed
  CHECK(rig.held() == "900");
  rig.check_restart();
}

TEST_CASE("a bust across a split takes back what became of the execution, whether it is stored yet or not") {
  const auto between = GENERATE(Between::kNothing, Between::kCommit, Between::kRestart);
  AdjustingRig rig;
  rig.send(fill(1));
  rig.send(fill(2));
  pause(rig, between);
  rig.done(split(2, "3:1"));
  pause(rig, between);
  rig.send(correction("K1", "T1", "50"));
  CHECK(rig.held() == "450");
  pause(rig, between);
  rig.done(split(2, "2:1"));
  rig.send(fill(0), 1);  // late: split by both
  CHECK(rig.held() == "1500");
  pause(rig, between);
  rig.send(bust("B1", "T1"));
  CHECK(rig.held() == "1200");
  pause(rig, between);
  rig.send(bust("B2", "T0"));
  CHECK(rig.held() == "600");
  rig.check_restart();
}

TEST_CASE("a bust names its execution under either name, before it is stored and after") {
  const auto between = GENERATE(Between::kNothing, Between::kCommit, Between::kRestart);
  const char* const name = GENERATE("A", "N");
  AdjustingRig rig;
  rig.send(fill(1));
  rig.send(fill(2));
  pause(rig, between);
  rig.done(rename(2, "A", "N"));
  CHECK(rig.held("N") == "200");
  pause(rig, between);
  rig.send(bust("B1", "T1", name));
  CHECK(rig.held("N") == "100");
  rig.send(fill(3));  // under the old name
  CHECK(rig.held("N") == "200");
  pause(rig, between);
  rig.send(bust("B3", "T3", name));
  CHECK(rig.held("N") == "100");
  rig.commit();
  CHECK(rig.reader->quarantine({}).empty());
  const auto rows = rig.reader->transactions({});
  CHECK(std::all_of(rows.begin(), rows.end(), [&](const auto& row) {
    return row.transaction.symbol.text == (row.transaction.kind == ExecutionKind::kBust ? name : "A");
  }));
  rig.check_restart();
}

TEST_CASE("a bust under the new name finds its execution in the message that brings the rename's instant") {
  AdjustingRig rig;
  rig.send(fill(1));
  rig.commit();
  rig.done(rename(5, "A", "N"));
  rig.send_together({fill(6), bust("B1", "T1", "N"), fill(7)});
  CHECK(rig.held("N") == "200");
  CHECK(rig.commit().quarantine.empty());
  rig.check_restart();
}

TEST_CASE("a bust that comes before its execution finds it under the other name") {
  AdjustingRig rig;
  rig.send(fill(1));
  rig.done(rename(1, "A", "N"));
  rig.send(bust("B2", "T2", "N"));
  CHECK(rig.processor->waiting().executions == 1);
  rig.send(fill(2));
  CHECK(rig.processor->waiting().executions == 0);
  CHECK(rig.held("N") == "100");
  rig.check_restart();
}

TEST_CASE("a split and a rename drop the price that is held, and its row says so") {
  AdjustingRig rig;
  rig.send(fill(1));
  auto wild = fill(2);
  wild.price = *Price::parse("1000");
  rig.send(wild);
  rig.commit();
  const auto held = [&](bool waiting) { return rig.reader->quarantine({store::QuarantineKind::kHeld, waiting}); };
  REQUIRE(held(true).size() == 1);
  const bool splits = GENERATE(true, false);
  rig.done(splits ? split(2, "2:1") : rename(2, "A", "B"));
  rig.commit();
  CHECK(held(true).empty());
  CHECK(held(false).at(0).decision->state == store::DecisionState::kDropped);
  rig.restart();
  CHECK(rig.processor->waiting().held_prices == 0);
}

TEST_CASE("a price under the old name is held of the new one, through a restart, and a person decides it") {
  AdjustingRig rig;
  rig.send(fill(1));
  rig.done(rename(1, "A", "B"));
  auto wild = fill(2);
  wild.price = *Price::parse("1000");
  rig.send(wild);
  rig.commit();
  rig.restart();
  const auto rows = rig.reader->quarantine({store::QuarantineKind::kHeld, true});
  REQUIRE(rows.size() == 1);
  CHECK(rig.decide(rows[0].quarantine_id, Action::kApply).outcome == Outcome::kDone);
  rig.commit();
  for (const auto& row : rig.processor->core().symbol_rows()) {
    if (row.id == "B") CHECK(row.mark->to_string() == "1000");
  }
}

// What a Processor does with prices that are too far from the mark: each waits in the quarantine as long as it is held.
#include "known_records.hpp"
#include "support/catch.hpp"

using namespace risk;
using namespace risk::risk_engine;
using namespace risk::risk_engine::test;
using store::DecisionState;

namespace {

engine::Transaction at_price(int number, const char* price, const char* client = "C") {
  auto t = fill(number);
  t.client_id = ClientId(client);
  t.price = *Price::parse(price);
  return t;
}

engine::MarketPrice market_price(int number, const char* price) {
  return {Symbol("A"), *Price::parse(price), "", {kWall.nanos + number * kNanosPerSecond}};
}

std::vector<store::QuarantineRow> rows(const Rig& rig, std::optional<bool> waiting = true) {
  return rig.reader->quarantine({store::QuarantineKind::kHeld, waiting.value_or(false)});
}

std::string mark(const Rig& rig) {
  return rig.processor->core().symbol_rows()[0].mark->to_string();
}

enum class Between { kNothing, kCommit, kRestart };
void pause(Rig& rig, Between between) {
  if (between != Between::kNothing) rig.commit();
  if (between == Between::kRestart) rig.restart();
}

}  // namespace

TEST_CASE("a held price waits in the quarantine, and what it came with is applied") {
  const bool with_trade = GENERATE(true, false);
  Rig rig;
  rig.send(fill(1));
  with_trade ? rig.send(at_price(2, "1000")) : rig.send(market_price(2, "1000"));
  const auto commit = rig.commit();
  REQUIRE(rows(rig).size() == 1);
  const auto row = rows(rig)[0];
  CHECK(row.rejection ==
        engine::Rejection{"price", "1000 USD", "is held until another price confirms it: the mark is 10 USD"});
  CHECK(row.raw == (with_trade ? "T2,C,A,BUY,100,1000," : "A,1000,,2024-09-20T08:36:02.000000Z"));
  CHECK(row.origin == store::Origin{kStreams[0].text, 2, 1});
  CHECK(commit.inputs.size() == 2);
  CHECK(rig.position() == (with_trade ? "200" : "100"));
  CHECK(rig.processor->waiting().held_prices == 1);
  CHECK(commit.alerts.size() == 1);
  CHECK(mark(rig) == "10");
}

TEST_CASE("the engine drops what another price has decided, before it is stored, after, and after a restart") {
  const auto between = GENERATE(Between::kNothing, Between::kCommit, Between::kRestart);
  Rig rig;
  rig.send(fill(1));
  rig.send(at_price(2, "1000"));
  pause(rig, between);
  std::string reason = "dropped by input ";
  SECTION("it confirms it") {
    rig.send(at_price(3, "1001", "D"));
    CHECK(mark(rig) == "1001");
  }
  SECTION("it is near the mark") {
    rig.send(market_price(3, "11"));
  }
  SECTION("it is held in its place") {
    rig.send(market_price(3, "2000"));
    reason = "";
  }
  rig.commit();
  const auto all = rows(rig, {});
  REQUIRE_FALSE(all.empty());
  const auto& first = all.back();  // the newest first
  CHECK(first.decision->state == DecisionState::kDropped);
  CHECK(first.decision->by == "risk-engine");
  CHECK(first.decision->reason.starts_with(reason));
  CHECK(rows(rig).size() == (reason.empty() ? 1 : 0));
  CHECK(rig.processor->waiting().held_prices == rows(rig).size());
  CHECK(rig.processor->waiting().conflicts == 0);
}

TEST_CASE("a person makes a held price the mark, or drops it, once, and a restart comes to the same") {
  const bool takes = GENERATE(true, false);
  const auto between = GENERATE(Between::kCommit, Between::kRestart);
  Rig rig;
  rig.send(fill(1));
  rig.send(at_price(2, "1000"));
  pause(rig, between);
  const auto id = rows(rig).at(0).quarantine_id;
  CHECK(rig.decide(id, takes ? Action::kApply : Action::kDrop).outcome == Outcome::kDone);
  CHECK(rig.decide(id, Action::kApply).outcome == Outcome::kConflict);
  const auto commit = rig.commit();
  CHECK(mark(rig) == (takes ? "1000" : "10"));
  const auto decided = *rig.reader->quarantined(id)->decision;
  CHECK(decided.state == (takes ? DecisionState::kApplied : DecisionState::kDropped));
  CHECK(decided.by == "anna");
  CHECK(decided.applied_as.has_value() == takes);
  REQUIRE(commit.commands.size() == 1);
  CHECK(commit.commands[0].actor == "anna");
  const auto hash = rig.processor->core().state_hash();
  rig.restart();
  CHECK(rig.processor->core().state_hash() == hash);
  CHECK(rig.processor->waiting().held_prices == 0);
  CHECK(rig.decide(id, Action::kDrop).outcome == Outcome::kConflict);
  rig.send(market_price(3, takes ? "1100" : "11"));
  rig.commit();
  CHECK(rows(rig, {}).size() == 1);
}

TEST_CASE("a held price that another has dropped meanwhile cannot be decided") {
  Rig rig;
  rig.send(fill(1));
  rig.send(at_price(2, "1000"));
  rig.commit();
  const auto id = rows(rig).at(0).quarantine_id;
  rig.send(market_price(3, "11"));
  CHECK(rig.decide(id, Action::kApply).outcome == Outcome::kConflict);
  CHECK(rig.commit().decisions.size() == 1);
}

TEST_CASE("the bust of an execution whose price is held drops it, and a correction may be held in its place") {
  Rig rig;
  rig.send(fill(1));
  rig.send(at_price(2, "1000"));
  auto reversal = fill(3);
  reversal.transaction_id = "R1";
  reversal.ref_transaction_id = "T2";
  SECTION("a bust") {
    reversal.kind = engine::ExecutionKind::kBust;
    rig.send(reversal);
    rig.commit();
    CHECK(rows(rig).empty());
  }
  SECTION("a correction") {
    reversal.kind = engine::ExecutionKind::kCorrection;
    reversal.price = *Price::parse("2000");
    rig.send(reversal);
    rig.commit();
    REQUIRE(rows(rig).size() == 1);
    CHECK(rows(rig)[0].rejection.value == "2000 USD");
    CHECK(rows(rig)[0].origin.sequence == 3);
  }
  CHECK(rows(rig, {}).back().decision->state == DecisionState::kDropped);
}

TEST_CASE("the bust of another execution leaves what is held, and its row") {
  Rig rig;
  rig.send(fill(1));
  rig.send(at_price(2, "1000"));
  auto bust = fill(3);
  bust.transaction_id = "R1";
  bust.ref_transaction_id = "T1";
  bust.kind = engine::ExecutionKind::kBust;
  rig.send(bust);
  rig.commit();
  REQUIRE(rows(rig).size() == 1);
  CHECK(rows(rig)[0].decision->applied_as == 3);
  CHECK(rig.processor->waiting().held_prices == 1);
}

TEST_CASE("a correction that waited is held as the input that it becomes") {
  Rig rig;
  rig.send(fill(1));
  auto correction = fill(3);
  correction.transaction_id = "R1";
  correction.ref_transaction_id = "T2";
  correction.kind = engine::ExecutionKind::kCorrection;
  correction.price = *Price::parse("2000");
  rig.send(correction);
  rig.send(fill(2));
  rig.commit();
  REQUIRE(rows(rig).size() == 1);
  CHECK(rows(rig)[0].origin.stream_id.view() == store::kCommandsOrigin);
  CHECK(rows(rig)[0].raw == "R1,C,A,BUY,100,2000,,CORRECTION,T2");
  rig.restart();
  CHECK(rig.decide(rows(rig)[0].quarantine_id, Action::kApply).outcome == Outcome::kDone);
  CHECK(mark(rig) == "2000");
}

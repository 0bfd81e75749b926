// What a Processor does with executions and opening positions that were applied before.
#include "known_records.hpp"
#include "support/catch.hpp"

using namespace risk;
using namespace risk::risk_engine;
using namespace risk::risk_engine::test;

namespace {

engine::OpeningPosition opening(const char* quantity = "100") {
  return {ClientId("C"), Symbol("A"), *Quantity::parse(quantity), Price::from_whole(9), ""};
}

engine::Transaction twice_as_much(engine::Transaction t) {
  t.quantity = Quantity::from_units(2 * t.quantity.units());
  return t;
}

}  // namespace

TEST_CASE("a file that comes twice, by two streams and after a restart is counted once") {
  Rig rig;
  for (int i = 0; i < 3; ++i) rig.send(fill(i));
  for (int i = 0; i < 3; ++i) rig.send(fill(i));
  rig.send(fill(1), 1);
  rig.commit();
  rig.send(fill(2), 1);
  rig.commit();
  rig.restart();
  rig.send(fill(0));
  rig.send(fill(3));
  const auto commit = rig.commit();
  CHECK(commit.inputs.size() == 1);
  CHECK(commit.quarantine.empty());
  CHECK(rig.position() == "400");
  CHECK(rig.cursor(0).duplicates == 4);
  CHECK(rig.cursor(0).sequence == 8);  // each was consumed
  CHECK(rig.cursor(1).duplicates == 2);
  CHECK(rig.processor->counters().transactions == 4);
}

TEST_CASE("an execution that comes by two feeds with two names of its broker is one") {
  Rig rig;
  engine::BrokerAliases aliases;
  aliases.add("IB", "IBKR");
  rig.restart({1'000, aliases});
  rig.send(fill(1));
  auto other = fill(1);
  other.broker_id = "IB";
  rig.send(other, 1);
  rig.commit();
  rig.send(other);
  rig.commit();
  CHECK(rig.position() == "100");
  other.broker_id = "SCHWAB";
  rig.send(other);
  rig.commit();
  CHECK(rig.position() == "200");
}

TEST_CASE("of two executions under one id with other quantities one is applied, and one is a conflict") {
  Rig rig;
  rig.send(fill(1));
  rig.send(twice_as_much(fill(1)), 1, {"late.csv", 7});
  const auto commit = rig.commit();
  CHECK(rig.position() == "100");
  REQUIRE(commit.quarantine.size() == 1);
  const auto& row = commit.quarantine[0];
  CHECK(row.kind == store::QuarantineKind::kConflict);
  CHECK(row.decision == store::Decision{});
  CHECK(row.source == "late.csv");
  CHECK(row.line == 7);
  CHECK(row.rejection == engine::Rejection{"quantity", "200",
                                           "conflicts with input 2, which was applied with quantity 100, price 10, "
                                           "executed at 2024-09-20T08:36:01.000000Z"});
  CHECK(rig.cursor(1).conflicts == 1);
  CHECK(rig.processor->waiting().conflicts == 1);
  rig.restart();
  CHECK(rig.processor->waiting().conflicts == 1);

  auto dearer = fill(1);
  dearer.price = Price::from_whole(11);
  rig.send(dearer);
  auto later = fill(1);
  later.executed_at.nanos += 1;
  later.executed_at.nanos += kNanosPerSecond;
  rig.send(later);
  const auto more = rig.commit().quarantine;
  REQUIRE(more.size() == 2);
  CHECK(more[0].rejection.field == "price");
  CHECK(more[1].rejection.field == "executed_at");
  CHECK(more[1].rejection.value == "2024-09-20T08:36:02.000000001Z");
}

TEST_CASE("what is not valid is refused for that, whatever it is like") {
  Rig rig;
  rig.send(fill(1));
  auto unpaid = twice_as_much(fill(1));
  unpaid.currency = "XTS";
  rig.send(unpaid);
  const auto commit = rig.commit();
  REQUIRE(commit.quarantine.size() == 1);
  CHECK(commit.quarantine[0].rejection.field == "currency");
  CHECK_FALSE(commit.quarantine[0].decision);
}

TEST_CASE("an execution that was refused may come again when it can be applied") {
  Rig rig;
  auto t = fill(1);
  t.quantity = {};
  rig.send(t);
  rig.send(fill(1));
  rig.commit();
  CHECK(rig.position() == "100");
}

TEST_CASE("a conflict that somebody applies is an input from then on, also after a restart") {
  Rig rig;
  rig.send(fill(1));
  rig.send(twice_as_much(fill(1)), 1);
  rig.commit();
  CHECK(rig.decide(1, Action::kApply).outcome == Outcome::kDone);
  CHECK(rig.decide(1, Action::kDrop).outcome == Outcome::kConflict);  // the store shows it waiting still
  const auto commit = rig.commit();
  CHECK(rig.position() == "300");
  REQUIRE(commit.inputs.size() == 1);
  CHECK(commit.inputs[0].origin == store::Origin{store::kCommandsOrigin, 3, 1});
  CHECK(rig.reader->quarantined(1)->decision ==
        store::Decision{store::DecisionState::kApplied, "anna", kWall, "as the broker says", 3});
  REQUIRE(rig.reader->commands(10).size() == 1);
  const auto command = rig.reader->commands(10)[0];
  CHECK(command.command == "APPLY");
  CHECK(command.target == "quarantine 1");
  CHECK(command.new_value == "APPLIED: as the broker says");
  CHECK(rig.processor->waiting().conflicts == 0);
  const auto hash = rig.processor->core().state_hash();
  rig.restart();
  CHECK(rig.processor->core().state_hash() == hash);
  CHECK(rig.decide(1, Action::kApply).outcome == Outcome::kConflict);
  // Both are known now.
  rig.send(fill(1));
  rig.send(twice_as_much(fill(1)));
  CHECK(rig.commit().inputs.empty());
}

TEST_CASE("a conflict that somebody drops is never applied") {
  Rig rig;
  rig.send(fill(1));
  rig.send(twice_as_much(fill(1)), 1);
  rig.commit();
  CHECK(rig.decide(1, Action::kDrop).outcome == Outcome::kDone);
  CHECK(rig.processor->has_pending());
  CHECK(rig.commit().inputs.empty());
  CHECK(rig.position() == "100");
  CHECK(rig.reader->quarantined(1)->decision->state == store::DecisionState::kDropped);
  CHECK(rig.decide(1, Action::kApply).outcome == Outcome::kConflict);
}

TEST_CASE("of two copies of a conflict the second cannot be applied when the first was") {
  Rig rig;
  rig.send(fill(1));
  rig.send(twice_as_much(fill(1)), 1);
  rig.send(twice_as_much(fill(1)), 1);
  rig.commit();
  CHECK(rig.decide(1, Action::kApply).outcome == Outcome::kDone);
  const auto reply = rig.decide(2, Action::kApply);
  CHECK(reply.outcome == Outcome::kConflict);
  CHECK(reply.reason == "row 2 cannot be applied: it was applied since, as input 3");
  CHECK(rig.decide(2, Action::kDrop).outcome == Outcome::kDone);
  rig.commit();
  CHECK(rig.position() == "300");
}

TEST_CASE("nobody decides about what is not there, or where there is nothing to decide") {
  Rig rig;
  auto unpaid = fill(1);
  unpaid.currency = "XTS";
  rig.send(unpaid);
  rig.commit();
  CHECK(rig.decide(1, Action::kApply).outcome == Outcome::kConflict);
  CHECK(rig.decide(9, Action::kDrop).outcome == Outcome::kNotFound);
  CHECK_FALSE(rig.processor->has_pending());
}

TEST_CASE("an engine that was replaced and has not noticed decides about no row that came after it") {
  Rig replaced;
  replaced.send(fill(1));
  replaced.commit();
  Rig next;
  next.config = replaced.config;
  next.restart();
  const std::size_t stream = GENERATE(0, 1);  // one that the other engine knows, and a new one
  next.sequences[0] = replaced.sequences[0];
  next.send(twice_as_much(fill(1)), stream);
  auto bust = fill(2);
  bust.kind = engine::ExecutionKind::kBust;
  bust.ref_transaction_id = "T9";
  next.send(bust, stream);
  next.commit();
  for (const std::uint64_t id : {1, 2}) {
    const auto reply = replaced.decide(id, Action::kDrop);
    CHECK(reply.outcome == Outcome::kUnavailable);
    CHECK(reply.reason ==
          "row " + std::to_string(id) +
              " of the quarantine waits in the database and is not known here: another engine may lead");
  }
  CHECK_FALSE(replaced.processor->has_pending());
  CHECK(replaced.processor->waiting().conflicts == 0);
  CHECK(next.decide(1, Action::kDrop).outcome == Outcome::kDone);
}

TEST_CASE("what was executed before the days that are kept is refused with its reason") {
  Rig rig;
  rig.send(fill(1));
  rig.commit();
  CHECK(rig.store->drop_days({kWall.nanos + 2 * kSecondsPerDay * kNanosPerSecond}, 2).days == 1);
  rig.send(fill(1));
  rig.send(fill(0));
  rig.send(fill(2));
  const auto commit = rig.commit();
  REQUIRE(commit.quarantine.size() == 2);
  for (const auto& row : commit.quarantine) {
    CHECK(row.rejection.field == "executed_at");
    CHECK(row.rejection.reason ==
          "older than what is kept: executions up to 2024-09-20T08:36:01.000000Z may have been applied and dropped");
    CHECK_FALSE(row.decision);
  }
  CHECK(commit.inputs.size() == 1);
}

TEST_CASE("what cannot be looked up leaves everything as it was, and is applied when it can") {
  Rig rig;
  rig.send(fill(1));
  rig.commit();
  const auto hash = rig.processor->core().state_hash();
  rig.processor->executions().set_find(
      [](auto, auto) -> store::FoundExecutions { throw store::StoreUnavailable("away"); });
  const std::string bytes[] = {wire::encode(fill(2)), wire::encode(fill(1)), wire::encode(fill(3))};
  const std::string_view payloads[] = {bytes[0], bytes[1], bytes[2]};
  const log::Records records{wire::kTransactionsTopic, "simulator@test", {kStreams[0], 1, 2}, payloads};
  CHECK_THROWS_AS(rig.processor->apply(records, kWall), store::StoreUnavailable);
  CHECK(rig.processor->core().state_hash() == hash);
  CHECK_FALSE(rig.processor->has_pending());
  rig.processor->executions().set_find(
      [&rig](auto seqs, auto fingerprints) { return rig.reader->find_executions(seqs, fingerprints); });
  rig.processor->apply(records, kWall);
  rig.commit();
  CHECK(rig.position() == "300");
}

TEST_CASE("records that come together may be known and of every kind, and a new one after them is applied") {
  Rig rig;
  for (int i = 0; i < 60; ++i) rig.send(fill(i));
  rig.commit();
  std::vector<std::string> bytes;
  for (int i = 0; i < 60; ++i) bytes.push_back(wire::encode(fill(i)));
  for (int i = 0; i < 60; ++i) {
    const std::string symbol = "HELD" + std::to_string(i);
    bytes.push_back(wire::encode(
        engine::OpeningPosition{ClientId("C"), Symbol(symbol), Quantity::from_whole(1), Price::from_whole(1), ""}));
    engine::Instrument instrument;
    instrument.symbol = Symbol(symbol);
    instrument.multiplier = Multiplier::from_whole(1);
    instrument.expires_at = Timestamp{kWall.nanos + 1'000'000'000'000};
    bytes.push_back(wire::encode(instrument));
  }
  bytes.push_back(wire::encode(fill(60)));
  const std::vector<std::string_view> payloads(bytes.begin(), bytes.end());
  rig.processor->apply({wire::kTransactionsTopic, "simulator@test", {kStreams[0], 1, ++rig.sequences[0]}, payloads},
                       kWall);
  CHECK(rig.commit().inputs.size() == 121);
  CHECK(rig.position() == "6100");
}

TEST_CASE("opening positions that come twice, by two streams and after a restart, leave what was traded since") {
  Rig rig;
  rig.send(opening());
  rig.send(opening());
  rig.send(fill(1));
  rig.send(opening(), 1);
  rig.commit();
  CHECK(rig.position() == "200");
  rig.send(opening());
  rig.send(opening(), 1);
  rig.restart();
  rig.send(opening());
  rig.send(opening(), 1);
  const auto commit = rig.commit();
  CHECK(commit.inputs.empty());
  CHECK(commit.quarantine.empty());
  CHECK(rig.position() == "200");
  CHECK(rig.cursor(0).duplicates == 2);
  CHECK(rig.cursor(0).sequence == 5);  // each was consumed, but what had not been committed is sent again
  CHECK(rig.cursor(1).duplicates == 2);
  CHECK(rig.processor->counters().duplicates == 2);
}

TEST_CASE("an opening position that was corrected sets the position, and so does one that is corrected back") {
  const bool commits = GENERATE(false, true);
  Rig rig;
  const auto send = [&](const char* quantity) {
    rig.send(opening(quantity));
    if (commits) rig.commit();
  };
  send("100");
  rig.send(fill(1));
  send("70");
  rig.commit();
  CHECK(rig.position() == "70");
  rig.send(fill(2));
  send("70");
  rig.commit();
  CHECK(rig.position() == "170");
  send("100");
  rig.commit();
  CHECK(rig.position() == "100");
  CHECK(rig.cursor(0).duplicates == 1);
}

TEST_CASE("an opening position is a duplicate only where every field is the same") {
  Rig rig;
  const auto first = opening();
  auto other_client = first, other_symbol = first, other_price = first, other_currency = first;
  other_client.client_id = ClientId("D");
  other_symbol.symbol = Symbol("B");
  other_price.price = Price::from_whole(8);
  other_currency.currency = "USD";
  for (const auto& position : {first, other_client, other_symbol, other_price, other_currency}) {
    rig.send(position);
    rig.commit();
  }
  CHECK(rig.cursor(0).duplicates == 0);
  CHECK(rig.processor->core().counters().opening_positions == 5);
}

TEST_CASE("an opening position is known among the records that come together") {
  Rig rig;
  const std::string bytes[] = {wire::encode(opening()), wire::encode(fill(1)), wire::encode(opening()),
                               wire::encode(opening("70")), wire::encode(opening("70"))};
  const std::string_view payloads[] = {bytes[0], bytes[1], bytes[2], bytes[3], bytes[4]};
  rig.processor->apply({wire::kTransactionsTopic, "simulator@test", {kStreams[0], 1, 1}, payloads}, kWall);
  const auto commit = rig.commit();
  CHECK(commit.inputs.size() == 3);
  CHECK(rig.cursor(0).duplicates == 2);
  CHECK(rig.position() == "70");
}

TEST_CASE("an opening position that was refused may come again when it can be applied") {
  Rig rig;
  auto unpaid = opening();
  unpaid.currency = "XTS";
  rig.send(unpaid);
  rig.send(unpaid);
  CHECK(rig.commit().quarantine.size() == 2);
  rig.send(engine::ExchangeRate{"XTS", Rate::from_whole(2), kWall});
  rig.send(unpaid);
  CHECK(rig.commit().inputs.size() == 2);
  CHECK(rig.cursor(0).duplicates == 0);
  CHECK(rig.position() == "100");
}

TEST_CASE("an opening position that no core can apply goes to the quarantine, and the store is not asked about it") {
  Rig rig;
  rig.processor->openings().set_find([](auto) -> std::vector<engine::OpeningPosition> {
    throw store::StoreError("a text with a zero byte cannot be stored");
  });
  auto odd = opening();
  odd.client_id = ClientId(std::string("C\0D", 3));
  rig.send(odd);
  const auto commit = rig.commit();
  REQUIRE(commit.quarantine.size() == 1);
  CHECK(commit.quarantine[0].rejection.field == "client_id");
  CHECK(rig.cursor(0).sequence == 1);
}

TEST_CASE("an opening position whose day was dropped is new") {
  Rig rig;
  rig.send(opening());
  rig.send(fill(1));
  rig.commit();
  CHECK(rig.store->drop_days({kWall.nanos + 2 * kSecondsPerDay * kNanosPerSecond}, 3).days == 1);
  rig.send(opening());
  CHECK(rig.commit().inputs.size() == 1);
  CHECK(rig.position() == "100");
}

TEST_CASE("opening positions that cannot be looked up leave everything as it was") {
  Rig rig;
  rig.send(opening());
  rig.commit();
  const auto hash = rig.processor->core().state_hash();
  rig.processor->openings().set_find(
      [](auto) -> std::vector<engine::OpeningPosition> { throw store::StoreUnavailable("away"); });
  const std::string bytes[] = {wire::encode(fill(1)), wire::encode(opening())};
  const std::string_view payloads[] = {bytes[0], bytes[1]};
  const log::Records records{wire::kTransactionsTopic, "simulator@test", {kStreams[0], 1, 2}, payloads};
  CHECK_THROWS_AS(rig.processor->apply(records, kWall), store::StoreUnavailable);
  CHECK(rig.processor->core().state_hash() == hash);
  CHECK_FALSE(rig.processor->has_pending());
  rig.processor->openings().set_find([&rig](auto keys) { return rig.reader->latest_openings(keys); });
  rig.processor->apply(records, kWall);
  rig.commit();
  CHECK(rig.position() == "200");
}

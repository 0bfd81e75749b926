// What a commit promises: all or nothing, compare-and-set, replay to the last digit.
#include "backends.hpp"
#include "samples.hpp"
#include "support/catch.hpp"

using namespace risk;
using namespace risk::test;
using namespace risk::store;

TEMPLATE_TEST_CASE("an empty database resumes at nothing", "[store]", Memory, Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  const auto point = f.store->resume_point();
  CHECK(point.cursors.empty());
  CHECK(point.last_apply_seq == 0);
  CHECK(point.last_event_id == 0);
  CHECK(point.open_alerts.empty());
  CHECK(replayed(*f.store).empty());
}

TEMPLATE_TEST_CASE("inputs of every kind replay in order and unchanged, after reopening", "[store]", Memory, Sqlite,
                   Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  AppliedInputs inputs{rules(1, std::string("\0rules\xff", 7)),
                       opening_position(2, 1),
                       transaction(3, 2),
                       tick(4, 3),
                       transaction(5, 4),
                       market_price(6, 5),
                       exchange_rate(7, 6),
                       instrument(8, 7),
                       held_price_decision(9, 8)};
  auto commit = step(0, 9);
  commit.inputs = inputs;
  f.store->commit(commit);
  auto more = step(9, 12);
  auto plain = instrument(10, 8);
  plain.input = engine::Instrument{.symbol = Symbol("PLAIN")};
  more.inputs = {plain, tick(11, 9), transaction(12, 10)};
  f.store->commit(more);
  for (const auto& input : more.inputs) inputs.push_back(input);

  f.store.reset();
  f.store = f.open();
  CHECK(replayed(*f.store) == inputs);
  CHECK(replayed(*f.store, 4) == AppliedInputs(inputs.begin() + 4, inputs.end()));
  CHECK(replayed(*f.store, 12).empty());
  CHECK(f.store->resume_point().last_apply_seq == 12);
}

TEMPLATE_TEST_CASE("a long history replays whole and in order", "[store]", Memory, Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  constexpr std::uint64_t kInputs = 10'000;
  auto commit = step(0, kInputs);
  for (std::uint64_t i = 1; i <= kInputs; ++i) commit.inputs.push_back(i % 3 == 0 ? tick(i, i) : transaction(i, i));
  f.store->commit(commit);
  CHECK(replayed(*f.store) == commit.inputs);
}

TEMPLATE_TEST_CASE("a replay that its caller breaks off leaves the store usable", "[store]", Memory, Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  auto commit = step(0, 2);
  commit.inputs = {transaction(1, 1), transaction(2, 2)};
  f.store->commit(commit);
  CHECK_THROWS_AS(f.store->replay(0, [](const AppliedInput&) { throw std::runtime_error("enough"); }),
                  std::runtime_error);
  CHECK(replayed(*f.store) == commit.inputs);
  f.store->commit(step(2, 3));
}

TEMPLATE_TEST_CASE("a cursor that does not stand where the writer believes is a conflict", "[store]", Memory, Sqlite,
                   Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  f.store->commit(step(0, 10));

  CHECK_THROWS_AS(f.store->commit(step(0, 11)), StoreConflict);
  CHECK_THROWS_AS(f.store->commit(step(9, 11)), StoreConflict);
  auto unknown = step(10, 11);
  unknown.cursors.push_back({{kStream, "simulator", 1, 5, 0, kNoon}, 4});
  CHECK_THROWS_AS(f.store->commit(unknown), StoreConflict);

  f.store->commit(step(10, 11));
  const auto cursors = f.store->resume_point().cursors;
  REQUIRE(cursors.size() == 1);
  CHECK(cursors[0].sequence == 11);
}

TEMPLATE_TEST_CASE("a cursor steps to a later epoch and a lower sequence, from the epoch it stood in", "[store]",
                   Memory, Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  const auto move = [&f](std::uint64_t seq, CursorRow to, std::uint64_t from, std::uint64_t from_epoch) {
    auto commit = step(seq, seq + 1);
    commit.cursors.push_back({std::move(to), from, from_epoch});
    f.store->commit(commit);
  };
  const auto at = [](std::uint64_t epoch, std::uint64_t sequence) {
    return CursorRow{kStream, "simulator", epoch, sequence, 0, kNoon};
  };
  move(0, at(3, 500), 0, 1);  // a stream first seen in its third epoch
  CHECK_THROWS_AS(move(1, at(4, 2), 500, 1), StoreConflict);
  CHECK_THROWS_AS(move(1, at(4, 2), 500, 4), StoreConflict);
  move(1, at(4, 0), 500, 3);
  CHECK_THROWS_AS(move(2, at(4, 2), 0, 3), StoreConflict);
  move(2, at(4, 2), 0, 4);
  CHECK(f.store->resume_point().cursors.at(0) == at(4, 2));
}

TEMPLATE_TEST_CASE("a commit steps many streams at once, or names the one that another has moved and steps none",
                   "[store]", Memory, Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  const auto stream = [](std::uint64_t number) { return std::string(31, '0') + "123456789"[number - 1]; };
  const auto step_all = [&](std::uint64_t from, std::uint64_t to) {
    auto commit = step(from, to);
    for (std::uint64_t number = 1; number <= 9; ++number) {
      CursorRow row{stream(number), "publisher", 1, to * number, 0, kNoon};
      if (number % 2 == 0) row.record_hash = "fedcba9876543210";
      commit.cursors.push_back({row, from * number});
    }
    commit.inputs = {transaction(to, to)};
    return commit;
  };
  f.store->commit(step_all(0, 1));
  f.store->commit(step_all(1, 2));
  const auto stands = f.store->resume_point();
  REQUIRE(stands.cursors.size() == 10);
  CHECK(stands.cursors[8].sequence == 18);

  auto stale = step_all(2, 3);
  stale.cursors[7].from = 13;  // of stream 7, which is at 14
  CHECK_THROWS_WITH(f.store->commit(stale),
                    "the cursor of stream " + stream(7) + " is not at 13 of epoch 1: another writer has moved it");
  CHECK(f.store->resume_point().cursors == stands.cursors);
  CHECK(replayed(*f.store).size() == 2);
  f.store->commit(step_all(2, 3));
}

TEMPLATE_TEST_CASE("a record of a later epoch is another record, though its sequence is stored already", "[store]",
                   Memory, Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  auto commit = step(0, 4);
  commit.inputs = {transaction(1, 1), transaction(2, 2), transaction(3, 1), tick(4, 2)};
  commit.inputs[2].origin.epoch = commit.inputs[3].origin.epoch = 2;
  commit.quarantine = {quarantined(3)};
  commit.quarantine[0].origin.epoch = 2;
  f.store->commit(commit);
  CHECK(replayed(*f.store) == commit.inputs);
  const auto reader = f.reader();
  CHECK(reader->transactions({}).at(0).origin == Origin{kStream, 1, 2});
  CHECK(reader->quarantine({.limit = 10}).at(0).origin.epoch == 2);

  auto again = step(4, 5);
  again.inputs = {transaction(5, 1)};
  again.inputs[0].origin.epoch = 2;
  CHECK_THROWS_AS(f.store->commit(again), StoreConflict);
}

TEMPLATE_TEST_CASE("a cursor at zero may step on from zero", "[store]", Memory, Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  f.store->commit(step(0, 0));
  f.store->commit(step(0, 3));
  CHECK(f.store->resume_point().cursors.at(0).sequence == 3);
}

TEMPLATE_TEST_CASE("of two writers with the same belief the second is refused", "[store]", Memory, Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  f.store->commit(step(0, 1));
  const auto stale = f.open();
  f.store->commit(step(1, 2));
  CHECK_THROWS_AS(stale->commit(step(1, 2)), StoreConflict);
  stale->commit(step(2, 3));
}

TEMPLATE_TEST_CASE("a commit that fails has written nothing", "[store]", Memory, Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  auto first = step(0, 1);
  first.inputs = {transaction(1, 1)};
  first.alerts = {alert(1)};
  first.alert_events = {alert_event(1, 1)};
  f.store->commit(first);

  const auto refused = [&](auto break_it) {
    auto commit = step(1, 2);
    commit.cursors.push_back({{kStream, "simulator", 1, 2, 0, kNoon}, 0});
    commit.inputs = {transaction(2, 2)};
    commit.client_exposures = {exposure("CLIENT_001")};
    commit.positions = {position("CLIENT_001", "AAPL", 5)};
    commit.symbol_exposures = {symbol_exposure("AAPL")};
    commit.metrics = metrics(kNoon);
    break_it(commit);
    CHECK_THROWS_AS(f.store->commit(commit), StoreError);
    CHECK(replayed(*f.store) == first.inputs);
    const auto reader = f.reader();
    CHECK(reader->client_exposures().empty());
    CHECK(reader->positions("", "").empty());
    CHECK(reader->metrics_since(kTimestampMin, 10).empty());
    CHECK(reader->cursors().size() == 1);
  };
  refused([](Commit& c) { c.inputs.push_back(transaction(1, 3)); });         // an apply_seq again
  refused([](Commit& c) { c.inputs.push_back(transaction(3, 1)); });         // a record again
  refused([](Commit& c) { c.alert_events.push_back(alert_event(1, 1)); });   // an event again
  refused([](Commit& c) { c.alert_events.push_back(alert_event(2, 99)); });  // an event of no alert
  refused([](Commit& c) { c.cursors.front().from = 7; });
  f.store->commit(step(1, 2));
}

TEMPLATE_TEST_CASE("records that were stored already are a conflict", "[store]", Memory, Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  auto commit = step(0, 1);
  commit.inputs = {transaction(1, 1)};
  f.store->commit(commit);
  auto again = step(1, 2);
  again.inputs = {transaction(2, 1)};
  CHECK_THROWS_AS(f.store->commit(again), StoreConflict);
}

TEMPLATE_TEST_CASE("the resume point has cursors, the last event and the alerts that are not resolved", "[store]",
                   Memory, Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  const CursorRow stream{
      kStream, "simulator@host \"A\"", 4, 250, 2, Timestamp{kNoon.nanos + 7 * kNanosPerMicro}, "0123456789abcdef"};
  auto commit = step(0, 9);
  commit.cursors.push_back({stream, 0});
  auto acknowledged = alert(2), resolved = alert(3);
  acknowledged.status = engine::AlertStatus::kAcknowledged;
  acknowledged.acknowledged_by = "anna";
  acknowledged.acknowledged_at = kNoon;
  resolved.status = engine::AlertStatus::kResolved;
  resolved.resolved_at = kNoon;
  commit.alerts = {acknowledged, alert(1), resolved};
  commit.alert_events = {alert_event(1, 1), alert_event(2, 2), alert_event(3, 3)};
  f.store->commit(commit);

  const auto point = f.store->resume_point();
  CHECK(point.cursors == std::vector<CursorRow>{stream, commit.cursors[0].to});

  auto next = step(9, 10);
  auto moved = stream;
  moved.sequence = 251;
  moved.record_hash = "fedcba9876543210";
  next.cursors.push_back({moved, 250, 4});
  f.store->commit(next);
  CHECK(f.store->resume_point().cursors[0] == moved);
  moved.sequence = 252;
  moved.record_hash.reset();
  auto last = step(10, 11);
  last.cursors.push_back({moved, 251, 4});
  f.store->commit(last);
  CHECK(f.store->resume_point().cursors[0] == moved);
  CHECK(point.last_event_id == 3);
  CHECK(point.open_alerts == std::vector<AlertRow>{alert(1), acknowledged});
}

TEMPLATE_TEST_CASE("cleanup deletes what is old and resolved and never gives an event id again", "[store]", Memory,
                   Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  const Timestamp before{kNoon.nanos + kNanosPerMicro};
  auto commit = step(0, 1);
  auto old = alert(1), recent = alert(2);
  old.status = recent.status = engine::AlertStatus::kResolved;
  old.resolved_at = kNoon;
  recent.resolved_at = before;
  commit.alerts = {old, recent, alert(3)};
  commit.alert_events = {alert_event(1, 2), alert_event(2, 3), alert_event(3, 1), alert_event(4, 1)};
  commit.metrics = metrics(kNoon);
  commit.deliveries = {delivery(4, 1), delivery(1, 2), delivery(99, 9)};  // the last of an event that is gone already
  commit.quarantine = {quarantined(1), quarantined(2)};
  commit.quarantine[1].received_at = before;
  f.store->commit(commit);

  const auto count = f.store->cleanup(before);
  CHECK(count.alerts == 1);
  CHECK(count.alert_events == 2);
  CHECK(count.metrics == 1);
  CHECK(count.quarantine == 1);
  CHECK(count.deliveries == 2);

  const auto reader = f.reader();
  CHECK_FALSE(reader->alert(1));
  CHECK(reader->alert(2) == recent);
  CHECK(reader->alert(3));
  CHECK(reader->alert_events(1).empty());
  CHECK(reader->quarantine_count() == 1);
  CHECK(reader->undelivered_count() == 1);
  CHECK(f.store->resume_point().last_event_id == 4);
}

// One engine writes, the others wait: who may take the lease, and what is refused to whom it was taken from.
#include <array>
#include <barrier>
#include <functional>
#include <thread>

#include "backends.hpp"
#include "samples.hpp"
#include "support/catch.hpp"

using namespace risk;
using namespace risk::test;
using namespace risk::store;

TEMPLATE_TEST_CASE("a second engine waits until the first lets go", "[store]", Memory, Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  const auto first = f.lease(), second = f.lease();
  const auto reader = f.reader();
  CHECK(first->state() == LeaseState{});
  CHECK(reader->lease() == LeaseState{});
  CHECK(first->try_take("engine 'A'") == 1);
  CHECK_FALSE(second->try_take("engine B"));
  first->beat();
  first->beat();
  for (const auto& state : {first->state(), second->state(), reader->lease()}) {
    CHECK(state == LeaseState{1, "engine 'A'", 2, true});
  }
  first->release();
  first->release();
  CHECK(second->state() == LeaseState{1, "engine 'A'", 2, false});
  CHECK(second->try_take("engine B") == 2);
  CHECK_FALSE(first->try_take("engine 'A'"));
  CHECK(reader->lease() == LeaseState{2, "engine B", 0, true});
}

TEMPLATE_TEST_CASE("of two engines that ask for a free lease at once one gets it", "[store]", Memory, Sqlite,
                   Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  constexpr std::uint64_t kRounds = 30;
  std::barrier both(2);
  std::array<std::array<std::uint64_t, kRounds>, 2> terms{};
  const auto engine = [&](std::size_t me) {
    const auto lease = f.lease();
    for (std::size_t round = 0; round < kRounds; ++round) {
      both.arrive_and_wait();
      terms[me][round] = lease->try_take("engine").value_or(0);
      both.arrive_and_wait();
      lease->release();
    }
  };
  std::thread other(engine, 1);
  engine(0);
  other.join();
  for (std::size_t round = 0; round < kRounds; ++round) {
    CAPTURE(round);
    CHECK(terms[0][round] + terms[1][round] == round + 1);
    CHECK((terms[0][round] == 0 || terms[1][round] == 0));
  }
}

TEMPLATE_TEST_CASE("a lease is taken only from a holder that is as it was seen", "[store]", Memory, Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  const auto first = f.lease(), second = f.lease(), third = f.lease();
  first->try_take("A");
  const auto seen = second->state();
  first->beat();
  CHECK_FALSE(second->take_from(seen, "B"));
  first->beat();
  const auto seen_later = second->state();
  CHECK(second->take_from(seen_later, "B") == 2);
  CHECK_FALSE(third->take_from(seen_later, "C"));
  CHECK_THROWS_AS(first->beat(), StoreConflict);
  second->beat();
  CHECK(third->state().holder == "B");
  CHECK(third->state().beat == 1);
}

TEMPLATE_TEST_CASE("every write of an engine that has lost its lease is refused", "[store]", Memory, Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  const auto first = f.lease(), second = f.lease();
  const auto term = first->try_take("A").value();
  f.store->write_as(term);
  auto commit = step(0, 1);
  commit.inputs = {transaction(1, 1)};
  f.store->commit(commit);
  f.store->write_snapshot_chunk(1, 0, "piece");

  const auto next = second->take_from(second->state(), "B").value();
  const std::vector<std::function<void(Store&)>> writes{
      [](Store& store) { store.commit(step(1, 2)); },
      [](Store& store) { store.cleanup(kTimestampMax); },
      [](Store& store) { store.drop_days(kTimestampMax, 1); },
      [](Store& store) { store.drop_days(kTimestampMin, 0); },
      [](Store& store) { store.write_snapshot_chunk(2, 0, "piece"); },
      [](Store& store) {
        store.finish_snapshot({1, "", 1, 5, kNoon}, 1);
      },
  };
  for (const auto& write : writes) {
    CHECK_THROWS_AS(write(*f.store), StoreConflict);
    const auto reconnected = f.open();
    reconnected->write_as(term);
    CHECK_THROWS_AS(write(*reconnected), StoreConflict);
  }
  const auto successor = f.open();
  successor->write_as(next);
  CHECK(replayed(*successor) == commit.inputs);
  CHECK(successor->snapshots().empty());
  for (const auto& write : writes) write(*successor);
  f.open()->commit(step(2, 3));  // who does not write under a term is not asked
}

TEMPLATE_TEST_CASE("a lease that lost its connection is taken up again, unless another has taken it", "[store]", Memory,
                   Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  auto first = f.lease();
  const auto second = f.lease();
  const auto term = first->try_take("A").value();
  const auto again = f.lease();
  first.reset();
  CHECK(again->resume(term));
  again->beat();
  CHECK_FALSE(second->try_take("B"));
  CHECK(second->state() == LeaseState{term, "A", 1, true});
  CHECK(second->take_from(second->state(), "B"));
  CHECK_FALSE(f.lease()->resume(term));
  CHECK(second->state().held);
}

TEMPLATE_TEST_CASE("a lease asks for the schema first", "[store]", Sqlite, Postgres) {
  RISK_BACKEND(backend);
  const auto store = open_store(backend->writer());
  CHECK_THROWS_AS(open_lease(backend->writer()), StoreUnavailable);
  store->migrate();
  CHECK(open_lease(backend->writer())->state() == LeaseState{});
}

// The inputs by day: what is kept, what is dropped, and what a replay says of what is gone.
#include <barrier>
#include <thread>

#include "backends.hpp"
#include "samples.hpp"
#include "support/catch.hpp"

using namespace risk;
using namespace risk::test;
using namespace risk::store;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr std::int64_t kDay = kSecondsPerDay * kNanosPerSecond;
constexpr Timestamp kMidnight{kNoon.nanos / kDay * kDay};  // 2024-09-20

Timestamp after_midnight(std::int64_t days, std::int64_t micros = 0) {
  return {kMidnight.nanos + days * kDay + micros * kNanosPerMicro};
}

// Inputs first to last, transactions and ticks in turn.
Commit inputs_at(Timestamp recorded_at, std::uint64_t first, std::uint64_t last) {
  auto commit = step(first - 1, last);
  commit.recorded_at = recorded_at;
  for (auto i = first; i <= last; ++i) commit.inputs.push_back(i % 2 == 0 ? tick(i, i) : transaction(i, i));
  return commit;
}

std::vector<std::uint64_t> numbers(const AppliedInputs& inputs) {
  std::vector<std::uint64_t> seqs;
  for (const auto& input : inputs) seqs.push_back(input.apply_seq);
  return seqs;
}

using Seqs = std::vector<std::uint64_t>;

}  // namespace

TEMPLATE_TEST_CASE("inputs are kept by the UTC day of their commit", "[store]", Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  f.store->commit(inputs_at(after_midnight(0, -1), 1, 2));
  f.store->commit(inputs_at(after_midnight(0), 3, 3));
  f.store->commit(inputs_at(after_midnight(1, -1), 4, 6));
  f.store->commit(inputs_at(Timestamp{-1}, 7, 7));
  CHECK(*f.backend->run_sql("SELECT apply_seq, recorded_on FROM transactions ORDER BY apply_seq") ==
        "1|2024-09-19\n3|2024-09-20\n5|2024-09-20\n7|1969-12-31\n");
  CHECK(*f.backend->run_sql("SELECT apply_seq, recorded_on FROM engine_inputs ORDER BY apply_seq") ==
        "2|2024-09-19\n4|2024-09-20\n6|2024-09-20\n");
  CHECK(*f.backend->run_sql(
            "SELECT recorded_on, first_apply_seq, last_apply_seq, inputs FROM input_days ORDER BY recorded_on") ==
        "1969-12-31|7|7|1\n2024-09-19|1|2|2\n2024-09-20|3|6|4\n");
}

TEMPLATE_TEST_CASE("days go oldest first, whole, and only with all their inputs under the snapshot", "[store]", Memory,
                   Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  f.store->commit(inputs_at(after_midnight(0), 1, 3));
  f.store->commit(inputs_at(after_midnight(1), 4, 5));
  f.store->commit(inputs_at(after_midnight(1, 1), 6, 7));
  f.store->commit(inputs_at(after_midnight(2), 8, 9));
  const auto drop = [&f](Timestamp before, std::uint64_t up_to) {
    const auto dropped = f.store->drop_days(before, up_to);
    return std::pair(dropped.days, dropped.rows);
  };
  using Dropped = std::pair<std::uint64_t, std::uint64_t>;
  CHECK(drop(after_midnight(1, -1), 9) == Dropped{0, 0});  // not over yet
  CHECK(drop(after_midnight(9), 2) == Dropped{0, 0});
  CHECK(replayed(*f.store).size() == 9);
  CHECK(drop(after_midnight(9), 6) == Dropped{1, 3});
  CHECK(numbers(replayed(*f.store, 3)) == Seqs{4, 5, 6, 7, 8, 9});
  CHECK(drop(after_midnight(2), 9) == Dropped{1, 4});
  CHECK(drop(after_midnight(2), 9) == Dropped{0, 0});

  const auto reader = f.reader();
  CHECK(numbers(replayed(*f.store, 7)) == Seqs{8, 9});
  CHECK(numbers(replayed(*reader, 8)) == Seqs{9});
  CHECK(reader->transactions({}).size() == 1);
  for (const std::uint64_t after : {0, 6}) {
    CHECK_THROWS_AS(replayed(*f.store, after), StoreError);
    CHECK_THROWS_WITH(replayed(*f.store, after), ContainsSubstring("input " + std::to_string(after + 1)) &&
                                                     ContainsSubstring("the first that is, is 8"));
    CHECK_THROWS_WITH(replayed(*reader, after), ContainsSubstring("the first that is, is 8"));
  }
}

TEMPLATE_TEST_CASE("an engine goes on where it was though every day has been dropped", "[store]", Memory, Sqlite,
                   Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  f.store->commit(inputs_at(after_midnight(0), 1, 5));
  CHECK(f.store->drop_days(after_midnight(1), 5).days == 1);
  f.store = f.open();
  CHECK(f.store->resume_point().last_apply_seq == 5);
  CHECK(replayed(*f.store, 5).empty());
  CHECK_THROWS_WITH(replayed(*f.store, 4), ContainsSubstring("input 5") && ContainsSubstring("none after it"));
  f.store->commit(inputs_at(after_midnight(0), 6, 6));  // a day that was dropped, too
  CHECK(numbers(replayed(*f.store, 5)) == Seqs{6});
}

TEMPLATE_TEST_CASE("a day is dropped and used again by one store", "[store]", Memory, Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  f.store->commit(inputs_at(after_midnight(0), 1, 5));
  f.store->drop_days(after_midnight(1), 5);
  f.store->commit(inputs_at(after_midnight(0), 6, 6));
  CHECK(numbers(replayed(*f.store, 5)) == Seqs{6});
}

TEMPLATE_TEST_CASE("a replay stops at a hole that a clock set back over midnight left", "[store]", Memory, Sqlite,
                   Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  f.store->commit(inputs_at(after_midnight(0), 1, 2));
  f.store->commit(inputs_at(after_midnight(1), 3, 4));
  f.store->commit(inputs_at(after_midnight(0), 5, 6));
  f.store->commit(inputs_at(after_midnight(1), 7, 7));
  CHECK(f.store->drop_days(after_midnight(1), 5).days == 0);
  CHECK(f.store->drop_days(after_midnight(1), 6).rows == 4);
  CHECK(numbers(replayed(*f.store, 6)) == Seqs{7});
  Seqs seen;
  CHECK_THROWS_WITH(f.store->replay(2, [&seen](const AppliedInput& input) { seen.push_back(input.apply_seq); }),
                    ContainsSubstring("input 5") && ContainsSubstring("is 7"));
  CHECK(seen == Seqs{3, 4});
}

TEMPLATE_TEST_CASE("a day of many inputs goes whole", "[store]", Memory, Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  f.store->commit(inputs_at(after_midnight(0), 1, 25'000));
  f.store->commit(inputs_at(after_midnight(1), 25'001, 25'002));
  const auto dropped = f.store->drop_days(after_midnight(1), 25'000);
  CHECK(dropped.days == 1);
  CHECK(dropped.rows == 25'000);
  CHECK(numbers(replayed(*f.store, 25'000)) == Seqs{25'001, 25'002});
  const auto left = f.backend->run_sql(
      "SELECT (SELECT count(*) FROM transactions), (SELECT count(*) FROM engine_inputs), "
      "(SELECT count(*) FROM input_days)");
  if (left) CHECK(*left == "1|1|1\n");
}

TEST_CASE("two writers that come to a new day at once both find its partitions - Postgres") {
  auto backend = Postgres::make();
  if (!backend) return;
  Fixture f(std::move(backend));
  constexpr std::uint64_t kDays = 20;
  std::barrier both(2);
  const auto write = [&f, &both](const std::string& stream, std::uint64_t offset, std::string& failure) {
    const auto store = open_store(f.backend->writer());
    for (std::uint64_t day = 0; day < kDays; ++day) {
      Commit commit;
      commit.recorded_at = after_midnight(static_cast<std::int64_t>(day));
      commit.cursors.push_back({{stream, "", 1, day + 1, 0, kNoon}, day});
      commit.inputs = {transaction(2 * day + offset, day + 1)};
      commit.inputs[0].origin.stream_id = stream;
      both.arrive_and_wait();
      try {
        store->commit(commit);
      } catch (const StoreError& error) {
        failure = error.what();
      }
    }
  };
  std::string one, other;
  std::thread thread([&] { write("B", 2, other); });
  write("A", 1, one);
  thread.join();
  CHECK(one == "");
  CHECK(other == "");
  CHECK(*f.backend->run_sql("SELECT count(*), count(DISTINCT tableoid) FROM transactions") == "40|20\n");
}

TEST_CASE("a day is a partition of its own that risk_reader reads and that goes with the day - Postgres") {
  auto backend = Postgres::make();
  if (!backend) return;
  Fixture f(std::move(backend));
  f.store->commit(inputs_at(after_midnight(0), 1, 2));
  const auto count = [&f](const std::string& table) {
    return *f.backend->run_sql("SET ROLE risk_reader; SELECT count(*) FROM " + table);
  };
  CHECK(count("transactions_20240920") == "1\n");
  CHECK(count("engine_inputs_20240920") == "1\n");
  CHECK(count("transactions") == "1\n");
  f.store->drop_days(after_midnight(1), 2);
  CHECK(*f.backend->run_sql("SELECT count(*) FROM pg_class WHERE relname LIKE '%\\_2024%'") == "0\n");
}

TEST_CASE("queries over many days walk the indexes of each - Postgres") {
  auto backend = Postgres::make();
  if (!backend) return;
  Fixture f(std::move(backend));
  for (std::uint64_t day = 0; day < 3; ++day) {
    f.store->commit(inputs_at(after_midnight(static_cast<std::int64_t>(day)), 1000 * day + 1, 1000 * day + 1000));
  }
  f.backend->run_sql("ANALYZE");
  for (const std::string query : {"apply_seq < 2500 ORDER BY apply_seq DESC LIMIT 10",
                                  "client_id = 'CLIENT_001' AND apply_seq < 2500 ORDER BY apply_seq DESC LIMIT 10",
                                  "symbol = 'AAPL' AND apply_seq < 2500 ORDER BY apply_seq DESC LIMIT 10"}) {
    CAPTURE(query);
    const auto plan = *f.backend->run_sql("EXPLAIN SELECT * FROM transactions WHERE " + query);
    CHECK_THAT(plan,
               ContainsSubstring("Index Scan") && !ContainsSubstring("Seq Scan") && !ContainsSubstring("Sort  ("));
  }
}

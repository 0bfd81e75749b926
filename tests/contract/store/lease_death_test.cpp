// The lease when its holder dies, is stopped, or is cut off in the middle of a commit.
#include <chrono>
#include <csignal>
#include <future>
#include <thread>

#include "backends.hpp"
#include "samples.hpp"
#include "support/catch.hpp"
#include "support/child_process.hpp"

using namespace risk;
using namespace risk::test;
using namespace risk::store;

namespace {

using Clock = std::chrono::steady_clock;

// Asks until the answer is yes. False: not within 20 s.
template <class Question>
bool eventually(const Question& question) {
  for (const auto deadline = Clock::now() + std::chrono::seconds(20); Clock::now() < deadline;) {
    if (question()) return true;
    std::this_thread::yield();
  }
  return false;
}

// A process that has the lease and does nothing until it is told to; see lease_holder.cpp.
ChildProcess start_holder(const DatabaseConfig& database) {
  if (database.type == DatabaseConfig::Type::kSqlite) return ChildProcess({RISK_LEASE_HOLDER, database.sqlite_path});
  return ChildProcess({RISK_LEASE_HOLDER, database.host, std::to_string(database.port), database.name, database.user,
                       database.password.reveal()});
}

// Makes each commit with positions stop in its middle, until its session is ended or cancelled.
void stop_commits_halfway(Backend& backend) {
  backend.run_sql(
      "CREATE FUNCTION wait_here() RETURNS trigger LANGUAGE plpgsql AS "
      "$$ BEGIN PERFORM pg_sleep(3600); RETURN NULL; END $$;"
      "CREATE TRIGGER wait_here AFTER INSERT ON positions FOR EACH STATEMENT EXECUTE FUNCTION wait_here();");
}

bool is_halfway(Backend& backend) {
  return *backend.run_sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'") == "1\n";
}

Commit commit_with_positions() {
  auto commit = step(0, 1);
  commit.inputs = {transaction(1, 1)};
  commit.positions = {position("A", "S", 1)};
  return commit;
}

}  // namespace

TEMPLATE_TEST_CASE("the lease is free as soon as its holder's process is killed", "[store]", Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  const auto lease = f.lease();
  auto holder = start_holder(f.backend->writer());
  REQUIRE(holder.read_line() == "taken");
  CHECK(lease->state() == LeaseState{1, "child", 0, true});
  CHECK_FALSE(lease->try_take("parent"));
  holder.signal(SIGKILL);
  holder.wait();
  CHECK(eventually([&] { return lease->try_take("parent") == 2; }));
}

TEMPLATE_TEST_CASE("the lease is free as soon as its holder's connection is closed", "[store]", Memory, Sqlite,
                   Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  auto first = f.lease();
  const auto second = f.lease();
  first->try_take("A");
  first.reset();
  CHECK(eventually([&] { return second->try_take("B") == 2; }));
}

TEMPLATE_TEST_CASE("the lease of a process that stands still is taken, and refused to it when it goes on", "[store]",
                   Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  const auto lease = f.lease(), third = f.lease();
  auto holder = start_holder(f.backend->writer());
  REQUIRE(holder.read_line() == "taken");
  CHECK(lease->take_from(lease->state(), "parent") == 2);
  lease->beat();
  CHECK_FALSE(third->try_take("third"));
  holder.write_line("beat");
  CHECK(holder.read_line() == "conflict");
  holder.wait();
  lease->beat();
  CHECK_FALSE(third->try_take("third"));
  CHECK(third->state() == LeaseState{2, "parent", 2, true});
}

TEST_CASE("a takeover undoes a commit that is under way, and says why - Postgres") {
  auto backend = Postgres::make();
  if (!backend) return;
  Fixture f(std::move(backend));
  stop_commits_halfway(*f.backend);
  const auto first = f.lease(), second = f.lease();
  f.store->write_as(first->try_take("A").value());
  auto commit = std::async(std::launch::async, [&f] { f.store->commit(commit_with_positions()); });
  REQUIRE(eventually([&f] { return is_halfway(*f.backend); }));
  CHECK(second->take_from(second->state(), "B") == 2);
  CHECK_THROWS_AS(commit.get(), StoreConflict);
  CHECK(f.open()->resume_point().cursors.empty());
}

TEST_CASE("a takeover waits for a commit of a holder whose lease alone was lost - Postgres") {
  auto backend = Postgres::make();
  if (!backend) return;
  Fixture f(std::move(backend));
  stop_commits_halfway(*f.backend);
  const auto first = f.lease(), second = f.lease();
  f.store->write_as(first->try_take("A").value());
  auto commit = std::async(std::launch::async, [&f] { f.store->commit(commit_with_positions()); });
  REQUIRE(eventually([&f] { return is_halfway(*f.backend); }));
  first->release();
  auto taken = std::async(std::launch::async, [&second] { return second->try_take("B"); });
  REQUIRE(eventually([&f] {
    return *f.backend->run_sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") == "1\n";
  }));
  f.backend->run_sql("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
  CHECK_THROWS_AS(commit.get(), StoreError);
  CHECK(taken.get() == 2);
}

TEST_CASE("beats do not wait for a long commit - Postgres") {
  auto backend = Postgres::make();
  if (!backend) return;
  Fixture f(std::move(backend));
  stop_commits_halfway(*f.backend);
  const auto lease = f.lease();
  f.store->write_as(lease->try_take("A").value());
  auto commit = std::async(std::launch::async, [&f] { f.store->commit(commit_with_positions()); });
  REQUIRE(eventually([&f] { return is_halfway(*f.backend); }));
  for (int i = 0; i < 10; ++i) CHECK_NOTHROW(lease->beat());
  CHECK(lease->state().beat == 10);
  CHECK(is_halfway(*f.backend));
  f.backend->run_sql("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
  CHECK_THROWS_AS(commit.get(), StoreUnavailable);
}

TEST_CASE("a lease whose session the server ended is unavailable, and resumed - Postgres") {
  auto backend = Postgres::make();
  if (!backend) return;
  Fixture f(std::move(backend));
  const auto lease = f.lease();
  const auto term = lease->try_take("A").value();
  f.backend->run_sql("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'");
  CHECK_THROWS_AS(lease->beat(), StoreUnavailable);
  const auto again = f.lease();
  CHECK(again->resume(term));
  again->beat();
}

// The environment's failures, database by database: what is thrown, and that the message says what and where.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "backends.hpp"
#include "samples.hpp"
#include "support/catch.hpp"
#include "support/postgres_cluster.hpp"

using namespace risk;
using namespace risk::test;
using namespace risk::store;
using Catch::Matchers::ContainsSubstring;

namespace {

DatabaseConfig sqlite_at(const std::string& path) {
  DatabaseConfig config;
  config.sqlite_path = path;
  return config;
}

}  // namespace

TEST_CASE("a SQLite file whose folder cannot be made is unavailable, by name - Sqlite") {
  const TemporaryFolder folder;
  std::ofstream(folder / "file") << "in the way";
  const auto path = folder / "file/risk.db";
  CHECK_THROWS_AS(open_store(sqlite_at(path)), StoreUnavailable);
  CHECK_THROWS_WITH(open_store(sqlite_at(path)), ContainsSubstring(path) && ContainsSubstring("Not a directory"));
}

TEST_CASE("a SQLite path that is a folder is unavailable, by name - Sqlite") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "risk.db");
  CHECK_THROWS_AS(open_store(sqlite_at(folder / "risk.db")), StoreUnavailable);
  CHECK_THROWS_WITH(open_store(sqlite_at(folder / "risk.db")), ContainsSubstring(folder / "risk.db"));
}

TEST_CASE("a file that is not a database is an error that trying again does not cure - Sqlite") {
  const TemporaryFolder folder;
  const auto path = folder / "notes.txt";
  std::ofstream(path) << std::string(4096, 'x');
  CHECK_THROWS_AS(open_store(sqlite_at(path)), StoreError);
  CHECK_THROWS_WITH(open_store(sqlite_at(path)), ContainsSubstring(path) && ContainsSubstring("not a database"));
}

TEST_CASE("a reader waits for a SQLite file and does not make it - Sqlite") {
  const TemporaryFolder folder;
  const auto path = folder / "risk.db";
  CHECK_THROWS_AS(open_reader(sqlite_at(path)), StoreUnavailable);
  CHECK_THROWS_WITH(open_reader(sqlite_at(path)), ContainsSubstring(path) && ContainsSubstring("no such file"));
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("a reader opens a SQLite file whose engine has stopped - Sqlite") {
  Fixture f(Sqlite::make());
  f.store->commit(step(0, 1));
  f.store.reset();
  CHECK(f.reader()->cursors().size() == 1);
}

TEST_CASE("a replay does not stand in the way of another store's commit - Sqlite") {
  Fixture f(Sqlite::make());
  const auto other = f.open();
  auto commit = step(0, 1);
  commit.inputs = {transaction(1, 1)};
  other->commit(commit);
  f.store->replay(0, [&](const AppliedInput&) { other->commit(step(1, 2)); });
  CHECK(f.store->resume_point().cursors.at(0).sequence == 2);
}

TEST_CASE("a password never shows in a description or an error - Postgres") {
  DatabaseConfig config;
  config.type = DatabaseConfig::Type::kPostgresql;
  config.host = "127.0.0.1";
  config.port = 1;  // nobody listens there
  config.password = Secret("hunter2");
  CHECK(describe(config) == "postgresql risk_engine@127.0.0.1:1/risk_alert");
  CHECK_THROWS_AS(open_store(config), StoreUnavailable);
  CHECK_THROWS_WITH(open_store(config), ContainsSubstring("127.0.0.1") && !ContainsSubstring("hunter2"));
  CHECK_THROWS_AS(open_reader(config), StoreUnavailable);
}

TEST_CASE("the role risk_reader reads everything and writes nothing - Postgres") {
  auto backend = Postgres::make();
  if (!backend) return;
  Fixture f(std::move(backend));
  f.store->commit(step(0, 1));
  CHECK(f.reader()->cursors().size() == 1);
  const auto as_reader = open_store(f.backend->reader());
  CHECK(as_reader->resume_point().cursors.size() == 1);
  CHECK_THROWS_AS(as_reader->commit(step(1, 2)), StoreError);
  CHECK_THROWS_WITH(as_reader->commit(step(1, 2)), ContainsSubstring("permission denied"));
  CHECK_THROWS_WITH(as_reader->cleanup(kNoon), ContainsSubstring("permission denied"));
}

TEST_CASE("a server that dies is unavailable, and a reader comes back with it - Postgres") {
  if (PostgresCluster::missing()) return;
  PostgresCluster cluster;
  const auto config = make_database(cluster);
  auto store = open_store(config);
  store->migrate();
  auto commit = step(0, 1);
  commit.inputs = {transaction(1, 1)};
  store->commit(commit);
  const auto reader = open_reader(config);
  REQUIRE(reader->cursors().size() == 1);

  cluster.stop();
  CHECK_THROWS_AS(store->commit(step(1, 2)), StoreUnavailable);
  CHECK_THROWS_AS(reader->cursors(), StoreUnavailable);
  CHECK_THROWS_AS(open_store(config), StoreUnavailable);

  cluster.start();
  store = open_store(config);
  CHECK(replayed(*store) == commit.inputs);
  CHECK(reader->cursors().size() == 1);
  store->commit(step(1, 2));
}

TEST_CASE("no other session takes the place of one that the server has ended - Postgres") {
  auto backend = Postgres::make();
  if (!backend) return;
  Fixture f(std::move(backend));
  f.store->commit(step(0, 1));
  f.backend->run_sql(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
      "AND pid <> pg_backend_pid()");
  // What the session had locked is another's now: the store must be opened again, whoever opens it.
  CHECK_THROWS_AS(f.store->commit(step(1, 2)), StoreUnavailable);
  CHECK_THROWS_AS(f.store->commit(step(1, 2)), StoreUnavailable);
  CHECK_THROWS_AS(f.store->resume_point(), StoreUnavailable);
  CHECK(f.open()->resume_point().cursors.at(0).sequence == 1);
}

TEST_CASE("a database is found whose name has quotes, blanks and backslashes - Postgres") {
  if (PostgresCluster::missing()) return;
  PostgresCluster cluster;
  auto config = make_database(cluster);
  cluster.run_sql(config.name, R"(CREATE DATABASE "it's \ a=b 'c" OWNER risk_engine)");
  config.name = R"(it's \ a=b 'c)";
  const auto store = open_store(config);
  store->migrate();
  store->commit(step(0, 1));
  CHECK(store->resume_point().cursors.at(0).sequence == 1);
}

TEST_CASE("a commit with a text that PostgreSQL cannot keep is an error, and leaves nothing - Postgres") {
  auto backend = Postgres::make();
  if (!backend) return;
  Fixture f(std::move(backend));
  auto commit = step(0, 1);
  commit.inputs = {transaction(1, 1)};
  std::get<TransactionInput>(commit.inputs[0].input).transaction.market = std::string("a\0b", 3);
  CHECK_THROWS_AS(f.store->commit(commit), StoreError);
  CHECK(f.store->resume_point().cursors.empty());
  f.store->commit(step(0, 1));
}

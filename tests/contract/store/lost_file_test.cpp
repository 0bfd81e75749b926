// A database whose file is deleted, moved, replaced or cut off while it is open: what is written to it afterwards
// nobody would ever find, so that nothing may be claimed to be stored.
#include <sqlite3.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include "backends.hpp"
#include "samples.hpp"
#include "support/catch.hpp"
#include "support/postgres_cluster.hpp"

using namespace risk;
using namespace risk::test;
using namespace risk::store;
using Catch::Matchers::ContainsSubstring;
namespace fs = std::filesystem;

namespace {

struct Open : Fixture {
  Open() : Fixture(Sqlite::make()), path(backend->writer().sqlite_path) {
    store->commit(step(0, 1));
    known = backend->writer();
    known.identity = store->identity();
    lease = open_lease(known);
    lease->try_take("engine");
  }

  void replace_by_copy() const {
    fs::copy_file(path, path + ".copy");
    fs::rename(path + ".copy", path);
  }

  std::string path;
  std::unique_ptr<Lease> lease;
  DatabaseConfig known;
};

// Waits until that thread has gone to sleep so many times more: SQLite naps between two looks at a lock.
void wait_for_naps(pid_t thread, int naps) {
  const auto slept = [&] {
    std::ifstream status("/proc/self/task/" + std::to_string(thread) + "/status");
    const std::string tag = "voluntary_ctxt_switches:";
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with(tag)) return std::stol(line.substr(tag.size()));
    }
    return 0L;
  };
  const auto until = slept() + naps;
  while (slept() < until) std::this_thread::yield();
}

}  // namespace

TEST_CASE("nothing is committed to a file that was deleted or moved, until it is back - Sqlite") {
  Open f;
  fs::rename(f.path, f.path + ".elsewhere");
  CHECK_THROWS_AS(f.store->commit(step(1, 2)), StoreUnavailable);
  CHECK_THROWS_WITH(f.store->commit(step(1, 2)),
                    "risk alert.db, which is open, was deleted or moved: nothing is written until it is back");
  CHECK_THROWS_AS(f.lease->beat(), StoreUnavailable);
  CHECK_THROWS_AS(open_store(f.known), StoreUnavailable);
  CHECK_THROWS_AS(open_lease(f.known), StoreUnavailable);
  CHECK_FALSE(fs::exists(f.path));  // none was begun in its place

  fs::rename(f.path + ".elsewhere", f.path);
  f.store = open_store(f.known);
  f.store->commit(step(1, 2));
  f.lease->beat();
  CHECK(f.reader()->cursors().at(0).sequence == 2);
}

TEST_CASE("nothing is committed to a file whose folder was moved, and no other is made - Sqlite") {
  Open f;
  const auto folder = fs::path(f.path).parent_path();
  fs::rename(folder, folder.string() + ".elsewhere");
  CHECK_THROWS_AS(f.store->commit(step(1, 2)), StoreUnavailable);
  CHECK_THROWS_AS(f.lease->beat(), StoreUnavailable);
  CHECK_THROWS_AS(open_store(f.known), StoreUnavailable);
  CHECK_FALSE(fs::exists(folder));
  fs::rename(folder.string() + ".elsewhere", folder);
  f.store->commit(step(1, 2));
}

TEST_CASE("a commit during which its file is deleted is not claimed - Sqlite") {
  Open f;
  sqlite3* other = nullptr;
  REQUIRE(sqlite3_open(f.path.c_str(), &other) == SQLITE_OK);
  REQUIRE(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
  std::promise<pid_t> waits;
  auto committed = std::async(std::launch::async, [&] {
    waits.set_value(gettid());
    f.store->commit(step(1, 2));
  });
  wait_for_naps(waits.get_future().get(), 3);  // for the lock, having looked at the file
  fs::rename(f.path, f.path + ".elsewhere");
  sqlite3_close(other);
  CHECK_THROWS_AS(committed.get(), StoreUnavailable);
}

TEST_CASE("nothing is committed to a file that another has replaced - Sqlite") {
  Open f;
  f.replace_by_copy();
  CHECK_THROWS_AS(f.store->commit(step(1, 2)), StoreLost);
  CHECK_THROWS_WITH(f.store->commit(step(1, 2)), "another file has taken the place of risk alert.db, which is open");
  CHECK_THROWS_AS(f.lease->beat(), StoreLost);
  CHECK_THROWS_AS(open_store(f.known), StoreLost);  // what is not stored there a restart has to find out
  CHECK(open_store(f.backend->writer())->resume_point().cursors.at(0).sequence <= 1);
}

TEST_CASE("nothing is committed when a file beside the database is gone - Sqlite") {
  const auto* suffix = GENERATE("-wal", "-shm");
  Open f;
  SECTION("deleted") {
    fs::remove(f.path + suffix);
  }
  SECTION("replaced") {
    fs::remove(f.path + suffix);
    std::ofstream(f.path + suffix) << "";
  }
  CHECK_THROWS_AS(f.store->commit(step(1, 2)), StoreLost);
  CHECK_THROWS_WITH(f.store->commit(step(1, 2)), ContainsSubstring("risk alert.db" + std::string(suffix)));
  CHECK_THROWS_AS(f.lease->beat(), StoreLost);
}

TEST_CASE("nothing is committed to a file that was cut off - Sqlite") {
  Open f;
  f.backend->run_sql("PRAGMA wal_checkpoint(FULL)");
  f.store->commit(step(1, 2));  // has seen its size
  const auto bytes = GENERATE(0, 50, 4096, 8192);
  fs::resize_file(f.path, static_cast<std::uintmax_t>(bytes));
  CHECK_THROWS_AS(f.store->commit(step(2, 3)), StoreLost);
  CHECK_THROWS_WITH(f.store->commit(step(2, 3)),
                    "risk alert.db, which is open, was cut off at " + std::to_string(bytes) + " bytes");
}

TEST_CASE("a file that a VACUUM has made shorter is written on - Sqlite") {
  Open f;
  f.backend->run_sql("CREATE TABLE filler AS SELECT randomblob(1000000) AS x; PRAGMA wal_checkpoint(FULL)");
  f.store->commit(step(1, 2));
  const auto before = fs::file_size(f.path);
  f.backend->run_sql("DROP TABLE filler; VACUUM; PRAGMA wal_checkpoint(FULL)");
  REQUIRE(fs::file_size(f.path) < before);
  f.store->commit(step(2, 3));
  f.lease->beat();
}

TEST_CASE("a reader whose file was replaced says so once, and then reads the one that is there - Sqlite") {
  Open f;
  const auto reader = f.reader();
  f.backend->run_sql("PRAGMA wal_checkpoint(FULL)");
  REQUIRE(reader->cursors().at(0).sequence == 1);
  fs::copy_file(f.path, f.path + ".copy");
  f.store->commit(step(1, 2));
  REQUIRE(reader->cursors().at(0).sequence == 2);

  for (const auto* suffix : {"-wal", "-shm"}) fs::remove(f.path + suffix);
  fs::rename(f.path + ".copy", f.path);
  CHECK_THROWS_AS(reader->cursors(), StoreUnavailable);
  CHECK(reader->cursors().at(0).sequence == 1);
}

TEST_CASE("a reader whose file was deleted says so, again and again - Sqlite") {
  Open f;
  const auto reader = f.reader();
  fs::remove(f.path);
  CHECK_THROWS_AS(reader->cursors(), StoreUnavailable);
  CHECK_THROWS_AS(reader->cursors(), StoreUnavailable);
  CHECK_FALSE(fs::exists(f.path));
}

TEST_CASE("a lock file that was deleted or replaced under its holder is made again by the next beat - Sqlite") {
  Open f;
  const auto lock = f.path + ".engine";
  const auto second = f.Fixture::lease();
  SECTION("deleted") {
    fs::remove(lock);
  }
  SECTION("replaced") {
    std::ofstream(lock + ".new") << "";
    fs::rename(lock + ".new", lock);
  }
  f.lease->beat();
  CHECK(second->state().held);
  CHECK_FALSE(second->try_take("second"));
  std::ifstream in(lock);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  CHECK_THAT(text, ContainsSubstring("\ndatabase 2"));
}

TEST_CASE("who takes the lease by a lock file made anew leaves the first nothing to commit - Sqlite") {
  Open f;
  f.store->write_as(1);
  fs::remove(f.path + ".engine");
  const auto second = f.Fixture::lease();
  REQUIRE(second->try_take("second") == 2);
  CHECK_THROWS_AS(f.store->commit(step(1, 2)), StoreConflict);
  CHECK_THROWS_AS(f.lease->beat(), StoreConflict);
}

TEST_CASE("a database made anew under the same name is not the one that was opened - Postgres") {
  if (PostgresCluster::missing()) return;
  PostgresCluster cluster;
  const auto config = make_database(cluster);
  auto store = open_store(config);
  store->migrate();
  store->commit(step(0, 1));
  auto known = config;
  known.identity = store->identity();
  CHECK_NOTHROW(open_store(known));
  CHECK_NOTHROW(open_reader(known));

  cluster.run_sql("postgres", "DROP DATABASE " + config.name + " WITH (FORCE)");
  CHECK_THROWS_AS(store->commit(step(1, 2)), StoreUnavailable);
  CHECK_THROWS_AS(open_store(known), StoreUnavailable);
  cluster.run_sql("postgres", "CREATE DATABASE " + config.name + " OWNER risk_engine");
  CHECK_THROWS_AS(open_store(known), StoreLost);
  CHECK_THROWS_WITH(open_store(known), ContainsSubstring("has no schema"));
  open_store(config)->migrate();
  CHECK_THROWS_AS(open_store(known), StoreLost);
  CHECK_THROWS_AS(open_lease(known), StoreLost);
  CHECK_THROWS_AS(open_reader(known), StoreUnavailable);
}

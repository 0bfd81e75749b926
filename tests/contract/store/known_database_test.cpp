// Where an engine starts and finds no database: whether what lies beside the file knows of one.
#include <filesystem>
#include <fstream>

#include "backends.hpp"
#include "risk/base/timestamp.hpp"
#include "samples.hpp"
#include "support/catch.hpp"

using namespace risk;
using namespace risk::test;
using namespace risk::store;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;
namespace fs = std::filesystem;

namespace {

std::string text_of(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::trunc) << text;
}

// A database that an engine has led on, and left.
struct Left {
  Left() : backend(Sqlite::make()), path(backend->writer().sqlite_path), lock(path + ".engine") {
    Fixture f(Sqlite::make());
    const auto store = open_store(backend->writer());
    store->migrate();
    store->commit(step(0, 1));
    open_lease(backend->writer())->try_take("engine");
    made_at = *backend->run_sql("SELECT applied_at FROM schema_migrations WHERE version = 1");
    made_at.pop_back();
  }

  DatabaseConfig config() const { return backend->writer(); }
  std::uint64_t cursor() const { return open_store(config())->resume_point().cursors.at(0).sequence; }

  std::unique_ptr<Backend> backend;
  std::string path, lock, made_at;
};

}  // namespace

TEST_CASE("the engine's lock file remembers the database it was locked for - Sqlite") {
  const Left left;
  CHECK(text_of(left.lock) == "risk-alert engine lock 1\ndatabase " + left.made_at + "\n");
  CHECK(left.cursor() == 1);
}

TEST_CASE("an empty file where a database was is not begun as a new one - Sqlite") {
  const Left left;
  write(left.path, "");
  for (const auto open :
       {+[](const DatabaseConfig& c) { open_store(c); }, +[](const DatabaseConfig& c) { open_lease(c); }}) {
    CHECK_THROWS_AS(open(left.config()), StoreLost);
    CHECK_THROWS_WITH(
        open(left.config()),
        "risk alert.db is empty, but risk alert.db.engine beside it says that there was a database, made "
        "at " +
            left.made_at +
            ". Put the database back (a copy from a backup without a -wal file beside it), or, to begin a new "
            "one, delete risk alert.db.engine too");
  }
  CHECK(fs::file_size(left.path) == 0);
}

TEST_CASE("a database that was deleted is not begun anew before its lock file is deleted, too - Sqlite") {
  const Left left;
  fs::remove(left.path);
  CHECK_THROWS_AS(open_store(left.config()), StoreLost);
  CHECK_THROWS_WITH(open_store(left.config()),
                    StartsWith("risk alert.db is not there") && EndsWith("delete risk alert.db.engine too"));
  CHECK_FALSE(fs::exists(left.path));
  fs::remove(left.lock);
  open_store(left.config())->migrate();
  CHECK(open_store(left.config())->resume_point().cursors.empty());
}

TEST_CASE("a write-ahead log without its database is not thrown away by a new one - Sqlite") {
  const Left left;
  const auto wal = left.path + "-wal";
  fs::remove(left.path);
  write(wal, "frames");
  CHECK_THROWS_WITH(open_store(left.config()), EndsWith("delete risk alert.db.engine and risk alert.db-wal too"));
  fs::remove(left.lock);
  CHECK_THROWS_AS(open_store(left.config()), StoreLost);
  CHECK_THROWS_WITH(
      open_store(left.config()),
      StartsWith("risk alert.db is not there, but risk alert.db-wal beside it belongs to a database that was.") &&
          EndsWith("delete risk alert.db-wal too"));
  CHECK(text_of(wal) == "frames");
}

TEST_CASE("another database in the place of the one that the lock file knows is refused - Sqlite") {
  const Left left, other;
  SECTION("of an engine") {
    fs::copy_file(other.path, left.path, fs::copy_options::overwrite_existing);
    CHECK_THROWS_AS(open_store(left.config()), StoreLost);
    CHECK_THROWS_WITH(open_store(left.config()),
                      "risk alert.db was made at " + other.made_at +
                          ", but risk alert.db.engine beside it knows one made at " + left.made_at +
                          ". Put that one back, or, to go on with this one, delete risk alert.db.engine");
  }
  SECTION("of something else") {
    fs::remove(left.path);
    left.backend->run_sql("CREATE TABLE notes (text)");
    CHECK_THROWS_WITH(open_store(left.config()), StartsWith("risk alert.db holds no database of the engine, but"));
  }
}

TEST_CASE("a copy of the database from a backup is that database - Sqlite") {
  const Left left;
  fs::copy_file(left.path, left.path + ".backup");
  open_store(left.config())->commit(step(1, 2));
  fs::remove(left.path);
  fs::rename(left.path + ".backup", left.path);
  CHECK(left.cursor() == 1);
}

TEST_CASE("a lock file of the release before, which is empty, goes on as it did, and then remembers - Sqlite") {
  const Left left;
  write(left.lock, "");
  CHECK(left.cursor() == 1);
  open_lease(left.config())->try_take("engine");
  CHECK_THAT(text_of(left.lock), ContainsSubstring(left.made_at));
  write(left.lock, "");
  fs::remove(left.path);
  CHECK_NOTHROW(open_store(left.config()));
}

TEST_CASE("a lock file says more one day, and what it says now is still understood - Sqlite") {
  const Left left;
  write(left.lock, "risk-alert engine lock 1\ncolour blue\ndatabase " + left.made_at + "\nlater more\n");
  CHECK(left.cursor() == 1);
  fs::remove(left.path);
  CHECK_THROWS_WITH(open_store(left.config()), ContainsSubstring(left.made_at));
}

TEST_CASE("a lock file that cannot be read is named, with what to do - Sqlite") {
  const Left left;
  const auto* text = GENERATE("risk-alert engine lock 2\ndatabase x\n", "garbage", "\n");
  write(left.lock, text);
  CHECK_THROWS_AS(open_store(left.config()), StoreLost);
  CHECK_THROWS_WITH(open_store(left.config()),
                    "risk alert.db.engine is not a lock file that this program can read; if it is damaged, delete it");
  CHECK(text_of(left.lock) == text);
}

TEST_CASE("an engine that begins a database while another does the same is not told that it is another's - Sqlite") {
  const TemporaryFolder folder;
  DatabaseConfig config;
  config.sqlite_path = folder / "risk.db";
  const auto first = open_store(config);
  const auto second = open_store(config);
  first->migrate();
  const auto lease = open_lease(config);
  CHECK(lease->try_take("first") == 1);
  second->migrate();
  CHECK(second->identity() == first->identity());
  CHECK_FALSE(open_lease(config)->try_take("second"));
}

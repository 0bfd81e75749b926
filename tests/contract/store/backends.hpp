// The databases that the contract is tried on. A Backend is one empty database, gone when it goes.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "risk/store/lease.hpp"
#include "risk/store/reader.hpp"
#include "risk/store/store.hpp"
#include "support/temporary_folder.hpp"

namespace risk::test {

class PostgresCluster;

class Backend {
 public:
  virtual ~Backend() = default;
  virtual store::DatabaseConfig writer() const = 0;
  virtual store::DatabaseConfig reader() const = 0;
  // Runs SQL as another program would. No value: not a database that speaks SQL.
  virtual std::optional<std::string> run_sql(const std::string& sql) = 0;
};

// Named by the databases, for TEMPLATE_TEST_CASE: make() gives none, having said why, where there is no such database.
struct Memory {
  static std::unique_ptr<Backend> make();
};
struct Sqlite {
  static std::unique_ptr<Backend> make();
};
struct Postgres {
  static std::unique_ptr<Backend> make();
};

// A database made in `cluster`, reached through its socket; its user is risk_engine.
store::DatabaseConfig make_database(PostgresCluster& cluster);

// A migrated database with its store open.
struct Fixture {
  explicit Fixture(std::unique_ptr<Backend> made) : backend(std::move(made)), store(open()) {}

  std::unique_ptr<store::Store> open() const {
    auto opened = store::open_store(backend->writer());
    opened->migrate();
    return opened;
  }
  std::unique_ptr<store::Reader> reader() const { return store::open_reader(backend->reader()); }
  std::unique_ptr<store::Lease> lease() const { return store::open_lease(backend->writer()); }

  std::unique_ptr<Backend> backend;
  std::unique_ptr<store::Store> store;
};

}  // namespace risk::test

// The case's database in `backend`, or an early return where there is none.
#define RISK_BACKEND(backend)         \
  auto backend = TestType::make();    \
  if (!backend) {                     \
    SUCCEED("no such database here"); \
    return;                           \
  }

#include "risk/store/config.hpp"

#include "memory_database.hpp"
#include "migrations.hpp"
#include "postgres_connection.hpp"
#include "risk/base/check.hpp"
#include "sql_lease.hpp"
#include "sql_reader.hpp"
#include "sql_store.hpp"
#include "sqlite_connection.hpp"

namespace risk::store {

using Type = DatabaseConfig::Type;

namespace {

// Connects to the database of `identity` alone.
SqlConnection::Connect to_same(SqlConnection::Connect connect, const std::string& identity) {
  if (identity.empty()) return connect;
  return [connect = std::move(connect), identity] {
    auto connection = connect();
    if (const auto found = identity_of(*connection); found != identity) {
      throw StoreLost("the database is not the one that was opened: that was made at " + identity + ", this one " +
                      (found.empty() ? "has no schema" : "at " + found));
    }
    return connection;
  };
}

SqlConnection::Connect sqlite(const DatabaseConfig& config, SqliteMode mode) {
  if (mode == SqliteMode::kMaker && !config.identity.empty()) mode = SqliteMode::kWriter;
  return to_same([path = config.sqlite_path, mode] { return connect_sqlite(path, mode); }, config.identity);
}

SqlConnection::Connect postgres(const DatabaseConfig& config) {
  return to_same([config] { return connect_postgres(config); }, config.identity);
}

}  // namespace

std::string describe(const DatabaseConfig& config) {
  switch (config.type) {
    case Type::kSqlite:
      return "sqlite " + config.sqlite_path;
    case Type::kMemory:
      return "memory";
    case Type::kPostgresql:
      break;
  }
  return "postgresql " + config.user + "@" + config.host + ":" + std::to_string(config.port) + "/" + config.name;
}

std::unique_ptr<Store> open_store(const DatabaseConfig& config) {
  switch (config.type) {
    case Type::kMemory:
      RISK_CHECK(config.memory);
      return open_memory_store(config.memory);
    case Type::kSqlite:
      return std::make_unique<SqlStore>(sqlite(config, SqliteMode::kMaker), kSqliteMigrations);
    case Type::kPostgresql:
      break;
  }
  return std::make_unique<SqlStore>(postgres(config), kPostgresMigrations);
}

std::unique_ptr<Lease> open_lease(const DatabaseConfig& config) {
  if (config.type == Type::kMemory) {
    RISK_CHECK(config.memory);
    return open_memory_lease(config.memory);
  }
  if (config.type == Type::kSqlite)
    return std::make_unique<SqlLease>(sqlite(config, SqliteMode::kMaker), kSqliteMigrations);
  return std::make_unique<SqlLease>(postgres(config), kPostgresMigrations);
}

std::unique_ptr<Reader> open_reader(const DatabaseConfig& config) {
  switch (config.type) {
    case Type::kMemory:
      RISK_CHECK(config.memory);
      return open_memory_reader(config.memory);
    case Type::kSqlite:
      return std::make_unique<SqlReader>(sqlite(config, SqliteMode::kReader), kSqliteMigrations);
    case Type::kPostgresql:
      break;
  }
  return std::make_unique<SqlReader>(postgres(config), kPostgresMigrations);
}

}  // namespace risk::store

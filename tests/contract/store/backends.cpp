#include "backends.hpp"

#include <sqlite3.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <stdexcept>

#include "risk/store/memory.hpp"
#include "support/postgres_cluster.hpp"

namespace risk::test {
namespace {

using store::DatabaseConfig;

class MemoryBackend final : public Backend {
 public:
  MemoryBackend() {
    config_.type = DatabaseConfig::Type::kMemory;
    config_.memory = store::make_memory_database();
  }
  DatabaseConfig writer() const override { return config_; }
  DatabaseConfig reader() const override { return config_; }
  std::optional<std::string> run_sql(const std::string&) override { return std::nullopt; }

 private:
  DatabaseConfig config_;
};

class SqliteBackend final : public Backend {
 public:
  DatabaseConfig writer() const override {
    DatabaseConfig config;
    config.type = DatabaseConfig::Type::kSqlite;
    config.sqlite_path = folder_ / "deep/er/risk alert.db";
    return config;
  }
  DatabaseConfig reader() const override { return writer(); }

  std::optional<std::string> run_sql(const std::string& sql) override {
    sqlite3* db = nullptr;
    sqlite3_open(writer().sqlite_path.c_str(), &db);
    std::string output;
    const auto collect = [](void* out, int columns, char** values, char**) {
      for (int i = 0; i < columns; ++i) {
        static_cast<std::string*>(out)->append(i == 0 ? "" : "|").append(values[i] == nullptr ? "" : values[i]);
      }
      static_cast<std::string*>(out)->append("\n");
      return 0;
    };
    const int code = sqlite3_exec(db, sql.c_str(), collect, &output, nullptr);
    const std::string problem = sqlite3_errmsg(db);
    sqlite3_close(db);
    if (code != SQLITE_OK) throw std::runtime_error(sql + ": " + problem);
    return output;
  }

 private:
  TemporaryFolder folder_;
};

class PostgresBackend final : public Backend {
 public:
  explicit PostgresBackend(PostgresCluster& cluster) : cluster_(cluster), database_(cluster.make_database()) {}

  DatabaseConfig writer() const override { return config("risk_engine", PostgresCluster::kEnginePassword); }
  DatabaseConfig reader() const override { return config("risk_reader", PostgresCluster::kReaderPassword); }
  std::optional<std::string> run_sql(const std::string& sql) override { return cluster_.run_sql(database_, sql); }

 private:
  DatabaseConfig config(const std::string& user, const std::string& password) const {
    DatabaseConfig config;
    config.type = DatabaseConfig::Type::kPostgresql;
    config.host = "127.0.0.1";
    config.port = cluster_.port();
    config.name = database_;
    config.user = user;
    config.password = Secret(password);
    return config;
  }

  PostgresCluster& cluster_;
  std::string database_;
};

}  // namespace

std::unique_ptr<Backend> Memory::make() {
  return std::make_unique<MemoryBackend>();
}

std::unique_ptr<Backend> Sqlite::make() {
  return std::make_unique<SqliteBackend>();
}

std::unique_ptr<Backend> Postgres::make() {
  if (const auto why = PostgresCluster::missing()) {
    std::fprintf(stderr, "skipped: %s\n", why->c_str());
    return nullptr;
  }
  static PostgresCluster cluster;
  return std::make_unique<PostgresBackend>(cluster);
}

store::DatabaseConfig make_database(PostgresCluster& cluster) {
  DatabaseConfig config;
  config.type = DatabaseConfig::Type::kPostgresql;
  config.host = cluster.folder();
  config.port = cluster.port();
  config.name = cluster.make_database();
  return config;
}

}  // namespace risk::test

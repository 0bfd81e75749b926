// Which database, and how to reach it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "risk/base/secret.hpp"

namespace risk::store {

class MemoryDatabase;  // see memory.hpp

struct DatabaseConfig {
  enum class Type : std::uint8_t { kSqlite, kPostgresql, kMemory };
  Type type = Type::kSqlite;
  std::string sqlite_path = "var/risk_alert.db";
  std::string host = "localhost";
  std::uint16_t port = 5432;
  std::string name = "risk_alert";
  std::string user = "risk_engine";
  Secret password;
  std::shared_ptr<MemoryDatabase> memory;  // kMemory: shared by the stores and readers of one process
  // Of the database that was opened before (Store::identity): another one, or one begun in its place, is StoreLost, and
  // none is made. "": any.
  std::string identity{};
};

// "sqlite var/risk_alert.db", "postgresql risk_engine@localhost:5432/risk_alert": for logs, without the password.
std::string describe(const DatabaseConfig& config);

}  // namespace risk::store

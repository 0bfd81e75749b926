// A SqlConnection to a PostgreSQL server.
#pragma once

#include <memory>

#include "risk/store/config.hpp"
#include "sql.hpp"

namespace risk::store {

// Throws StoreUnavailable naming user, host, port, database and reason.
std::unique_ptr<SqlConnection> connect_postgres(const DatabaseConfig& config);

}  // namespace risk::store

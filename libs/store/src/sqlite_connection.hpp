// A SqlConnection to a SQLite file.
#pragma once

#include <memory>
#include <string>

#include "sql.hpp"

namespace risk::store {

enum class SqliteMode { kWriter, kReader };

// A writer makes the file and its folder; a reader opens what is there, read-only. Throws StoreUnavailable naming path
// and reason.
std::unique_ptr<SqlConnection> connect_sqlite(const std::string& path, SqliteMode mode);

}  // namespace risk::store

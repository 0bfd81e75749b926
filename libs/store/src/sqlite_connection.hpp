// A SqlConnection to a SQLite file.
#pragma once

#include <memory>
#include <string>

#include "sql.hpp"

namespace risk::store {

// A maker writes, and makes the file and its folder unless there must have been one (see sqlite_known.hpp); a writer
// writes to the file that is there; a reader reads it.
enum class SqliteMode { kMaker, kWriter, kReader };

// Throws StoreUnavailable naming path and reason; a maker StoreLost.
std::unique_ptr<SqlConnection> connect_sqlite(const std::string& path, SqliteMode mode);

}  // namespace risk::store

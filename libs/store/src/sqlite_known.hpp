// What lies beside a SQLite file and knows of it: the engine's lock file, FILE.engine, says which database it was last
// locked for, and a FILE-wal that is not empty belongs to one. An engine that finds neither begins a new database; one
// that finds either and not the database must not begin another in its place, as if nothing had ever been.
#pragma once

#include <string>

namespace risk::store {

std::string engine_lock_path(const std::string& path);

// The database that the lock file knows; "": none. Throws StoreLost when there is no file, or an empty one, and there
// must have been a database. Tells what to do.
std::string known_database(const std::string& path);

// Throws StoreLost when `known` is another database than the one made at `made_at` ("": one without a schema). For one
// whom another engine may be first, `known` must have been asked before.
void check_is_known(const std::string& path, const std::string& known, const std::string& made_at);

}  // namespace risk::store

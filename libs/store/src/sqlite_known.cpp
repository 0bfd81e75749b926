#include "sqlite_known.hpp"

#include <filesystem>

#include "database_files.hpp"
#include "lock_file.hpp"
#include "risk/store/errors.hpp"

namespace risk::store {

std::string engine_lock_path(const std::string& path) {
  return path + ".engine";
}

std::string known_database(const std::string& path) {
  // In this order: of a database that another engine makes meanwhile, the file has a size before these two know of it.
  const auto lock_path = engine_lock_path(path);
  const auto known = LockFile(lock_path).database();
  const auto wal_path = path + "-wal";
  const bool has_wal = file_size(wal_path) > 0;
  if (file_size(path) > 0 || (known.empty() && !has_wal)) return known;

  const auto name = file_name(path);
  const auto lock_name = known.empty() ? "" : file_name(lock_path);
  const auto wal_name = has_wal ? file_name(wal_path) : "";
  const auto to_delete = lock_name + (known.empty() || !has_wal ? "" : " and ") + wal_name;
  std::error_code ignored;
  throw StoreLost(
      name + (std::filesystem::exists(path, ignored) ? " is empty" : " is not there") + ", but " +
      (known.empty() ? wal_name + " beside it belongs to a database that was"
                     : lock_name + " beside it says that there was a database, made at " + known) +
      ". Put the database back (a copy from a backup without a -wal file beside it), or, to begin a new one, delete " +
      to_delete + " too");
}

void check_is_known(const std::string& path, const std::string& known, const std::string& made_at) {
  if (known.empty() || known == made_at) return;
  const auto lock_name = file_name(engine_lock_path(path));
  throw StoreLost(file_name(path) + (made_at.empty() ? " holds no database of the engine" : " was made at " + made_at) +
                  ", but " + lock_name + " beside it knows one made at " + known +
                  ". Put that one back, or, to go on with this one, delete " + lock_name);
}

}  // namespace risk::store

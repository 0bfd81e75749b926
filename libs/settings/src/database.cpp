#include <filesystem>

#include "risk/service/file.hpp"
#include "risk/settings/settings.hpp"

namespace risk::settings {
namespace {

using Type = store::DatabaseConfig::Type;

service::OptionSetter type_setter(Type& type) {
  return [&type](std::string_view text) -> std::optional<std::string> {
    if (text == "sqlite") {
      type = Type::kSqlite;
    } else if (text == "postgresql" || text == "postgres") {
      type = Type::kPostgresql;
    } else {
      return "sqlite, postgresql";
    }
    return std::nullopt;
  };
}

// One that is not there is made; one that is no file would hold up who opens it.
std::optional<std::string> sqlite_path_problem(const std::string& path) {
  if (path == ":memory:") return "must be a file, which the services share";
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored) || std::filesystem::is_regular_file(path, ignored)) return std::nullopt;
  return service::file_problem(path);
}

std::vector<std::string> problems(const store::DatabaseConfig& database) {
  std::vector<std::string> found;
  const auto require = [&found](const std::string& key, const std::string& value) {
    if (value.empty()) found.push_back("database." + key + ": must not be empty");
  };
  if (database.type == Type::kSqlite) require("sqlite_path", database.sqlite_path);
  if (database.type == Type::kSqlite) {
    if (const auto problem = sqlite_path_problem(database.sqlite_path)) {
      found.push_back("database.sqlite_path '" + database.sqlite_path + "': " + *problem);
    }
  }
  if (database.type == Type::kPostgresql) {
    require("host", database.host);
    require("name", database.name);
    require("user", database.user);
  }
  return found;
}

}  // namespace

void add_database_options(service::OptionSet& options, store::DatabaseConfig& database) {
  options.add_custom({"database.type", "--db-type", {"DB_TYPE"}, "sqlite or postgresql"}, type_setter(database.type),
                     database.type == Type::kPostgresql ? "postgresql" : "sqlite");
  options.add_text({"database.sqlite_path", "--sqlite-path", {"SQLITE_DB_PATH"}, "File of the SQLite database"},
                   database.sqlite_path);
  options.add_text({"database.host", "--db-host", {"DB_HOST"}, "Host of PostgreSQL"}, database.host);
  options.add_integer({"database.port", "--db-port", {"DB_PORT"}, "Port of PostgreSQL"}, database.port, 1, 65535);
  options.add_text({"database.name", "--db-name", {"DB_NAME"}, "Database in PostgreSQL"}, database.name);
  options.add_text({"database.user", "--db-user", {"DB_USER"}, "User in PostgreSQL"}, database.user);
  // No flag: every user of the machine can read the command lines of processes.
  options.add_secret({"database.password", "", {"DB_PASSWORD"}, "Password in PostgreSQL"}, database.password);
  options.add_check([&database] { return problems(database); });
}

}  // namespace risk::settings

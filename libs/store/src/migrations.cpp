#include "migrations.hpp"

#include <xxhash.h>

#include <cinttypes>
#include <cstdio>

namespace risk::store {
namespace {

constexpr char kMigrationsTable[] = "schema_migrations";

struct AppliedMigration {
  std::uint64_t version = 0;
  std::string name;
  std::string checksum;
};

// Those in the database, in order, after making sure that each is one this program knows, word for word.
std::vector<AppliedMigration> applied_migrations(SqlConnection& connection, const std::vector<Migration>& known) {
  std::vector<AppliedMigration> applied;
  if (!connection.has_table(kMigrationsTable)) return applied;
  connection.query(Query("SELECT version, name, checksum FROM schema_migrations ORDER BY version"),
                   [&applied](RowReader& in) {
                     auto& row = applied.emplace_back();
                     in.read(row.version, row.name, row.checksum);
                   });
  for (std::size_t i = 0; i < applied.size(); ++i) {
    if (i == known.size()) {
      throw SchemaError("the database's schema is at version " + std::to_string(applied.back().version) +
                        ", newer than this program's " + std::to_string(known.back().version));
    }
    const auto expected = checksum_of(known[i]);
    if (applied[i].version != known[i].version || applied[i].checksum != expected) {
      throw SchemaError("migration " + std::string(known[i].name) +
                        " has changed since it was applied: the database has " + applied[i].name + " with checksum " +
                        applied[i].checksum + ", this program has checksum " + expected);
    }
  }
  return applied;
}

}  // namespace

std::string checksum_of(const Migration& migration) {
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016" PRIx64, XXH64(migration.text.data(), migration.text.size(), 0));
  return digits;
}

void apply_migrations(SqlConnection& connection, const std::vector<Migration>& migrations) {
  for (std::size_t done = applied_migrations(connection, migrations).size(); done < migrations.size();) {
    SqlTransaction transaction(connection, SqlConnection::Access::kMigrate);
    done = applied_migrations(connection, migrations).size();  // another engine may have been first
    if (done == migrations.size()) return;
    const auto& migration = migrations[done];
    connection.run_script(std::string(migration.text));
    Query record("INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES (");
    record.add("", migration.version).add(", ", migration.name).add(", ", checksum_of(migration));
    connection.execute(record.add(", ", system_now()).add(")"));
    transaction.commit();
    ++done;
  }
}

std::string made_at(SqlConnection& connection) {
  if (!connection.has_table(kMigrationsTable)) return "";
  std::string made;
  connection.query(Query("SELECT applied_at FROM schema_migrations ORDER BY version LIMIT 1"),
                   [&made](RowReader& in) { made = format_timestamp(in.next<Timestamp>()); });
  return made;
}

std::string identity_of(SqlConnection& connection) {
  const auto made = made_at(connection);
  const auto place = connection.place();
  return made.empty() || place.empty() ? made : made + " in file " + place;
}

void check_schema(SqlConnection& connection, const std::vector<Migration>& migrations) {
  const auto applied = applied_migrations(connection, migrations);
  if (applied.empty()) {
    throw StoreUnavailable("the database has no schema yet: the risk-engine makes it when it starts");
  }
  if (applied.size() < migrations.size()) {
    throw StoreUnavailable("the database's schema is at version " + std::to_string(applied.back().version) +
                           ", older than this program's " + std::to_string(migrations.back().version) +
                           ": the risk-engine brings it up to date when it starts");
  }
}

}  // namespace risk::store

// The numbered files of sql/, embedded at build time, and what becomes of them in a database.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sql.hpp"

namespace risk::store {

struct Migration {
  std::uint64_t version;  // NNNN of its file name
  std::string_view name;  // NNNN_what_it_does.sql
  std::string_view text;
};

// In rising order of version; generated from sql/sqlite and sql/postgres.
extern const std::vector<Migration> kSqliteMigrations;
extern const std::vector<Migration> kPostgresMigrations;

// Applies those that the database has not, each in a transaction of its own. Throws SchemaError when the database is
// newer than `migrations`, or was made by a different text of one of them.
void apply_migrations(SqlConnection& connection, const std::vector<Migration>& migrations);

// For who only reads: throws StoreUnavailable while the schema is missing or older than `migrations` (the engine has
// yet to bring it up to date), SchemaError when it is newer or different.
void check_schema(SqlConnection& connection, const std::vector<Migration>& migrations);

// When the database was made, to the microsecond: the moment of its first migration, which a copy or a backup keeps and
// which another database does not share. "" when it has no schema yet.
std::string made_at(SqlConnection& connection);

// Of Store::identity.
std::string identity_of(SqlConnection& connection);

// 16 hexadecimal digits.
std::string checksum_of(const Migration& migration);

}  // namespace risk::store

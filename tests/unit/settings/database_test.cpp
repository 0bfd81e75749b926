#include <sys/stat.h>

#include "risk/settings/settings.hpp"
#include "support/catch.hpp"
#include "unit/service/options_fixture.hpp"

using namespace risk;
using store::DatabaseConfig;
using Lines = std::vector<std::string>;

namespace {

struct Database : service::OptionsFixture {
  DatabaseConfig database;
  service::OptionSet options{"probe", "Tests the database options."};

  Database() { settings::add_database_options(options, database); }
  auto parse(Lines arguments = {}) { return OptionsFixture::parse(options, std::move(arguments)); }
};

}  // namespace

TEST_CASE("the variables of the original describe the database") {
  Database d;
  d.variables = {{"DB_TYPE", "postgresql"},
                 {"DB_HOST", "db"},
                 {"DB_PORT", "6432"},
                 {"DB_NAME", "n"},
                 {"DB_USER", "u"},
                 {"DB_PASSWORD", "p"},
                 {"SQLITE_DB_PATH", "/data/x.db"}};
  CHECK(d.parse() == std::nullopt);
  CHECK(d.database.type == DatabaseConfig::Type::kPostgresql);
  CHECK(d.database.host == "db");
  CHECK(d.database.port == 6432);
  CHECK(d.database.name == "n");
  CHECK(d.database.user == "u");
  CHECK(d.database.password == Secret("p"));
  CHECK(d.database.sqlite_path == "/data/x.db");
}

TEST_CASE("a database is sqlite or postgresql, which is also called postgres") {
  for (const auto& [name, type] :
       std::map<std::string, DatabaseConfig::Type>{{"sqlite", DatabaseConfig::Type::kSqlite},
                                                   {"postgres", DatabaseConfig::Type::kPostgresql},
                                                   {"postgresql", DatabaseConfig::Type::kPostgresql}}) {
    Database d;
    CHECK(d.parse({"--db-type", name}) == std::nullopt);
    CHECK(d.database.type == type);
  }
  Database d;
  d.variables = {{"DB_TYPE", "mysql"}, {"DB_PORT", "0"}};
  CHECK(d.parse() == 2);
  CHECK(d.mistakes() == Lines{"environment variable DB_TYPE: value \"mysql\": allowed: sqlite, postgresql",
                              "environment variable DB_PORT: value \"0\": allowed: a whole number from 1 to 65535"});
}

TEST_CASE("the database password comes from a file and never from a flag") {
  Database d;
  d.variables = {{"DB_PASSWORD_FILE", d.file("password", "from a file\n")}};
  CHECK(d.parse() == std::nullopt);
  CHECK(d.database.password == Secret("from a file"));
  CHECK(d.parse({"--db-password", "from a flag"}) == 2);
  CHECK(d.err.find("from a flag") == std::string::npos);
}

TEST_CASE("a database that is in memory, a pipe or a folder is refused before it is opened") {
  Database d;
  const auto pipe = d.path("pipe");
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(d.parse({"--sqlite-path", pipe}) == 2);
  CHECK(d.mistakes() == Lines{"--sqlite-path: database.sqlite_path '" + pipe + "': is a pipe, not a file"});
  CHECK(d.parse({"--sqlite-path", d.path("")}) == 2);
  CHECK(d.err.find("is a directory") != std::string::npos);
  CHECK(d.parse({"--sqlite-path", d.path("new.db")}) == std::nullopt);
  CHECK(d.parse({"--sqlite-path", ":memory:"}) == 2);
  CHECK(d.mistakes() ==
        Lines{"--sqlite-path: database.sqlite_path ':memory:': must be a file, which the services share"});
}

TEST_CASE("a part of the database that is needed must not be empty") {
  Database d;
  CHECK(d.parse_yaml(d.options, "database:\n  sqlite_path: ''\n  host: ''\n") == 2);
  CHECK(d.mistakes() == Lines{"risk.yaml:2: database.sqlite_path: must not be empty"});
  CHECK(d.parse({"--db-type", "postgresql", "--db-name="}) == 2);
  CHECK(d.mistakes().size() == 2);
}

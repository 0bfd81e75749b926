// Migrations, and what happens to those who come too early or too late for them.
#include "backends.hpp"
#include "samples.hpp"
#include "support/catch.hpp"

using namespace risk;
using namespace risk::test;
using namespace risk::store;

TEMPLATE_TEST_CASE("a database is migrated once, however often it is asked", "[store]", Memory, Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  f.store->commit(step(0, 1));
  f.store->migrate();
  f.open()->migrate();
  CHECK(f.store->resume_point().cursors.size() == 1);
  const auto versions = f.backend->run_sql("SELECT version, name FROM schema_migrations ORDER BY version");
  if (versions) CHECK(*versions == "1|0001_initial.sql\n");
}

TEMPLATE_TEST_CASE("a migration that has changed since it was applied is refused with both checksums", "[store]",
                   Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  f.backend->run_sql("UPDATE schema_migrations SET checksum = 'feedfeedfeedfeed'");
  CHECK_THROWS_AS(f.store->migrate(), SchemaError);
  CHECK_THROWS_WITH(f.store->migrate(), Catch::Matchers::ContainsSubstring("0001_initial.sql") &&
                                            Catch::Matchers::ContainsSubstring("feedfeedfeedfeed"));
  CHECK_THROWS_AS(f.reader(), SchemaError);
}

TEMPLATE_TEST_CASE("a database newer than the program is refused with both versions", "[store]", Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  f.backend->run_sql(
      "INSERT INTO schema_migrations (version, name, checksum, applied_at) "
      "VALUES (9999, '9999_future.sql', '00', '2030-01-01T00:00:00.000000Z')");
  CHECK_THROWS_AS(f.store->migrate(), SchemaError);
  CHECK_THROWS_WITH(f.store->migrate(),
                    Catch::Matchers::ContainsSubstring("version 9999") && Catch::Matchers::ContainsSubstring("'s 1"));
}

TEMPLATE_TEST_CASE("a reader that comes before the schema is told to wait, then served", "[store]", Memory, Sqlite,
                   Postgres) {
  RISK_BACKEND(backend);
  const auto store = open_store(backend->writer());
  CHECK_THROWS_AS(open_reader(backend->reader()), StoreUnavailable);
  CHECK_THROWS_WITH(open_reader(backend->reader()), Catch::Matchers::ContainsSubstring("no schema yet"));
  store->migrate();
  CHECK(open_reader(backend->reader())->cursors().empty());
}

TEMPLATE_TEST_CASE("the tables hold what a person expects to query", "[store]", Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  auto commit = step(0, 1);
  commit.inputs = {transaction(1, 1)};
  commit.client_exposures = {exposure("CLIENT_001")};
  commit.metrics = metrics(kNoon);
  f.store->commit(commit);
  CHECK(*f.backend->run_sql("SELECT total_exposure, gross, net, long, short, turnover, position_count, utilisation, "
                            "risk_level FROM client_exposures") ==
        "1500000.6234|1500000.6234|999999.6234|1250000.1234|250000.5000|9000000.0000|3|1.5000|CRITICAL\n");
  CHECK(*f.backend->run_sql("SELECT total_transactions, total_exposure, active_clients, active_symbols, "
                            "high_risk_clients, high_risk_symbols, alerts_generated FROM risk_metrics") ==
        "1000|123456.7891|10|20|3|4|5\n");
  CHECK(*f.backend->run_sql("SELECT stream_id, sequence, side, notional FROM transactions") ==
        std::string(kStream) + "|1|SELL|2537.5000\n");
}

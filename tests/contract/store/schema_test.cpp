// Migrations, and what happens to those who come too early or too late for them.
#include <fstream>
#include <iterator>

#include "backends.hpp"
#include "samples.hpp"
#include "support/catch.hpp"

using namespace risk;
using namespace risk::test;
using namespace risk::store;

namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Makes `backend` what the first release of this program left behind: its schema, its note of it, and `rows`.
void make_first_release(Backend& backend, const char* folder, const std::string& rows) {
  Fixture today(folder == std::string("sqlite") ? Sqlite::make() : Postgres::make());
  const auto note = *today.backend->run_sql("SELECT checksum FROM schema_migrations WHERE version = 1");
  const std::string role = folder == std::string("sqlite") ? "" : "SET ROLE risk_engine; ";
  open_store(backend.writer());  // makes the file
  backend.run_sql(
      role + text_of(RISK_SOURCE_DIR "/sql/" + std::string(folder) + "/0001_initial.sql") +
      "INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES (1, '0001_initial.sql', '" +
      note.substr(0, note.find('\n')) + "', '2024-09-20T00:00:00.000000Z');" + rows);
}

}  // namespace

TEMPLATE_TEST_CASE("a database is migrated once, however often it is asked", "[store]", Memory, Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  f.store->commit(step(0, 1));
  f.store->migrate();
  f.open()->migrate();
  CHECK(f.store->resume_point().cursors.size() == 1);
  const auto versions = f.backend->run_sql("SELECT version, name FROM schema_migrations ORDER BY version");
  if (versions)
    CHECK(*versions ==
          "1|0001_initial.sql\n2|0002_epochs_days_snapshots_lease.sql\n3|0003_deliveries.sql\n4|0004_cursor_record_"
          "hashes.sql\n5|0005_open_words.sql\n6|0006_order_and_trader.sql\n7|0007_nanoseconds.sql\n8|0008_identities."
          "sql\n9|0009_prices_rates_instruments.sql\n10|0010_pnl.sql\n11|0011_opening_positions.sql\n12|0012_busts_and_"
          "corrections.sql\n13|0013_held_prices.sql\n14|0014_adjustments.sql\n15|0015_withdrawn_"
          "adjustments.sql\n");
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
                    Catch::Matchers::ContainsSubstring("version 9999") && Catch::Matchers::ContainsSubstring("'s 15"));
}

TEMPLATE_TEST_CASE("the schema takes the words of rules that are yet to come", "[store]", Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  auto commit = step(0, 1);
  commit.alerts = {alert(1)};
  f.store->commit(commit);
  f.backend->run_sql("UPDATE alerts SET alert_type = 'HIGH_LOSS', entity_type = 'GROUP', measure = 'loss'");
  CHECK(*f.backend->run_sql("SELECT alert_type, entity_type, measure FROM alerts") == "HIGH_LOSS|GROUP|loss\n");
  f.backend->run_sql(
      "INSERT INTO limits (rule, entity_id, entity_type, measure, limit_value, config_version) "
      "VALUES ('group_loss', 'desk', 'GROUP', 'loss', '1', 1)");
  CHECK(*f.backend->run_sql("SELECT entity_type, measure FROM limits") == "GROUP|loss\n");
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
  CHECK(
      *f.backend->run_sql("SELECT total_exposure, gross, net, long, short, turnover, pnl, position_count, utilisation, "
                          "risk_level FROM client_exposures") ==
      "1500000.6234|1500000.6234|999999.6234|1250000.1234|250000.5000|9000000.0000|-1234.5678|3|1.5000|CRITICAL\n");
  CHECK(*f.backend->run_sql("SELECT total_transactions, total_exposure, active_clients, active_symbols, "
                            "high_risk_clients, high_risk_symbols, alerts_generated FROM risk_metrics") ==
        "1000|123456.7891|10|20|3|4|5\n");
  CHECK(*f.backend->run_sql("SELECT stream_id, sequence, side, notional FROM transactions") ==
        std::string(kStream) + "|1|SELL|2537.5000\n");
}

TEMPLATE_TEST_CASE("the rows of the first release are kept, as today's and of each stream's first epoch", "[store]",
                   Sqlite, Postgres) {
  RISK_BACKEND(backend);
  make_first_release(
      *backend, std::is_same_v<TestType, Sqlite> ? "sqlite" : "postgres",
      "INSERT INTO transactions (apply_seq, stream_id, sequence, transaction_id, executed_at, client_id, symbol, side, "
      "quantity, price, currency, base_price, notional, broker_id, market, late) VALUES (1, 'A', 1, 'T-1', "
      "'2024-09-20T12:00:00.000000Z', 'C', 'S', 'BUY', '1', '2', 'USD', '2', '2.0000', 'B', 'M', '0');"
      "INSERT INTO engine_inputs (apply_seq, stream_id, sequence, kind, time) VALUES "
      "(2, 'A', 2, 'TICK', '2024-09-20T12:00:01.000000Z');"
      "INSERT INTO quarantine (stream_id, sequence, source, field, value, reason, raw, received_at) VALUES "
      "('A', 3, 'fills.csv', 'side', '', 'unknown', '', '2024-09-20T12:00:02.000000Z');"
      "INSERT INTO stream_cursors (stream_id, name, epoch, sequence, missing, updated_at) VALUES "
      "('A', 'a', 1, 3, 0, '2024-09-20T12:00:02.000000Z'), "
      "('engine', 'risk-engine', 1, 2, 0, '2024-09-20T12:00:02.000000Z');");
  Fixture f(std::move(backend));
  const auto inputs = replayed(*f.store);
  REQUIRE(inputs.size() == 2);
  CHECK(inputs[0].origin == Origin{"A", 1, 1});
  const auto& first = std::get<TransactionInput>(inputs[0].input).transaction;
  CHECK(first.transaction_id == "T-1");
  CHECK(first.market == "M");
  CHECK((first.order_id.empty() && first.trader_id.empty()));
  CHECK(inputs[1].origin == Origin{"A", 2, 1});
  CHECK(f.reader()->quarantine({.limit = 10}).at(0).origin == Origin{"A", 3, 1});

  auto again = step(2, 3);
  again.recorded_at = system_now();
  again.inputs = {transaction(3, 1)};
  again.inputs[0].origin.stream_id = "A";
  CHECK_THROWS_AS(f.store->commit(again), StoreConflict);
  again.inputs[0].origin.epoch = 2;
  f.store->commit(again);
  CHECK(replayed(*f.store).size() == 3);
  CHECK(replayed(*f.store)[2] == again.inputs[0]);
  CHECK(f.store->drop_days(Timestamp{system_now().nanos + 2 * kSecondsPerDay * kNanosPerSecond}, 3).rows == 3);
}

TEMPLATE_TEST_CASE("an opening position that an earlier release stored is known", "[store]", Sqlite, Postgres) {
  RISK_BACKEND(backend);
  make_first_release(
      *backend, std::is_same_v<TestType, Sqlite> ? "sqlite" : "postgres",
      "INSERT INTO engine_inputs (apply_seq, stream_id, sequence, kind, client_id, symbol, quantity, price, currency) "
      "VALUES (1, 'A', 1, 'OPENING_POSITION', 'C', 'S', '7', '2', 'USD');"
      "INSERT INTO stream_cursors (stream_id, name, epoch, sequence, missing, updated_at) VALUES "
      "('engine', 'risk-engine', 1, 1, 0, '2024-09-20T12:00:02.000000Z');");
  Fixture f(std::move(backend));
  const std::vector<OpeningKey> keys{{"C", "S"}};
  CHECK(f.reader()->latest_openings(keys) ==
        std::vector{
            engine::OpeningPosition{ClientId("C"), Symbol("S"), Quantity::from_whole(7), Price::from_whole(2), "USD"}});
}

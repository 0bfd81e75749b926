// Values that break stores that are careless with them.
#include <limits>

#include "backends.hpp"
#include "risk/engine/transaction_fields.hpp"
#include "samples.hpp"
#include "support/catch.hpp"

using namespace risk;
using namespace risk::test;
using namespace risk::store;

namespace {

constexpr auto kInt64Max = std::numeric_limits<std::int64_t>::max();
constexpr auto kSequenceMax = static_cast<std::uint64_t>(kInt64Max);

const std::vector<std::string> kOddTexts{"",
                                         "'",
                                         "''; DROP TABLE transactions; --",
                                         "\"quoted\"",
                                         "back\\slash \\N \\.",
                                         "tab\tline\nreturn\r",
                                         "\b\f\v",
                                         "Zürich 証券 🏦",
                                         "$1 %s {} , ; | NULL",
                                         " leading and trailing ",
                                         "\x01"};

}  // namespace

TEMPLATE_TEST_CASE("any text of a transaction comes back as it was", "[store]", Memory, Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  auto commit = step(0, kOddTexts.size());
  for (std::size_t i = 0; i < kOddTexts.size(); ++i) {
    auto input = transaction(i + 1, i + 1, kOddTexts[i], kOddTexts[i]);
    auto& t = std::get<TransactionInput>(input.input).transaction;
    engine::for_each_transaction_field([&](auto field) {
      if constexpr (std::is_same_v<typename decltype(field)::Type, std::string>) field.of(t) = kOddTexts[i];
    });
    commit.inputs.push_back(input);
  }
  f.store->commit(commit);
  CHECK(replayed(*f.store) == commit.inputs);

  const auto reader = f.reader();
  for (const auto& text : kOddTexts) {
    CAPTURE(text);
    TransactionFilter filter;
    filter.client_id = text;
    const auto found = reader->transactions(filter);
    REQUIRE(found.size() == 1);
    CHECK(found[0].transaction.client_id.text == text);
  }
}

TEMPLATE_TEST_CASE("of executions with order and trader, with one and with none each keeps its own", "[store]", Memory,
                   Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  auto commit = step(0, 5);
  commit.inputs = {transaction(1, 1), transaction(2, 2), tick(3, 3), transaction(4, 4), transaction(5, 5)};
  const auto of = [&](std::size_t i) -> engine::Transaction& {
    return std::get<TransactionInput>(commit.inputs[i].input).transaction;
  };
  of(0).order_id = of(0).trader_id = "";
  of(1).order_id = "";
  of(3).trader_id = "";
  f.store->commit(commit);
  CHECK(replayed(*f.store) == commit.inputs);
  const auto rows = f.reader()->transactions({});
  REQUIRE(rows.size() == 4);
  CHECK(rows[0].transaction == of(4));
  CHECK(rows[1].transaction == of(3));
  CHECK(rows[2].transaction == of(1));
  CHECK(rows[3].transaction == of(0));
}

TEMPLATE_TEST_CASE("any text of an alert, a command and a quarantined record comes back as it was", "[store]", Memory,
                   Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  auto commit = step(0, 1);
  std::vector<LimitRow> limits;
  for (std::size_t i = 0; i < kOddTexts.size(); ++i) {
    const auto& text = kOddTexts[i];
    auto row = alert(i + 1);
    row.latest.entity_id = row.message = text;
    row.latest.transaction_id = row.acknowledged_by = row.assigned_to = text;
    row.latest.contributors = {{text, money("1")}};
    auto event = alert_event(i + 1, i + 1);
    event.value = event.message = event.payload = text;
    event.transaction_id = event.actor = event.comment = text;
    auto rejected = quarantined(i + 1);
    rejected.source = rejected.raw = text;
    rejected.rejection = {text, text, text};
    commit.alerts.push_back(row);
    commit.alert_events.push_back(event);
    commit.quarantine.push_back(rejected);
    commit.commands.push_back({0, kNoon, text, text, text, text, text});
    limits.push_back({text, engine::EntityType::kClient, text, std::nullopt, text, i});
  }
  commit.limits = limits;
  f.store->commit(commit);

  const auto reader = f.reader();
  auto quarantine = reader->quarantine({.limit = 100});
  auto commands = reader->commands(100);
  REQUIRE(quarantine.size() == kOddTexts.size());
  REQUIRE(commands.size() == kOddTexts.size());
  for (std::size_t i = 0; i < kOddTexts.size(); ++i) {
    CAPTURE(kOddTexts[i]);
    CHECK(reader->alert(i + 1) == commit.alerts[i]);
    CHECK(reader->alert_events(i + 1) == std::vector{commit.alert_events[i]});
    const auto newest_first = kOddTexts.size() - 1 - i;
    quarantine[newest_first].quarantine_id = 0;
    commands[newest_first].command_id = 0;
    CHECK(quarantine[newest_first] == commit.quarantine[i]);
    CHECK(commands[newest_first] == commit.commands[i]);
  }
  CHECK(reader->limits().size() == kOddTexts.size());
}

TEMPLATE_TEST_CASE("a payload keeps every byte", "[store]", Memory, Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
  auto commit = step(0, 2);
  commit.alerts = {alert(1)};
  commit.alert_events = {alert_event(1, 1), alert_event(2, 1)};
  commit.alert_events[0].payload = bytes;
  commit.alert_events[1].payload = "";
  commit.inputs = {rules(1, bytes), rules(2, "")};
  f.store->commit(commit);
  CHECK(f.reader()->alert_events(1) == commit.alert_events);
  CHECK(replayed(*f.store) == commit.inputs);
}

TEMPLATE_TEST_CASE("the largest and smallest quantities and prices are exact", "[store]", Memory, Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  const std::vector<std::int64_t> units{1,         10'000,     100'000'000, 99'990'000,   123'456'789,   -1,
                                        kInt64Max, -kInt64Max, 0,           1'000'000'00, 1'0000'0000'0, -7'400'88};
  auto commit = step(0, units.size());
  for (std::size_t i = 0; i < units.size(); ++i) {
    auto input = transaction(i + 1, i + 1);
    auto& t = std::get<TransactionInput>(input.input);
    t.transaction.quantity = Quantity::from_units(units[i]);
    t.transaction.price = t.base_price = Price::from_units(units[i]);
    commit.inputs.push_back(input);
    commit.positions.push_back({ClientId("C"), Symbol("S" + std::to_string(10 + i)), Quantity::from_units(units[i]),
                                Price::from_units(units[i])});
    commit.symbol_exposures.push_back(symbol_exposure("S" + std::to_string(10 + i), Price::from_units(units[i])));
  }
  f.store->commit(commit);
  CHECK(replayed(*f.store) == commit.inputs);
  CHECK(f.reader()->positions("", "") == commit.positions);
}

TEMPLATE_TEST_CASE("money is rounded once, half to even, to 4 places", "[store]", Memory, Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  const std::vector<std::pair<std::string, std::string>> cases{
      {"0.00005", "0.0000"},   {"0.00015", "0.0002"},   {"0.00025", "0.0002"},
      {"-0.00005", "0.0000"},  {"-0.00015", "-0.0002"}, {"0.0000500000000001", "0.0001"},
      {"9.99995", "10.0000"},  {"0.9999", "0.9999"},    {"9999.9999", "9999.9999"},
      {"10000", "10000.0000"}, {"-0.0001", "-0.0001"},  {"100000000.0001", "100000000.0001"}};
  auto commit = step(0, 1);
  for (std::size_t i = 0; i < cases.size(); ++i) {
    auto row = exposure("CLIENT_" + std::to_string(10 + i));
    row.exposure.long_value = row.exposure.turnover = row.total_exposure = money(cases[i].first);
    row.exposure.short_value = money("0");
    commit.client_exposures.push_back(row);
  }
  f.store->commit(commit);
  const auto rows = f.reader()->client_exposures();
  REQUIRE(rows.size() == cases.size());
  for (std::size_t i = 0; i < cases.size(); ++i) {
    CAPTURE(cases[i].first);
    for (const auto amount : {rows[i].total_exposure, rows[i].exposure.long_value, rows[i].exposure.turnover}) {
      CHECK(amount == money(cases[i].second));
    }
  }
  const auto gross = f.backend->run_sql("SELECT gross, net, long FROM client_exposures WHERE client_id = 'CLIENT_11'");
  if (gross) CHECK(*gross == "0.0002|0.0002|0.0002\n");
}

TEMPLATE_TEST_CASE("money of 127 bits fits", "[store]", Memory, Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  const Int128 largest = (Int128{1} << 126) - 1;
  auto row = exposure("CLIENT_001");
  row.exposure = {Notional::from_units(largest), Notional{}, Notional::from_units(-largest)};
  row.total_exposure = Notional::from_units(-largest);
  row.utilisation_e4 = kInt64Max;
  row.position_count = row.transaction_count = kSequenceMax;
  auto commit = step(0, 1);
  commit.firm_exposure = row;
  commit.firm_exposure->id = "";
  commit.client_exposures = {row};
  auto alerted = alert(1);
  alerted.latest.value.amount = alerted.latest.peak.amount = largest;
  commit.alerts = {alerted};
  f.store->commit(commit);

  const auto reader = f.reader();
  const auto expected = money("8507059173023461586584.3652");
  const auto firm = reader->firm_exposure();
  REQUIRE(firm);
  CHECK(firm->exposure.long_value == expected);
  CHECK(firm->exposure.turnover.units() == -expected.units());
  CHECK(firm->utilisation_e4 == kInt64Max);
  CHECK(firm->transaction_count == kSequenceMax);
  CHECK(reader->alert(1)->latest.peak.amount == expected.units());
}

TEMPLATE_TEST_CASE("numbers of 63 bits are kept", "[store]", Memory, Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  auto commit = step(0, kSequenceMax);
  commit.cursors.push_back(
      {{kStream, "", kSequenceMax, kSequenceMax, kSequenceMax, Timestamp::from_micros(kTimestampMax.micros())}, 0});
  commit.inputs = {transaction(kSequenceMax, kSequenceMax)};
  f.store->commit(commit);
  CHECK(f.store->resume_point().cursors == std::vector{commit.cursors[1].to, commit.cursors[0].to});
  CHECK(replayed(*f.store, kSequenceMax - 1) == commit.inputs);
}

TEMPLATE_TEST_CASE("numbers of 64 bits are refused, not stored as something else", "[store]", Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  CHECK_THROWS_AS(f.store->commit(step(0, kSequenceMax + 1)), StoreError);
  CHECK(f.store->resume_point().cursors.empty());
}

TEMPLATE_TEST_CASE(
    "times keep their nanoseconds, or where the engine's clock gives them their microseconds, from the first to the "
    "last",
    "[store]", Memory, Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  const std::vector<Timestamp> times{
      kTimestampMin, Timestamp{-1}, Timestamp{0}, Timestamp{1}, Timestamp{kNoon.nanos + 123}, kTimestampMax};
  auto commit = step(0, times.size());
  for (std::size_t i = 0; i < times.size(); ++i) {
    auto input = transaction(i + 1, i + 1);
    std::get<TransactionInput>(input.input).transaction.executed_at = times[i];
    commit.inputs.push_back(input);
    commit.quarantine.push_back(quarantined(i + 1));
    commit.quarantine.back().received_at = Timestamp::from_micros(times[i].micros());
  }
  f.store->commit(commit);
  CHECK(replayed(*f.store) == commit.inputs);
  CHECK(f.store->cleanup(Timestamp{kNanosPerMicro}).quarantine == 4);
}

TEMPLATE_TEST_CASE("an alert keeps its evidence, or the lack of it", "[store]", Memory, Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  auto velocity = alert(3);
  velocity.latest.alert_type = engine::AlertType::kHighTransactionVelocity;
  velocity.latest.value = {engine::Figure::Unit::kCount, 11};
  velocity.latest.limit = {engine::Figure::Unit::kCount, 10};
  velocity.latest.peak = {engine::Figure::Unit::kCount, 20'000};
  velocity.latest.measure.reset();
  velocity.latest.window_seconds = 60;
  velocity.latest.transaction_id.reset();
  velocity.latest.contributors.clear();
  auto commit = step(0, 1);
  commit.alerts = {alert(1), anomaly_alert(2), velocity};
  f.store->commit(commit);
  const auto reader = f.reader();
  for (const auto& row : commit.alerts) CHECK(reader->alert(row.alert_id()) == row);
  const auto values = f.backend->run_sql("SELECT value, limit_value, peak FROM alerts ORDER BY alert_id");
  if (values) {
    CHECK(*values == "1600000.5000|1000000.0000|1700000.0001\n5.2100|3.0000|5.2100\n11|10|20000\n");
  }
}

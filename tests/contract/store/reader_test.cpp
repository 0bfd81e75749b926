// What the reading side promises: filters, orders, limits, and the newest state of each row.
#include "backends.hpp"
#include "samples.hpp"
#include "support/catch.hpp"

using namespace risk;
using namespace risk::test;
using namespace risk::store;

TEMPLATE_TEST_CASE("exposures are upserted and listed by id in byte order", "[store]", Memory, Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  const auto reader = f.reader();
  CHECK_FALSE(reader->firm_exposure());
  auto commit = step(0, 1);
  commit.client_exposures = {exposure("b"), exposure("é"), exposure("B"), exposure("a b")};
  commit.symbol_exposures = {symbol_exposure("AAPL")};
  commit.firm_exposure = exposure("");
  f.store->commit(commit);

  auto changed = exposure("b");
  changed.utilisation_e4.reset();
  changed.risk_level = engine::RiskLevel::kLow;
  changed.transaction_count = 99;
  auto second = step(1, 2);
  second.client_exposures = {changed};
  second.symbol_exposures = {symbol_exposure("MSFT", Price::from_units(1))};
  f.store->commit(second);

  CHECK(reader->client_exposures() ==
        std::vector<engine::ExposureRow>{exposure("B"), exposure("a b"), changed, exposure("é")});
  CHECK(reader->symbol_exposures() ==
        std::vector<engine::ExposureRow>{symbol_exposure("AAPL"), symbol_exposure("MSFT", Price::from_units(1))});
  CHECK(reader->firm_exposure() == exposure(""));
  CHECK(reader->client_exposure("b") == changed);
  CHECK_FALSE(reader->client_exposure("nobody"));
  CHECK(reader->symbol_exposure("AAPL") == symbol_exposure("AAPL"));
  CHECK_FALSE(reader->symbol_exposure("' OR 1=1 --"));
}

TEMPLATE_TEST_CASE("a page of exposures is in the order of any column, as numbers, rows without a value last",
                   "[store]", Memory, Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  using Column = ExposureColumn;
  const auto row = [](const char* id, const char* long_value, const char* short_value,
                      std::optional<std::int64_t> utilisation_e4) {
    auto made = exposure(id);
    made.exposure = {money(long_value), money(short_value), money(long_value)};
    made.total_exposure = made.exposure.gross();
    made.utilisation_e4 = utilisation_e4;
    made.position_count = id[0];
    made.last_updated.nanos += id[0];
    return made;
  };
  auto low = row("e", "9", "10000", 9'999);
  low.risk_level = engine::RiskLevel::kLow;
  auto commit = step(0, 1);
  // Past what a double tells apart, and texts whose order is not that of their numbers.
  commit.client_exposures = {row("a", "90071992547409.9301", "0", 10'000),
                             row("b", "90071992547409.9302", "0", 90'000),
                             row("c", "9", "100.5", {}),
                             row("d", "10", "100.25", {}),
                             low,
                             row("f", "9", "0", 9'999)};
  commit.symbol_exposures = commit.client_exposures;
  f.store->commit(commit);

  const auto reader = f.reader();
  const auto ids = [&reader](Column order, bool ascending = false) {
    ExposureFilter filter;
    filter.order = order;
    filter.ascending = ascending;
    std::string found;
    for (const auto& exposure : reader->client_exposures(filter).rows) found += exposure.id;
    std::string symbols;
    for (const auto& exposure : reader->symbol_exposures(filter).rows) symbols += exposure.id;
    CHECK(symbols == found);
    return found;
  };
  CHECK(ids(ExposureFilter{}.order) == "baedcf");
  CHECK(ids(Column::kTotalExposure, true) == "fcdeab");
  CHECK(ids(Column::kGross) == "baedcf");
  CHECK(ids(Column::kNet) == "bafdce");  // the last three are below zero
  CHECK(ids(Column::kNet, true) == "ecdfab");
  CHECK(ids(Column::kLong) == "badcef");  // ties by id, whichever the direction
  CHECK(ids(Column::kLong, true) == "cefdab");
  CHECK(ids(Column::kShort) == "ecdabf");
  CHECK(ids(Column::kTurnover) == "badcef");
  CHECK(ids(Column::kUtilisation) == "baefcd");
  CHECK(ids(Column::kUtilisation, true) == "efabcd");
  CHECK(ids(Column::kPositionCount) == "fedcba");
  CHECK(ids(Column::kLastUpdated) == "fedcba");
  CHECK(ids(Column::kLastUpdated, true) == "abcdef");
  CHECK(ids(Column::kId) == "fedcba");
  CHECK(ids(Column::kId, true) == "abcdef");

  const auto page = reader->client_exposures({Column::kId, true, engine::RiskLevel::kCritical, 1, 2});
  CHECK(page.total == 5);
  CHECK(page.rows == std::vector{commit.client_exposures[1], commit.client_exposures[2]});
  const auto beyond = reader->client_exposures({Column::kId, true, engine::RiskLevel::kLow, 7, 2});
  CHECK(beyond.total == 1);
  CHECK(beyond.rows.empty());
}

TEMPLATE_TEST_CASE("positions are found by client, by symbol and all, zero ones only among all", "[store]", Memory,
                   Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  const auto a1 = position("A", "S1", 5), a2 = position("A", "S2", 0), b1 = position("B", "S1", -3);
  auto commit = step(0, 1);
  commit.positions = {b1, position("A", "S1", 4), a2};
  commit.symbol_exposures = {symbol_exposure("S1", Price::from_units(1)), symbol_exposure("S2")};
  f.store->commit(commit);
  auto second = step(1, 2);
  second.positions = {a1};
  second.symbol_exposures = {symbol_exposure("S1")};  // the mark of every position in it
  f.store->commit(second);

  using Rows = std::vector<engine::PositionRow>;
  const auto reader = f.reader();
  CHECK(reader->positions("", "") == Rows{a1, a2, b1});
  CHECK(reader->positions("A", "") == Rows{a1});
  CHECK(reader->positions("", "S1") == Rows{a1, b1});
  CHECK(reader->positions("B", "S1") == Rows{b1});
  CHECK(reader->positions("A", "S2").empty());
}

TEMPLATE_TEST_CASE("alerts are filtered by everything at once, newest first, page by page", "[store]", Memory, Sqlite,
                   Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  auto resolved = alert(2);
  resolved.status = engine::AlertStatus::kResolved;
  resolved.resolved_at = kNoon;
  auto commit = step(0, 1);
  commit.alerts = {alert(1), resolved, anomaly_alert(3), alert(4)};
  f.store->commit(commit);

  const auto reader = f.reader();
  const auto ids = [&reader](const AlertFilter& filter) {
    std::vector<std::uint64_t> found;
    for (const auto& row : reader->alerts(filter)) found.push_back(row.alert_id());
    return found;
  };
  using Ids = std::vector<std::uint64_t>;
  CHECK(ids({}) == Ids{4, 3, 2, 1});
  AlertFilter filter;
  filter.statuses = {engine::AlertStatus::kOpen};
  CHECK(ids(filter) == Ids{4, 3, 1});
  filter.statuses = {engine::AlertStatus::kResolved, engine::AlertStatus::kOpen};
  CHECK(ids(filter) == Ids{4, 3, 2, 1});
  filter.severities = {engine::Severity::kLow, engine::Severity::kCritical};
  filter.types = {engine::AlertType::kHighClientExposure, engine::AlertType::kHighSymbolExposure};
  CHECK(ids(filter) == Ids{4, 2, 1});
  filter.statuses = {engine::AlertStatus::kOpen};
  filter.severities = {engine::Severity::kCritical};
  CHECK(ids(filter) == Ids{4, 1});
  filter.types = {engine::AlertType::kHighClientExposure};
  filter.entity_type = engine::EntityType::kClient;
  filter.entity_id = "CLIENT_001";
  filter.before = 4;
  CHECK(ids(filter) == Ids{1});
  filter.entity_id = "CLIENT_002";
  CHECK(ids(filter).empty());
  AlertFilter page;
  page.limit = 2;
  page.before = 4;
  CHECK(ids(page) == Ids{3, 2});
  CHECK(reader->alert(2) == resolved);
  CHECK_FALSE(reader->alert(99));

  const auto counts = reader->alert_counts();
  REQUIRE(counts.size() == 3);
  std::uint64_t open_critical = 0;
  for (const auto& row : counts) {
    if (row.status == engine::AlertStatus::kOpen && row.severity == engine::Severity::kCritical) {
      open_critical = row.count;
    }
  }
  CHECK(open_critical == 2);
}

TEMPLATE_TEST_CASE("an alert's row is that of its latest event", "[store]", Memory, Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  auto commit = step(0, 1);
  commit.alerts = {alert(1)};
  commit.alert_events = {alert_event(1, 1)};
  f.store->commit(commit);
  auto acknowledged = alert(1);
  acknowledged.status = engine::AlertStatus::kAcknowledged;
  acknowledged.acknowledged_by = "anna";
  acknowledged.acknowledged_at = kNoon;
  acknowledged.assigned_to = "bo";
  auto second = step(1, 1);
  second.alerts = {acknowledged};
  second.alert_events = {alert_event(2, 1), alert_event(3, 1)};
  second.alert_events[0].actor = "anna";
  second.alert_events[0].transaction_id.reset();
  f.store->commit(second);

  const auto reader = f.reader();
  CHECK(reader->alert(1) == acknowledged);
  CHECK(reader->alert_events(1) ==
        std::vector<AlertEventRow>{commit.alert_events[0], second.alert_events[0], second.alert_events[1]});
}

TEMPLATE_TEST_CASE("alert events are given again in their order, page by page, from the first that is left", "[store]",
                   Memory, Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  const auto reader = f.reader();
  CHECK_FALSE(reader->first_alert_event_id());
  CHECK(reader->alert_events_after(0, 10).empty());
  auto old = alert(1);
  old.status = engine::AlertStatus::kResolved;
  old.resolved_at = kNoon;
  auto commit = step(0, 1);
  commit.alerts = {old, alert(2)};
  commit.alert_events = {alert_event(1, 1), alert_event(2, 2), alert_event(3, 1), alert_event(4, 2), alert_event(5, 2)};
  f.store->commit(commit);
  const auto& events = commit.alert_events;
  using Events = std::vector<AlertEventRow>;
  CHECK(reader->first_alert_event_id() == 1);
  CHECK(reader->alert_events_after(0, 2) == Events{events[0], events[1]});
  CHECK(reader->alert_events_after(2, 10) == Events{events[2], events[3], events[4]});
  CHECK(reader->alert_events_after(5, 10).empty());
  f.store->cleanup(Timestamp{kNoon.nanos + kNanosPerMicro});
  CHECK(reader->first_alert_event_id() == 2);
  CHECK(reader->alert_events_after(0, 2) == Events{events[1], events[3]});
}

TEMPLATE_TEST_CASE("transactions are found by client and symbol, newest first, with their notional", "[store]", Memory,
                   Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  auto commit = step(0, 5);
  commit.inputs = {transaction(1, 1, "A", "S1"), tick(2, 2), transaction(3, 3, "A", "S2"), transaction(4, 4, "B", "S1"),
                   transaction(5, 5, "A", "S1")};
  f.store->commit(commit);
  const auto reader = f.reader();
  const auto found = [&reader](const TransactionFilter& filter) {
    std::vector<std::uint64_t> seqs;
    for (const auto& row : reader->transactions(filter)) seqs.push_back(row.apply_seq);
    return seqs;
  };
  using Seqs = std::vector<std::uint64_t>;
  TransactionFilter filter;
  CHECK(found(filter) == Seqs{5, 4, 3, 1});
  filter.client_id = "A";
  CHECK(found(filter) == Seqs{5, 3, 1});
  filter.symbol = "S1";
  CHECK(found(filter) == Seqs{5, 1});
  filter.before = 5;
  CHECK(found(filter) == Seqs{1});
  TransactionFilter newest;
  newest.limit = 1;
  const auto rows = reader->transactions(newest);
  REQUIRE(rows.size() == 1);
  const auto& input = std::get<TransactionInput>(commit.inputs[4].input);
  CHECK(rows[0].transaction == input.transaction);
  CHECK(rows[0].base_price == input.base_price);
  CHECK(rows[0].late);
  CHECK(rows[0].origin == commit.inputs[4].origin);
  CHECK(rows[0].notional == money("2537.5000"));
}

TEMPLATE_TEST_CASE("metrics come oldest first from an instant on", "[store]", Memory, Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  for (std::uint64_t i = 0; i < 4; ++i) {
    auto commit = step(i, i + 1);
    commit.metrics = metrics(Timestamp{kNoon.nanos + static_cast<std::int64_t>(i) * kNanosPerMicro});
    f.store->commit(commit);
  }
  const auto reader = f.reader();
  const auto rows = reader->metrics_since(Timestamp{kNoon.nanos + kNanosPerMicro}, 2);
  CHECK(rows == std::vector<MetricsRow>{metrics(Timestamp{kNoon.nanos + kNanosPerMicro}),
                                        metrics(Timestamp{kNoon.nanos + 2 * kNanosPerMicro})});
}

TEMPLATE_TEST_CASE("limits are replaced as a whole, kept when a commit has none", "[store]", Memory, Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  const LimitRow all{"client_exposure", engine::EntityType::kClient, "", engine::Measure::kNet, "1000000.0000", 1};
  const LimitRow one{"client_exposure", engine::EntityType::kClient, "CLIENT_007", engine::Measure::kNet, "5.0000", 1};
  const LimitRow count{"symbol_velocity", engine::EntityType::kSymbol, "", std::nullopt, "10", 1};
  auto commit = step(0, 1);
  commit.limits = std::vector{count, one, all};
  f.store->commit(commit);
  f.store->commit(step(1, 2));
  const auto reader = f.reader();
  CHECK(reader->limits() == std::vector{all, one, count});
  auto fewer = step(2, 3);
  fewer.limits = std::vector{count};
  f.store->commit(fewer);
  CHECK(reader->limits() == std::vector{count});
  auto none = step(3, 4);
  none.limits = std::vector<LimitRow>{};
  f.store->commit(none);
  CHECK(reader->limits().empty());
}

TEMPLATE_TEST_CASE("undelivered events are listed newest first, each with what it was about, once a channel", "[store]",
                   Memory, Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  auto commit = step(0, 1);
  commit.alerts = {alert(1), alert(2)};
  commit.alert_events = {alert_event(1, 1), alert_event(2, 2), alert_event(3, 1)};
  commit.alert_events[1].severity = engine::Severity::kCritical;
  commit.alert_events[1].message = "Symbol AAPL";
  commit.deliveries = {delivery(1, 1), delivery(2, 2), delivery(2, 2, "email"), delivery(99, 9)};
  f.store->commit(commit);
  auto again = step(1, 2);
  auto given_up = delivery(2, 2);
  given_up.outcome = "GIVEN_UP";
  given_up.answer = "connection refused";
  again.deliveries = {given_up};
  f.store->commit(again);

  const auto reader = f.reader();
  const auto& first = commit.alert_events[0];
  const auto& second = commit.alert_events[1];
  CHECK(reader->undelivered(10) ==
        std::vector<UndeliveredEvent>{{delivery(2, 2, "email"), second.severity, second.message},
                                      {given_up, second.severity, second.message},
                                      {delivery(1, 1), first.severity, first.message}});
  CHECK(reader->undelivered(1).size() == 1);
  CHECK(reader->undelivered_count() == 3);
}

TEMPLATE_TEST_CASE("quarantine and commands are numbered in their order and listed newest first", "[store]", Memory,
                   Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  auto commit = step(0, 1);
  commit.quarantine = {quarantined(1), quarantined(2), quarantined(3)};
  commit.quarantine[2].line.reset();
  commit.commands = {{0, kNoon, "anna", "ACK", "alert 12", "OPEN", "ACKNOWLEDGED"},
                     {0, kNoon, "bo", "COMMENT", "alert 12", "", "looking"}};
  f.store->commit(commit);

  const auto reader = f.reader();
  const auto rows = reader->quarantine({.limit = 2});
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].origin.sequence == 3);
  CHECK_FALSE(rows[0].line);
  CHECK(rows[1].line == 3);
  CHECK(rows[0].quarantine_id > rows[1].quarantine_id);
  const auto older = reader->quarantine({.before = rows[1].quarantine_id, .limit = 10});
  REQUIRE(older.size() == 1);
  CHECK(older[0].rejection == quarantined(1).rejection);
  CHECK(reader->quarantine_count() == 3);

  const auto commands = reader->commands(10);
  REQUIRE(commands.size() == 2);
  CHECK(commands[0].actor == "bo");
  CHECK(commands[1].new_value == "ACKNOWLEDGED");
  CHECK(commands[0].command_id > commands[1].command_id);
  CHECK(reader->commands(1).size() == 1);
}

TEMPLATE_TEST_CASE("a reader sees each commit as soon as it is done", "[store]", Memory, Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  const auto reader = f.reader();
  for (std::uint64_t i = 0; i < 20; ++i) {
    auto commit = step(i, i + 1);
    commit.inputs = {transaction(i + 1, i + 1)};
    f.store->commit(commit);
    REQUIRE(reader->cursors().at(0).sequence == i + 1);
    REQUIRE(reader->transactions({}).size() == i + 1);
  }
}

TEMPLATE_TEST_CASE("a reader replays what was committed, all of it and from a number on", "[store]", Memory, Sqlite,
                   Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  const auto reader = f.reader();
  CHECK(replayed(*reader).empty());

  constexpr std::uint64_t kInputs = 10'000;
  auto commit = step(0, kInputs);
  commit.inputs = {rules(1, "rules"), opening_position(2, 1)};
  for (auto i = commit.inputs.size() + 1; i <= kInputs; ++i) {
    commit.inputs.push_back(i % 3 == 0 ? tick(i, i) : transaction(i, i));
  }
  f.store->commit(commit);
  CHECK(replayed(*reader) == commit.inputs);
  CHECK(replayed(*reader, 9'998) == AppliedInputs(commit.inputs.end() - 2, commit.inputs.end()));
  CHECK(replayed(*reader, kInputs).empty());
  CHECK_THROWS_AS(reader->replay(0, [](const AppliedInput&) { throw std::runtime_error("enough"); }),
                  std::runtime_error);
  CHECK(reader->cursors().size() == 1);
}

TEMPLATE_TEST_CASE("instruments are listed by symbol, each as it was told last", "[store]", Memory, Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  const auto plain = engine::Instrument{.symbol = Symbol("B")};
  auto first = step(0, 1);
  first.instruments = {future("C"), plain};
  f.store->commit(first);
  auto renamed = future("C");
  renamed.name = "another";
  renamed.expires_at.reset();
  auto second = step(1, 2);
  second.instruments = {future("A"), renamed};
  f.store->commit(second);
  const auto reader = f.reader();
  CHECK(reader->instruments() == std::vector<engine::Instrument>{future("A"), plain, renamed});
  CHECK(reader->instrument("C") == renamed);
  CHECK_FALSE(reader->instrument("D"));
}

TEMPLATE_TEST_CASE("the net of what has a negative price comes back as it was", "[store]", Memory, Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  auto row = exposure("CLIENT_001");
  row.exposure.inverted = money("100000.25");
  auto commit = step(0, 1);
  commit.client_exposures = {row};
  f.store->commit(commit);
  const auto read = f.reader()->client_exposure("CLIENT_001");
  REQUIRE(read);
  CHECK(read->exposure.net().to_string() == row.exposure.net().to_string());
  CHECK(read->exposure.gross().to_string() == row.exposure.gross().to_string());
}

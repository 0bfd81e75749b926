// What is kept of executions and opening positions so that a later one is known for a duplicate, and what people decide
// about those that conflict.
#include <algorithm>

#include "backends.hpp"
#include "samples.hpp"
#include "support/catch.hpp"

using namespace risk;
using namespace risk::test;
using namespace risk::store;

namespace {

using Seqs = std::vector<std::uint64_t>;
constexpr std::int64_t kDay = kSecondsPerDay * kNanosPerSecond;

// A commit of transactions first to last; the sequences are those of apply_seq.
Commit transactions(std::uint64_t first, std::uint64_t last, Timestamp recorded_at = kNoon) {
  auto commit = step(first - 1, last);
  commit.recorded_at = recorded_at;
  for (auto i = first; i <= last; ++i) commit.inputs.push_back(transaction(i, i));
  return commit;
}

std::vector<IdentityPieceRow> pieces(Store& store, std::uint64_t after = 0) {
  std::vector<IdentityPieceRow> rows;
  store.identity_pieces(after, [&rows](const IdentityPieceRow& piece) { rows.push_back(piece); });
  return rows;
}

Seqs found(Reader& reader, const Seqs& apply_seqs, const Seqs& fingerprints = {}) {
  Seqs seqs;
  for (const auto& row : reader.find_executions(apply_seqs, fingerprints).transactions) seqs.push_back(row.apply_seq);
  std::sort(seqs.begin(), seqs.end());
  return seqs;
}

engine::OpeningPosition opening(const std::string& client, const std::string& symbol, const char* quantity) {
  return {ClientId(client), Symbol(symbol), Quantity::parse(quantity).value(), Price::parse("0.00000001").value(), ""};
}

DecisionStep decision(std::uint64_t id, DecisionState state, std::optional<std::uint64_t> applied_as = {}) {
  return {id, {state, "anna", kNoon, "confirmed by the broker", applied_as}};
}

QuarantineRow conflict(std::uint64_t sequence) {
  auto row = quarantined(sequence);
  row.kind = QuarantineKind::kConflict;
  row.decision.emplace();
  row.record = std::string("\x00\xff record", 9);
  return row;
}

}  // namespace

TEMPLATE_TEST_CASE("pieces of identities come back as they were, in order, and the last may grow", "[store]", Memory,
                   Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  auto first = transactions(1, 3);
  first.identity_pieces = {{1, 2, std::string("\x01\x00\xff", 3)}, {3, 3, "open"}};
  f.store->commit(first);
  auto second = transactions(4, 6);
  second.identity_pieces = {{3, 5, "grown"}, {6, 6, "next"}};
  f.store->commit(second);
  const std::vector<IdentityPieceRow> all{{1, 2, std::string("\x01\x00\xff", 3)}, {3, 5, "grown"}, {6, 6, "next"}};
  CHECK(pieces(*f.store) == all);
  CHECK(pieces(*f.open(), 5) == std::vector{all[2]});
}

TEMPLATE_TEST_CASE("more pieces than are read at once come back, each once", "[store]", Memory, Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  auto commit = transactions(1, 200);
  for (std::uint64_t i = 1; i <= 200; ++i) commit.identity_pieces.push_back({i, i, std::to_string(i)});
  f.store->commit(commit);
  const auto rows = pieces(*f.store);
  REQUIRE(rows.size() == 200);
  for (std::uint64_t i = 1; i <= 200; ++i) CHECK(rows[i - 1].first_apply_seq == i);
}

TEMPLATE_TEST_CASE("executions are found by their inputs, and those that were filed by fingerprint", "[store]", Memory,
                   Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  auto commit = transactions(1, 3);
  commit.inputs.push_back(tick(4, 4));
  commit.cursors[0].to.sequence = 4;
  commit.identity_pieces = {{1, 2, "a"}, {3, 4, "b"}};
  f.store->commit(commit);
  const auto reader = f.reader();
  CHECK(found(*reader, {}) == Seqs{});
  CHECK(found(*reader, {3, 1, 4, 9, 1}) == Seqs{1, 3});  // an input that is none, and one that is not there
  const auto row = reader->find_executions(Seqs{2}, {}).transactions.at(0);
  CHECK(row.transaction == std::get<TransactionInput>(transaction(2, 2).input).transaction);
  CHECK(found(*reader, {}, {11}) == Seqs{});

  const auto first = f.store->first_identity_piece(3);
  REQUIRE(first);
  CHECK(first->bytes == "a");
  CHECK_FALSE(f.store->first_identity_piece(1));
  constexpr std::uint64_t kHighest = (std::uint64_t{1} << 40) - 1;
  f.store->file_identities(*first, {{kHighest, 2}, {11, 1}});
  CHECK(found(*reader, {}, {11}) == Seqs{1});
  CHECK(found(*reader, {2, 3}, {11, kHighest, 12}) == Seqs{1, 2, 3});
  CHECK(f.store->resume_point().filed_up_to == 2);
  CHECK(pieces(*f.store).size() == 1);
  // Told again, as after a connection was lost: nothing twice.
  f.store->file_identities(*first, {{kHighest, 2}, {11, 1}});
  CHECK(found(*reader, {}, {11, kHighest}) == Seqs{1, 2});
}

TEMPLATE_TEST_CASE("thousands are looked up in one call", "[store]", Memory, Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  auto commit = transactions(1, 2'500);
  commit.identity_pieces = {{1, 2'500, "a"}};
  f.store->commit(commit);
  Seqs all;
  std::vector<engine::IndexedExecution> executions;
  for (std::uint64_t i = 1; i <= 2'500; ++i) {
    all.push_back(i);
    executions.push_back({i, i});
  }
  const auto reader = f.reader();
  CHECK(found(*reader, all) == all);
  f.store->file_identities(commit.identity_pieces[0], executions);
  CHECK(found(*reader, {}, all) == all);
}

TEMPLATE_TEST_CASE("with dropped days go their identities, and it is kept up to when they were executed", "[store]",
                   Memory, Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  CHECK(f.store->resume_point().first_kept_apply_seq == 1);
  auto early = transactions(1, 2);
  std::get<TransactionInput>(early.inputs[0].input).transaction.executed_at = Timestamp{-5};
  std::get<TransactionInput>(early.inputs[1].input).transaction.executed_at = Timestamp{kNoon.nanos + 789};
  early.identity_pieces = {{1, 2, "a"}};
  f.store->commit(early);
  auto late = transactions(3, 4, {kNoon.nanos + 2 * kDay});
  late.identity_pieces = {{3, 3, "b"}, {4, 4, "c"}};
  f.store->commit(late);
  f.store->file_identities({1, 2, "a"}, {{11, 1}, {12, 2}});
  f.store->file_identities({3, 3, "b"}, {{11, 3}});
  CHECK_FALSE(f.store->resume_point().dropped_up_to);

  const auto dropped = f.store->drop_days({kNoon.nanos + kDay}, 4);
  CHECK(dropped.days == 1);
  CHECK(dropped.up_to == Timestamp{kNoon.nanos + 789});
  const auto resume = f.open()->resume_point();
  CHECK(resume.dropped_up_to == Timestamp{kNoon.nanos + 789});
  CHECK(resume.first_kept_apply_seq == 3);
  const auto reader = f.reader();
  CHECK(reader->find_executions({}, {}).dropped_up_to == Timestamp{kNoon.nanos + 789});
  CHECK(found(*reader, {1, 4}, {11, 12}) == Seqs{3, 4});
  CHECK(pieces(*f.store).size() == 1);
  const auto rows = f.backend->run_sql("SELECT apply_seq FROM identities");
  if (rows) CHECK(*rows == "3\n");

  // A day of older executions takes nothing back.
  f.store->drop_days({kNoon.nanos + 9 * kDay}, 4);
  CHECK(f.store->resume_point().dropped_up_to >= Timestamp{kNoon.nanos + 789});
  CHECK(f.store->resume_point().first_kept_apply_seq == 5);
}

TEMPLATE_TEST_CASE("a clock of 2062 on a day that is dropped does not make everything old", "[store]", Memory, Sqlite,
                   Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  auto commit = transactions(1, 1);
  std::get<TransactionInput>(commit.inputs[0].input).transaction.executed_at = *parse_timestamp("2062-01-01T00:00:00Z");
  f.store->commit(commit);
  CHECK(f.store->drop_days({kNoon.nanos + kDay}, 1).up_to == parse_timestamp("2024-09-22T00:00:00Z").value());
}

TEMPLATE_TEST_CASE("of each client and symbol the opening position that was applied last is found", "[store]", Memory,
                   Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  const auto odd = opening("O'Neil \"$1\"", "Zürich", "92233720368.54775807");
  auto first = step(0, 5);
  first.inputs = {{1, {kStream, 1}, opening("A", "X", "-1.00000001")},
                  {2, {kStream, 2}, opening("A", "X", "2")},
                  {3, {kStream, 3}, opening("A", "Y", "3")},
                  {4, {kStream, 4}, odd},
                  market_price(5, 5)};
  f.store->commit(first);
  auto second = step(5, 7);
  second.inputs = {{6, {kStream, 6}, opening("A", "Y", "4")}, transaction(7, 7, "B", "X")};
  f.store->commit(second);
  const auto reader = f.reader();
  const auto latest = [&reader](std::vector<OpeningKey> keys) {
    auto found = reader->latest_openings(keys);
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.symbol.text < b.symbol.text; });
    return found;
  };
  CHECK(latest({}).empty());
  CHECK(latest({{"B", "X"}, {"a", "x"}, {"", "O'Neil"}}).empty());  // of them other inputs came, or none
  CHECK(latest({{"A", "X"}, {"A", "Y"}, {odd.client_id.text, odd.symbol.text}}) ==
        std::vector{opening("A", "X", "2"), opening("A", "Y", "4"), odd});
  // More than are asked for at once.
  std::vector<std::string> names;
  for (int i = 0; i < 600; ++i) names.push_back("N" + std::to_string(i));
  std::vector<OpeningKey> many;
  for (const auto& name : names) many.push_back({"A", name});
  many.push_back({"A", "X"});
  CHECK(latest(many) == std::vector{opening("A", "X", "2")});
}

TEMPLATE_TEST_CASE("with dropped days go their opening positions", "[store]", Memory, Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  auto early = step(0, 2);
  early.inputs = {{1, {kStream, 1}, opening("A", "X", "1")}, {2, {kStream, 2}, opening("A", "Y", "1")}};
  early.recorded_at = kNoon;
  f.store->commit(early);
  auto late = step(2, 3);
  late.inputs = {{3, {kStream, 3}, opening("A", "Y", "2")}};
  late.recorded_at = {kNoon.nanos + 2 * kDay};
  f.store->commit(late);
  CHECK(f.store->drop_days({kNoon.nanos + kDay}, 3).days == 1);
  const std::vector<OpeningKey> keys{{"A", "X"}, {"A", "Y"}};
  CHECK(f.reader()->latest_openings(keys) == std::vector{opening("A", "Y", "2")});
}

TEMPLATE_TEST_CASE("a database has a key of its own, for ever", "[store]", Sqlite, Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  const auto key = f.store->resume_point().identity_key;
  CHECK(key.size() == 32);
  CHECK(key.find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(f.open()->resume_point().identity_key == key);
  RISK_BACKEND(other);
  CHECK(Fixture(std::move(other)).store->resume_point().identity_key != key);
}

TEMPLATE_TEST_CASE("a conflict waits until somebody decides, and is decided once", "[store]", Memory, Sqlite,
                   Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  auto commit = step(0, 1);
  commit.quarantine = {quarantined(1), conflict(2), conflict(3)};
  f.store->commit(commit);
  const auto reader = f.reader();
  CHECK(reader->waiting() == Waiting{.conflicts = 2});
  CHECK(f.store->resume_point().waiting_conflicts == 2);
  CHECK(reader->quarantine_count() == 3);
  const auto rows = reader->quarantine({.waiting = true});
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].record == conflict(3).record);
  CHECK(rows[0].decision == Decision{});
  CHECK(reader->quarantine({.kind = QuarantineKind::kRejected}).size() == 1);
  CHECK(reader->quarantine({.kind = QuarantineKind::kConflict}).size() == 2);
  const auto id = rows[0].quarantine_id;

  auto decided = step(1, 2);
  decided.decisions = {decision(id, DecisionState::kApplied, 2)};
  f.store->commit(decided);
  const auto row = reader->quarantined(id);
  REQUIRE(row);
  CHECK(row->decision == decision(id, DecisionState::kApplied, 2).decision);
  CHECK(row->rejection == rows[0].rejection);
  CHECK(reader->waiting() == Waiting{.conflicts = 1});
  CHECK_FALSE(reader->quarantined(id + 100));

  // The same again, as when the connection broke behind it.
  auto repeated = step(2, 2);
  repeated.cursors.clear();
  repeated.decisions = decided.decisions;
  f.store->commit(repeated);
  CHECK(reader->quarantined(id)->decision == decided.decisions[0].decision);

  // Of a row that waits for nothing, or is not there: the commit does nothing.
  for (const auto other : {rows[1].quarantine_id - 1, id + 100, id}) {
    auto again = step(2, 3);
    again.decisions = {decision(rows[1].quarantine_id, DecisionState::kDropped),
                       decision(other, DecisionState::kDropped)};
    CHECK_THROWS_AS(f.store->commit(again), StoreConflict);
    f.store = f.open();
    CHECK(f.store->resume_point().last_apply_seq == 2);
    CHECK(reader->waiting() == Waiting{.conflicts = 1});
  }
  // What waits is not cleaned up.
  CHECK(f.store->cleanup({kNoon.nanos + 10 * kDay}).quarantine == 2);
  CHECK(reader->quarantine({}).at(0).quarantine_id == rows[1].quarantine_id);
}

TEMPLATE_TEST_CASE("a stream's duplicates and conflicts are counted with its cursor", "[store]", Memory, Sqlite,
                   Postgres) {
  RISK_BACKEND(backend);
  Fixture f(std::move(backend));
  const auto at = [](std::uint64_t from, std::uint64_t to, std::uint64_t duplicates, std::uint64_t conflicts) {
    auto commit = step(from, to);
    commit.cursors.push_back({{kStream, "simulator@test", 1, to, 0, kNoon, {}, duplicates, conflicts}, from});
    return commit;
  };
  const auto counted = [&f] {
    const auto cursors = f.reader()->cursors();
    const auto row = std::find_if(cursors.begin(), cursors.end(), [](const auto& c) { return c.stream_id == kStream; });
    return std::pair(row->duplicates, row->conflicts);
  };
  f.store->commit(at(0, 1, 3, 1));
  CHECK(counted() == std::pair(std::uint64_t{3}, std::uint64_t{1}));
  f.store->commit(at(1, 2, 5, 2));
  CHECK(counted() == std::pair(std::uint64_t{5}, std::uint64_t{2}));
}

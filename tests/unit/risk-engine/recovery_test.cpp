// From what is stored back to the state of the last commit, whatever has become of the snapshots.
#include "risk-engine/recovery.hpp"

#include <fstream>
#include <iterator>
#include <map>
#include <random>

#include "internals.hpp"
#include "risk-engine/alert_replay.hpp"
#include "risk-engine/snapshotter.hpp"
#include "risk/store/memory.hpp"
#include "snapshot_stream.hpp"
#include "support/catch.hpp"
#include "support/snapshots.hpp"
#include "unit/service/output_of.hpp"

using namespace risk;
using namespace risk::risk_engine;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr Timestamp kWall = Timestamp::from_seconds(1'726'821'360);
const log::StreamId kStream{"00000000000000000000000000000001"};

bool go_on(std::uint64_t, std::uint64_t) {
  return true;
}

// An engine without threads on a store in memory.
struct Rig {
  Rig() {
    store = store::open_store(config);
    store->migrate();
    reader = store::open_reader(config);
    restart();
  }

  Recovery restart() {
    auto recovery = recover(*store, *reader, {}, go_on);
    processor = std::move(recovery.processor);
    engine::RuleSet rules;
    rules.exposure("client_exposure").limit = Money::from_whole(1'000);
    rules.exposure("client_exposure").resolved_after_seconds = 0;
    processor->start(rules);
    return recovery;
  }
  void trade(int count) {
    for (int i = 0; i < count; ++i) {
      engine::Transaction t;
      t.transaction_id = "T" + std::to_string(++sequence);
      t.executed_at = {kWall.nanos + static_cast<std::int64_t>(sequence) * 300'000'000};
      t.client_id = ClientId("C" + std::to_string(sequence % 7));
      t.symbol = Symbol("S" + std::to_string(sequence % 7 % 3));
      // Over the limit and below it again, until what stays is above it.
      const bool buys = sequence / 7 % 2 == 0;
      t.side = buys ? engine::Side::kBuy : engine::Side::kSell;
      t.quantity = *Quantity::parse(buys ? "12" : "11");
      t.price = *Price::parse(std::to_string(90 + sequence % 20));
      const auto bytes = wire::encode(t);
      const std::string_view payload = bytes;
      processor->apply({wire::kTransactionsTopic, "simulator@test", {kStream, 1, sequence}, {&payload, 1}},
                       t.executed_at);
    }
  }
  void commit() { store->commit(processor->take(engine::Core::Scope::kMarked, kWall).commit); }
  // As the engine does it: a forked child, piece by piece.
  void snapshot() {
    service::Metrics metrics;
    Snapshotter snapshotter({}, 0, metrics);
    snapshotter.begin(processor->core(), processor->apply_seq(), kWall);
    while (snapshotter.is_running()) snapshotter.write_next(*store);
  }

  store::DatabaseConfig config = [] {
    store::DatabaseConfig memory;
    memory.type = store::DatabaseConfig::Type::kMemory;
    memory.memory = store::make_memory_database();
    return memory;
  }();
  std::unique_ptr<store::Store> store;
  std::unique_ptr<store::Reader> reader;
  std::unique_ptr<Processor> processor;
  std::uint64_t sequence = 0;
};

// A store whose pieces of one snapshot come back damaged.
class DamagedStore final : public store::Store {
 public:
  DamagedStore(store::Store& store, std::uint64_t damaged) : store_(store), damaged_(damaged) {}

  void migrate() override { store_.migrate(); }
  std::string identity() override { return store_.identity(); }
  void write_as(std::uint64_t term) override { store_.write_as(term); }
  store::ResumePoint resume_point() override { return store_.resume_point(); }
  void replay(std::uint64_t after, const std::function<void(const store::AppliedInput&)>& apply) override {
    store_.replay(after, apply);
  }
  void commit(const store::Commit& commit) override { store_.commit(commit); }
  store::CleanupCount cleanup(Timestamp before) override { return store_.cleanup(before); }
  store::DroppedDays drop_days(Timestamp before, std::uint64_t seq) override { return store_.drop_days(before, seq); }
  void identity_pieces(std::uint64_t after, const std::function<void(const store::IdentityPieceRow&)>& take) override {
    store_.identity_pieces(after, take);
  }
  std::optional<store::IdentityPieceRow> first_identity_piece(std::uint64_t up_to) override {
    return store_.first_identity_piece(up_to);
  }
  void file_identities(const store::IdentityPieceRow& piece,
                       const std::vector<engine::IndexedExecution>& executions) override {
    store_.file_identities(piece, executions);
  }
  std::vector<store::SnapshotInfo> snapshots() override {
    auto all = store_.snapshots();
    for (auto& info : all) {
      if (!kept_hash.empty()) info.state_hash = kept_hash;
    }
    return all;
  }
  void write_snapshot_chunk(std::uint64_t seq, std::uint32_t number, std::string_view bytes) override {
    store_.write_snapshot_chunk(seq, number, bytes);
  }
  void finish_snapshot(const store::SnapshotInfo& info, std::size_t kept) override {
    store_.finish_snapshot(info, kept);
  }
  std::optional<std::string> snapshot_chunk(std::uint64_t seq, std::uint32_t number) override {
    auto chunk = store_.snapshot_chunk(seq, number);
    if (chunk && seq == damaged_) damage(*chunk);
    return chunk;
  }

  std::string kept_hash;  // what is said to be that of each snapshot; empty: what is stored
  std::function<void(std::string&)> damage = [](std::string& chunk) {
    chunk[chunk.size() / 2] = static_cast<char>(chunk[chunk.size() / 2] ^ 1);
  };

 private:
  store::Store& store_;
  std::uint64_t damaged_;
};

}  // namespace

TEST_CASE("a restart begins with the newest snapshot and comes to the same state") {
  Rig rig;
  rig.trade(500);
  rig.commit();
  rig.snapshot();
  rig.trade(100);
  rig.commit();
  const auto hash = rig.processor->core().state_hash();
  const auto recovery = rig.restart();
  CHECK(recovery.snapshot_seq == 501);  // the rules are the first input
  CHECK(recovery.inputs == 100);
  CHECK(rig.processor->core().state_hash() == hash);
  CHECK_FALSE(rig.processor->core().rules().exposure("client_exposure").limit == std::nullopt);
  // And goes on: ids of alerts and events do not begin anew.
  rig.trade(200);
  rig.commit();
  rig.restart();
  CHECK(rig.processor->counters().transactions == 800);
}

TEST_CASE("what is stored after a restart is what an engine that never stopped would have stored") {
  Rig one, other;
  for (int i = 0; i < 10; ++i) {
    for (auto* rig : {&one, &other}) {
      rig->trade(70);
      rig->commit();
    }
    other.snapshot();
    other.restart();
  }
  const auto events = one.reader->alert_events_after(0, 1'000), others = other.reader->alert_events_after(0, 1'000);
  REQUIRE(events.size() > 10);
  CHECK(events == others);
  CHECK(one.reader->positions("", "") == other.reader->positions("", ""));
  CHECK(one.processor->core().state_hash() == other.processor->core().state_hash());
}

TEST_CASE("two snapshots are kept, and a damaged newest one falls back to the one before") {
  Rig rig;
  for (int i = 0; i < 3; ++i) {
    rig.trade(100);
    rig.commit();
    rig.snapshot();
  }
  rig.trade(50);
  rig.commit();
  REQUIRE(rig.store->snapshots().size() == 2);
  const auto hash = rig.processor->core().state_hash();
  DamagedStore damaged(*rig.store, 301);
  SECTION("a flipped bit") {}
  SECTION("cut off") {
    damaged.damage = [](std::string& chunk) { chunk.resize(chunk.size() - 1); };
  }
  SECTION("whole, but of another state") {
    damaged.damage = [&](std::string& chunk) { chunk = *rig.store->snapshot_chunk(201, 0); };
  }
  const auto recovery = recover(damaged, *rig.reader, {}, go_on);
  CHECK(recovery.snapshot_seq == 201);
  CHECK(recovery.inputs == 150);
  CHECK(recovery.processor->core().state_hash() == hash);
}

TEST_CASE("cut at, and with a bit flipped in, each of 1,000 offsets a stored snapshot is never taken for a state") {
  Rig rig;
  for (int i = 0; i < 2; ++i) {
    rig.trade(60);
    rig.commit();
    rig.snapshot();
  }
  const auto hash = rig.processor->core().state_hash();
  const auto size = rig.store->snapshot_chunk(121, 0)->size();
  DamagedStore damaged(*rig.store, 121);
  std::mt19937_64 random(13);
  for (int i = 0; i < 1'000; ++i) {
    const auto offset = random() % size;
    const int bit = static_cast<int>(random() % 8);
    const bool cuts = i % 2 == 0;
    INFO((cuts ? "cut at " : "flipped at ") << offset);
    damaged.damage = [&](std::string& chunk) {
      if (cuts) return chunk.resize(offset);
      chunk[offset] = static_cast<char>(chunk[offset] ^ 1 << bit);
    };
    const auto recovery = recover(damaged, *rig.reader, {}, go_on);
    REQUIRE(recovery.snapshot_seq == 61);
    REQUIRE(recovery.processor->core().state_hash() == hash);
  }
}

TEST_CASE("without a snapshot that is whole all inputs are applied again") {
  Rig rig;
  rig.trade(100);
  rig.commit();
  rig.snapshot();
  const auto hash = rig.processor->core().state_hash();
  DamagedStore damaged(*rig.store, 101);
  const auto recovery = recover(damaged, *rig.reader, {}, go_on);
  CHECK(recovery.snapshot_seq == 0);
  CHECK(recovery.inputs == 101);
  CHECK(recovery.processor->core().state_hash() == hash);
}

TEST_CASE("a state hash of a later version is not compared, and its snapshot is no damaged one") {
  Rig rig;
  rig.trade(100);
  rig.commit();
  rig.snapshot();
  rig.trade(20);
  rig.commit();
  const auto hash = rig.processor->core().state_hash();
  DamagedStore other(*rig.store, 0);
  SECTION("of the snapshot it begins with") {
    other.kept_hash = "3:of another version";
    const auto recovery = recover(other, *rig.reader, {}, go_on);
    CHECK(recovery.snapshot_seq == 101);
    CHECK(recovery.processor->core().state_hash() == hash);
  }
  SECTION("of a snapshot that was passed over") {
    DamagedStore damaged(*rig.store, 101);
    damaged.kept_hash = "3:of another version";
    const auto recovery = recover(damaged, *rig.reader, {}, go_on);
    CHECK(recovery.snapshot_seq == 0);
    CHECK(recovery.processor->core().state_hash() == hash);
  }
  SECTION("another one of this version is damage") {
    other.kept_hash = "2:" + std::string(32, '0');
    CHECK_THROWS_WITH(recover(other, *rig.reader, {}, go_on), ContainsSubstring("at input 101 the state hash is "));
  }
}

TEST_CASE("a recovery begins with a snapshot of version 1, although today's programs write another version") {
  std::ifstream file(std::string(RISK_TEST_DATA) + "/core-1.snapshot", std::ios::binary);
  const std::string golden{std::istreambuf_iterator<char>(file), {}};
  REQUIRE(!golden.empty());
  Rig rig;
  rig.trade(100);
  rig.commit();
  rig.store->write_snapshot_chunk(101, 0, golden);
  rig.store->finish_snapshot({101, "089aa779b3a0b24736412ed996bab53a", 1, golden.size(), kWall}, 2);
  // The firm's stored row is that of the rig's own core, so the recovery ends in a refusal that names where it began.
  CHECK_THROWS_WITH(recover(*rig.store, *rig.reader, {}, go_on),
                    ContainsSubstring("the inputs after snapshot 101 do not lead to what is stored: the firm's long is "
                                      "2913242807.0000"));
}

TEST_CASE("a snapshot whose state cannot be, though every checksum and hash of it is right, is passed over") {
  Rig rig;
  for (int i = 0; i < 2; ++i) {
    rig.trade(300);
    rig.commit();
    rig.snapshot();
  }
  const auto hash = rig.processor->core().state_hash();
  auto loaded = engine::load({*rig.store->snapshot_chunk(601, 0)});
  REQUIRE(loaded.ok());
  engine::Core broken = std::move(loaded).value();
  // Two open alerts of one id: the loader looks at one alert at a time.
  auto& clients = engine::Internals::impl(broken).positions.clients;
  int alerts = 0;
  for (std::uint32_t i = 0; i < clients.size(); ++i) {
    if (!clients[i].rules.of<engine::ExposureRule>(0).alert) continue;
    clients[i].rules.of<engine::ExposureRule>(0).alert->alert_id = 1;
    ++alerts;
  }
  REQUIRE(alerts > 1);
  DamagedStore store(*rig.store, 601);
  store.kept_hash = broken.state_hash();
  store.damage = [&](std::string& chunk) { chunk = engine::save(broken).front(); };
  Recovery recovery;
  const auto log = service::output_of(service::kText, [&] {
    // The older snapshot is said to have the same hash, and is passed over too.
    CHECK_NOTHROW(recovery = recover(store, *rig.reader, {}, [](auto, auto) { return false; }));
  });
  CHECK_THAT(log, ContainsSubstring("a snapshot cannot be used, going back to the one before") &&
                      ContainsSubstring("it holds what cannot be: alert 1: two open alerts have this id"));
  store.kept_hash.clear();
  recovery = recover(store, *rig.reader, {}, go_on);
  CHECK(recovery.snapshot_seq == 301);
  CHECK(recovery.processor->core().state_hash() == hash);
}

TEST_CASE("a snapshot of a newer version is passed over, and the log calls it newer and not damaged") {
  Rig rig;
  for (int i = 0; i < 2; ++i) {
    rig.trade(60);
    rig.commit();
    rig.snapshot();
  }
  const auto hash = rig.processor->core().state_hash();
  DamagedStore store(*rig.store, 121);
  store.damage = [](std::string& chunk) {
    std::string body = chunk.substr(engine::kChunkHeadBytes);
    body[8] = 4;  // after RISKCORE
    chunk = engine::make_chunk(0, body);
  };
  Recovery recovery;
  const auto log = service::output_of(service::kText, [&] { recovery = recover(store, *rig.reader, {}, go_on); });
  CHECK_THAT(log, ContainsSubstring("it is of version 4, newer than this program reads"));
  CHECK_THAT(log, !ContainsSubstring("damaged"));
  CHECK(recovery.snapshot_seq == 61);
  CHECK(recovery.processor->core().state_hash() == hash);
}

TEST_CASE("inputs that do not lead to what is stored are no state to go on from") {
  Rig rig;
  rig.trade(100);
  auto batch = rig.processor->take(engine::Core::Scope::kMarked, kWall);
  REQUIRE(batch.commit.firm_exposure);
  SECTION("an amount") {
    batch.commit.firm_exposure->exposure.long_value = Notional::parse("12.5").value();
    rig.store->commit(batch.commit);
    CHECK_THROWS_WITH(recover(*rig.store, *rig.reader, {}, go_on),
                      ContainsSubstring("the inputs do not lead to what is stored: the firm's long is ") &&
                          ContainsSubstring("stored is 12.5000"));
  }
  SECTION("a count") {
    ++batch.commit.firm_exposure->transaction_count;
    rig.store->commit(batch.commit);
    CHECK_THROWS_WITH(recover(*rig.store, *rig.reader, {}, go_on),
                      ContainsSubstring("the firm's number of transactions is 100, stored is 101"));
  }
}

TEST_CASE("a snapshot that the inputs do not lead on from to what is stored is no state to go on from") {
  Rig rig;
  rig.trade(100);
  rig.commit();
  rig.snapshot();
  rig.trade(10);
  auto batch = rig.processor->take(engine::Core::Scope::kMarked, kWall);
  ++batch.commit.firm_exposure->transaction_count;
  rig.store->commit(batch.commit);
  CHECK_THROWS_WITH(
      recover(*rig.store, *rig.reader, {}, go_on),
      ContainsSubstring("the inputs after snapshot 101 do not lead to what is stored: the firm's number"));
}

TEST_CASE("a recovery that is told to stop leaves nothing half done") {
  Rig rig;
  rig.trade(100);
  rig.commit();
  const auto recovery = recover(*rig.store, *rig.reader, {}, [](std::uint64_t input, std::uint64_t last) {
    CHECK(last == 101);
    return input < 10;
  });
  CHECK_FALSE(recovery.processor);
}

TEST_CASE("a snapshot whose saving process is killed is none, and the next one is made") {
  Rig rig;
  rig.trade(100);
  rig.commit();
  service::Metrics metrics;
  {
    Snapshotter snapshotter({}, 0, metrics);
    snapshotter.begin(rig.processor->core(), rig.processor->apply_seq(), kWall);
    CHECK(snapshotter.is_running());
  }
  CHECK(rig.store->snapshots().empty());
  rig.snapshot();
  CHECK(rig.store->snapshots().size() == 1);
}

TEST_CASE("a snapshot is due after so many inputs and a pause, and not without any") {
  Rig rig;
  service::Metrics metrics;
  SnapshotterOptions options;
  options.inputs_max = 100;
  options.pause = std::chrono::hours{1};
  const Snapshotter pausing(options, 500, metrics);
  CHECK_FALSE(pausing.is_due(600));
  options.pause = std::chrono::milliseconds{0};
  const Snapshotter snapshotter(options, 500, metrics);
  CHECK_FALSE(snapshotter.is_due(500));
  CHECK_FALSE(snapshotter.is_due(599));
  CHECK(snapshotter.is_due(600));
  options.interval = std::chrono::milliseconds{0};
  const Snapshotter timed(options, 500, metrics);
  CHECK_FALSE(timed.is_due(500));
  CHECK(timed.is_due(501));
}

TEST_CASE("the past of the alert stream is the table, with an empty record for what a clean-up deleted") {
  Rig rig;
  rig.trade(400);
  rig.commit();
  AlertReplay past(rig.config);
  const auto all = rig.reader->alert_events_after(0, 10'000);
  REQUIRE(all.size() > 20);
  const auto collect = [&](std::uint64_t from, std::size_t bytes_max) {
    std::map<std::uint64_t, std::string> records;
    past.read(from, bytes_max, [&](std::uint64_t first, std::span<const std::string_view> payloads) {
      for (std::size_t i = 0; i < payloads.size(); ++i) records[first + i] = payloads[i];
    });
    return records;
  };
  CHECK(past.kept().first == 1);
  CHECK(past.kept().last == all.size());
  const auto some = collect(5, 1 << 30);
  CHECK(some.begin()->first == 5);
  REQUIRE(some.rbegin()->first == all.size());
  for (const auto& event : all) {
    if (event.event_id >= 5) CHECK(some.at(event.event_id) == event.payload);
  }

  const auto deleted = rig.store->cleanup({kWall.nanos + 1'000 * kNanosPerSecond});
  REQUIRE(deleted.alert_events > 0);
  const auto left = rig.reader->alert_events_after(0, 10'000);
  REQUIRE(!left.empty());
  const auto first = past.kept().first;
  CHECK(first == left.front().event_id);
  const auto after = collect(first, 1 << 30);
  CHECK(after.rbegin()->first == all.size());
  CHECK(after.size() == all.size() - first + 1);
  std::size_t empty = 0;
  for (const auto& [id, payload] : after) empty += payload.empty();
  CHECK(empty == after.size() - left.size());
}

// A Processor with a store in memory and two streams, for tests of what it knows of records that came before.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "risk-engine/processor.hpp"
#include "risk-engine/recovery.hpp"
#include "risk/store/memory.hpp"
#include "risk/store/reader.hpp"

namespace risk::risk_engine::test {

using Outcome = wire::CommandReply::Outcome;
using Action = wire::DecideQuarantined::Action;

inline constexpr Timestamp kWall = Timestamp::from_seconds(1'726'821'360);
inline const log::StreamId kStreams[] = {{"00000000000000000000000000000001"}, {"00000000000000000000000000000002"}};

inline engine::Transaction fill(int number) {
  engine::Transaction t;
  t.transaction_id = "T" + std::to_string(number);
  t.executed_at = {kWall.nanos + number * kNanosPerSecond};
  t.client_id = ClientId("C");
  t.symbol = Symbol("A");
  t.side = engine::Side::kBuy;
  t.quantity = Quantity::from_whole(100);
  t.price = Price::from_whole(10);
  t.broker_id = "IBKR";
  return t;
}

// A processor with a store and two streams.
struct Rig {
  Rig() { restart(); }

  void restart(engine::ExecutionOptions options = {}) {
    store = store::open_store(config);
    store->migrate();
    reader = store::open_reader(config);
    processor = recover(*store, *reader, {}, [](std::uint64_t, std::uint64_t) { return true; }).processor;
    processor->start({}, {{}, std::chrono::hours{1}, std::move(options)});
    processor->executions().set_find(
        [this](auto seqs, auto fingerprints) { return reader->find_executions(seqs, fingerprints); });
    processor->adjustments().set_find([this](const auto& a) { return reader->find_applied(a); });
    processor->openings().set_find([this](auto keys) { return reader->latest_openings(keys); });
    commit();
  }
  void send(const wire::Input& input, std::size_t stream = 0, const wire::Provenance& provenance = {}) {
    const auto bytes = wire::encode(input, provenance);
    const std::string_view payload = bytes;
    processor->apply(
        {wire::kTransactionsTopic, "simulator@test", {kStreams[stream], 1, ++sequences[stream]}, {&payload, 1}}, kWall);
  }
  // The records of one message of the bus.
  void send_together(const std::vector<engine::Transaction>& transactions) {
    std::vector<std::string> bytes;
    for (const auto& transaction : transactions) bytes.push_back(wire::encode(transaction, {}));
    const std::vector<std::string_view> payloads(bytes.begin(), bytes.end());
    processor->apply({wire::kTransactionsTopic, "simulator@test", {kStreams[0], 1, sequences[0] + 1}, payloads}, kWall);
    sequences[0] += transactions.size();
  }
  store::Commit commit() {
    auto commit = processor->take(engine::Core::Scope::kMarked, kWall).commit;
    store->commit(commit);
    processor->note_committed(processor->apply_seq());
    return commit;
  }
  wire::CommandReply decide(std::uint64_t id, Action action) {
    return processor->decide("anna", {id, action, "as the broker says"}, reader->quarantined(id), kWall);
  }
  std::string position() const {  // as it is stored
    const auto rows = reader->positions("C", "A");
    return rows.empty() ? "0" : rows[0].quantity.to_string();
  }
  store::CursorRow cursor(std::size_t stream) const {
    for (const auto& row : reader->cursors()) {
      if (row.stream_id == kStreams[stream].text.view()) return row;
    }
    return {};
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
  std::uint64_t sequences[2] = {0, 0};
};

}  // namespace risk::risk_engine::test

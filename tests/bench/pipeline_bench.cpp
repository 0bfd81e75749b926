// Transactions from a publisher to the store, against what each way costs alone: pipeline_bench MODE prints a line of
// JSON for each repetition. Both sides of a ratio are measured in this process, in turn.
//
//   memory    bus and engine on the memory store; against ZeroMQ and protobuf alone
//   postgres  the same, durable; against COPY of the same rows into the same tables
//   sqlite    the same; against prepared inserts of the same rows
//   latency   intended send time to alert received, on PostgreSQL, at 1,000 and 10,000 a second; against one commit
//   fill N    a database on PostgreSQL with 1,000,000 positions and N transactions, kept until stdin ends
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <iostream>
#include <mutex>
#include <thread>
#include <zmq.hpp>

#include "risk-engine/app.hpp"
#include "risk-engine/snapshotter.hpp"
#include "risk/bus/log.hpp"
#include "risk/bus/subscriber.hpp"
#include "risk/store/memory.hpp"
#include "risk/store/reader.hpp"
#include "risk/v1/transaction.pb.h"
#include "risk/wire/alert.hpp"
#include "support/postgres_cluster.hpp"
#include "support/temporary_folder.hpp"
#include "transaction_message.hpp"
#include "workload.hpp"

namespace {

using namespace risk;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using test::TemporaryFolder;

constexpr int kRepetitions = 5;
constexpr std::size_t kMemoryTransactions = 4'000'000;
constexpr std::size_t kBatch = bench::Workload::kBatch;
constexpr bench::Market kMarket{10'000, 1'000, 20, 0.99, 0, false, 20'000};

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Until an instant: a load has a schedule.
void pass_until(Clock::time_point instant) {
  std::mutex mutex;
  std::condition_variable nothing;
  std::unique_lock lock(mutex);
  nothing.wait_until(lock, instant, [] { return false; });
}

void wait_until(const std::function<bool()>& done) {
  while (!done()) pass_until(Clock::now() + milliseconds{1});
}

// --- the other sides

void apply_one(risk_engine::Processor& processor, const log::Position& position, std::string_view payload) {
  processor.apply({wire::kTransactionsTopic, "bench", position, {&payload, 1}}, system_now());
}

// Every transaction encoded, sent, received and decoded, `per_message` to a message: ZeroMQ and generated protobuf code
// on arenas.
double wire_alone(std::size_t count, std::size_t per_message) {
  using Length = std::uint32_t;  // before each transaction
  zmq::context_t context;
  zmq::socket_t out(context, zmq::socket_type::push), in(context, zmq::socket_type::pull);
  const auto messages_max = static_cast<int>(200 * kBatch / per_message);
  out.set(zmq::sockopt::sndhwm, messages_max);
  in.set(zmq::sockopt::rcvhwm, messages_max);
  out.bind("tcp://127.0.0.1:*");
  in.connect(out.get(zmq::sockopt::last_endpoint));
  bench::Workload workload(kMarket, 1 << 20);
  const auto start = Clock::now();
  std::thread sender([&] {
    google::protobuf::Arena arena;
    std::string message;
    for (std::size_t sent = 0; sent < count;) {
      for (const auto& transaction : workload.next()) {
        auto& record = *google::protobuf::Arena::CreateMessage<v1::TransactionRecord>(&arena);
        wire::to_message(transaction, *record.mutable_transaction());
        const auto at = message.size();
        message.append(sizeof(Length), '\0');
        record.AppendToString(&message);
        const auto length = static_cast<Length>(message.size() - at - sizeof(Length));
        std::memcpy(message.data() + at, &length, sizeof length);
        if (++sent % per_message > 0) continue;
        out.send(zmq::buffer(message), zmq::send_flags::none);
        message.clear();
      }
      arena.Reset();
    }
  });
  google::protobuf::Arena arena;
  std::size_t received = 0;
  zmq::message_t message;
  while (received < count) {
    (void)in.recv(message);
    for (auto rest = message.to_string_view(); !rest.empty(); ++received) {
      Length length;
      std::memcpy(&length, rest.data(), sizeof length);
      auto& record = *google::protobuf::Arena::CreateMessage<v1::TransactionRecord>(&arena);
      if (!record.ParseFromArray(rest.data() + sizeof length, static_cast<int>(length))) std::abort();
      rest.remove_prefix(sizeof length + length);
      if (received % kBatch == 0) arena.Reset();
    }
  }
  const auto seconds = seconds_since(start);
  sender.join();
  return static_cast<double>(received) / seconds;
}

// The rows of the transactions alone, in commits of 100,000.
double rows_alone(const store::DatabaseConfig& config, std::size_t count) {
  constexpr std::size_t kRows = 100'000;
  auto store = store::open_store(config);
  store->migrate();
  bench::Workload workload(kMarket, 1 << 20);
  std::vector<store::Commit> commits;
  std::uint64_t apply_seq = 0;
  while (apply_seq < count) {
    auto& commit = commits.emplace_back();
    commit.recorded_at = system_now();
    const auto from = apply_seq;
    while (commit.inputs.size() < kRows) {
      for (const auto& transaction : workload.next()) {
        ++apply_seq;
        commit.inputs.push_back({apply_seq,
                                 {"00000000000000000000000000000001", apply_seq},
                                 store::TransactionInput{transaction, transaction.price, false, false, {}}});
      }
    }
    commit.cursors = {{{store::kEngineCursor, "risk-engine", 1, apply_seq, 0, commit.recorded_at}, from}};
  }
  const auto start = Clock::now();
  for (const auto& commit : commits) store->commit(commit);
  return static_cast<double>(apply_seq) / seconds_since(start);
}

// --- the pipeline

// A publisher with its journal, and an engine that listens to it.
class Pipeline {
 public:
  explicit Pipeline(const store::DatabaseConfig& database, const engine::RuleSet& rules = bench::all_rules()) {
    bus::JournalOptions journal;
    journal.directory = folder_ / "journal";
    journal.durable_consumers = {"risk-engine"};
    bus::PublisherOptions options;
    options.replay_endpoint = "tcp://127.0.0.1:*";
    options.frames_queued_max = 200;
    log_ = bus::open_journaled_writer(options, journal, {wire::kTransactionsTopic}, {});

    risk_engine::Options engine;
    engine.common.health_port = 0;
    engine.database = database;
    engine.rules = rules;
    engine.transaction_endpoints = {log_->address()};
    engine.publish_port = engine.replay_port = engine.command_port = 0;
    app_ = std::make_unique<risk_engine::App>(engine, context_);
    app_->start();
    wait_until([&] { return !app_->publish_endpoint().empty() || context_.failed; });
    if (context_.failed || !log_->wait_for_reader(wire::kTransactionsTopic, std::chrono::seconds{10})) std::abort();
  }
  ~Pipeline() { app_->stop(); }

  void publish(const engine::Transaction& transaction) {
    wire::encode(transaction, received_, payload_);
    log_->append(wire::kTransactionsTopic, payload_);
  }
  log::Writer& log() { return *log_; }
  const risk_engine::App& app() const { return *app_; }
  void wait_committed() {
    log_->flush();
    while (log_->committed(wire::kTransactionsTopic) < log_->last(wire::kTransactionsTopic)) {
      log_->service();
      pass_until(Clock::now() + milliseconds{1});
    }
  }

 private:
  TemporaryFolder folder_;
  const wire::Provenance received_{"", {}, system_now()};  // as every publisher says it
  std::string payload_;
  std::unique_ptr<log::Writer> log_;
  service::RunContext context_;
  std::unique_ptr<risk_engine::App> app_;
};

double pipeline(const store::DatabaseConfig& config, std::size_t count) {
  Pipeline pipeline(config);
  bench::Workload workload(kMarket, 1 << 20);
  const auto start = Clock::now();
  std::size_t sent = 0;
  for (; sent < count; sent += kBatch) {
    for (const auto& transaction : workload.next()) pipeline.publish(transaction);
    pipeline.log().service();
  }
  pipeline.wait_committed();
  return static_cast<double>(sent) / seconds_since(start);
}

void print_rates(const char* mode, double ours, double alone) {
  std::printf("{\"mode\": \"%s\", \"pipeline\": %.0f, \"alone\": %.0f}\n", mode, ours, alone);
  std::fflush(stdout);
}

// --- databases

store::DatabaseConfig in_memory() {
  store::DatabaseConfig config;
  config.type = store::DatabaseConfig::Type::kMemory;
  config.memory = store::make_memory_database();
  return config;
}

store::DatabaseConfig on_postgres(test::PostgresCluster& cluster) {
  store::DatabaseConfig config;
  config.type = store::DatabaseConfig::Type::kPostgresql;
  config.host = "127.0.0.1";
  config.port = cluster.port();
  config.name = cluster.make_database();
  config.password = Secret(test::PostgresCluster::kEnginePassword);
  return config;
}

store::DatabaseConfig on_sqlite(const std::string& path) {
  store::DatabaseConfig config;
  config.sqlite_path = path;
  return config;
}

// --- latency

double quantile(std::vector<double> values, double part) {
  std::sort(values.begin(), values.end());
  return values.at(static_cast<std::size_t>(part * static_cast<double>(values.size() - 1)));
}

// Every twentieth transaction is a client's first and opens an alert; nothing else does.
engine::Transaction paced(std::size_t i) {
  engine::Transaction t;
  const bool alerts = i % 20 == 0;
  t.transaction_id = std::to_string(i);
  t.executed_at = system_now();
  t.client_id = ClientId(alerts ? "A" + std::to_string(i) : "C" + std::to_string(i % 5'000));
  t.symbol = Symbol("S" + std::to_string(i % 500));
  t.side = i % 2 == 0 ? engine::Side::kBuy : engine::Side::kSell;
  t.quantity = *Quantity::parse(alerts ? "20000" : "1");
  t.price = *Price::parse("100");
  return t;
}

engine::RuleSet one_rule() {
  engine::RuleSet rules;
  for (auto& rule : rules.velocity_rules) rule.enabled = false;
  for (auto& rule : rules.anomaly_rules) rule.enabled = false;
  rules.exposure("symbol_exposure").enabled = rules.exposure("firm_exposure").enabled = false;
  return rules;
}

void latency(test::PostgresCluster& cluster, std::size_t rate) {
  constexpr std::size_t kSeconds = 10;
  Pipeline pipeline(on_postgres(cluster), one_rule());
  const auto due = [rate, start = Clock::now() + milliseconds{500}](std::size_t i) {
    return start + std::chrono::nanoseconds{1'000'000'000 * i / rate};
  };
  std::vector<double> waited;
  bus::SubscriberOptions options;
  options.endpoints = {pipeline.app().publish_endpoint()};
  options.topics = {wire::kAlertsTopic};
  bus::Subscriber alerts(options, {[&](const bus::Record& record) {
                                     const auto received = Clock::now();
                                     const auto message = wire::decode_alert(record.payload);
                                     if (!message || !message->event.transaction_id) return;
                                     const auto sent = due(std::stoull(*message->event.transaction_id));
                                     waited.push_back(std::chrono::duration<double>(received - sent).count());
                                   },
                                   {},
                                   {}});
  std::atomic<bool> done = false;
  std::thread listener([&] {
    while (!done) alerts.poll(milliseconds{10});
  });
  for (std::size_t i = 0; i < kSeconds * rate; ++i) {
    if (Clock::now() < due(i)) {
      pipeline.log().flush();
      pass_until(due(i));
    }
    pipeline.publish(paced(i));
    if (i % 256 == 0) pipeline.log().service();
  }
  pipeline.wait_committed();
  pass_until(Clock::now() + milliseconds{200});  // the last alerts are on their way
  done = true;
  listener.join();

  // One commit of what arrives in that time, alone.
  const auto p50 = quantile(waited, 0.5);
  const auto size = std::max<std::size_t>(1, static_cast<std::size_t>(p50 * static_cast<double>(rate)));
  auto store = store::open_store(on_postgres(cluster));
  store->migrate();
  risk_engine::Processor processor(store->resume_point(), 0);
  processor.start(one_rule());
  const log::StreamId stream{"00000000000000000000000000000001"};
  std::vector<double> commits;
  for (std::size_t i = 0, sequence = 0; i < 300; ++i) {
    for (std::size_t k = 0; k < size; ++k, ++sequence) {
      apply_one(processor, {stream, 1, sequence + 1}, wire::encode(paced(sequence)));
    }
    const auto batch = processor.take(engine::Core::Scope::kTraded, system_now());
    const auto start = Clock::now();
    store->commit(batch.commit);
    commits.push_back(seconds_since(start));
  }
  std::printf(
      "{\"mode\": \"latency\", \"rate\": %zu, \"alerts\": %zu, \"p50\": %.6f, \"p99\": %.6f, \"commit\": %.6f, "
      "\"commit_size\": %zu}\n",
      rate, waited.size(), p50, quantile(waited, 0.99), quantile(commits, 0.5), size);
  std::fflush(stdout);
}

// --- a database with history

void fill(test::PostgresCluster& cluster, std::uint64_t transactions) {
  constexpr std::uint64_t kPerCommit = 50'000, kAfterSnapshot = 500'000;
  const auto config = on_postgres(cluster);
  auto store = store::open_store(config);
  store->migrate();
  risk_engine::Processor processor(store->resume_point(), 0);
  processor.start(bench::all_rules());
  const auto reader = store::open_reader(config);
  processor.executions().set_find(
      [&reader](auto apply_seqs, auto fingerprints) { return reader->find_executions(apply_seqs, fingerprints); });
  processor.openings().set_find([](auto) { return std::vector<engine::OpeningPosition>{}; });  // each is sent once
  const auto commit = [&] {
    store->commit(processor.take(engine::Core::Scope::kTraded, system_now()).commit);
    processor.note_committed(processor.apply_seq());
  };
  const log::StreamId stream{"00000000000000000000000000000001"};
  std::uint64_t sequence = 0;
  const auto apply = [&](const wire::Input& input) {
    apply_one(processor, {stream, 1, ++sequence}, wire::encode(input));
    if (sequence % kPerCommit == 0) commit();
  };
  bench::Market market = kMarket;
  market.clients = 100'000;
  market.positions = 10;
  bench::Workload workload(market, 1 << 20);
  for (const auto& opening : workload.openings()) apply(opening);
  bool saved = false;
  for (std::uint64_t done = 0; done < transactions; done += kBatch) {
    for (const auto& transaction : workload.next()) apply(transaction);
    if (saved || transactions - done > kAfterSnapshot) continue;
    saved = true;
    processor.complete_identities();
    commit();
    service::Metrics metrics;
    risk_engine::Snapshotter snapshotter({}, 0, metrics);
    const auto start = Clock::now();
    snapshotter.begin(processor.core(), processor.apply_seq(), system_now());
    const auto stall = seconds_since(start);
    while (snapshotter.is_running()) snapshotter.write_next(*store);
    std::printf("{\"mode\": \"snapshot\", \"stall\": %.6f, \"seconds\": %.3f, \"bytes\": %llu}\n", stall,
                seconds_since(start), static_cast<unsigned long long>(store->snapshots().front().bytes));
  }
  commit();
  std::printf(
      "{\"mode\": \"fill\", \"port\": %u, \"name\": \"%s\", \"user\": \"%s\", \"password\": \"%s\", \"inputs\": "
      "%llu, \"remembered\": %llu, \"remembered_bytes\": %zu}\n",
      config.port, config.name.c_str(), config.user.c_str(), config.password.reveal().c_str(),
      static_cast<unsigned long long>(processor.apply_seq()),
      static_cast<unsigned long long>(processor.executions().remembered()), processor.executions().memory_bytes());
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line);) {
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  const bool needs_postgres = mode == "postgres" || mode == "latency" || mode == "fill";
  if (needs_postgres && test::PostgresCluster::missing()) {
    std::fprintf(stderr, "%s\n", test::PostgresCluster::missing()->c_str());
    return 1;
  }
  service::LogOptions log;
  log.level = service::LogLevel::kError;
  service::start_logging(log);
  if (mode == "memory") {
    for (int i = 0; i < kRepetitions; ++i) {
      const auto ours = pipeline(in_memory(), kMemoryTransactions);
      std::printf("{\"mode\": \"memory\", \"pipeline\": %.0f, \"alone\": %.0f, \"alone_batched\": %.0f}\n", ours,
                  wire_alone(kMemoryTransactions, 1), wire_alone(kMemoryTransactions, kBatch));
      std::fflush(stdout);
    }
  } else if (mode == "postgres") {
    test::PostgresCluster cluster;
    for (int i = 0; i < kRepetitions; ++i) {
      print_rates("postgres", pipeline(on_postgres(cluster), 1'000'000), rows_alone(on_postgres(cluster), 1'000'000));
    }
  } else if (mode == "sqlite") {
    for (int i = 0; i < kRepetitions; ++i) {
      const TemporaryFolder folder;
      print_rates("sqlite", pipeline(on_sqlite(folder / "pipeline.db"), 500'000),
                  rows_alone(on_sqlite(folder / "rows.db"), 500'000));
    }
  } else if (mode == "latency") {
    test::PostgresCluster cluster;
    for (int i = 0; i < kRepetitions; ++i) {
      for (const std::size_t rate : {1'000, 10'000}) latency(cluster, rate);
    }
  } else if (mode == "fill" && argc == 3) {
    test::PostgresCluster cluster;
    fill(cluster, std::strtoull(argv[2], nullptr, 10));
  } else {
    std::fprintf(stderr, "usage: pipeline_bench memory|postgres|sqlite|latency|fill N\n");
    return 2;
  }
}

// The whole simulator in process on free ports, with the real bus and a real subscriber.
#include "simulator/app.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <thread>
#include <vector>

#include "risk/bus/subscriber.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"
#include "temporary_file.hpp"

using namespace risk;
using namespace risk::simulator;
using Catch::Matchers::ContainsSubstring;
using risk::test::TemporaryFolder;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

// Options for a simulator on free ports with a journal of its own.
struct TestOptions : Options {
  std::shared_ptr<TemporaryFolder> folder = std::make_shared<TemporaryFolder>();
};

TestOptions free_ports() {
  TestOptions options;
  options.journal.directory = options.folder->path();
  options.port = 0;
  options.replay_port = 0;
  options.common.health_port = 0;
  options.stream_name = "simulator@test";
  options.seed = 1;
  return options;
}

// What a subscriber of the simulator's stream gets, and commits at once.
class Listener {
 public:
  explicit Listener(const std::string& endpoint, std::uint32_t frames_queued_max = 10'000)
      : subscriber_({.endpoints = {endpoint},
                     .topics = {wire::kTransactionsTopic},
                     .frames_queued_max = frames_queued_max,
                     .consumer = "risk-engine"},
                    {.on_record = [this](const bus::Record& record) { take(record); },
                     .on_gap = [this](const bus::Gap&) { ++gaps; },
                     .on_bad_frame = [this](std::string_view) { ++bad_frames; }}) {}

  // Listens until `done`, or for a time that means failure.
  bool until(const std::function<bool()>& done) {
    const auto deadline = std::chrono::steady_clock::now() + seconds{30};
    while (!done() && std::chrono::steady_clock::now() < deadline) {
      subscriber_.poll(milliseconds{20});
      if (!sequences.empty() && commits) subscriber_.commit(bus::StreamId{stream}, epoch, sequences.back());
    }
    return done();
  }

  std::vector<wire::Decoded> records;
  std::vector<std::uint64_t> sequences;
  int gaps = 0;
  int bad_frames = 0;
  std::string publisher, stream;
  std::uint64_t epoch = 0;
  bool commits = true;

 private:
  void take(const bus::Record& record) {
    auto decoded = decoder_.decode(record.payload);
    if (!decoded) {
      ++bad_frames;
      return;
    }
    records.push_back(std::move(decoded).value());
    sequences.push_back(record.sequence);
    publisher = record.publisher;
    stream = record.stream.text;
    epoch = record.epoch;
  }

  wire::InputDecoder decoder_;
  bus::Subscriber subscriber_;
};

std::string http_get(std::uint16_t port, const std::string& path) {
  const int peer = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(peer, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  const std::string request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  REQUIRE(::send(peer, request.data(), request.size(), 0) == static_cast<ssize_t>(request.size()));
  std::string answer;
  char block[4096];
  for (ssize_t got = 0; (got = ::recv(peer, block, sizeof block, 0)) > 0;) {
    answer.append(block, static_cast<std::size_t>(got));
  }
  ::close(peer);
  return answer;
}

constexpr std::size_t kManyRows = 150'000;

// A file of more bytes than the queues and socket buffers between two ends take.
std::string more_than_queues_hold() {
  std::string text = "transaction_id,executed_at,client_id,symbol,side,quantity,price,currency,broker_id,market\n";
  const std::string rest = ",2024-09-20T08:36:00Z," + std::string(50, 'C') + "," + std::string(50, 'S') +
                           ",BUY,1,190.25,USD," + std::string(50, 'B') + "," + std::string(50, 'M') + "\n";
  for (std::size_t i = 0; i < kManyRows; ++i) text += "T" + std::to_string(i) + rest;
  return text;
}

template <class T>
std::size_t count_of(const std::vector<wire::Decoded>& records) {
  std::size_t count = 0;
  for (const auto& record : records) count += std::holds_alternative<T>(record.input);
  return count;
}

// What a record says of a file: the page shows it to everybody, who need not know where it lies.
std::string name_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

bool is_received_now(const wire::Decoded& record) {
  const auto at = record.provenance.received_at;
  return at && std::abs(system_now().nanos - at->nanos) < 60 * kNanosPerSecond;
}

}  // namespace

TEST_CASE("a finite run stays until its consumer has committed everything", "[simulator]") {
  auto options = free_ports();
  options.rate = 100'000;
  options.count = 20'000;
  service::RunContext context;
  SimulatorApp app(options, context);
  app.start();
  CHECK_THAT(http_get(app.health_port(), "/readyz"), ContainsSubstring("200"));
  CHECK_FALSE(context.stop.wait_for(seconds{1}));

  Listener listener(app.endpoint());
  listener.commits = false;
  REQUIRE(listener.until([&] { return count_of<engine::Transaction>(listener.records) == options.count; }));
  CHECK_FALSE(context.stop.wait_for(milliseconds{200}));
  listener.commits = true;
  REQUIRE(listener.until([&] { return context.stop.stop_requested(); }));
  CHECK_THAT(http_get(app.health_port(), "/readyz"), ContainsSubstring("200"));
  CHECK_THAT(http_get(app.health_port(), "/metrics"), ContainsSubstring("simulator_transactions_total 20000"));
  app.stop();
  app.stop();

  CHECK_FALSE(context.failed);
  CHECK(listener.gaps == 0);
  CHECK(listener.bad_frames == 0);
  CHECK(listener.publisher == "simulator@test");
  CHECK(listener.sequences.front() == 1);
  CHECK(listener.sequences.back() == listener.sequences.size());
  const auto& first = std::get<engine::Transaction>(listener.records.front().input);
  CHECK_THAT(first.transaction_id, Catch::Matchers::StartsWith("T") && Catch::Matchers::EndsWith("-1"));
  CHECK(listener.records.front().provenance.source.empty());
  CHECK_FALSE(listener.records.front().provenance.line);
  CHECK(is_received_now(listener.records.front()));
}

TEST_CASE("a live run publishes on its own time, ticks, and stops at once when asked", "[simulator]") {
  auto options = free_ports();
  options.rate = 0.1;  // one transaction at the start, then only ticks for ten seconds
  options.spike_rate = 0;
  options.scenario = Scenario::none();
  service::RunContext context;
  SimulatorApp app(options, context);
  app.start();
  Listener listener(app.endpoint());
  REQUIRE(listener.until([&] { return count_of<wire::Tick>(listener.records) >= 1; }));
  CHECK_THAT(http_get(app.health_port(), "/readyz"), ContainsSubstring("200"));
  const auto tick = std::get<wire::Tick>(listener.records.back().input);
  CHECK(std::abs(system_now().nanos - tick.time.nanos) < 5 * kNanosPerSecond);

  const auto began = std::chrono::steady_clock::now();
  app.stop();
  CHECK(std::chrono::steady_clock::now() - began < seconds{1});
  CHECK_FALSE(context.stop.stop_requested());
}

TEST_CASE("a stop does not wait for a subscriber that never comes", "[simulator]") {
  auto options = free_ports();
  options.count = 10;
  service::RunContext context;
  SimulatorApp app(options, context);
  app.start();
  app.stop();
  CHECK_FALSE(context.failed);
}

TEST_CASE("a replay carries positions, good rows and bad ones with their file and line", "[simulator]") {
  const TemporaryFile positions("client_id,symbol,quantity,price,currency\nC1,AAPL,-5,190,USD\n");
  auto options = free_ports();
  options.positions_path = positions.path();
  options.replay_path = RISK_TEST_DATA "/twelve_bad_rows.csv";
  options.speed = Speed::max();
  service::RunContext context;
  SimulatorApp app(options, context);
  app.start();
  Listener listener(app.endpoint());
  REQUIRE(listener.until([&] { return listener.records.size() == 26 && context.stop.stop_requested(); }));
  app.stop();

  CHECK(std::holds_alternative<engine::OpeningPosition>(listener.records[0].input));
  CHECK(listener.records[0].provenance.source == name_of(positions.path()));
  CHECK(listener.records[0].provenance.line == 2);
  CHECK(is_received_now(listener.records[0]));
  CHECK(count_of<engine::Transaction>(listener.records) == 14);
  CHECK(count_of<wire::RejectedInput>(listener.records) == 11);
  const auto& rejected = std::get<wire::RejectedInput>(listener.records[2].input);
  CHECK(rejected.rejection == engine::Rejection{"quantity", "12x", "not a decimal number"});
  CHECK(listener.records[2].provenance.source == name_of(options.replay_path));
  CHECK(listener.records[2].provenance.line == 3);
  CHECK(is_received_now(listener.records[2]));
}

TEST_CASE("a replay may come through a pipe, whose size nobody knows", "[simulator]") {
  auto options = free_ports();
  const TemporaryFolder folder;
  options.replay_path = folder.path() + "/pipe";
  REQUIRE(::mkfifo(options.replay_path.c_str(), 0600) == 0);
  options.speed = Speed::max();
  std::thread writer([&path = options.replay_path] {
    std::ofstream(path) << "transaction_id,executed_at,client_id,symbol,side,quantity,price,currency,broker_id,market\n"
                           "T1,2024-09-20T08:36:00Z,C1,AAPL,BUY,1,190.25,USD,B1,NASDAQ\n";
  });
  service::RunContext context;
  SimulatorApp app(options, context);
  app.start();
  Listener listener(app.endpoint());
  CHECK(listener.until([&] { return listener.records.size() == 1; }));
  app.stop();
  writer.join();
}

TEST_CASE("what was published is counted by kind, in health and metrics", "[simulator]") {
  const std::string at = ",2024-09-20T08:36:00Z,C1,AAPL,";
  const TemporaryFile file(
      "kind,ref_transaction_id,transaction_id,executed_at,client_id,symbol,side,quantity,price,currency,broker_id,"
      "market\n,,"
      "A" +
      at + "BUY,100,190.25,USD,B1,NASDAQ\nCORRECTION,A,R1" + at + "BUY,90,190.25,USD,B1,NASDAQ\nBUST,R1,R2" + at +
      "BUY,,,,B1,NASDAQ\n,,bad" + at + "BUY,0,1,USD,B1,NASDAQ\n");
  const TemporaryFile positions("client_id,symbol,quantity,price,currency\nC1,AAPL,-5,190,USD\n");
  const TemporaryFile instruments(
      "symbol,multiplier,currency,contract,expires_at,allows_negative,name,asset_class\nAAPL,,,,,,,\n");
  const TemporaryFile prices("at,symbol,price,currency\n2024-09-20T08:36:00Z,AAPL,190,\n");
  const TemporaryFile rates("at,currency,rate\n2024-09-20T08:36:00Z,EUR,1.1\n");
  const TemporaryFile adjustments(
      "effective_at,kind,symbol,ratio,new_symbol,client_id,quantity,reason\n2024-09-20T08:36:00Z,SPLIT,AAPL,2:1,,,,\n");
  auto options = free_ports();
  options.replay_path = file.path();
  options.positions_path = positions.path();
  options.instruments_path = instruments.path();
  options.prices_path = prices.path();
  options.rates_path = rates.path();
  options.adjustments_path = adjustments.path();
  options.speed = Speed::max();
  service::RunContext context;
  SimulatorApp app(options, context);
  app.start();
  Listener listener(app.endpoint());
  REQUIRE(listener.until([&] { return context.stop.stop_requested(); }));
  CHECK_THAT(http_get(app.health_port(), "/readyz"),
             ContainsSubstring(R"("published":{"transactions":3,"busts":1,"corrections":1,"opening_positions":1,)"
                               R"("instruments":1,"adjustments":1,"prices":1,"rates":1,"rejected":1})"));
  const auto metrics = http_get(app.health_port(), "/metrics");
  for (const char* kind :
       {"transactions_total 3", "busts_total 1", "corrections_total 1", "opening_positions_total 1",
        "instruments_total 1", "adjustments_total 1", "prices_total 1", "rates_total 1", "rejected_rows_total 1"}) {
    CHECK_THAT(metrics, ContainsSubstring(std::string("simulator_") + kind + "\n"));
  }
  app.stop();
}

TEST_CASE("a slow subscriber gets a replay at full speed from the journal: nothing is lost", "[simulator]") {
  const TemporaryFile file(more_than_queues_hold());
  auto options = free_ports();
  options.replay_path = file.path();
  options.speed = Speed::max();
  options.journal.bytes_max = 16 << 20;  // less than the file: the subscriber's commits let it go on
  service::RunContext context;
  SimulatorApp app(options, context);
  app.start();
  Listener listener(app.endpoint(), 10);
  REQUIRE(listener.until([&] { return listener.records.size() == kManyRows && context.stop.stop_requested(); }));
  app.stop();
  CHECK(listener.gaps == 0);
  CHECK(listener.bad_frames == 0);
  CHECK(listener.sequences.back() == kManyRows);
}

TEST_CASE("a full journal turns health red, and cannot keep the simulator from stopping", "[simulator]") {
  const TemporaryFile file(more_than_queues_hold());
  auto options = free_ports();
  options.replay_path = file.path();
  options.speed = Speed::max();
  options.journal.bytes_max = 1 << 20;
  service::RunContext context;
  SimulatorApp app(options, context);
  app.start();
  std::string ready;
  const auto deadline = std::chrono::steady_clock::now() + seconds{30};
  while (ready.find("503") == ready.npos && std::chrono::steady_clock::now() < deadline) {
    ready = http_get(app.health_port(), "/readyz");
  }
  CHECK_THAT(ready, ContainsSubstring("is full") && ContainsSubstring("risk-engine has not said how far it is"));

  const auto began = std::chrono::steady_clock::now();
  app.stop();
  CHECK(std::chrono::steady_clock::now() - began < seconds{10});
  CHECK_FALSE(context.stop.stop_requested());
  CHECK_FALSE(context.failed);
}

TEST_CASE("a replay that was stopped resumes where the journal ends, and another begins anew", "[simulator]") {
  const TemporaryFile file(more_than_queues_hold());
  auto options = free_ports();
  options.replay_path = file.path();
  options.speed = Speed::max();
  options.journal.bytes_max = 16 << 20;  // full before the file ends
  const auto run = [&](auto done) {
    service::RunContext context;
    SimulatorApp app(options, context);
    app.start();
    Listener listener(app.endpoint());
    REQUIRE(listener.until([&] { return done(listener) || context.stop.stop_requested(); }));
    app.stop();
    return listener.sequences.back();
  };
  REQUIRE(run([](const Listener& listener) { return listener.records.size() > 1'000; }) < kManyRows);

  SECTION("with --resume") {
    options.resume = true;
    CHECK(run([](const Listener&) { return false; }) == kManyRows);
    CHECK(run([](const Listener&) { return false; }) == kManyRows);  // nothing is left to publish
  }
  SECTION("without it the file is published anew, behind what was") {
    CHECK(run([](const Listener& l) { return !l.sequences.empty() && l.sequences.back() > kManyRows; }) > kManyRows);
  }
}

TEST_CASE("a file that cannot be replayed keeps the simulator from starting", "[simulator]") {
  auto options = free_ports();
  const TemporaryFile file("transaction_id,prize\n");
  options.replay_path = file.path();
  service::RunContext context;
  SimulatorApp app(options, context);
  CHECK_THROWS_AS(app.start(), ingest::CsvError);
}

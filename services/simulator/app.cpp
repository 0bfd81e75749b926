#include "simulator/app.hpp"

#include <random>

#include "risk/service/log.hpp"

namespace risk::simulator {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr char kSubscriberCondition[] = "subscriber";
constexpr milliseconds kSubscriberPoll{50};
constexpr seconds kSubscriberLogInterval{30};
constexpr std::uint32_t kFramesQueuedMax = 200;  // what waits for a slow engine waits in the file, not in memory
// What is queued at the end of a finite run is waited for; at a stop it is not.
constexpr std::chrono::minutes kSendTimeMax{10};
constexpr seconds kStopTimeMax{1};
constexpr std::uint64_t kFirstEpoch = 1;

std::uint64_t random_seed() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

bus::PublisherOptions publisher_options(const Options& options) {
  bus::PublisherOptions publisher;
  publisher.endpoint = "tcp://" + options.bind.address + ":" + std::to_string(options.port);
  publisher.name = options.stream_name;
  publisher.allow_plaintext = options.bind.allow_plaintext;
  publisher.frames_queued_max = kFramesQueuedMax;
  publisher.when_full = bus::PublisherOptions::WhenFull::kBlock;
  return publisher;
}

}  // namespace

// The metrics of the publishing thread.
class SimulatorApp::Gauges {
 public:
  explicit Gauges(service::Metrics& metrics)
      : transactions_(metrics.counter("simulator_transactions_total", "Transactions published.")),
        rejected_(metrics.counter("simulator_rejected_rows_total", "Rows of files published as rejected.")),
        records_(metrics.counter("simulator_published_records_total", "Records published, of every kind.")),
        frames_(metrics.counter("simulator_published_frames_total", "Frames of records published.")),
        bytes_(metrics.counter("simulator_published_bytes_total", "Bytes published, heartbeats included.")),
        subscribed_(metrics.gauge("simulator_subscribed", "1 while someone subscribes to the transactions.")),
        behind_(metrics.gauge("simulator_behind_seconds", "How late the last record was, against its schedule.")) {}

  void set(const PumpTotals& totals, std::chrono::duration<double> behind, const bus::PublisherCounters& sent,
           bool subscribed) {
    const auto raise = [](service::Counter& counter, std::uint64_t total) {
      counter.add(static_cast<double>(total) - counter.value());
    };
    raise(transactions_, totals.transactions);
    raise(rejected_, totals.rejected_rows);
    raise(records_, sent.records);
    raise(frames_, sent.frames);
    raise(bytes_, sent.bytes);
    subscribed_.set(subscribed ? 1 : 0);
    behind_.set(behind.count());
  }

 private:
  service::Counter& transactions_;
  service::Counter& rejected_;
  service::Counter& records_;
  service::Counter& frames_;
  service::Counter& bytes_;
  service::Gauge& subscribed_;
  service::Gauge& behind_;
};

SimulatorApp::SimulatorApp(Options options, service::RunContext& context)
    : options_(std::move(options)),
      context_(context),
      gauges_(std::make_unique<Gauges>(metrics_)),
      stream_(bus::make_stream_id()) {}

SimulatorApp::~SimulatorApp() {
  stop();
}

void SimulatorApp::start() {
  if (!options_.positions_path.empty()) positions_ = make_position_source(options_.positions_path);
  if (!options_.replay_path.empty()) replay_ = make_replay_source(options_.replay_path, options_.speed);
  health_.require(kSubscriberCondition, "waiting for the first subscriber");

  publisher_ = std::make_unique<bus::Publisher>(publisher_options(options_));
  publisher_->open_stream(wire::kTransactionsTopic, stream_, kFirstEpoch, 0);
  health_server_ = std::make_unique<service::HealthServer>(
      service::HealthServerOptions{options_.common.health_address, options_.common.health_port}, health_, metrics_);
  service::log_info("publishing", {{"endpoint", endpoint()},
                                   {"stream", stream_.text},
                                   {"name", options_.stream_name},
                                   {"health_port", health_port()}});
  thread_ = std::thread([this] { run(); });
}

void SimulatorApp::stop() {
  stopping_.request_stop("stop");
  if (thread_.joinable()) {
    // A subscriber that does not read must not keep the process.
    if (!done_.wait_for(kStopTimeMax)) publisher_->interrupt();
    thread_.join();
  }
  health_server_.reset();
}

void SimulatorApp::run() noexcept {
  try {
    publish();
  } catch (const std::exception& error) {
    health_.fail(error.what());
    context_.fail(error.what());
  }
  done_.request_stop("done");
}

void SimulatorApp::publish() {
  // What nobody hears is lost, so the stream begins when someone listens.
  if (!wait_for_subscriber()) return;

  // The two clocks are read together, so that executed_at is the instant at which a transaction is due.
  const auto start = std::chrono::steady_clock::now();
  const Timestamp wall_start = system_now();
  Feed feed(std::move(positions_), replay_ ? std::move(replay_) : make_generated(wall_start));
  Pump pump(*publisher_, stopping_, [this](const PumpTotals& totals, std::chrono::duration<double> behind) {
    const bool subscribed = publisher_->wait_for_subscriber(wire::kTransactionsTopic, milliseconds{0});
    gauges_->set(totals, behind, publisher_->counters(), subscribed);
  });
  const bool ended = pump.run(feed, start);
  publisher_->close(ended ? milliseconds{kSendTimeMax} : milliseconds{kStopTimeMax});

  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  const PumpTotals& totals = pump.totals();
  service::log_info("published",
                    {{"rows", totals.published() - totals.ticks},
                     {"transactions", totals.transactions},
                     {"opening_positions", totals.opening_positions},
                     {"rejected", totals.rejected_rows},
                     {"records", totals.published()},
                     {"seconds", took.count()},
                     {"transactions_per_second", static_cast<double>(totals.transactions) / took.count()}});
  if (ended) context_.stop.request_stop("everything is published");
}

// False: a stop is requested.
bool SimulatorApp::wait_for_subscriber() {
  auto log_at = std::chrono::steady_clock::now();
  while (!publisher_->wait_for_subscriber(wire::kTransactionsTopic, kSubscriberPoll)) {
    if (stopping_.stop_requested()) return false;
    publisher_->service();
    if (std::chrono::steady_clock::now() < log_at) continue;
    service::log_info("waiting for the first subscriber", {{"endpoint", endpoint()}});
    log_at += kSubscriberLogInterval;
  }
  health_.met(kSubscriberCondition);
  return true;
}

std::unique_ptr<Source> SimulatorApp::make_generated(Timestamp start) {
  GeneratorOptions generator;
  generator.seed = options_.seed ? *options_.seed : random_seed();
  generator.id_prefix = std::string("T").append(stream_.text, 0, 8).append("-");
  generator.clients = options_.clients;
  generator.symbols = options_.symbols;
  generator.rate = options_.rate;
  generator.spike_rate = options_.spike_rate;
  generator.fat_finger_probability = options_.fat_finger_probability;
  service::log_info("simulating", {{"seed", generator.seed},
                                   {"rate", generator.rate},
                                   {"spike_rate", generator.spike_rate},
                                   {"clients", generator.clients},
                                   {"symbols", generator.symbols}});
  return make_generated_source(generator, start, options_.count);
}

}  // namespace risk::simulator

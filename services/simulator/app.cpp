#include "simulator/app.hpp"

#include <random>
#include <vector>

#include "risk/service/log.hpp"
#include "risk/settings/log.hpp"
#include "simulator/progress.hpp"

namespace risk::simulator {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr char kJournalCondition[] = "journal";
constexpr milliseconds kConsumerPoll{20};
constexpr seconds kConsumerLogInterval{30};
constexpr std::uint32_t kMessagesQueuedMax = 200;  // what waits for a slow engine waits in the journal, not in memory
// What is queued at the end of a finite run is waited for; at a stop it is not.
constexpr std::chrono::minutes kSendTimeMax{10};
constexpr seconds kStopTimeMax{1};

std::uint64_t random_seed() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

// Of transaction ids: another one for each run, for the stream goes on over runs.
std::string run_prefix() {
  return std::string("T").append(log::make_stream_id().text.view(), 0, 8).append("-");
}

std::uint64_t uncommitted(const log::Writer& log) {
  return log::distance(log.committed(wire::kTransactionsTopic), log.last(wire::kTransactionsTopic));
}

}  // namespace

// The metrics of the publishing thread.
class SimulatorApp::Gauges {
 public:
  explicit Gauges(service::Metrics& metrics)
      : transactions_(metrics.counter("simulator_transactions_total", "Transactions published.")),
        busts_(metrics.counter("simulator_busts_total", "Busts published, among the transactions.")),
        corrections_(metrics.counter("simulator_corrections_total", "Corrections published, among the transactions.")),
        opening_positions_(metrics.counter("simulator_opening_positions_total", "Opening positions published.")),
        instruments_(metrics.counter("simulator_instruments_total", "Instruments published.")),
        adjustments_(metrics.counter("simulator_adjustments_total", "Splits, renames and set positions published.")),
        prices_(metrics.counter("simulator_prices_total", "Prices without trades published.")),
        rates_(metrics.counter("simulator_rates_total", "Exchange rates published.")),
        rejected_(metrics.counter("simulator_rejected_rows_total", "Rows of files published as rejected.")),
        records_(metrics.counter("simulator_published_records_total", "Records published, of every kind.")),
        frames_(metrics.counter("simulator_published_frames_total", "Frames of records published.")),
        bytes_(metrics.counter("simulator_published_bytes_total", "Bytes published, heartbeats included.")),
        subscribed_(metrics.gauge("simulator_subscribed", "1 while someone subscribes to the transactions.")),
        behind_(metrics.gauge("simulator_behind_seconds", "How late the last record was, against its schedule.")),
        replayed_(metrics.counter("simulator_replayed_records_total", "Records sent again to who asked for them.")),
        dropped_peers_(metrics.counter("simulator_dropped_peers_total",
                                       "Connections cut off that were too many or sent without end.")),
        journal_bytes_(metrics.gauge("simulator_journal_bytes", "What the journal takes on the disk.")),
        uncommitted_(metrics.gauge("simulator_uncommitted_records",
                                   "Records published that a durable consumer has not committed.")) {}

  void set(const PublisherTotals& totals, std::chrono::duration<double> behind, const log::Writer& log,
           bool subscribed) {
    const auto raise = [](service::Counter& counter, std::uint64_t total) {
      counter.add(static_cast<double>(total) - counter.value());
    };
    const auto sent = log.counters();
    raise(replayed_, sent.replayed_records);
    raise(dropped_peers_, log.dropped_peers());
    journal_bytes_.set(static_cast<double>(sent.kept_bytes));
    uncommitted_.set(static_cast<double>(uncommitted(log)));
    raise(transactions_, totals.transactions);
    raise(busts_, totals.busts);
    raise(corrections_, totals.corrections);
    raise(opening_positions_, totals.opening_positions);
    raise(instruments_, totals.instruments);
    raise(adjustments_, totals.adjustments);
    raise(prices_, totals.market_prices);
    raise(rates_, totals.exchange_rates);
    raise(rejected_, totals.rejected_rows);
    raise(records_, sent.records);
    raise(frames_, sent.messages);
    raise(bytes_, sent.bytes);
    subscribed_.set(subscribed ? 1 : 0);
    behind_.set(behind.count());
  }

 private:
  service::Counter& transactions_;
  service::Counter& busts_;
  service::Counter& corrections_;
  service::Counter& opening_positions_;
  service::Counter& instruments_;
  service::Counter& adjustments_;
  service::Counter& prices_;
  service::Counter& rates_;
  service::Counter& rejected_;
  service::Counter& records_;
  service::Counter& frames_;
  service::Counter& bytes_;
  service::Gauge& subscribed_;
  service::Gauge& behind_;
  service::Counter& replayed_;
  service::Counter& dropped_peers_;
  service::Gauge& journal_bytes_;
  service::Gauge& uncommitted_;
};

SimulatorApp::SimulatorApp(Options options, service::RunContext& context)
    : options_(std::move(options)), context_(context), gauges_(std::make_unique<Gauges>(metrics_)) {}

SimulatorApp::~SimulatorApp() {
  stop();
}

void SimulatorApp::start() {
  if (!options_.replay_path.empty()) {
    replay_ = make_replay_source({.transactions = options_.replay_path,
                                  .format = options_.input_format.format,
                                  .positions = options_.positions_path,
                                  .prices = options_.prices_path,
                                  .rates = options_.rates_path,
                                  .instruments = options_.instruments_path,
                                  .adjustments = options_.adjustments_path},
                                 options_.speed, options_.ahead_max);
  } else if (!options_.positions_path.empty()) {
    positions_ = make_position_source(options_.positions_path);
  }
  health_.require(kJournalCondition, "not open yet");
  open_log();
  health_.met(kJournalCondition);
  health_server_ = std::make_unique<service::HealthServer>(
      service::HealthServerOptions{options_.common.health_address, options_.common.health_port,
                                   options_.common.health_allowed_hosts},
      health_, metrics_);
  log_opened();
  thread_ = std::thread([this] { run(); });
}

void SimulatorApp::open_log() {
  const settings::Publishing place{.name = options_.stream_name,
                                   .bind = options_.bind,
                                   .curve = options_.curve,
                                   .port = options_.port,
                                   .replay_port = options_.replay_port,
                                   .messages_queued_max = kMessagesQueuedMax};
  log::WriterHandlers handlers;
  handlers.on_note = [](const std::string& note) { service::log_warning("journal", {{"note", note}}); };
  handlers.on_problem = [this](const std::string& problem) { problem_log_.tell({{"problem", problem}}); };
  handlers.on_blocked = [this](const std::optional<std::string>& why) {
    if (why) {
      publishing_.rest();
      health_.not_met(kJournalCondition, *why);
    } else {
      health_.met(kJournalCondition);
    }
  };
  log_ = settings::journaled_writer_at(place, options_.journal)({{wire::kTransactionsTopic}}, std::move(handlers));
}

void SimulatorApp::log_opened() const {
  const auto end = log_->last(wire::kTransactionsTopic);
  const auto& [stream, epoch, sequence, hash] = end.fields();
  std::vector<service::Field> fields{{"endpoint", endpoint()}};
  const auto facts = log_->facts();
  for (const auto& [name, number] : facts) fields.emplace_back(name, number);
  fields.insert(fields.end(), {{"journal", options_.journal.directory},
                               {"stream", stream.text.view()},
                               {"epoch", epoch},
                               {"sequence", sequence},
                               {"name", options_.stream_name},
                               {"health_port", health_port()}});
  service::log_fields(service::LogLevel::kInfo, "publishing", fields);
}

void SimulatorApp::stop() {
  stopping_.request_stop("stop");
  if (thread_.joinable()) {
    // A journal without room must not keep the process.
    if (!done_.wait_for(kStopTimeMax)) log_->interrupt();
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
  const bool recorded = replay_ != nullptr;
  const auto done = recorded ? begin_input(*log_, wire::kTransactionsTopic, options_.journal.directory,
                                           input_of(options_), options_.resume)
                             : 0;
  // The two clocks are read together, so that executed_at is the instant at which a transaction is due.
  auto start = std::chrono::steady_clock::now();
  const Timestamp wall_start = system_now();
  Feed feed(std::move(positions_), replay_ ? std::move(replay_) : make_generated(wall_start));
  if (done > 0) {
    start -= feed.skip(done);
    service::log_info("resuming", {{"input", input_of(options_)}, {"records", done}});
  }
  PacedPublisher paced_publisher(*log_, stopping_, [this, recorded](const auto& totals, auto behind) {
    if (!recorded) publishing_.beat();  // a file may be a pipe, which waits for its writer
    report(totals, behind);
  });
  const bool ended = paced_publisher.run(feed, start);
  publishing_.rest();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  const PublisherTotals& totals = paced_publisher.totals();
  service::log_info("published",
                    {{"rows", totals.published() - totals.ticks},
                     {"transactions", totals.transactions},
                     {"busts", totals.busts},
                     {"corrections", totals.corrections},
                     {"opening_positions", totals.opening_positions},
                     {"rejected", totals.rejected_rows},
                     {"filtered", feed.rows_skipped()},
                     {"instruments", totals.instruments},
                     {"adjustments", totals.adjustments},
                     {"prices", totals.market_prices},
                     {"rates", totals.exchange_rates},
                     {"records", totals.published()},
                     {"sequence", log_->last(wire::kTransactionsTopic).fields().sequence},
                     {"seconds", took.count()},
                     {"transactions_per_second", static_cast<double>(totals.transactions) / took.count()}});
  if (ended) wait_for_consumers();
  report(totals, {});
  log_->close(ended ? milliseconds{kSendTimeMax} : milliseconds{kStopTimeMax});
  if (ended) context_.stop.request_stop("everything is published");
}

void SimulatorApp::report(const PublisherTotals& totals, std::chrono::duration<double> behind) {
  const bool subscribed = log_->wait_for_reader(wire::kTransactionsTopic, milliseconds{0});
  gauges_->set(totals, behind, *log_, subscribed);
  health_.tell("published", {{"transactions", totals.transactions},
                             {"busts", totals.busts},
                             {"corrections", totals.corrections},
                             {"opening_positions", totals.opening_positions},
                             {"instruments", totals.instruments},
                             {"adjustments", totals.adjustments},
                             {"prices", totals.market_prices},
                             {"rates", totals.exchange_rates},
                             {"rejected", totals.rejected_rows}});
  if (const auto contradiction = log_->contradiction()) {
    throw log::LogError(*contradiction +
                        ": it is not the journal that was published from; start with --reset-journal to go on in a "
                        "new epoch, or with an empty folder if this is a copy and the first is still in use");
  }
}

void SimulatorApp::wait_for_consumers() {
  auto log_at = std::chrono::steady_clock::now() + seconds{1};
  while (uncommitted(*log_) > 0 && !stopping_.wait_for(kConsumerPoll)) {
    log_->service();
    if (std::chrono::steady_clock::now() < log_at) continue;
    service::log_info("waiting for consumers to commit everything",
                      {{"committed", log_->committed(wire::kTransactionsTopic).fields().sequence},
                       {"of", log_->last(wire::kTransactionsTopic).fields().sequence}});
    log_at += kConsumerLogInterval;
  }
}

std::unique_ptr<InputSource> SimulatorApp::make_generated(Timestamp start) {
  GeneratorOptions generator = generator_options(options_);
  if (!options_.seed) generator.seed = random_seed();
  generator.id_prefix = run_prefix();
  service::log_info("simulating", {{"seed", generator.seed},
                                   {"rate", generator.rate},
                                   {"spike_rate", generator.spike_rate},
                                   {"clients", generator.clients},
                                   {"symbols", generator.symbols},
                                   {"scenario", generator.scenario.to_string()}});
  return make_generated_source(generator, start, options_.count);
}

}  // namespace risk::simulator

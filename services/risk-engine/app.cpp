#include "risk-engine/app.hpp"

#include <unistd.h>

#include <algorithm>
#include <random>
#include <utility>

#include "risk-engine/alert_replay.hpp"
#include "risk-engine/recovery.hpp"
#include "risk/service/log.hpp"
#include "risk/settings/log.hpp"
#include "risk/store/reader.hpp"

namespace risk::risk_engine {
namespace {

using Clock = std::chrono::steady_clock;
using wire::CommandReply;
constexpr std::chrono::milliseconds kPollInterval{50};
// How stale the row of an idle client is where few are idle. Of many only so many, or as many as inputs, are in a
// commit: an alert must not wait behind the rows of thousands who only hold what others trade.
constexpr std::chrono::milliseconds kMarkedInterval{100};
constexpr std::size_t kMarkedRows = 128;
constexpr std::chrono::milliseconds kReportInterval{1000};
constexpr std::chrono::seconds kRecoveryLogInterval{2};
constexpr std::chrono::seconds kStandbyLogInterval{30};
constexpr std::chrono::seconds kCommitPatience{10};
constexpr std::chrono::milliseconds kStopTimeout{3000};
constexpr std::size_t kRecordsPerPoll = 4096;
constexpr std::chrono::milliseconds kGroupTime{200};
constexpr std::uint32_t kMessagesQueuedMax = 200;  // of a publisher; the rest waits in its journal
constexpr char kConsumer[] = "risk-engine";        // as publishers know it
constexpr char kPublishersCondition[] = "one publisher a stream";

// Of the core's tables of ids: nobody outside may know which ids share a place.
engine::HashKey secret_key() {
  std::random_device random;
  const auto word = [&random] { return std::uint64_t{random()} << 32 | random(); };
  return {word(), word()};
}

// Who we are, for who waits behind us.
std::string holder_name() {
  char host[65] = "";
  if (::gethostname(host, sizeof host - 1) != 0) host[0] = '\0';
  return std::string("risk-engine@") + host + ":" + std::to_string(::getpid());
}

}  // namespace

App::App(Options options, service::RunContext& context, log::Source transactions)
    : options_(std::move(options)),
      context_(context),
      source_(transactions.open ? std::move(transactions)
                                : settings::source_at(options_.transaction_endpoints, options_.curve, "simulator",
                                                      kMessagesQueuedMax)),
      database_(options_.database),
      gauges_(std::make_unique<Gauges>(metrics_)) {}

App::~App() {
  stop();
}

void App::start() {
  health_.require("database", "not opened yet");
  health_.require("lease", "waits for the database");
  health_.require("recovery", "waits for the lease");
  health_.require(kPublishersCondition, "listens to nobody yet");
  health_server_ = std::make_unique<service::HealthServer>(
      service::HealthServerOptions{options_.common.health_address, options_.common.health_port,
                                   options_.common.health_allowed_hosts},
      health_, metrics_);
  service::log_info("starting",
                    {{"database", store::describe(options_.database)},
                     {"health_port", health_server_->port()},
                     {"config_client_limit", options_.rules.exposure("client_exposure").limit
                                                 ? options_.rules.exposure("client_exposure").limit->to_string()
                                                 : "none"}});
  thread_ = std::thread([this] { run(); });
}

void App::stop() {
  stopping_ = true;
  {
    const std::lock_guard lock(mutex_);
    if (wakeable_ != nullptr) wakeable_->wake();
  }
  if (thread_.joinable()) thread_.join();
  health_server_.reset();
}

void App::run() {
  try {
    if (open()) work();
    finish(true);
  } catch (const std::exception& error) {
    fail(error.what());
    finish(false);
  }
}

bool App::open() {
  for (auto pause = std::chrono::milliseconds{200};; pause = std::min(pause * 2, std::chrono::milliseconds{5000})) {
    try {
      auto store = store::open_store(database_);
      store->migrate();
      database_.identity = store->identity();
      health_.met("database");
      if (!lead()) return false;
      store->write_as(term_);
      if (!recover(*store)) return false;
      start_streams(std::move(store));
      return true;
    } catch (const store::StoreUnavailable& error) {
      health_.not_met("database", error.what());
      service::log_warning("the database cannot be reached, trying again",
                           {{"reason", error.what()}, {"pause_ms", pause.count()}});
    }
    const auto until = Clock::now() + pause;
    while (Clock::now() < until) {
      if (context_.stop.wait_for(kPollInterval) || stopping_) return false;
    }
  }
}

bool App::told_to_stop() const {
  return context_.stop.stop_requested() || stopping_;
}

bool App::lead() {
  if (!leadership_) {
    LeadershipOptions options;
    options.database = database_;
    options.holder = holder_name();
    options.patience = options_.standby_patience;
    LeadershipEvents events;
    events.lost = [this](const std::string& reason) { fail(reason); };
    events.away = [this](const std::string& reason) { health_.not_met("lease", reason); };
    events.back = [this] { health_.met("lease"); };
    leadership_ = std::make_unique<Leadership>(options, events);
    auto told = Clock::time_point{};
    const auto term = leadership_->wait([this] { return told_to_stop(); },
                                        [&](const std::string& why) {
                                          health_.not_met("lease", why);
                                          if (Clock::now() - told < kStandbyLogInterval) return;
                                          told = Clock::now();
                                          service::log_info("waiting to lead", {{"why", why}});
                                        });
    if (!term) return false;
    term_ = *term;
    service::log_info("leading", {{"term", term_}});
  }
  health_.met("lease");
  return true;
}

// Any thread: the process cannot go on and must end.
void App::fail(const std::string& reason) {
  service::log_error("cannot go on", {{"reason", reason}});
  health_.fail(reason);
  context_.fail(reason);
  stopping_ = true;
  const std::lock_guard lock(mutex_);
  if (wakeable_ != nullptr) wakeable_->wake();
}

bool App::recover(store::Store& store) {
  const auto started = Clock::now();
  auto told = started;
  const auto reader = store::open_reader(database_);
  auto recovery = risk_engine::recover(store, *reader, secret_key(), [&](std::uint64_t input, std::uint64_t last) {
    if (told_to_stop()) return false;
    if (Clock::now() - told < kRecoveryLogInterval) return true;
    told = Clock::now();
    service::log_info("recovering", {{"inputs", input}, {"of", last}});
    health_.not_met("recovery", "re-applied " + std::to_string(input) + " of " + std::to_string(last) + " inputs");
    return true;
  });
  processor_ = std::move(recovery.processor);
  if (!processor_) return false;
  processor_->start(options_.rules, options_.intake);
  snapshotter_ = std::make_unique<Snapshotter>(options_.snapshots, recovery.snapshot_seq, metrics_);
  gauges_->start_from(processor_->counters());
  const std::chrono::duration<double> seconds = Clock::now() - started;
  service::log_info("recovered", {{"snapshot", recovery.snapshot_seq},
                                  {"inputs", recovery.inputs},
                                  {"transactions", processor_->counters().transactions},
                                  {"open_alerts", processor_->open_alerts()},
                                  {"config_version", processor_->core().rules().config_version},
                                  {"seconds", seconds.count()}});
  health_.met("recovery");
  return true;
}

void App::start_streams(std::unique_ptr<store::Store> store) {
  const settings::Publishing place{.name = "risk-engine",
                                   .bind = options_.bind,
                                   .curve = options_.curve,
                                   .port = options_.publish_port,
                                   .replay_port = options_.replay_port};
  const auto on_problem = [this](const std::string& problem) { bus_log_.tell({{"problem", problem}}); };
  log::WriterHandlers handlers;
  handlers.on_problem = on_problem;
  auto broadcaster = std::make_unique<Broadcaster>(settings::writer_at(place), std::move(handlers), *processor_,
                                                   std::make_shared<AlertReplay>(database_));
  const std::string published_at = broadcaster->address();

  read_transactions();
  WriterEvents events;
  events.idle = [this] { transactions_->wake(); };
  events.away = [this](const std::string& reason) {
    database_is_away_ = true;
    health_.not_met("database", reason);
    away_log_.tell({{"reason", reason}});
  };
  events.back = [this] {
    database_is_away_ = false;
    health_.met("database");
    service::log_info("the database is back");
  };
  events.turn = [this] { writing_.beat(); };
  events.waits = [this] { writing_.rest(); };
  events.failed = [this](const std::string& reason) { fail("cannot write: " + reason); };
  events.committed = [this](double seconds, const store::Commit& commit) {
    gauges_->commit_seconds.observe(seconds);
    gauges_->commits.add();
    gauges_->committed_inputs.add(static_cast<double>(commit.inputs.size()));
    const std::lock_guard lock(mutex_);
    for (const auto& step : commit.cursors) committed_[step.to.stream_id] = step.to;
  };
  WriterOptions writer;
  writer.database = database_;
  writer.term = term_;
  writer_ = std::make_unique<Writer>(writer, std::move(store), std::move(broadcaster), events);
  commands_ = std::make_unique<Commands>([this] { transactions_->wake(); });
  bus::RequestServerOptions requests;
  requests.endpoint = options_.bind.endpoint(options_.command_port);
  requests.allow_plaintext = options_.bind.allow_plaintext;
  requests.curve = options_.curve.server();
  requests.on_problem = on_problem;
  requests.on_death = [this](const std::string& reason) { fail(reason); };
  requests_server_ = std::make_unique<bus::RequestServer>(
      std::move(requests), [this](std::string_view payload) { return commands_->answer(payload); });

  const std::lock_guard lock(mutex_);
  publish_endpoint_ = published_at;
  command_endpoint_ = requests_server_->endpoint();
  wakeable_ = transactions_.get();
  service::log_info("ready", {{"publishes", publish_endpoint_}, {"commands", command_endpoint_}});
}

void App::read_transactions() {
  log::ReaderOptions options;
  options.topics = {wire::kTransactionsTopic};
  options.consumer = kConsumer;
  log::ReaderHandlers handlers;
  handlers.on_records = [this](const log::Records& records) { processor_->apply(records, system_now()); };
  handlers.on_gap = [this](const log::Gap& gap) {
    processor_->skip(gap);
    missing_log_.tell({{"publisher", gap.publisher},
                       {"stream", gap.last.stream().text},
                       {"first", gap.first.fields().sequence},
                       {"last", gap.last.fields().sequence}});
  };
  handlers.on_problem = [this](std::string_view reason) { dropped_log_.tell({{"reason", reason}}); };
  transactions_ = source_.open(std::move(options), std::move(handlers));
  health_.met(kPublishersCondition);
  for (const auto& position : processor_->transaction_positions()) {
    transactions_->resume_after(position);
    transactions_->commit(position);
  }
}

void App::work() {
  while (!stopping_ && !context_.stop.stop_requested()) {
    applying_.beat();
    serve_requests();
    hand_over();
    tell_committed();
    report_status();
    // With too much uncommitted the log is left alone: publishers are held up, or what they send is fetched later.
    if (processor_->pending_records() >= options_.uncommitted_max) {
      writer_->wait_idle(kPollInterval);
    } else {
      is_behind_ = transactions_->poll(kPollInterval, kRecordsPerPoll) >= kRecordsPerPoll;
    }
  }
  applying_.rest();
}

void App::hand_over() {
  if (!writer_->idle()) return;
  const auto now = Clock::now();
  note_metrics(now);
  const bool marked = now - marked_at_ >= kMarkedInterval && processor_->core().has_moved_marks();
  const bool commits = (processor_->has_pending() || marked) && !gathers(now);
  // A piece of a snapshot and a commit take turns.
  if (snapshotter_->is_running() && (snapshot_turn_ || !commits)) {
    snapshot_turn_ = false;
    writing_since_ = now;
    return writer_->run([this](store::Store& store) { snapshotter_->write_next(store); });
  }
  if (!commits) return;
  snapshot_turn_ = true;
  handed_over_at_ = writing_since_ = now;
  const auto scope = marked ? engine::Core::Scope::kMarked : engine::Core::Scope::kTraded;
  const auto marked_max = std::max(kMarkedRows, processor_->pending_records());
  auto batch = processor_->take(scope, system_now(), marked_max, writer_->take_spent());
  if (marked && processor_->core().marked_left() == 0) marked_at_ = now;
  // The core holds just what the store will when this batch is in it.
  if (snapshotter_->is_due(batch.apply_seq)) snapshotter_->begin(processor_->core(), batch.apply_seq, system_now());
  writer_->submit(std::move(batch), std::exchange(on_stored_, {}));
}

void App::note_metrics(Clock::time_point now) {
  const auto inputs = processor_->core().counters().transactions + processor_->counters().ticks;
  if (now - measured_at_ < options_.metrics_interval || inputs == measured_inputs_) return;
  measured_at_ = now;
  measured_inputs_ = inputs;
  processor_->note_metrics(system_now());
}

// While more waits in the log, a commit waits to be worth its rows: each changed row is written once a commit.
bool App::gathers(Clock::time_point now) const {
  return is_behind_ && processor_->pending_records() < options_.uncommitted_max && now - handed_over_at_ < kGroupTime;
}

// Publishers may drop what is stored.
void App::tell_committed() {
  std::map<std::string, store::CursorRow> committed;
  {
    const std::lock_guard lock(mutex_);
    committed.swap(committed_);
  }
  for (const auto& [id, row] : committed) {
    if (id == store::kEngineCursor || id == store::kAlertsCursor) continue;
    transactions_->commit(position_of(row));
  }
}

// A database that neither answers nor fails.
void App::watch_commit(Clock::time_point now) {
  const bool is_late = !writer_->idle() && now - writing_since_ > kCommitPatience;
  if (is_late && !database_is_away_) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - writing_since_).count();
    health_.not_met("database", "a write has waited for " + std::to_string(seconds) + " s");
  } else if (commit_is_late_ && !is_late) {
    health_.met("database");
  }
  commit_is_late_ = is_late;
}

void App::report_status() {
  const auto now = Clock::now();
  const std::chrono::duration<double> seconds = now - reported_at_;
  if (now - reported_at_ < kReportInterval) return;
  watch_commit(now);
  const auto& counters = processor_->counters();
  EngineStatus status;
  if (reported_at_ != Clock::time_point{}) {
    status.transactions_per_second =
        static_cast<double>(counters.transactions - reported_transactions_) / seconds.count();
  }
  reported_at_ = now;
  reported_transactions_ = counters.transactions;
  status.uncommitted_inputs = processor_->pending_records();
  double lag = 0, up = 0;
  const auto streams = transactions_->streams();
  report_conflicts(log::conflicts(streams));
  for (const auto& stream : streams) {
    auto& told = status.streams.emplace_back(
        wire::StreamStatus{std::string(stream.stream().text), stream.publisher, stream.delivered.fields().sequence,
                           stream.announced.fields().sequence, stream.missing, stream.is_up});
    if (const StreamClock* clock = processor_->stream_clocks().find(told.stream_id)) {
      told.recent = clock->recent();
      told.recent_late = clock->recent_late();
      told.lead_nanos = processor_->stream_clocks().lead_of(told.stream_id);
    }
    lag += static_cast<double>(stream.lag());
    up += stream.is_up ? 1 : 0;
  }
  report_late(status.streams);
  writer_->broadcaster().set_status(std::move(status));
  gauges_->update(counters);
  gauges_->open_alerts.set(static_cast<double>(processor_->open_alerts()));
  gauges_->uncommitted.set(static_cast<double>(processor_->pending_records()));
  gauges_->lag.set(lag);
  gauges_->streams.set(up);
  gauges_->update(transactions_->counters());
  gauges_->update_dropped_peers(requests_server_->dropped_peers() + writer_->broadcaster().dropped_peers());
}

void App::report_conflicts(const std::string& conflicts) {
  if (conflicts.empty()) return health_.met(kPublishersCondition);
  health_.not_met(kPublishersCondition, conflicts);
}

// The streams that are late, and how far each is ahead: the one whose clock is wrong is as a rule the one that is not.
void App::report_late(const std::vector<wire::StreamStatus>& streams) {
  std::string late, leads;
  for (const auto& stream : streams) {
    const std::string name = printable(stream.publisher) + " (" + stream.stream_id.substr(0, 8) + ")";
    gauges_->update(stream);
    const StreamClock* clock = processor_->stream_clocks().find(stream.stream_id);
    if (clock != nullptr && clock->is_late(system_now())) {
      late += (late.empty() ? "" : ", ") + name + ": " + std::to_string(stream.recent_late) + " of its last " +
              std::to_string(stream.recent) + " transactions are late";
    }
    if (stream.lead_nanos && *stream.lead_nanos > 0) {
      leads = "; " + name + " is " + format_rounded(*stream.lead_nanos, 9, 3) + " s ahead of the others";
    }
  }
  health_.warn("transaction streams", late.empty() ? "" : late + leads);
}

// --- commands

void App::serve_requests() {
  for (const auto& request : commands_->take()) carry_out(request);
}

void App::carry_out(const std::shared_ptr<Request>& request) {
  if (const auto* cleanup = std::get_if<wire::Cleanup>(&request->command.command))
    return clean_up(request, cleanup->days);
  CommandReply reply = processor_->apply(request->command, system_now());
  if (reply.outcome != CommandReply::Outcome::kDone) {
    request->reply.set_value(std::move(reply));
    return;
  }
  on_stored_.push_back([request, reply = std::move(reply)] { request->reply.set_value(reply); });
}

void App::clean_up(const std::shared_ptr<Request>& request, std::uint32_t days) {
  if (!writer_->idle()) return commands_->put_back(request);  // its turn comes after the batch being written
  processor_->note_cleanup(request->command.actor, days, system_now());
  writing_since_ = Clock::now();
  const Timestamp before = Timestamp::from_seconds(system_now().seconds() - days * kSecondsPerDay);
  writer_->run([request, before](store::Store& store) {
    const auto count = store.cleanup(before);
    CommandReply reply;
    reply.cleanup =
        wire::CleanupResult{count.alerts, count.alert_events, count.metrics, count.quarantine, count.deliveries};
    request->reply.set_value(std::move(reply));
  });
}

// Commits what is applied, unless the process has failed; then answers whoever still waits, so that every thread ends.
void App::finish(bool commit) {
  {
    const std::lock_guard lock(mutex_);
    wakeable_ = nullptr;
  }
  if (commands_) commands_->close();
  if (writer_) {
    const bool due = processor_->has_pending() || processor_->core().has_moved_marks();
    if (commit && due && writer_->wait_idle(kStopTimeout)) {
      writer_->submit(processor_->take(engine::Core::Scope::kMarked, system_now()), std::exchange(on_stored_, {}));
    }
    writer_->stop(kStopTimeout);
    service::log_info("stopped", {{"transactions", processor_->counters().transactions}});
  }
  writer_.reset();
  snapshotter_.reset();
  on_stored_.clear();
  requests_server_.reset();
  transactions_.reset();
  leadership_.reset();  // last: whoever leads next finds everything stored
}

std::string App::publish_endpoint() const {
  const std::lock_guard lock(mutex_);
  return publish_endpoint_;
}

std::string App::command_endpoint() const {
  const std::lock_guard lock(mutex_);
  return command_endpoint_;
}

std::uint16_t App::health_port() const {
  return health_server_ ? health_server_->port() : 0;
}

}  // namespace risk::risk_engine

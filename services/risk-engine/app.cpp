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
constexpr std::chrono::milliseconds kPollInterval{50};
// How stale the row of an idle client is where few are idle. Of many only so many, or as many as inputs, are in a
// commit: an alert must not wait behind the rows of thousands who only hold what others trade.
constexpr std::chrono::milliseconds kMarkedInterval{100};
constexpr std::size_t kMarkedRows = 128;
constexpr std::chrono::milliseconds kLookUpPause{500};
constexpr std::chrono::seconds kRecoveryLogInterval{2};
constexpr std::chrono::seconds kStandbyLogInterval{30};
constexpr std::chrono::milliseconds kStopTimeout{3000};
constexpr std::size_t kRecordsPerPoll = 4096;
constexpr std::chrono::milliseconds kGroupTime{200};
constexpr std::uint32_t kMessagesQueuedMax = 200;  // of a publisher; the rest waits in its journal
constexpr char kConsumer[] = "risk-engine";        // as publishers know it

// Told to stop in the middle of something.
struct Stopped {};

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

store::Reader& App::reader() {
  if (!reader_) reader_ = store::open_reader(database_);
  return *reader_;
}

template <class Ask>
auto App::look_up(const Ask& ask) {
  while (true) {
    try {
      return ask(reader());
    } catch (const store::StoreUnavailable& error) {
      away_log_.tell({{"reason", error.what()}});
    }
    const auto until = Clock::now() + kLookUpPause;
    while (Clock::now() < until) {
      applying_.beat();
      if (context_.stop.wait_for(kPollInterval) || stopping_) throw Stopped{};
    }
  }
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
  processor_->executions().set_find([this](auto apply_seqs, auto fingerprints) {
    return look_up([&](store::Reader& reader) { return reader.find_executions(apply_seqs, fingerprints); });
  });
  processor_->adjustments().set_find([this](const auto& adjustment) {
    return look_up([&](store::Reader& reader) { return reader.find_applied(adjustment); });
  });
  processor_->openings().set_find(
      [this](auto keys) { return look_up([&](store::Reader& reader) { return reader.latest_openings(keys); }); });
  snapshotter_ = std::make_unique<Snapshotter>(options_.snapshots, recovery.snapshot_seq, metrics_);
  gauges_->start_from(*processor_);
  const std::chrono::duration<double> seconds = Clock::now() - started;
  service::log_info("recovered", {{"snapshot", recovery.snapshot_seq},
                                  {"inputs", recovery.inputs},
                                  {"transactions", processor_->counters().transactions},
                                  {"open_alerts", processor_->open_alerts()},
                                  {"executions_remembered", processor_->executions().remembered()},
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
  try {
    while (!told_to_stop()) turn();
  } catch (const Stopped&) {
    // In the middle of records of which none was applied.
  }
  applying_.rest();
}

void App::turn() {
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

void App::hand_over() {
  if (!writer_->idle()) return;
  const auto now = Clock::now();
  note_metrics(now);
  const bool marked = now - marked_at_ >= kMarkedInterval && processor_->core().has_moved_marks();
  const bool commits = (processor_->has_pending() || marked) && !gathers(now);
  // A commit takes turns with a piece of a snapshot, or of identities that memory has no more room for.
  if (other_turn_ || !commits) {
    other_turn_ = false;
    writing_since_ = now;
    if (snapshotter_->is_running()) return writer_->run([this](store::Store& store) { write_snapshot(store); });
    if (const auto up_to = processor_->executions().to_file()) {
      return writer_->run([this, up_to](store::Store& store) { file_identities(store, *up_to); });
    }
  }
  if (!commits) return;
  other_turn_ = true;
  handed_over_at_ = writing_since_ = now;
  const auto scope = marked ? engine::Core::Scope::kMarked : engine::Core::Scope::kTraded;
  const auto marked_max = std::max(kMarkedRows, processor_->pending_records());
  const bool snapshot_is_due = snapshotter_->is_due(processor_->apply_seq());
  if (snapshot_is_due) processor_->complete_identities();
  auto batch = processor_->take(scope, system_now(), marked_max, writer_->take_spent());
  if (marked && processor_->core().marked_left() == 0) marked_at_ = now;
  // The core holds just what the store will when this batch is in it.
  if (snapshot_is_due) snapshotter_->begin(processor_->core(), batch.apply_seq, system_now());
  writer_->submit(std::move(batch), std::exchange(on_stored_, {}));
}

// The writing thread's, as the next.
void App::write_snapshot(store::Store& store) {
  const auto dropped = snapshotter_->write_next(store);
  if (!dropped || !dropped->up_to) return;
  const std::lock_guard lock(mutex_);
  dropped_ = dropped;
}

void App::file_identities(store::Store& store, std::uint64_t up_to) {
  const auto piece = store.first_identity_piece(up_to);
  if (!piece) return;
  const auto executions = engine::IdentityPiece::parse(piece->bytes, piece->last_apply_seq);
  if (!executions) {  // recovery makes it anew
    throw store::StoreError("the identities of inputs " + std::to_string(piece->first_apply_seq) + " to " +
                            std::to_string(piece->last_apply_seq) + " cannot be read");
  }
  store.file_identities(*piece, *executions);
  const std::lock_guard lock(mutex_);
  filed_up_to_ = piece->last_apply_seq;
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
  std::uint64_t filed_up_to = 0;
  std::optional<store::DroppedDays> dropped;
  {
    const std::lock_guard lock(mutex_);
    committed.swap(committed_);
    std::swap(filed_up_to, filed_up_to_);
    dropped.swap(dropped_);
  }
  auto& executions = processor_->executions();
  if (filed_up_to > 0) executions.note_filed(filed_up_to);
  if (dropped) executions.note_dropped(*dropped->up_to, dropped->last_apply_seq);
  for (const auto& [id, row] : committed) {
    if (id == store::kEngineCursor) processor_->note_committed(row.sequence);
    if (id == store::kEngineCursor || id == store::kAlertsCursor) continue;
    transactions_->commit(position_of(row));
  }
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

#include "drop-copy/app.hpp"

#include <stdexcept>

#include "risk/service/log.hpp"
#include "risk/settings/log.hpp"

namespace risk::drop_copy {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

constexpr char kJournalCondition[] = "journal";
constexpr char kSequencesFile[] = "/fix-sequences";
constexpr char kContractsFile[] = "/fix-contracts";
constexpr milliseconds kStep{50};
constexpr milliseconds kReportInterval{200};
constexpr seconds kGoodbyeMax{3};  // for the answers to our Logouts
constexpr milliseconds kSendTimeMax{1'000};
constexpr std::uint32_t kMessagesQueuedMax = 200;  // what waits for a slow engine waits in the journal, not in memory

std::uint64_t uncommitted(const log::Writer& log) {
  return log::distance(log.committed(wire::kTransactionsTopic), log.last(wire::kTransactionsTopic));
}

}  // namespace

// The metrics of a session.
class DropCopyApp::Gauges {
 public:
  Gauges(service::Metrics& metrics, const std::string& session) {
    const service::Labels of{{"session", session}};
    const auto counter = [&](const char* name, const char* help) { return &metrics.counter(name, help, of); };
    const auto gauge = [&](const char* name, const char* help) { return &metrics.gauge(name, help, of); };
    logged_on_ = gauge("drop_copy_logged_on", "1 while the session is logged on.");
    last_sequence_ = gauge("drop_copy_last_sequence", "MsgSeqNum of the last message received.");
    journal_bytes_ = gauge("drop_copy_journal_bytes", "What the session's journal takes on the disk.");
    uncommitted_ = gauge("drop_copy_uncommitted_records", "Records that a durable consumer has not committed.");
    messages_ = counter("drop_copy_messages_total", "Application messages received.");
    fills_ = counter("drop_copy_fills_total", "Executions published.");
    quarantined_ = counter("drop_copy_quarantined_total", "Executions and messages published as rejected.");
    passed_over_ = counter("drop_copy_passed_over_total", "Messages that are no executions: statuses and others.");
    garbled_ = counter("drop_copy_garbled_total", "Messages that came garbled, and were asked for again.");
    gaps_ = counter("drop_copy_gaps_asked_total", "ResendRequests sent.");
    logons_ = counter("drop_copy_logons_total", "How often the session was logged on.");
  }

  void set(const Feed& feed, const log::Writer& log) {
    const auto raise = [](service::Counter* metric, std::uint64_t total) {
      metric->add(static_cast<double>(total) - metric->value());
    };
    const auto& totals = feed.totals();
    logged_on_->set(feed.is_logged_on() ? 1 : 0);
    last_sequence_->set(static_cast<double>(feed.last_received()));
    journal_bytes_->set(static_cast<double>(log.counters().kept_bytes));
    uncommitted_->set(static_cast<double>(uncommitted(log)));
    raise(messages_, totals.messages);
    raise(fills_, totals.fills);
    raise(quarantined_, totals.quarantined);
    raise(passed_over_, totals.passed_over);
    raise(garbled_, feed.garbled());
    raise(gaps_, totals.gaps_asked_for);
    raise(logons_, totals.logons);
  }

 private:
  service::Gauge *logged_on_, *last_sequence_, *journal_bytes_, *uncommitted_;
  service::Counter *messages_, *fills_, *quarantined_, *passed_over_, *garbled_, *gaps_, *logons_;
};

DropCopyApp::DropCopyApp(Options options, service::RunContext& context)
    : options_(std::move(options)), context_(context) {}

DropCopyApp::~DropCopyApp() {
  stop();
}

void DropCopyApp::start() {
  // No mistake in a file that several services share, but nothing to do for this one.
  if (options_.sessions.empty()) {
    throw std::runtime_error("drop_copy.sessions: none is given; deploy/config/drop-copy.yaml has some to play with");
  }
  health_.require(kJournalCondition, "not open yet");
  open_log();
  health_.met(kJournalCondition);
  std::vector<Feed*> feeds;
  for (std::size_t i = 0; i < options_.sessions.size(); ++i) {
    const auto& session = options_.sessions[i];
    const auto folder = options_.journal_of(session).directory;
    const FeedPaths paths{folder + kSequencesFile, folder + kContractsFile};
    feeds_.push_back(std::make_unique<Feed>(session, *writers_[i], paths));
    gauges_.push_back(std::make_unique<Gauges>(metrics_, session.name));
    feeds.push_back(feeds_.back().get());
  }
  lines_ = std::make_unique<Lines>(feeds);
  for (const auto& feed : feeds_) health_.require("session " + feed->options().name, feed->state());
  report();
  health_server_ = std::make_unique<service::HealthServer>(
      service::HealthServerOptions{options_.common.health_address, options_.common.health_port,
                                   options_.common.health_allowed_hosts},
      health_, metrics_);
  log_opened();
  thread_ = std::thread([this] { run(); });
}

void DropCopyApp::open_log() {
  const settings::Publishing place{.name = options_.stream_name,
                                   .bind = options_.bind,
                                   .curve = options_.curve,
                                   .port = options_.port,
                                   .replay_port = options_.replay_port,
                                   .messages_queued_max = kMessagesQueuedMax};
  std::vector<settings::PublishedStream> streams;
  for (const auto& session : options_.sessions) {
    streams.push_back({options_.stream_of(session), options_.journal_of(session)});
  }
  log::WriterHandlers handlers;
  handlers.on_note = [](const std::string& note) { service::log_warning("journal", {{"note", note}}); };
  handlers.on_problem = [this](const std::string& problem) { problem_log_.tell({{"problem", problem}}); };
  handlers.on_blocked = [this](const std::optional<std::string>& why) {
    if (why) {
      working_.rest();
      health_.not_met(kJournalCondition, *why);
    } else {
      health_.met(kJournalCondition);
    }
  };
  writers_ = settings::journaled_writers_at(place, streams)({wire::kTransactionsTopic}, std::move(handlers));
}

void DropCopyApp::log_opened() const {
  std::vector<service::Field> fields{{"endpoint", endpoint()}};
  const auto facts = log().facts();
  for (const auto& [name, number] : facts) fields.emplace_back(name, number);
  fields.insert(fields.end(), {{"journal", options_.journal.directory},
                               {"name", options_.stream_name},
                               {"sessions", feeds_.size()},
                               {"health_port", health_port()}});
  service::log_fields(service::LogLevel::kInfo, "publishing", fields);
  for (const auto& feed : feeds_) {
    const auto port = lines_->port_of(*feed);
    if (port != 0) service::log_info("listening", {{"session", feed->options().name}, {"port", port}});
  }
}

void DropCopyApp::stop() {
  stopping_.request_stop("stop");
  if (thread_.joinable()) {
    // A journal without room must not keep the process.
    if (!done_.wait_for(kGoodbyeMax + seconds{1})) log().interrupt();
    thread_.join();
  }
  health_server_.reset();
}

void DropCopyApp::run() noexcept {
  try {
    work();
  } catch (const std::exception& error) {
    health_.fail(error.what());
    context_.fail(error.what());
  }
  done_.request_stop("done");
}

void DropCopyApp::work() {
  auto report_at = Clock::now();
  while (!stopping_.stop_requested()) {
    working_.beat();
    lines_->step(kStep);
    for (const auto& feed : feeds_) feed->tick();
    commit();
    log().service();
    if (Clock::now() < report_at) continue;
    report();
    report_at = Clock::now() + kReportInterval;
  }
  say_goodbye();
  working_.rest();
  report();
  log().close(kSendTimeMax);
}

// What a peer sends until it has answered our Logout is taken, too.
void DropCopyApp::say_goodbye() {
  lines_->close_doors();
  for (const auto& feed : feeds_) feed->log_out("drop-copy stops");
  const auto deadline = Clock::now() + kGoodbyeMax;
  while (lines_->has_connections() && Clock::now() < deadline) {
    lines_->step(kStep);
    for (const auto& feed : feeds_) feed->tick();
    commit();
    log().service();
  }
  lines_.reset();
  commit();
}

void DropCopyApp::commit() {
  for (const auto& feed : feeds_) feed->commit();
}

void DropCopyApp::report() {
  for (std::size_t i = 0; i < feeds_.size(); ++i) {
    const Feed& feed = *feeds_[i];
    const std::string& name = feed.options().name;
    gauges_[i]->set(feed, *writers_[i]);
    auto facts = feed.facts();
    if (const std::uint64_t port = lines_ ? lines_->port_of(feed) : 0; port != 0) facts.emplace_back("port", port);
    health_.tell("session " + name, std::move(facts));
    if (feed.is_logged_on()) {
      health_.met("session " + name);
    } else {
      health_.not_met("session " + name, feed.state());
    }
    if (const auto contradiction = writers_[i]->contradiction()) {
      throw log::LogError(*contradiction +
                          ": it is not the journal that was published from; start with --reset-journal to go on in a "
                          "new epoch, or with an empty folder if this is a copy and the first is still in use");
    }
  }
}

}  // namespace risk::drop_copy

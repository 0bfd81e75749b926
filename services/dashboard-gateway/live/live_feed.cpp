#include "dashboard-gateway/live/live_feed.hpp"

#include <algorithm>
#include <exception>

#include "risk/base/text.hpp"
#include "risk/store/errors.hpp"

namespace risk::gateway {
namespace {

constexpr std::chrono::milliseconds kPollTime{100};
constexpr char kPublishersCondition[] = "one publisher a stream";
// Two heartbeats. After so long a standby's streams are listened to.
constexpr std::chrono::milliseconds kSilenceMax{2000};

}  // namespace

LiveFeed::LiveFeed(LiveFeedOptions options, LiveFeedParts parts, OpenReader open_reader)
    : options_(std::move(options)),
      parts_(parts),
      open_reader_(std::move(open_reader)),
      pulse_(parts.health.watch("live feed")),
      database_errors_(
          parts.metrics.counter("gateway_database_errors_total", "Questions the database did not answer.")),
      bad_records_(parts.metrics.counter("gateway_bad_records_total", "Records of the engine that cannot be read.")),
      retry_(options_.retry_min) {
  log::ReaderOptions streams;
  streams.topics = {wire::kAlertsTopic, wire::kExposuresTopic};
  streams.first_met = log::FirstMet::kFromHere;  // what was before is in the database
  streams.silence_max = kSilenceMax;
  log::ReaderHandlers handlers;
  handlers.on_records = [this](const log::Records& records) { on_records(records); };
  handlers.on_gap = [this](const log::Gap& gap) {
    missed_log_.tell(
        {{"publisher", gap.publisher}, {"first", gap.first.fields().sequence}, {"last", gap.last.fields().sequence}});
    load_due_ = true;
  };
  handlers.on_problem = [this](std::string_view reason) { problem_log_.tell({{"reason", reason}}); };
  reader_ = options_.engines.open(std::move(streams), std::move(handlers));
  parts_.health.require("database", "not read yet");
  parts_.health.require(kPublishersCondition, "listens to nobody yet");
  thread_ = std::thread([this] { run(); });
}

LiveFeed::~LiveFeed() {
  stop();
}

void LiveFeed::stop() {
  stopping_ = true;
  reader_->wake();
  if (thread_.joinable()) thread_.join();
}

void LiveFeed::run() {
  try {
    while (!stopping_) work();
  } catch (const std::exception& error) {
    parts_.on_death(std::string("the live feed ended: ") + error.what());
  }
  pulse_.rest();
}

void LiveFeed::work() {
  pulse_.rest();  // the database may take its time
  if (load_due_ && due(next_attempt_)) read_database();
  pulse_.beat();
  reader_->poll(kPollTime);
  note_streams();
  const auto streams = reader_->streams();
  parts_.status.set_own_streams(streams, Clock::now());
  report_conflicts(log::conflicts(streams));
  pulse_.rest();
  if (!load_due_) refresh();
}

void LiveFeed::report_conflicts(const std::string& conflicts) {
  if (conflicts.empty()) return parts_.health.met(kPublishersCondition);
  parts_.health.not_met(kPublishersCondition, conflicts);
}

void LiveFeed::on_records(const log::Records& records) {
  note_stream(records.stream());
  const bool are_alerts = records.topic == wire::kAlertsTopic;
  for (const auto payload : records.payloads) {
    if (are_alerts) {
      on_alert(payload);
    } else {
      on_exposures(payload);
    }
  }
}

void LiveFeed::note_streams() {
  for (const auto& status : reader_->streams()) note_stream(status.stream());
}

// A stream that is new is that of an engine that has started again.
void LiveFeed::note_stream(const log::StreamId& stream) {
  if (!known_.insert(stream).second) return;
  parts_.model.expect_another_history();
  load_due_ = true;
}

void LiveFeed::on_alert(std::string_view payload) {
  if (payload.empty()) return;  // of an event that a clean-up deleted
  const auto message = wire::decode_alert(payload);
  if (message) return parts_.model.apply(*message);
  bad_records_.add();
  bad_record_log_.tell({{"topic", wire::kAlertsTopic}, {"reason", message.error().reason}});
}

void LiveFeed::on_exposures(std::string_view payload) {
  const auto update = wire::decode_exposure_update(payload);
  if (update) {
    parts_.model.apply(*update, Clock::now());
    parts_.status.set_engine(*update, Clock::now());
    return;
  }
  bad_records_.add();
  bad_record_log_.tell({{"topic", wire::kExposuresTopic}, {"reason", update.error().reason}});
}

void LiveFeed::read_database() {
  try {
    if (!database_) database_ = open_reader_();
    parts_.model.load(read_live_load(*database_, parts_.model), Clock::now());
  } catch (const store::StoreError& error) {
    return database_lost(error.what());
  }
  load_due_ = false;
  retry_ = options_.retry_min;
  next_refresh_ = Clock::now() + options_.refresh_interval;
  parts_.health.met("database");
  parts_.status.set_database(true, "");
  read_log_.tell({});
}

// What no stream carries; and it shows whether the database is still there.
void LiveFeed::refresh() {
  if (!due(next_refresh_) || !due(next_attempt_)) return;
  try {
    if (!database_) database_ = open_reader_();
    parts_.model.set_limits(LimitTable(database_->limits()));
    next_refresh_ = Clock::now() + options_.refresh_interval;
  } catch (const store::StoreError& error) {
    return database_lost(error.what());
  }
  retry_ = options_.retry_min;
  parts_.health.met("database");
  parts_.status.set_database(true, "");
}

// What comes back may be another database, or an older copy: all of it is read again.
void LiveFeed::database_lost(const std::string& reason) {
  database_.reset();
  parts_.model.expect_another_history();
  load_due_ = true;
  database_errors_.add();
  parts_.health.not_met("database", reason);
  parts_.status.set_database(false, without_folders(reason));
  next_attempt_ = Clock::now() + retry_;
  next_refresh_ = next_attempt_;
  retry_ = std::min(retry_ * 2, options_.retry_max);
}

}  // namespace risk::gateway

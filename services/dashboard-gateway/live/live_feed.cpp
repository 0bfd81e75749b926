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
  bus::SubscriberOptions bus_options;
  bus_options.endpoints = options_.engine_endpoints;
  bus_options.silence_max = kSilenceMax;
  bus_options.curve = options_.curve;
  bus_options.topics = {wire::kAlertsTopic, wire::kExposuresTopic};
  bus_options.first_met = bus::SubscriberOptions::FirstMet::kFromHere;  // what was before is in the database
  bus::SubscriberHandlers handlers;
  handlers.on_record = [this](const bus::Record& record) { on_record(record); };
  handlers.on_gap = [this](const bus::Gap& gap) {
    missed_log_.tell({{"publisher", gap.publisher}, {"first", gap.first}, {"last", gap.last}});
    load_due_ = true;
  };
  handlers.on_bad_frame = [this](std::string_view reason) { bad_frame_log_.tell({{"reason", reason}}); };
  subscriber_ = std::make_unique<bus::Subscriber>(std::move(bus_options), std::move(handlers));
  parts_.health.require("database", "not read yet");
  parts_.health.require(kPublishersCondition, "listens to nobody yet");
  thread_ = std::thread([this] { run(); });
}

LiveFeed::~LiveFeed() {
  stop();
}

void LiveFeed::stop() {
  stopping_ = true;
  subscriber_->wake();
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
  subscriber_->poll(kPollTime);
  note_streams();
  const auto streams = subscriber_->streams();
  parts_.status.set_own_streams(streams, Clock::now());
  report_conflicts(bus::conflicts(streams));
  pulse_.rest();
  if (!load_due_) refresh();
}

void LiveFeed::report_conflicts(const std::string& conflicts) {
  if (conflicts.empty()) return parts_.health.met(kPublishersCondition);
  parts_.health.not_met(kPublishersCondition, conflicts);
}

void LiveFeed::on_record(const bus::Record& record) {
  if (!topics_.contains(record.stream)) note_streams();
  if (topics_[record.stream] == wire::kAlertsTopic) {
    on_alert(record.payload);
  } else {
    on_exposures(record.payload);
  }
}

// A record does not say its topic: the subscriber knows it of the stream. A stream that is new is that of an engine
// that has started again.
void LiveFeed::note_streams() {
  for (const bus::StreamStatus& status : subscriber_->streams()) {
    if (!topics_.emplace(status.id, status.topic).second) continue;
    parts_.model.expect_another_history();
    load_due_ = true;
  }
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
    if (!reader_) reader_ = open_reader_();
    parts_.model.load(read_live_load(*reader_, parts_.model), Clock::now());
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
    if (!reader_) reader_ = open_reader_();
    parts_.model.set_limits(LimitTable(reader_->limits()));
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
  reader_.reset();
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

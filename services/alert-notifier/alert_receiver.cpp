#include "alert-notifier/alert_receiver.hpp"

#include <algorithm>
#include <exception>

#include "alert-notifier/notification.hpp"
#include "risk/service/log.hpp"
#include "risk/wire/alert.hpp"

namespace risk::notifier {

using log::FirstMet;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds kPollTime{100};  // a stop is noticed so soon
// Two heartbeats. After so long a standby's stream is listened to.
constexpr milliseconds kSilenceMax{2000};

}  // namespace

AlertReceiver::AlertReceiver(AlertReceiverOptions options, StreamPositions positions, AlertReceiverParts parts)
    : options_(std::move(options)),
      positions_(std::move(positions)),
      parts_(std::move(parts)),
      channel_(parts_.delivery.channel()),
      condition_(condition(channel_)),
      received_(
          parts_.metrics.counter("notifier_alert_events_total", "Alert events received", {{"channel", channel_}})),
      skipped_(parts_.metrics.counter("notifier_skipped_alert_events_total", "Alert events nobody asked for",
                                      {{"channel", channel_}})),
      unreadable_(parts_.metrics.counter("notifier_unreadable_alert_events_total", "Records that are not alert events",
                                         {{"channel", channel_}})),
      missing_(parts_.metrics.counter("notifier_missing_alert_events_total", "Alert events that never came",
                                      {{"channel", channel_}})),
      pulse_(parts_.health.watch("reading for " + channel_)) {
  parts_.health.require(condition_, "nothing heard from " + options_.engines.name);
  for (const auto& [position, ahead] : positions_) {
    const auto& stream = position.stream();
    known_.insert(stream);
    for (const auto sequence : ahead) told_ahead_[stream].emplace(stream, position.fields().epoch, sequence);
  }
  reader_ = positions_.empty() ? make_scout() : make_follower();
  thread_ = std::thread([this] { run(); });
}

AlertReceiver::~AlertReceiver() {
  stop();
}

std::string AlertReceiver::condition(std::string_view channel) {
  return "alerts stream of " + std::string(channel);
}

void AlertReceiver::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

void AlertReceiver::run() {
  try {
    if (positions_.empty()) meet();
    while (!stopping_) {
      pulse_.beat();
      const std::size_t room = parts_.delivery.wait_for_room(kPollTime);
      if (room == 0) continue;
      reader_->poll(kPollTime, room);
      note_streams();
    }
  } catch (const std::exception& error) {
    parts_.on_death(error.what());
  }
  pulse_.rest();
}

// What comes meanwhile is had again by the follower, behind the position.
void AlertReceiver::meet() {
  while (!stopping_ && positions_.empty()) {
    pulse_.beat();
    reader_->poll(kPollTime);
    const auto streams = reader_->streams();
    if (positions_.empty() && !streams.empty()) {
      positions_ = {{streams[0].delivered, {}}};
    }
  }
  if (positions_.empty()) return;
  positions_ = {{parts_.first_contact(positions_[0].position), {}}};
  known_.insert(positions_[0].position.stream());
  reader_ = make_follower();
}

std::unique_ptr<log::Reader> AlertReceiver::make_scout() {
  log::ReaderHandlers handlers;
  handlers.on_records = [this](const log::Records& records) {
    if (positions_.empty()) positions_ = {{records.first.previous(), {}}};
  };
  handlers.on_problem = [this](std::string_view reason) { on_problem(reason); };
  return options_.engines.open(alerts_from(FirstMet::kFromHere), std::move(handlers));
}

std::unique_ptr<log::Reader> AlertReceiver::make_follower() {
  log::ReaderHandlers handlers;
  handlers.on_records = [this](const log::Records& records) {
    for (std::size_t i = 0; i < records.size(); ++i) on_record(records[i]);
  };
  handlers.on_gap = [this](const log::Gap& gap) { on_gap(gap); };
  handlers.on_problem = [this](std::string_view reason) { on_problem(reason); };
  auto reader = options_.engines.open(alerts_from(FirstMet::kFromBeginning), std::move(handlers));
  for (const auto& [position, ahead] : positions_) reader->resume_after(position);
  return reader;
}

log::ReaderOptions AlertReceiver::alerts_from(FirstMet first_met) {
  log::ReaderOptions alerts;
  alerts.topics = {wire::kAlertsTopic};
  alerts.first_met = first_met;
  alerts.silence_max = kSilenceMax;
  return alerts;
}

void AlertReceiver::note_streams() {
  const auto streams = reader_->streams();
  for (const auto& stream : streams) {
    if (!known_.insert(stream.stream()).second) continue;
    service::log_warning("the engine has another database: its alerts are told from the first one on",
                         {{"channel", channel_}, {"publisher", stream.publisher}, {"stream", stream.stream().text}});
  }
  const auto conflicts = log::conflicts(streams);
  const bool is_up = std::any_of(streams.begin(), streams.end(), [](const auto& stream) { return stream.is_up; });
  if (!conflicts.empty()) return parts_.health.not_met(condition_, conflicts);
  if (!is_up) return parts_.health.not_met(condition_, "nothing heard from " + options_.engines.name);
  parts_.health.met(condition_);
}

void AlertReceiver::on_record(const log::Record& record) {
  const auto position = record.position();
  Event event{position, std::nullopt};
  if (record.payload().empty()) return parts_.delivery.enqueue(std::move(event));  // a clean-up deleted it
  const auto told_ahead = told_ahead_.find(position.stream());
  if (told_ahead != told_ahead_.end() && told_ahead->second.erase(position) > 0) {
    return parts_.delivery.enqueue(std::move(event));
  }

  const auto& [stream, epoch, sequence, hash] = position.fields();
  const auto message = wire::decode_alert(record.payload());
  if (!message) {
    unreadable_.add();
    unreadable_log_.tell({{"channel", channel_},
                          {"publisher", record.publisher()},
                          {"sequence", sequence},
                          {"reason", message.error().reason}});
    return parts_.delivery.enqueue(std::move(event));
  }
  received_.add();
  if (const auto reason = reason_to_skip(message->event, options_.filter)) {
    skipped_.add();
    service::log_debug("alert event not told",
                       {{"channel", channel_}, {"event_id", message->event_id}, {"reason", *reason}});
  } else {
    event.notification = describe(*message, stream.text, epoch);
  }
  parts_.delivery.enqueue(std::move(event));
}

void AlertReceiver::on_problem(std::string_view reason) {
  problem_log_.tell({{"reason", reason}});
}

void AlertReceiver::on_gap(const log::Gap& gap) {
  missing_.add(static_cast<double>(gap.records()));
  missing_log_.tell({{"channel", channel_},
                     {"publisher", gap.publisher},
                     {"first", gap.first.fields().sequence},
                     {"last", gap.last.fields().sequence}});
  parts_.delivery.enqueue({gap.last, std::nullopt});
}

}  // namespace risk::notifier

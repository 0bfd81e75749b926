#include "alert-notifier/alert_receiver.hpp"

#include <algorithm>
#include <exception>

#include "alert-notifier/notification.hpp"
#include "risk/base/join.hpp"
#include "risk/service/log.hpp"
#include "risk/wire/alert.hpp"

namespace risk::notifier {

using FirstMet = bus::SubscriberOptions::FirstMet;
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
  parts_.health.require(condition_, "nothing heard from " + join(options_.endpoints, ", "));
  for (const auto& [position, ahead] : positions_) {
    known_.insert(position.stream);
    for (const auto sequence : ahead) told_ahead_.emplace(position.stream, position.epoch, sequence);
  }
  subscriber_ = positions_.empty() ? make_scout() : make_follower();
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
      subscriber_->poll(kPollTime, room);
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
    subscriber_->poll(kPollTime);
    const auto streams = subscriber_->streams();
    if (positions_.empty() && !streams.empty()) {
      positions_ = {{{streams[0].id, streams[0].epoch, streams[0].delivered}, {}}};
    }
  }
  if (positions_.empty()) return;
  positions_ = {{parts_.first_contact(positions_[0].position), {}}};
  known_.insert(positions_[0].position.stream);
  subscriber_ = make_follower();
}

std::unique_ptr<bus::Subscriber> AlertReceiver::make_scout() {
  return std::make_unique<bus::Subscriber>(
      subscription(FirstMet::kFromHere),
      bus::SubscriberHandlers{[this](const bus::Record& record) {
                                if (positions_.empty()) {
                                  positions_ = {{{record.stream, record.epoch, record.sequence - 1}, {}}};
                                }
                              },
                              {},
                              [this](std::string_view reason) { on_bad_frame(reason); }});
}

std::unique_ptr<bus::Subscriber> AlertReceiver::make_follower() {
  auto subscriber = std::make_unique<bus::Subscriber>(
      subscription(FirstMet::kFromBeginning),
      bus::SubscriberHandlers{[this](const bus::Record& record) { on_record(record); },
                              [this](const bus::Gap& gap) { on_gap(gap); },
                              [this](std::string_view reason) { on_bad_frame(reason); }});
  for (const auto& [position, ahead] : positions_) {
    subscriber->resume_after(position.stream, position.epoch, position.sequence);
  }
  return subscriber;
}

bus::SubscriberOptions AlertReceiver::subscription(FirstMet first_met) const {
  bus::SubscriberOptions subscription;
  subscription.endpoints = options_.endpoints;
  subscription.topics = {wire::kAlertsTopic};
  subscription.curve = options_.curve;
  subscription.first_met = first_met;
  subscription.silence_max = kSilenceMax;
  return subscription;
}

void AlertReceiver::note_streams() {
  const auto streams = subscriber_->streams();
  for (const auto& stream : streams) {
    if (!known_.insert(stream.id).second) continue;
    service::log_warning("the engine has another database: its alerts are told from the first one on",
                         {{"channel", channel_}, {"publisher", stream.publisher}, {"stream", stream.id.text}});
  }
  const auto conflicts = bus::conflicts(streams);
  const bool is_up = std::any_of(streams.begin(), streams.end(), [](const auto& stream) { return stream.up; });
  if (!conflicts.empty()) return parts_.health.not_met(condition_, conflicts);
  if (!is_up) return parts_.health.not_met(condition_, "nothing heard from " + join(options_.endpoints, ", "));
  parts_.health.met(condition_);
}

void AlertReceiver::on_record(const bus::Record& record) {
  Event event{{record.stream, record.epoch, record.sequence}, std::nullopt};
  if (record.payload.empty()) return parts_.delivery.enqueue(std::move(event));  // a clean-up deleted it
  if (told_ahead_.erase({record.stream, record.epoch, record.sequence}) > 0) {
    return parts_.delivery.enqueue(std::move(event));
  }

  const auto message = wire::decode_alert(record.payload);
  if (!message) {
    unreadable_.add();
    unreadable_log_.tell({{"channel", channel_},
                          {"publisher", record.publisher},
                          {"sequence", record.sequence},
                          {"reason", message.error().reason}});
    return parts_.delivery.enqueue(std::move(event));
  }
  received_.add();
  if (const auto reason = reason_to_skip(message->event, options_.filter)) {
    skipped_.add();
    service::log_debug("alert event not told",
                       {{"channel", channel_}, {"event_id", message->event_id}, {"reason", *reason}});
  } else {
    event.notification = describe(*message, record.stream.text, record.epoch);
  }
  parts_.delivery.enqueue(std::move(event));
}

void AlertReceiver::on_bad_frame(std::string_view reason) {
  bad_frame_log_.tell({{"reason", reason}});
}

void AlertReceiver::on_gap(const bus::Gap& gap) {
  missing_.add(static_cast<double>(gap.last - gap.first + 1));
  missing_log_.tell({{"channel", channel_}, {"publisher", gap.publisher}, {"first", gap.first}, {"last", gap.last}});
  parts_.delivery.enqueue({{gap.stream, gap.epoch, gap.last}, std::nullopt});
}

}  // namespace risk::notifier

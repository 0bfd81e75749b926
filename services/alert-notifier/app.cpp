#include "alert-notifier/app.hpp"

#include <algorithm>
#include <exception>
#include <ostream>
#include <random>
#include <string>

#include "alert-notifier/channels/email.hpp"
#include "alert-notifier/channels/log.hpp"
#include "alert-notifier/channels/slack.hpp"
#include "risk/base/timestamp.hpp"
#include "risk/service/log.hpp"

namespace risk::notifier {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr char kStreamCondition[] = "alerts stream";
constexpr milliseconds kPollTime{200};
constexpr milliseconds kDeliverAtStop{5'000};
constexpr milliseconds kStopTime{7'000};

std::vector<std::unique_ptr<Channel>> configured_channels(const Options& options) {
  std::vector<std::unique_ptr<Channel>> channels;
  if (!options.slack_webhook_url.empty()) channels.push_back(std::make_unique<SlackChannel>(options.slack_webhook_url));
  if (!options.email.to.empty()) channels.push_back(std::make_unique<EmailChannel>(options.email));
  return channels;
}

DeliveryOptions with_jitter(DeliveryOptions options) {
  options.jitter_seed = std::random_device()();
  return options;
}

}  // namespace

std::vector<std::unique_ptr<Channel>> make_channels(const Options& options) {
  auto channels = configured_channels(options);
  if (channels.empty()) channels.push_back(std::make_unique<LogChannel>());
  return channels;
}

int send_test_message(const Options& options, std::ostream& out) {
  const auto channels = configured_channels(options);
  if (channels.empty()) {
    out << "no channel is configured: set SLACK_WEBHOOK_URL, or SMTP_SERVER, ALERT_EMAIL_FROM and ALERT_EMAIL_TO\n";
    return 1;
  }
  const std::string now = format_timestamp(system_now());
  Notification notification;
  notification.event_key = notification.alert_key = "test-" + std::to_string(system_now().micros);
  notification.message = "Test message of the alert notifier: alerts will arrive like this";
  notification.facts = {{"Time", now}};
  int status = 0;
  for (const auto& channel : channels) {
    const Outcome outcome = channel->send(notification, {});
    const bool delivered = outcome.kind == Outcome::Kind::kDelivered;
    out << channel->name() << ": " << (delivered ? "delivered" : "failed")
        << (outcome.reason.empty() ? "" : ": " + outcome.reason) << std::endl;
    if (!delivered || !outcome.reason.empty()) status = 1;
  }
  return status;
}

NotifierApp::NotifierApp(Options options, service::RunContext& context)
    : options_(std::move(options)),
      context_(context),
      received_(metrics_.counter("notifier_alert_events_total", "Alert events received, repeats not counted")),
      repeated_(metrics_.counter("notifier_repeated_alert_events_total", "Alert events that came again")),
      skipped_(metrics_.counter("notifier_skipped_alert_events_total", "Alert events nobody asked for")),
      unreadable_(metrics_.counter("notifier_unreadable_alert_events_total", "Records that are not alert events")),
      missing_(metrics_.counter("notifier_missing_alert_events_total", "Alert events that never came")),
      filter_(make_filter(options_)) {}

NotifierApp::~NotifierApp() {
  stop();
}

void NotifierApp::start() {
  health_.require(kStreamCondition, "nothing heard from " + options_.engine.publish);
  health_server_ = std::make_unique<service::HealthServer>(
      service::HealthServerOptions{options_.common.health_address, options_.common.health_port}, health_, metrics_);
  teardown_.push("health server", [this](milliseconds) { health_server_.reset(); });

  for (auto& channel : make_channels(options_)) {
    service::log_info("channel", {{"name", channel->name()}});
    if (channel->name() == "log") service::log_warning("no channel is configured: alerts go to this log only");
    deliveries_.push_back(std::make_unique<Delivery>(std::move(channel), with_jitter(options_.delivery), metrics_));
  }
  teardown_.push("channels", [this](milliseconds remaining) {
    const auto deadline = steady_clock::now() + std::min(remaining, kDeliverAtStop);
    for (const auto& delivery : deliveries_) delivery->begin_stop();
    for (const auto& delivery : deliveries_) delivery->end_stop(deadline);
  });

  bus::SubscriberOptions subscription;
  subscription.endpoints = {options_.engine.publish};
  subscription.topics = {wire::kAlertsTopic};
  subscription.curve = options_.curve.client_of("risk-engine");
  subscription.first_met = bus::SubscriberOptions::FirstMet::kFromHere;  // nobody is told of yesterday's alerts
  subscriber_ = std::make_unique<bus::Subscriber>(
      std::move(subscription),
      bus::SubscriberHandlers{[this](const bus::Record& record) { on_record(record); },
                              [this](const bus::Gap& gap) { on_gap(gap); },
                              [](std::string_view reason) {
                                service::log_error("frame that cannot be read", {{"reason", reason}});
                              }});
  listener_ = std::thread([this] { listen(); });
  teardown_.push("alerts stream", [this](milliseconds) {
    stopping_ = true;
    subscriber_->wake();
    listener_.join();
  });
}

void NotifierApp::stop() {
  teardown_.run(kStopTime);
}

std::uint16_t NotifierApp::health_port() const {
  return health_server_->port();
}

void NotifierApp::listen() {
  try {
    while (!stopping_) {
      subscriber_->poll(kPollTime);
      note_stream();
    }
  } catch (const std::exception& error) {
    health_.fail(error.what());
    context_.fail(error.what());
  }
}

void NotifierApp::note_stream() {
  const auto streams = subscriber_->streams();
  const bool is_up = std::any_of(streams.begin(), streams.end(), [](const auto& stream) { return stream.up; });
  if (is_up == stream_is_up_) return;
  stream_is_up_ = is_up;
  if (is_up) {
    health_.met(kStreamCondition);
  } else {
    health_.not_met(kStreamCondition, "nothing heard from " + options_.engine.publish);
  }
}

void NotifierApp::on_record(const bus::Record& record) {
  const auto message = wire::decode_alert(record.payload);
  if (!message) {
    unreadable_.add();
    service::log_error(
        "alert event that cannot be read",
        {{"publisher", record.publisher}, {"sequence", record.sequence}, {"reason", message.error().reason}});
    return;
  }
  if (!repeats_.is_first(record.stream.text, record.epoch, message->event_id)) {
    repeated_.add();
    return;
  }
  received_.add();
  if (const auto reason = reason_to_skip(message->event, filter_)) {
    skipped_.add();
    service::log_debug("alert event not told", {{"event_id", message->event_id}, {"reason", *reason}});
    return;
  }
  const Notification notification = describe(*message, record.stream.text, record.epoch);
  for (const auto& delivery : deliveries_) delivery->enqueue(notification);
}

void NotifierApp::on_gap(const bus::Gap& gap) {
  missing_.add(static_cast<double>(gap.last - gap.first + 1));
  service::log_error("alert events are missing",
                     {{"publisher", gap.publisher}, {"first", gap.first}, {"last", gap.last}});
}

}  // namespace risk::notifier

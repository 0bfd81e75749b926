#include "alert-notifier/app.hpp"

#include <algorithm>
#include <ostream>
#include <random>
#include <string>

#include "alert-notifier/channels/email.hpp"
#include "alert-notifier/channels/log.hpp"
#include "alert-notifier/channels/slack.hpp"
#include "risk/base/timestamp.hpp"
#include "risk/service/log.hpp"
#include "risk/settings/log.hpp"

namespace risk::notifier {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr char kStateCondition[] = "state file";
constexpr milliseconds kDeliverAtStop{5'000};
constexpr milliseconds kStopTime{7'000};

std::vector<std::unique_ptr<Channel>> configured_channels(const Options& options) {
  std::vector<std::unique_ptr<Channel>> channels;
  if (!options.slack_webhook_url.empty()) channels.push_back(std::make_unique<SlackChannel>(options.slack_webhook_url));
  if (!options.email.to.empty()) channels.push_back(std::make_unique<EmailChannel>(options.email));
  return channels;
}

DeliveryOptions delivery_options(const Options& options, std::string_view channel) {
  DeliveryOptions delivery = options.delivery;
  delivery.interval = channel == "slack" ? options.slack_interval : options.email_interval;
  if (channel == "log") delivery.interval = milliseconds(0), delivery.summary_above = 0;  // a log takes everything
  delivery.jitter_seed = std::random_device()();
  return delivery;
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
  notification.event_key = notification.alert_key = "test-" + std::to_string(system_now().micros());
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
    : options_(std::move(options)), context_(context) {}

NotifierApp::~NotifierApp() {
  stop();
}

void NotifierApp::start() {
  state_ = std::make_unique<StateFile>(options_.state_path);
  health_.require(kStateCondition, "not opened");
  health_.met(kStateCondition);
  keeper_ = std::make_unique<UndeliveredKeeper>(
      UndeliveredOptions{options_.engine.command, options_.curve.client_of("risk-engine")}, health_);
  teardown_.push("undelivered alerts", [this](milliseconds) { keeper_->stop(); });
  auto channels = make_channels(options_);
  // Before anyone can ask: ready is who has heard the engine, and noted where it begins.
  for (const auto& channel : channels) health_.require(AlertReceiver::condition(channel->name()), "not started");
  health_server_ = std::make_unique<service::HealthServer>(
      service::HealthServerOptions{options_.common.health_address, options_.common.health_port,
                                   options_.common.health_allowed_hosts},
      health_, metrics_);
  teardown_.push("health server", [this](milliseconds) { health_server_.reset(); });

  for (auto& channel : channels) {
    const std::string name(channel->name());
    service::log_info("channel", {{"name", name}});
    if (name == "log") service::log_warning("no channel is configured: alerts go to this log only");
    const auto delivery = delivery_options(options_, name);
    deliveries_.push_back(std::make_unique<Delivery>(
        std::move(channel), delivery,
        DeliveryParts{metrics_, health_, [this, name](const Progress& progress) { note(name, progress); },
                      [this](Undelivered undelivered, std::function<void()> kept) {
                        keeper_->keep(std::move(undelivered), std::move(kept));
                      }}));
  }
  teardown_.push("channels", [this](milliseconds remaining) {
    const auto deadline = steady_clock::now() + std::min(remaining, kDeliverAtStop);
    for (const auto& delivery : deliveries_) delivery->begin_stop();
    keeper_->begin_stop();
    for (const auto& delivery : deliveries_) delivery->end_stop(deadline);
  });

  teardown_.push("alerts streams", [this](milliseconds) { receivers_.clear(); });
  for (const auto& delivery : deliveries_) {
    const std::string name(delivery->channel());
    receivers_.push_back(std::make_unique<AlertReceiver>(
        AlertReceiverOptions{settings::source_at(options_.engine.publish, options_.curve, "risk-engine"),
                             make_filter(options_)},
        state_->positions(name),
        AlertReceiverParts{*delivery, metrics_, health_,
                           [this](const log::Position& here) { return first_contact(here); },
                           [this](const std::string& reason) {
                             health_.fail(reason);
                             context_.fail(reason);
                           }}));
  }
}

void NotifierApp::stop() {
  teardown_.run(kStopTime);
}

std::uint16_t NotifierApp::health_port() const {
  return health_server_->port();
}

// For all channels that are new: what comes between the first one's contact and another's is for both.
log::Position NotifierApp::first_contact(const log::Position& here) {
  const std::lock_guard lock(first_contact_mutex_);
  if (first_contact_) return *first_contact_;
  first_contact_ = here;
  const auto& fields = here.fields();
  for (const auto& delivery : deliveries_) {
    const std::string channel(delivery->channel());
    if (!state_->positions(channel).empty()) continue;
    service::log_info(
        "first contact: alerts are told from here on",
        {{"channel", channel}, {"stream", fields.stream.text}, {"epoch", fields.epoch}, {"after", fields.sequence}});
    note(channel, {here, {}});
  }
  return here;
}

// A disk that is full keeps nobody from being told: at worst they are told again after a restart.
void NotifierApp::note(const std::string& channel, const Progress& progress) {
  try {
    state_->note(channel, progress);
    health_.met(kStateCondition);
  } catch (const StateError& error) {
    health_.not_met(kStateCondition, error.what());
  }
}

}  // namespace risk::notifier

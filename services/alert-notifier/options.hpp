// What a user can set about the notifier (YAML section `notifier`).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "alert-notifier/channels/email.hpp"
#include "alert-notifier/delivery.hpp"
#include "alert-notifier/filter.hpp"
#include "risk/base/secret.hpp"
#include "risk/service/options.hpp"
#include "risk/service/run.hpp"
#include "risk/settings/curve.hpp"
#include "risk/settings/settings.hpp"

namespace risk::notifier {

struct Options {
  service::CommonOptions common;
  settings::EngineEndpoints engine;
  settings::CurveOptions curve;
  std::vector<std::string> events{"OPENED", "ESCALATED", "WORSENED", "RESOLVED", "ACKNOWLEDGED"};
  engine::Severity minimum_severity = engine::Severity::kLow;
  Secret slack_webhook_url;                         // empty: no Slack
  std::chrono::milliseconds slack_interval{1'000};  // Slack takes one message a second of a webhook
  EmailSettings email;
  std::chrono::milliseconds email_interval{2'000};  // large mail services take 30 a minute of a sender
  DeliveryOptions delivery;
  std::string state_path = "var/alert-notifier.state";
  bool send_test = false;

  Options();
};

// Precondition: the events are names of alert events, which parse_options() judges.
Filter make_filter(const Options& options);

// Declares every option; `options` must outlive set.parse().
void declare_options(service::OptionSet& set, Options& options);

// Reads all sources into `options`. An exit status: do not go on.
std::optional<int> parse_options(int argc, const char* const* argv, Options& options);

}  // namespace risk::notifier

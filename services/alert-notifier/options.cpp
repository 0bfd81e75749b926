#include "alert-notifier/options.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "alert-notifier/channels/mail.hpp"
#include "alert-notifier/clear_text.hpp"
#include "risk/base/id.hpp"
#include "risk/service/file.hpp"

namespace risk::notifier {
namespace {

using namespace std::chrono_literals;

constexpr std::pair<const char*, SmtpSecurity> kSecurities[] = {{"auto", SmtpSecurity::kAuto},
                                                                {"starttls", SmtpSecurity::kStartTls},
                                                                {"tls", SmtpSecurity::kTls},
                                                                {"none", SmtpSecurity::kNone}};

std::optional<std::string> set_security(std::string_view text, SmtpSecurity& security) {
  for (const auto& [name, value] : kSecurities) {
    if (text != name) continue;
    security = value;
    return std::nullopt;
  }
  return "one of auto, starttls, tls, none";
}

std::optional<std::string> set_severity(std::string_view text, engine::Severity& severity) {
  const auto parsed = engine::parse_enum<engine::Severity>(text);
  if (!parsed) return "one of LOW, MEDIUM, HIGH, CRITICAL";
  severity = *parsed;
  return std::nullopt;
}

std::vector<std::string> event_mistakes(const std::vector<std::string>& events) {
  std::vector<std::string> mistakes;
  for (const auto& event : events) {
    if (engine::parse_enum<engine::AlertEventType>(event)) continue;
    mistakes.push_back("notifier.events '" + printable(event) +
                       "': must be one of OPENED, ESCALATED, WORSENED, RESOLVED, ACKNOWLEDGED, ASSIGNED, COMMENTED, "
                       "SILENCED");
  }
  if (events.empty()) mistakes.push_back("notifier.events: at least one is needed");
  return mistakes;
}

// Names the option, never the value: an address that is wrong may still hold the token.
std::vector<std::string> webhook_mistakes(const Secret& url) {
  if (url.empty()) return {};
  const std::string_view text = url.reveal();
  const auto scheme_end = text.find("://");
  const std::string_view scheme = text.substr(0, scheme_end);
  const bool has_host = scheme_end != std::string_view::npos && text.size() > scheme_end + 3 &&
                        text[scheme_end + 3] != '/' && text[scheme_end + 3] != ':';
  const bool printable_ascii = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 127; });
  if ((scheme == "https" || scheme == "http") && has_host && printable_ascii) return {};
  return {"notifier.slack.webhook_url: must be an address such as https://hooks.slack.com/services/..."};
}

bool is_host(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == '_' || c == ':';
  });
}

std::vector<std::string> email_mistakes(const EmailSettings& email) {
  if (email.to.empty()) return {};
  std::vector<std::string> mistakes;
  const auto judge = [&mistakes](const std::string& key, const std::string& value, const std::string& problem) {
    if (!problem.empty()) mistakes.push_back("notifier.email." + key + " '" + printable(value) + "': " + problem);
  };
  const SmtpServer& server = email.server;
  for (const auto& address : email.to) judge("to", address, address_problem(address));
  judge("from", email.from, email.from.empty() ? "needed to send mail: ALERT_EMAIL_FROM" : address_problem(email.from));
  judge("server", server.host, server.host.empty() ? "needed to send mail: SMTP_SERVER" : "");
  judge("server", server.host, is_host(server.host) ? "" : "must be a host name or an address");
  judge("username", server.username,
        server.username.empty() == server.password.empty() ? "" : "SMTP_USERNAME and SMTP_PASSWORD need each other");
  const auto no_file = server.ca_file.empty() ? std::nullopt : service::file_problem(server.ca_file);
  judge("ca_file", server.ca_file, no_file ? "cannot be read: " + *no_file : "");
  return mistakes;
}

std::vector<std::string> foreign_sections() {
  auto sections = settings::all_sections();
  std::erase_if(sections, [](const std::string& section) {
    return section == "notifier" || section == "bus" || section == "log" || section == "health";
  });
  return sections;
}

}  // namespace

Options::Options() {
  common.log.service = "alert-notifier";
  common.health_port = 9103;
  delivery.summary_above = 20;
}

Filter make_filter(const Options& options) {
  Filter filter;
  filter.events.clear();
  for (const auto& event : options.events) filter.events.insert(*engine::parse_enum<engine::AlertEventType>(event));
  filter.minimum_severity = options.minimum_severity;
  return filter;
}

void declare_options(service::OptionSet& set, Options& options) {
  service::add_common_options(set, options.common);
  settings::add_engine_stream_option(set, options.engine);
  settings::add_engine_command_option(set, options.engine);
  settings::add_curve_options(set, options.curve, "alert-notifier", {"risk-engine"});
  set.ignore_sections(foreign_sections());
  set.know_variables(settings::all_variables());

  set.add_list({"notifier.events", "--events", {"NOTIFIER_EVENTS"}, "Alert events that people are told of"},
               options.events);
  set.add_custom(
      {"notifier.minimum_severity",
       "--minimum-severity",
       {"NOTIFIER_MINIMUM_SEVERITY"},
       "Alerts below it are not told: LOW, MEDIUM, HIGH, CRITICAL"},
      [&options](std::string_view text) { return set_severity(text, options.minimum_severity); }, "LOW");
  set.add_secret({"notifier.slack.webhook_url", "", {"SLACK_WEBHOOK_URL"}, "Slack incoming webhook"},
                 options.slack_webhook_url);
  set.add_milliseconds({"notifier.slack.interval",
                        "--slack-interval",
                        {"NOTIFIER_SLACK_INTERVAL"},
                        "Least time between two messages to Slack"},
                       options.slack_interval, 0ms, 10min);

  SmtpServer& server = options.email.server;
  set.add_text({"notifier.email.server", "--smtp-server", {"SMTP_SERVER"}, "Mail server"}, server.host);
  set.add_integer({"notifier.email.port", "--smtp-port", {"SMTP_PORT"}, "Its port"}, server.port, std::uint16_t{1},
                  std::uint16_t{65535});
  set.add_text({"notifier.email.username", "--smtp-username", {"SMTP_USERNAME"}, "Login, if it wants one"},
               server.username);
  set.add_secret({"notifier.email.password", "", {"SMTP_PASSWORD"}, "Password of the login"}, server.password);
  set.add_custom(
      {"notifier.email.security",
       "--smtp-security",
       {"SMTP_SECURITY"},
       "auto (TLS on port 465, STARTTLS on 587 and with a login), starttls, tls, none"},
      [&server](std::string_view text) { return set_security(text, server.security); }, "auto");
  set.add_text({"notifier.email.ca_file", "--smtp-ca-file", {"SMTP_CA_FILE"}, "Certificates to trust as well, PEM"},
               server.ca_file);
  set.add_text({"notifier.email.from", "--email-from", {"ALERT_EMAIL_FROM"}, "Sender"}, options.email.from);
  set.add_list({"notifier.email.to", "--email-to", {"ALERT_EMAIL_TO"}, "Recipients"}, options.email.to);
  set.add_milliseconds(
      {"notifier.email.interval", "--email-interval", {"NOTIFIER_EMAIL_INTERVAL"}, "Least time between two mails"},
      options.email_interval, 0ms, 10min);

  set.add_text({"notifier.state_path",
                "--state-path",
                {"NOTIFIER_STATE_PATH"},
                "File that says which alerts people were told of"},
               options.state_path);
  RetryPolicy& retry = options.delivery.retry;
  set.add_integer({"notifier.queue_max", "--queue-max", {"NOTIFIER_QUEUE_MAX"}, "Alerts that wait for a channel"},
                  options.delivery.queue_max, std::uint64_t{1}, std::uint64_t{1'000'000});
  set.add_integer({"notifier.summary_above",
                   "--summary-above",
                   {"NOTIFIER_SUMMARY_ABOVE"},
                   "More alert events than this that wait go as one summary; 0: never"},
                  options.delivery.summary_above, std::uint64_t{0}, std::uint64_t{1'000'000});
  set.add_milliseconds({"notifier.retry.first_wait",
                        "--retry-first-wait",
                        {"NOTIFIER_RETRY_FIRST_WAIT"},
                        "Wait after the first failure; doubles from there"},
                       retry.first_wait, 1ms, 10min);
  set.add_milliseconds({"notifier.retry.longest_wait",
                        "--retry-longest-wait",
                        {"NOTIFIER_RETRY_LONGEST_WAIT"},
                        "Longest wait between attempts"},
                       retry.longest_wait, 1ms, 60min);
  set.add_milliseconds({"notifier.retry.give_up_after",
                        "--retry-give-up-after",
                        {"NOTIFIER_RETRY_GIVE_UP_AFTER"},
                        "What waits so long for a channel that fails is undelivered: riskctl notify undelivered"},
                       retry.give_up_after, 1ms, 7 * 24h);
  set.add_bool({"", "--test", {}, "Send a test message through every configured channel, say what came of it, exit"},
               options.send_test);

  set.add_check([&options] { return event_mistakes(options.events); });
  set.add_check([&options] {
    return options.state_path.empty() ? std::vector<std::string>{"notifier.state_path: must not be empty"}
                                      : std::vector<std::string>{};
  });
  set.add_check([&options] { return webhook_mistakes(options.slack_webhook_url); });
  set.add_check([&options] { return email_mistakes(options.email); });
  set.add_warning([&options] { return clear_text_warnings(options); });
}

std::optional<int> parse_options(int argc, const char* const* argv, Options& options) {
  service::OptionSet set("alert-notifier",
                         "Tells people of alerts: Slack, e-mail, or the log when neither is configured.");
  declare_options(set, options);
  return set.parse(argc, argv);
}

}  // namespace risk::notifier

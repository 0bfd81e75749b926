#include "alert-notifier/channels/slack.hpp"

#include <nlohmann/json.hpp>

namespace risk::notifier {
namespace {

std::string escaped(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    if (c == '&') {
      safe += "&amp;";
    } else if (c == '<') {
      safe += "&lt;";
    } else if (c == '>') {
      safe += "&gt;";
    } else {
      safe.push_back(c);
    }
  }
  return safe;
}

const char* colour(const Notification& notification) {
  if (notification.event == engine::AlertEventType::kResolved) return "#2eb67d";
  switch (notification.severity) {
    case engine::Severity::kLow:
      return "#4a90d9";
    case engine::Severity::kMedium:
      return "#ecb22e";
    case engine::Severity::kHigh:
      return "#e8731a";
    case engine::Severity::kCritical:
      return "#c4161c";
  }
  return "#808080";
}

}  // namespace

std::string slack_payload(const Notification& notification) {
  constexpr std::size_t kShortBytesMax = 40;
  auto fields = nlohmann::json::array();
  for (const auto& fact : notification.facts) {
    const bool is_short = fact.text.size() <= kShortBytesMax && fact.text.find('\n') == std::string::npos;
    fields.push_back({{"title", escaped(fact.label)}, {"value", escaped(fact.text)}, {"short", is_short}});
  }
  const std::string people = notification.what_people.empty() ? "" : "\n" + notification.what_people;
  const nlohmann::json payload{
      {"text", escaped(notification.message + people)},
      {"mrkdwn", false},  // an underscore in an id is an underscore
      {"attachments",
       nlohmann::json::array(
           {{{"color", colour(notification)}, {"fallback", escaped(headline(notification))}, {"fields", fields}}})}};
  return payload.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Outcome judge_slack_reply(const HttpReply& reply) {
  if (reply.status == 0) return {Outcome::Kind::kTryAgain, reply.error, {}};
  if (reply.status == 200) return {Outcome::Kind::kDelivered, "", {}};
  const bool later = reply.status == 408 || reply.status == 429 || reply.status >= 500;
  return {later ? Outcome::Kind::kTryAgain : Outcome::Kind::kRefused,
          "status " + std::to_string(reply.status) + ": " + reply.body, reply.retry_after};
}

SlackChannel::SlackChannel(Secret webhook_url) : webhook_url_(std::move(webhook_url)) {
  scrubber_.hide_url(webhook_url_);
}

Outcome SlackChannel::send(const Notification& notification, std::stop_token cancel) {
  Outcome outcome = judge_slack_reply(client_.post_json(webhook_url_, slack_payload(notification), std::move(cancel)));
  outcome.reason = scrubber_.scrub(outcome.reason);
  return outcome;
}

}  // namespace risk::notifier

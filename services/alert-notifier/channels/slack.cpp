#include "alert-notifier/channels/slack.hpp"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string_view>

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

// Some proxies and portals answer 200 with a page of their own.
bool is_delivered(const HttpReply& reply) {
  if (reply.status == 200) return reply.body.substr(0, reply.body.find_last_not_of(" \r\n") + 1) == "ok";
  return reply.status == 201 || reply.status == 202 || reply.status == 204;
}

bool is_about_message(const HttpReply& reply) {
  // What Slack answers with 400 when the webhook itself is at fault.
  static constexpr std::string_view kOfWebhook[] = {"action_prohibited", "channel_is_archived", "channel_not_found",
                                                    "invalid_token",     "no_active_hooks",     "no_service",
                                                    "no_team",           "team_disabled",       "user_not_found"};
  const bool may_be = reply.status == 400 || reply.status == 413 || reply.status == 414 || reply.status == 422;
  const auto names_webhook = [&](std::string_view word) { return reply.body.find(word) != std::string::npos; };
  return may_be && std::none_of(std::begin(kOfWebhook), std::end(kOfWebhook), names_webhook);
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
  if (reply.status == 0) return {Outcome::Kind::kTryAgain, reply.error, {}, "unreachable"};
  if (is_delivered(reply)) return {};
  return {is_about_message(reply) ? Outcome::Kind::kRefused : Outcome::Kind::kTryAgain,
          "status " + std::to_string(reply.status) + ": " + reply.body, reply.retry_after,
          "http_" + std::to_string(reply.status)};
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

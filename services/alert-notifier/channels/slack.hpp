// Alerts to a Slack channel, through an incoming webhook. Whoever knows the webhook's address may post: it is a secret.
#pragma once

#include <string>

#include "alert-notifier/channels/channel.hpp"
#include "alert-notifier/channels/scrub.hpp"
#include "alert-notifier/channels/transfer.hpp"
#include "risk/base/secret.hpp"

namespace risk::notifier {

// The JSON that Slack takes. & < > are escaped, so that an id cannot become a link or call a channel.
std::string slack_payload(const Notification& notification);

// What a reply means. Delivered: 200 with the body "ok", by which Slack is told from what stands before it, 201, 202
// and 204. About this message alone: 400, 413, 414 and 422, unless the body names the webhook or its channel. Anything
// else, also a redirect, which is not followed, fails every message: try again.
Outcome judge_slack_reply(const HttpReply& reply);

class SlackChannel : public Channel {
 public:
  explicit SlackChannel(Secret webhook_url);

  std::string_view name() const override { return "slack"; }
  Outcome send(const Notification& notification, std::stop_token cancel) override;

 private:
  Secret webhook_url_;
  Scrubber scrubber_;
  HttpClient client_;
};

}  // namespace risk::notifier

// Alerts as mails, through one SMTP server.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "alert-notifier/channels/channel.hpp"
#include "alert-notifier/channels/scrub.hpp"
#include "alert-notifier/channels/transfer.hpp"
#include "risk/base/timestamp.hpp"

namespace risk::notifier {

struct EmailSettings {
  SmtpServer server;
  std::string from;
  std::vector<std::string> to;  // empty: no mail
};

class EmailChannel : public Channel {
 public:
  // `wall_clock` dates the mails.
  explicit EmailChannel(EmailSettings settings, std::function<Timestamp()> wall_clock = system_now);

  std::string_view name() const override { return "email"; }
  Outcome send(const Notification& notification, std::stop_token cancel) override;

 private:
  EmailSettings settings_;
  std::function<Timestamp()> wall_clock_;
  Scrubber scrubber_;
  SmtpClient client_;
};

}  // namespace risk::notifier

// Alerts as lines of the log, for when no other channel is configured.
#pragma once

#include "alert-notifier/channels/channel.hpp"

namespace risk::notifier {

class LogChannel : public Channel {
 public:
  std::string_view name() const override { return "log"; }
  Outcome send(const Notification& notification, std::stop_token cancel) override;
};

}  // namespace risk::notifier

#include "alert-notifier/channels/log.hpp"

#include "risk/service/log.hpp"

namespace risk::notifier {

Outcome LogChannel::send(const Notification& notification, std::stop_token) {
  service::log_warning("alert", {{"event", to_string(notification.event)},
                                 {"severity", to_string(notification.severity)},
                                 {"alert", notification.message},
                                 {"people", notification.what_people},
                                 {"key", notification.event_key}});
  return {};
}

}  // namespace risk::notifier

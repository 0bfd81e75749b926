// What is sent instead of a notification that cannot go as it is: pure functions.
#pragma once

#include <vector>

#include "alert-notifier/notification.hpp"

namespace risk::notifier {

inline constexpr std::size_t kWorstMax = 10;

// One message for many events, in their order: how many there were of each kind, and the worst of the alerts that are
// not over, each as of its last event. Precondition: at least one event.
Notification summarise(const std::vector<const Notification*>& events);

// The same in few plain bytes, for a channel that does not take it whole: of a summary its counts.
Notification shortened(const Notification& notification);

// That a channel does not take an event, without a text of the event's own: what could be refused is not in it. Of a
// summary it still says how many events of which kind.
Notification notice_of(const Notification& notification);

}  // namespace risk::notifier

// What a channel is given: an alert's event, told once for all channels. Pure values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "risk/engine/types.hpp"
#include "risk/wire/alert.hpp"

namespace risk::notifier {

// One line of the evidence. A text of several lines is a list.
struct Fact {
  std::string label;
  std::string text;

  friend bool operator==(const Fact&, const Fact&) = default;
};

// Which event of the engine's a notification tells.
struct EventRef {
  std::string stream;  // of alert events: ids are unique only within it
  std::uint64_t event_id = 0;
  std::uint64_t alert_id = 0;

  friend bool operator==(const EventRef&, const EventRef&) = default;
};

struct Notification {
  EventRef of;            // empty: a summary tells no single event
  std::string event_key;  // of the event: the same when the event is told again
  std::string alert_key;  // of the alert: the same for all of its events
  engine::Severity severity = engine::Severity::kLow;
  engine::AlertEventType event = engine::AlertEventType::kOpened;
  std::string message;        // the engine's sentence, verbatim
  std::string what_people;    // "Acknowledged by anna"; "" when the event comes from the core
  std::vector<Fact> facts;    // what a person needs to answer "why?", most important first
  std::int64_t ratio_e4 = 0;  // value / limit scaled 10^4: which of two is worse, at the same severity

  bool is_summary() const { return of == EventRef{}; }
  // An alert that opened as CRITICAL or became so: it waits for nobody.
  bool is_urgent() const {
    const bool begins = event == engine::AlertEventType::kOpened || event == engine::AlertEventType::kEscalated;
    return begins && severity == engine::Severity::kCritical;
  }

  friend bool operator==(const Notification&, const Notification&) = default;
};

// `stream` and `epoch` are those of the record that carried the message: event ids are unique only within them.
Notification describe(const wire::AlertMessage& message, std::string_view stream, std::uint64_t epoch);

// One line that says it all, for a subject: "[CRITICAL] Client CLIENT_001 gross exposure ...". No control characters.
std::string headline(const Notification& notification);

}  // namespace risk::notifier

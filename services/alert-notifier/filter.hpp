// The first stages an alert's event passes: is it one that people asked for, and is it the first time it comes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>

#include "risk/engine/types.hpp"
#include "risk/wire/alert.hpp"

namespace risk::notifier {

struct Filter {
  std::set<engine::AlertEventType> events{engine::AlertEventType::kOpened, engine::AlertEventType::kEscalated,
                                          engine::AlertEventType::kWorsened, engine::AlertEventType::kResolved,
                                          engine::AlertEventType::kAcknowledged};
  engine::Severity minimum_severity = engine::Severity::kLow;
};

// Why nobody is told ("event COMMENTED is not asked for"), or nothing when they are.
std::optional<std::string> reason_to_skip(const engine::AlertEvent& event, const Filter& filter);

// Alerts are published at least once. Remembers the newest `remembered_max` events, so its memory is bounded; the
// repeats it is there for follow soon after their first. Not thread-safe.
class RepeatFilter {
 public:
  explicit RepeatFilter(std::size_t remembered_max = 50'000);

  // True the first time this event comes. An event of another epoch is another event.
  bool is_first(std::string_view stream, std::uint64_t epoch, std::uint64_t event_id);

 private:
  std::size_t remembered_max_;
  std::unordered_set<std::string> seen_;
  std::deque<const std::string*> oldest_first_;  // into seen_
};

}  // namespace risk::notifier

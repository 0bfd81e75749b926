// The first stage an alert's event passes: is it one that people asked for.
#pragma once

#include <optional>
#include <set>
#include <string>

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

}  // namespace risk::notifier

#include "alert-notifier/filter.hpp"

namespace risk::notifier {

std::optional<std::string> reason_to_skip(const engine::AlertEvent& event, const Filter& filter) {
  if (!filter.events.contains(event.type)) {
    return "event " + std::string(to_string(event.type)) + " is not asked for";
  }
  if (event.severity < filter.minimum_severity) {
    return "severity " + std::string(to_string(event.severity)) + " is below " +
           std::string(to_string(filter.minimum_severity));
  }
  return std::nullopt;
}

}  // namespace risk::notifier

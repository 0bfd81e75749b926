#include "alert-notifier/filter.hpp"

#include "risk/base/check.hpp"

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

RepeatFilter::RepeatFilter(std::size_t remembered_max) : remembered_max_(remembered_max) {
  RISK_CHECK(remembered_max > 0);
}

bool RepeatFilter::is_first(std::string_view stream, std::uint64_t epoch, std::uint64_t event_id) {
  const auto [seen, is_new] =
      seen_.insert(std::to_string(event_id) + "." + std::to_string(epoch) + "." + std::string(stream));
  if (!is_new) return false;
  oldest_first_.push_back(&*seen);
  if (oldest_first_.size() > remembered_max_) {
    seen_.erase(seen_.find(*oldest_first_.front()));
    oldest_first_.pop_front();
  }
  return true;
}

}  // namespace risk::notifier

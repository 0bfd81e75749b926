#include "risk/base/throttle.hpp"

#include <utility>

namespace risk {

std::optional<std::uint64_t> Throttle::admit(std::string_view key, Instant now) {
  if (const auto found = entries_.find(key); found != entries_.end()) {
    Entry& entry = found->second;
    if (is_over(entry, now)) {
      entry.admitted = now;
      return std::exchange(entry.kept_back, 0);
    }
    ++entry.kept_back;
    return std::nullopt;
  }
  if (entries_.size() >= kKeysMax) {
    std::erase_if(entries_, [&](const auto& item) { return is_over(item.second, now); });
    if (entries_.size() >= kKeysMax) return std::nullopt;
  }
  entries_.emplace(key, Entry{now});
  return 0;
}

std::optional<std::uint64_t> Throttle::take_due(std::string_view key, Instant now) {
  const auto found = entries_.find(key);
  if (found == entries_.end() || found->second.kept_back == 0 || !is_over(found->second, now)) return std::nullopt;
  found->second.admitted = now;
  return std::exchange(found->second.kept_back, 0);
}

std::uint64_t Throttle::kept_back(std::string_view key) const {
  const auto found = entries_.find(key);
  return found == entries_.end() ? 0 : found->second.kept_back;
}

}  // namespace risk

#include "risk/http/refusal_log.hpp"

#include <utility>

namespace risk::http {
namespace {

constexpr std::array<std::string_view, kTroubles> kMessages{
    "connections refused: their address has as many as one may",
    "connections refused: there are as many as this server takes",
    "requests cut off: they did not come in in time",
    "requests slowed down: their address sends more than one may",
    "requests refused: their Host is not one of ours",
    "cannot accept connections",
    "WebSocket clients closed: they send more than one may"};

}  // namespace

std::optional<Warning> RefusalLog::note(Trouble trouble, const std::string& address, const std::string& detail,
                                        Instant now) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[static_cast<std::size_t>(trouble)];
  ++entry.unsaid;
  entry.address = address;
  entry.detail = detail;
  if (entry.said && now - *entry.said < interval_) return std::nullopt;
  return say(trouble, entry, now);
}

std::vector<Warning> RefusalLog::due(Instant now) {
  const std::lock_guard lock(mutex_);
  std::vector<Warning> warnings;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    Entry& entry = entries_[i];
    if (entry.unsaid > 0 && now - *entry.said >= interval_)
      warnings.push_back(say(static_cast<Trouble>(i), entry, now));
  }
  return warnings;
}

Warning RefusalLog::say(Trouble trouble, Entry& entry, Instant now) const {
  entry.said = now;
  return {kMessages[static_cast<std::size_t>(trouble)], entry.address, entry.detail, std::exchange(entry.unsaid, 0)};
}

}  // namespace risk::http

#include "risk/http/refusal_log.hpp"

namespace risk::http {
namespace {

constexpr std::array<std::string_view, kRefusalReasons> kMessages{
    "connections refused: their address has as many as one may",
    "connections refused: there are as many as this server takes",
    "requests cut off: they did not come in in time",
    "requests slowed down: their address sends more than one may",
    "requests refused: their Host is not one of ours",
    "cannot accept connections",
    "WebSocket clients closed: they send more than one may"};

}  // namespace

std::optional<Warning> RefusalLog::note(RefusalReason reason, const std::string& address, const std::string& detail,
                                        Instant now) {
  const std::lock_guard lock(mutex_);
  const auto i = static_cast<std::size_t>(reason);
  latest_[i] = {address, detail};
  const auto kept_back = throttle_.admit(kMessages[i], now);
  if (!kept_back) return std::nullopt;
  return Warning{kMessages[i], address, detail, *kept_back + 1};
}

std::vector<Warning> RefusalLog::due(Instant now) {
  const std::lock_guard lock(mutex_);
  std::vector<Warning> warnings;
  for (std::size_t i = 0; i < kRefusalReasons; ++i) {
    const auto count = throttle_.take_due(kMessages[i], now);
    if (count) warnings.push_back({kMessages[i], latest_[i].address, latest_[i].detail, *count});
  }
  return warnings;
}

}  // namespace risk::http

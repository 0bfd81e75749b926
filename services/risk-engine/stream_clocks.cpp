#include "risk-engine/stream_clocks.hpp"

#include <algorithm>
#include <limits>

#include "risk/base/decimal.hpp"

namespace risk::risk_engine {

void StreamClock::note(Timestamp executed_at, bool late, Timestamp wall) {
  noted_at_ = wall;
  latest_ = std::max(latest_.value_or(executed_at), executed_at);
  recent_late_ += (late ? 1 : 0) - (late_[next_] ? 1 : 0);
  late_[next_] = late;
  recent_ = std::min<std::uint32_t>(recent_ + 1, kRecent);
  next_ = (next_ + 1) % kRecent;
}

StreamClock& StreamClocks::of(std::string_view stream_id) {
  const auto found = by_stream_.find(stream_id);
  return found != by_stream_.end() ? found->second : by_stream_[std::string(stream_id)];
}

const StreamClock* StreamClocks::find(std::string_view stream_id) const {
  const auto found = by_stream_.find(stream_id);
  return found != by_stream_.end() ? &found->second : nullptr;
}

std::optional<std::int64_t> StreamClocks::lead_of(std::string_view stream_id) const {
  std::optional<Timestamp> own, others;
  for (const auto& [id, clock] : by_stream_) {
    auto& latest = id == stream_id ? own : others;
    if (clock.latest()) latest = std::max(latest.value_or(*clock.latest()), *clock.latest());
  }
  if (!own || !others) return std::nullopt;
  // What is further apart than three centuries is as far as can be said.
  constexpr Int128 kMost = std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>(std::clamp(Int128{own->nanos} - others->nanos, -kMost, kMost));
}

}  // namespace risk::risk_engine

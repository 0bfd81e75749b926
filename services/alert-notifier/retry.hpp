// When a channel that could not be reached is tried again: a pure decision.
#pragma once

#include <chrono>

#include "alert-notifier/channels/channel.hpp"

namespace risk::notifier {

struct RetryPolicy {
  std::chrono::milliseconds first_wait{std::chrono::seconds(1)};
  std::chrono::milliseconds longest_wait{std::chrono::seconds(60)};
  std::chrono::milliseconds give_up_after{std::chrono::hours(24)};  // since an event came; then it is undelivered
};

// What a peer may ask for at most: one that says an hour must not silence a desk for an hour.
inline constexpr std::chrono::seconds kWaitWantedMax{300};

// After `attempts` (>= 1) failed attempts in a row. The wait doubles from first_wait to longest_wait and is drawn from
// its upper half by `jitter` (0 <= jitter < 1), so that notifiers do not come back in step. What the peer wishes counts
// when it is longer, up to kWaitWantedMax. Precondition: the outcome is kTryAgain.
std::chrono::milliseconds retry_wait(const RetryPolicy& policy, const Outcome& outcome, unsigned attempts,
                                     double jitter);

}  // namespace risk::notifier

// When to try a delivery again, and when to give it up: a pure decision.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "alert-notifier/channels/channel.hpp"

namespace risk::notifier {

struct RetryPolicy {
  std::chrono::milliseconds first_wait{std::chrono::seconds(1)};
  std::chrono::milliseconds longest_wait{std::chrono::seconds(60)};
  std::chrono::milliseconds give_up_after{std::chrono::hours(24)};  // since the first attempt
};

struct RetryDecision {
  std::optional<std::chrono::milliseconds> wait;  // no value: give up
  std::string reason;
};

// After `attempts` (>= 1) failed attempts, the first `age` ago. The wait doubles from first_wait to longest_wait and is
// drawn from its upper half by `jitter` (0 <= jitter < 1), so that notifiers do not come back in step. What the peer
// wishes counts when it is longer, up to an hour. Precondition: the outcome is a failure.
RetryDecision decide_retry(const RetryPolicy& policy, const Outcome& outcome, unsigned attempts,
                           std::chrono::milliseconds age, double jitter);

}  // namespace risk::notifier

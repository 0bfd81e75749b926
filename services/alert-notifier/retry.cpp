#include "alert-notifier/retry.hpp"

#include <algorithm>

#include "risk/base/check.hpp"

namespace risk::notifier {

using std::chrono::milliseconds;

RetryDecision decide_retry(const RetryPolicy& policy, const Outcome& outcome, unsigned attempts, milliseconds age,
                           double jitter) {
  RISK_CHECK(outcome.kind != Outcome::Kind::kDelivered && attempts >= 1 && 0 <= jitter && jitter < 1);
  if (outcome.kind == Outcome::Kind::kRefused) return {std::nullopt, "it was refused for good"};
  if (age >= policy.give_up_after) return {std::nullopt, "it was tried for too long"};

  milliseconds full = std::min(policy.first_wait, policy.longest_wait);
  for (unsigned i = 1; i < attempts && full < policy.longest_wait; ++i) full = std::min(full * 2, policy.longest_wait);
  const auto half = full / 2;
  milliseconds wait =
      half + milliseconds(static_cast<milliseconds::rep>(jitter * static_cast<double>((full - half).count() + 1)));

  if (!outcome.wait_wanted) return {wait, "backing off"};
  const milliseconds wanted = std::min<milliseconds>(*outcome.wait_wanted, std::chrono::hours(1));
  return wanted > wait ? RetryDecision{wanted, "the peer asked to wait"} : RetryDecision{wait, "backing off"};
}

}  // namespace risk::notifier

#include "alert-notifier/retry.hpp"

#include <algorithm>

#include "risk/base/check.hpp"

namespace risk::notifier {

using std::chrono::milliseconds;

milliseconds retry_wait(const RetryPolicy& policy, const Outcome& outcome, unsigned attempts, double jitter) {
  RISK_CHECK(outcome.kind == Outcome::Kind::kTryAgain && attempts >= 1 && 0 <= jitter && jitter < 1);
  milliseconds full = std::min(policy.first_wait, policy.longest_wait);
  for (unsigned i = 1; i < attempts && full < policy.longest_wait; ++i) full = std::min(full * 2, policy.longest_wait);
  const auto half = full / 2;
  const milliseconds wait =
      half + milliseconds(static_cast<milliseconds::rep>(jitter * static_cast<double>((full - half).count() + 1)));
  if (!outcome.wait_wanted) return wait;
  return std::max<milliseconds>(wait, std::min(*outcome.wait_wanted, kWaitWantedMax));
}

}  // namespace risk::notifier

#include "alert_states.hpp"

#include <algorithm>
#include <limits>

#include "prefilter.hpp"

namespace risk::engine {
namespace {

constexpr Int128 kNever = static_cast<Int128>(~Uint128{0} >> 1);  // no value is as large

// The least whole value >= ratio x reference. Preconditions: both >= 0.
Int128 least_reaching(Ratio ratio, Int128 reference) {
  const Int128 whole = reference / kDecimalScale;
  const Int128 part = reference % kDecimalScale * ratio.units();
  Int128 least = 0;
  if (__builtin_mul_overflow(whole, Int128{ratio.units()}, &least)) return kNever;
  if (__builtin_add_overflow(least, (part + kDecimalScale - 1) / kDecimalScale, &least)) return kNever;
  return least;
}

}  // namespace

ExposureThresholds ExposureThresholds::of(Money limit, const ExposureRule& rule) {
  const Int128 units = limit.units();
  const bool is_bounded = rule.measure != Measure::kTurnover;
  return {units * kDecimalScale, units * rule.critical_ratio.units(), units * rule.resolved_ratio.units(),
          is_bounded ? Prefilter::inverse(units * kDecimalScale) : 0};
}

void AlertState::announce(Int128 value, Ratio worsened_ratio) {
  announced = value;
  worse_from = least_reaching(worsened_ratio, value);
}

std::uint64_t velocity_over_at(std::uint32_t limit, Ratio resolved_ratio) {
  return static_cast<std::uint64_t>(Int128{limit} * resolved_ratio.units() / kDecimalScale);
}

std::optional<Decision> evaluate_anomaly(const AnomalyAlertState* state, const ZScore& z, const AnomalyRule& rule) {
  const Severity severity = z.at_least(rule.high_threshold) ? Severity::kHigh : Severity::kMedium;
  if (state == nullptr) return Decision{AlertEventType::kOpened, severity};
  if (!z.above(state->largest)) return std::nullopt;
  return Decision{AlertEventType::kWorsened, std::max(severity, state->severity)};
}

std::int64_t utilisation_e4(Int128 value, Int128 limit) {
  const Int128 whole = value / limit * 10'000;
  const Int128 ratio = whole + divide_half_even(value % limit * 10'000, limit);
  return static_cast<std::int64_t>(std::min(ratio, Int128{std::numeric_limits<std::int64_t>::max()}));
}

RiskLevel risk_level(Int128 value, Int128 limit) {
  if (value >= limit) return RiskLevel::kCritical;
  if (value * 4 >= limit * 3) return RiskLevel::kHigh;
  if (value * 2 >= limit) return RiskLevel::kMedium;
  return RiskLevel::kLow;
}

}  // namespace risk::engine

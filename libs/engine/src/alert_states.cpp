#include "alert_states.hpp"

#include <algorithm>
#include <limits>

namespace risk::engine {
namespace {

// value >= ratio x reference, exactly. Preconditions: all >= 0.
bool reaches(Int128 value, Ratio ratio, Int128 reference) {
  const Int128 whole = reference / kDecimalScale;
  const Int128 rest = reference % kDecimalScale;
  Int128 bound = 0;
  if (__builtin_mul_overflow(whole, Int128{ratio.units()}, &bound)) return false;
  const Int128 part = rest * ratio.units();
  const Int128 part_up = part / kDecimalScale + (part % kDecimalScale == 0 ? 0 : 1);
  if (__builtin_add_overflow(bound, part_up, &bound)) return false;
  return value >= bound;
}
}  // namespace

double to_double(Ratio ratio) {
  return static_cast<double>(ratio.units()) / static_cast<double>(kDecimalScale);
}

ExposureThresholds ExposureThresholds::of(Money limit, const ExposureRule& rule) {
  const Int128 units = limit.units();
  return {units * kDecimalScale, units * rule.critical_ratio.units(), units * rule.resolved_ratio.units()};
}

std::optional<Decision> judge_exposure(const AlertState& state, Int128 value, const ExposureThresholds* thresholds,
                                       Ratio worsened_ratio) {
  if (!state.open()) {
    if (thresholds == nullptr || value <= thresholds->limit) return std::nullopt;
    return Decision{AlertEventType::kOpened, value > thresholds->critical ? Severity::kCritical : Severity::kHigh};
  }
  if (thresholds == nullptr || value <= thresholds->resolved)
    return Decision{AlertEventType::kResolved, state.severity};
  if (state.severity == Severity::kHigh && value > thresholds->critical) {
    return Decision{AlertEventType::kEscalated, Severity::kCritical};
  }
  if (reaches(value, worsened_ratio, state.announced)) return Decision{AlertEventType::kWorsened, state.severity};
  return std::nullopt;
}

std::optional<Decision> judge_velocity(const AlertState& state, std::uint64_t count, std::uint32_t limit,
                                       Ratio worsened_ratio) {
  if (!state.open()) {
    if (count <= limit) return std::nullopt;
    return Decision{AlertEventType::kOpened, Severity::kHigh};
  }
  if (reaches(static_cast<Int128>(count), worsened_ratio, state.announced)) {
    return Decision{AlertEventType::kWorsened, state.severity};
  }
  return std::nullopt;
}

bool velocity_is_over(std::uint64_t count, std::uint32_t limit, Ratio resolved_ratio) {
  return static_cast<Int128>(count) * kDecimalScale <= Int128{limit} * resolved_ratio.units();
}

bool is_anomaly(double z, const AnomalyRule& rule) {
  return z > to_double(rule.threshold);
}

std::optional<Decision> judge_anomaly(const AnomalyState& state, double z, const AnomalyRule& rule) {
  const Severity severity = z >= to_double(rule.high_threshold) ? Severity::kHigh : Severity::kMedium;
  if (!state.open()) return Decision{AlertEventType::kOpened, severity};
  if (z <= state.largest) return std::nullopt;
  return Decision{AlertEventType::kWorsened, std::max(severity, state.severity)};
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

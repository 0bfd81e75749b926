// The three rules as state machines: a measurement in, a decision out. They know neither entities nor events.
#pragma once

#include <cstdint>
#include <optional>

#include "anomaly_window.hpp"
#include "risk/engine/rules.hpp"
#include "risk/engine/types.hpp"

namespace risk::engine {

// What is common to an open alert of any rule. A closed one has no state. What an evaluation without news needs is in
// the first cache line.
struct alignas(64) AlertState {
  std::uint64_t alert_id = 0;
  Severity severity = Severity::kHigh;
  Int128 worse_from = 0;  // WORSENED from this value on: ratio x announced, rounded up; not of anomalies
  Int128 peak = 0;
  Int128 limit = 0;             // as last judged by
  Int128 announced = 0;         // the value of the last OPENED, ESCALATED or WORSENED
  std::uint64_t tipped_by = 0;  // the input of which that came; 0 of a kind that is not of one transaction

  // Precondition: value >= 0.
  void announce(Int128 value, Ratio worsened_ratio);
};

struct AnomalyAlertState : AlertState {
  ZScore largest;
  ZScore last;
  Timestamp last_seen;  // now, at the last anomaly
};

// A rule's decision: the event to announce and the severity that goes with it.
struct Decision {
  AlertEventType event;
  Severity severity;
};

// An exposure limit with its derived bounds, all exact in units of 10^-16.
struct ExposureThresholds {
  Int128 limit = 0;
  Int128 critical = 0;  // above: CRITICAL
  Int128 resolved = 0;  // at or below: RESOLVED
  double inverse = 0;   // 1 / limit, rounded up, for the prefilter; 0 of a measure that it cannot bound

  static ExposureThresholds of(Money limit, const ExposureRule& rule);
};

// In these a null `state` is a closed alert. They are asked at every transaction, and nearly always have nothing to
// say.

// `thresholds` null: there is no limit (any more). `value` >= 0.
inline std::optional<Decision> evaluate_exposure(const AlertState* state, Int128 value,
                                                 const ExposureThresholds* thresholds) {
  if (state == nullptr) {
    if (thresholds == nullptr || value <= thresholds->limit) return std::nullopt;
    return Decision{AlertEventType::kOpened, value > thresholds->critical ? Severity::kCritical : Severity::kHigh};
  }
  if (thresholds == nullptr || value <= thresholds->resolved) {
    return Decision{AlertEventType::kResolved, state->severity};
  }
  if (state->severity == Severity::kHigh && value > thresholds->critical) {
    return Decision{AlertEventType::kEscalated, Severity::kCritical};
  }
  if (value >= state->worse_from) return Decision{AlertEventType::kWorsened, state->severity};
  return std::nullopt;
}

// At a transaction: may open or worsen.
inline std::optional<Decision> evaluate_velocity(const AlertState* state, std::uint64_t count, std::uint32_t limit) {
  if (state == nullptr) {
    if (count <= limit) return std::nullopt;
    return Decision{AlertEventType::kOpened, Severity::kHigh};
  }
  if (static_cast<Int128>(count) >= state->worse_from) return Decision{AlertEventType::kWorsened, state->severity};
  return std::nullopt;
}

// The largest count at which it resolves.
std::uint64_t velocity_over_at(std::uint32_t limit, Ratio resolved_ratio);

// Precondition: z is above the rule's threshold.
std::optional<Decision> evaluate_anomaly(const AnomalyAlertState* state, const ZScore& z, const AnomalyRule& rule);

// value / limit scaled 10^4, half to even, capped to 64 bits. Preconditions: value >= 0, limit > 0.
std::int64_t utilisation_e4(Int128 value, Int128 limit);
RiskLevel risk_level(Int128 value, Int128 limit);

}  // namespace risk::engine

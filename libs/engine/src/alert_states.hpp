// The three rules as state machines: a measurement in, a decision out. They know neither entities nor events.
#pragma once

#include <cstdint>
#include <optional>

#include "risk/engine/rules.hpp"
#include "risk/engine/types.hpp"

namespace risk::engine {

// What is common to an open alert of any rule. alert_id 0: none is open.
struct AlertState {
  std::uint64_t alert_id = 0;
  Severity severity = Severity::kHigh;
  Int128 announced = 0;  // the value of the last OPENED, ESCALATED or WORSENED
  Int128 peak = 0;
  Int128 limit = 0;  // as last judged by

  bool open() const { return alert_id != 0; }
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

  static ExposureThresholds of(Money limit, const ExposureRule& rule);
};

// `thresholds` null: there is no limit (any more). `value` >= 0.
std::optional<Decision> judge_exposure(const AlertState& state, Int128 value, const ExposureThresholds* thresholds,
                                       Ratio worsened_ratio);

// At a transaction (may open or worsen) and at a sweep (may resolve).
std::optional<Decision> judge_velocity(const AlertState& state, std::uint64_t count, std::uint32_t limit,
                                       Ratio worsened_ratio);
bool velocity_is_over(std::uint64_t count, std::uint32_t limit, Ratio resolved_ratio);

struct AnomalyState : AlertState {
  double largest = 0;     // |z|
  Timestamp last_seen;    // now, at the last anomaly
  Int128 last_value = 0;  // its |z|, scaled 10^4
};
// Precondition: is_anomaly(z, rule).
bool is_anomaly(double z, const AnomalyRule& rule);
std::optional<Decision> judge_anomaly(const AnomalyState& state, double z, const AnomalyRule& rule);

double to_double(Ratio ratio);

// value / limit scaled 10^4, half to even, capped to 64 bits. Preconditions: value >= 0, limit > 0.
std::int64_t utilisation_e4(Int128 value, Int128 limit);
RiskLevel risk_level(Int128 value, Int128 limit);

}  // namespace risk::engine

// The configuration of the risk rules (what they mean: libs/engine/RULES.md). A RuleSet is a value; the core copies the
// one it is given.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "risk/base/decimal.hpp"
#include "risk/base/id.hpp"
#include "risk/engine/types.hpp"

namespace risk::engine {

// An exposure limit of one kind of entity. All ratios are multiples; limits are > 0.
struct ExposureRule {
  bool enabled = true;
  Measure measure = Measure::kGross;
  std::optional<Money> limit;                                 // none: no limit but for those named below
  std::map<std::string, Money, std::less<>> limit_by_entity;  // overrides `limit` for a client id or symbol
  Ratio critical_ratio = Ratio::from_units(150'000'000);      // v > ratio x limit is CRITICAL
  Ratio worsened_ratio = Ratio::from_units(125'000'000);      // v >= ratio x last announced is WORSENED
  Ratio resolved_ratio = Ratio::from_units(95'000'000);       // v <= ratio x limit is RESOLVED

  friend bool operator==(const ExposureRule&, const ExposureRule&) = default;
};

// More than `limit` transactions of an entity in the window.
struct VelocityRule {
  bool enabled = true;
  std::uint32_t limit = 10;
  std::map<std::string, std::uint32_t, std::less<>> limit_by_entity;
  std::uint32_t window_seconds = 60;                      // >= 1; kept as 60 slots of a sixtieth each
  Ratio worsened_ratio = Ratio::from_units(200'000'000);  // count >= ratio x last announced
  Ratio resolved_ratio = Ratio::from_units(50'000'000);   // count <= ratio x limit

  friend bool operator==(const VelocityRule&, const VelocityRule&) = default;
};

// A notional far from the entity's previous ones.
struct AnomalyRule {
  bool enabled = true;
  Ratio threshold = Ratio::from_units(300'000'000);       // |z| above it opens
  Ratio high_threshold = Ratio::from_units(400'000'000);  // |z| from it on is HIGH
  std::uint32_t window = 100;                             // previous notionals, 2 to 1000
  std::uint32_t samples_min = 30;                         // 2 to window
  std::uint32_t quiet_seconds = 300;                      // without an anomaly: resolved

  friend bool operator==(const AnomalyRule&, const AnomalyRule&) = default;
};

struct RuleSet {
  std::uint64_t config_version = 1;
  std::string base_currency = "USD";
  std::map<std::string, Rate, std::less<>> rates;  // base currency per unit; the base currency itself needs none
  std::uint32_t session_start_seconds = 0;         // of the day, UTC, below 86,400

  ExposureRule client_exposure;
  ExposureRule symbol_exposure;
  ExposureRule firm_exposure;
  VelocityRule client_velocity;
  VelocityRule symbol_velocity;
  AnomalyRule client_anomaly;
  AnomalyRule symbol_anomaly;
  AnomalyRule system_anomaly;

  RuleSet();  // the defaults: client gross 1,000,000; symbol gross 500,000; firm no limit; system anomaly off

  friend bool operator==(const RuleSet&, const RuleSet&) = default;
};

// Every mistake in the rules ("client_velocity.window_seconds 0: must be at least 1"); empty when there is none.
std::vector<std::string> problems(const RuleSet& rules);

// The base-currency price of a valid transaction, or why it cannot be applied: the first field, in the order of the
// struct, that does not fit. Pure: depends on the rules' rates alone.
Result<Price, Rejection> validate(const Transaction& transaction, const RuleSet& rules);
Result<Price, Rejection> validate(const OpeningPosition& position, const RuleSet& rules);

}  // namespace risk::engine

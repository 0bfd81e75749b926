// How near the limits of a run came to breaking, and how far beyond they went.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "risk/engine/core.hpp"
#include "riskctl/backtest/alert_log.hpp"

namespace risk::riskctl {

inline constexpr std::size_t kPeaksOfRuleMax = 5;

struct Peak {
  engine::AlertType type = engine::AlertType::kHighClientExposure;
  engine::EntityType entity_type = engine::EntityType::kFirm;
  std::string entity_id;
  engine::Figure value;
  engine::Figure limit;
  std::int64_t utilisation_e4 = 0;
  bool of_alert = false;  // else the value at the end
};

// Of each exposure and velocity limit the kPeaksOfRuleMax entities with the highest utilisation, highest first. What is
// known of an entity: the peak of its alerts as announced last, and its exposure at the end. One that never alerted was
// never above its limit, but may have been nearer to it than at the end.
std::vector<Peak> highest_peaks(const engine::Core& core, const AlertLog& log);

}  // namespace risk::riskctl

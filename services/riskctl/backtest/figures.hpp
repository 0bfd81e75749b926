// Figures, times and utilisations as a person reads them.
#pragma once

#include <string>

#include "risk/engine/types.hpp"

namespace risk::riskctl {

// value / limit scaled 10^4, by absolute value, rounded half to even. Preconditions: one unit, limit > 0.
std::int64_t utilisation_e4(const engine::Figure& value, const engine::Figure& limit);

std::string utilisation_text(std::int64_t utilisation_e4);  // "112.5%"
std::string figure_text(const engine::Figure& figure);      // "1,250,000.00", "11", "5.2100"
std::string duration_text(std::int64_t micros);             // "0.250 s", "12 min 5 s", "4 d 20 h"
std::string seconds_text(Timestamp time);                   // "2024-09-20T08:36:00Z", with a fraction if there is one
std::string entity_text(engine::EntityType type, const std::string& id);  // "CLIENT CLIENT_001", "FIRM"

}  // namespace risk::riskctl

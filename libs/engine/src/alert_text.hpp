// The parts of an alert's sentence.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "risk/engine/types.hpp"

namespace risk::engine {

std::string entity_text(const AlertEvent& event);  // "Client CLIENT_001", "Firm"
// An amount in units of 10^-16 with 2 places: "$1,250.00", "-EUR 3.10" is "EUR -3.10".
std::string money_text(Int128 units, std::string_view base_currency);
std::string percent_text(std::optional<std::int64_t> ratio_e4);  // 12500: " (125.0%)"; nothing: ""
std::string z_score_text(Int128 z_e4);

}  // namespace risk::engine

// The limits of a set of rules, as rows of the table that shows them.
#pragma once

#include <vector>

#include "risk/engine/rules.hpp"
#include "risk/store/rows.hpp"

namespace risk::risk_engine {

std::vector<store::LimitRow> limit_rows(const engine::RuleSet& rules);

}  // namespace risk::risk_engine

// riskctl adjust: asks the engine for splits, renames and set positions, withdraws and lists them.
#pragma once

#include <ostream>

#include "riskctl/options.hpp"

namespace risk::riskctl {

// Throws UsageError, Refusal, and what a store::Reader throws.
void adjust(const Options& options, std::ostream& out);

}  // namespace risk::riskctl

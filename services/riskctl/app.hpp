// Carries one riskctl command out.
#pragma once

#include <ostream>

#include "riskctl/options.hpp"

namespace risk::riskctl {

// Writes what was asked for to `out` and what went wrong to `err`. Returns the exit status: 0 done, 1 it cannot be done
// (no such alert, nobody answers, the database is away, `out` takes no more), 2 the words make no command.
int run(const Options& options, std::ostream& out, std::ostream& err);

}  // namespace risk::riskctl

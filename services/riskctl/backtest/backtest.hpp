// `riskctl backtest`: what would have alerted under these limits? The risk core over history, no bus, nothing written.
#pragma once

#include <ostream>

#include "riskctl/options.hpp"

namespace risk::riskctl {

// Writes the answer to `out`, and to `err` the inputs that cannot be applied (which does not end the run) and, if asked
// to, its progress. Precondition: the options have transactions to read. Throws when the history cannot be read at all
// or the answer not be written.
void run_backtest(const Options& options, std::ostream& out, std::ostream& err, bool shows_progress);

}  // namespace risk::riskctl

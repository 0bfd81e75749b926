// The history that a backtest goes through: a file of transactions, with the positions held before it and the prices
// and rates beside it, or a store.
#pragma once

#include <optional>
#include <span>

#include "riskctl/backtest/console.hpp"
#include "riskctl/backtest/rule_set_run.hpp"
#include "riskctl/options.hpp"

namespace risk::riskctl {

// Of the transactions that were judged.
struct Period {
  std::optional<Timestamp> first;
  std::optional<Timestamp> last;
};

// Puts the whole history before each run, in order; of a file it remembers which executions were applied, see
// applied_executions.hpp. Transactions outside [from, to) are
// left out; of a store also its ticks outside, and its rules, for the runs have their own. So are prices and rates at
// or after `to`. What cannot be read or applied is counted by the runs and named on the console. Throws CsvError or
// what a store::Reader throws.
Period replay_history(const Options& options, std::span<RuleSetRun* const> runs, Console& console);

}  // namespace risk::riskctl

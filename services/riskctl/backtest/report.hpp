// A backtest as tables for people.
#pragma once

#include <chrono>
#include <cstdint>
#include <ostream>

#include "riskctl/backtest/alert_log.hpp"
#include "riskctl/backtest/comparison.hpp"
#include "riskctl/backtest/history.hpp"
#include "riskctl/backtest/rule_set_run.hpp"

namespace risk::riskctl {

// One configuration's side of a replay.
struct RunResult {
  const RuleSetRun& run;
  const AlertLog& log;
};

struct ReplayedPeriod {
  Period period;
  std::chrono::duration<double> wall_time{};
};

// Lists are cut to `limit` lines, which says how many more there are.
void print_report(std::ostream& out, const RunResult& result, const ReplayedPeriod& replayed, std::uint32_t limit);
void print_comparison(std::ostream& out, const RunResult& first, const RunResult& second,
                      const ReplayedPeriod& replayed, std::uint32_t limit);

}  // namespace risk::riskctl

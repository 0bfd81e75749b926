// A backtest as tables for people.
#pragma once

#include <chrono>
#include <cstdint>
#include <ostream>

#include "riskctl/backtest/alert_log.hpp"
#include "riskctl/backtest/comparison.hpp"
#include "riskctl/backtest/evaluation.hpp"
#include "riskctl/backtest/history.hpp"

namespace risk::riskctl {

// One configuration's side of a run.
struct Verdict {
  const Evaluation& evaluation;
  const AlertLog& log;
};

struct Run {
  Period period;
  std::chrono::duration<double> wall_time{};
};

// Lists are cut to `limit` lines, which says how many more there are.
void print_report(std::ostream& out, const Verdict& verdict, const Run& run, std::uint32_t limit);
void print_comparison(std::ostream& out, const Verdict& first, const Verdict& second, const Run& run,
                      std::uint32_t limit);

}  // namespace risk::riskctl

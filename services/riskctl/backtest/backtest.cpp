#include "riskctl/backtest/backtest.hpp"

#include <array>
#include <chrono>

#include "riskctl/backtest/alert_log.hpp"
#include "riskctl/backtest/comparison.hpp"
#include "riskctl/backtest/console.hpp"
#include "riskctl/backtest/history.hpp"
#include "riskctl/backtest/json_answer.hpp"
#include "riskctl/backtest/json_lines.hpp"
#include "riskctl/backtest/report.hpp"
#include "riskctl/backtest/rule_set_run.hpp"

namespace risk::riskctl {
namespace {

// One run: where it writes and how.
struct Context {
  const Options& options;
  std::ostream& out;
  std::ostream& err;
  bool shows_progress;
};

// Replays the history before the runs, and measures it.
ReplayedPeriod replay(const Context& context, std::span<RuleSetRun* const> runs) {
  Console console(context.err, context.shows_progress);
  const auto begin = std::chrono::steady_clock::now();
  ReplayedPeriod replayed;
  replayed.period = replay_history(context.options, runs, console);
  replayed.wall_time = std::chrono::steady_clock::now() - begin;
  console.finish();
  return replayed;
}

RuleSetRun::OnEvent add_to(AlertLog& log) {
  return [&log](const engine::AlertEvent& event) { log.add(event); };
}

// Events are written as they come, so that their number does not matter.
void answer_in_lines(const Context& context) {
  JsonLines lines(context.out);
  RuleSetRun run("", context.options.backtest.rules, context.options.backtest.bounds,
                 [&lines](const engine::AlertEvent& event) { write_event(lines, event); });
  replay(context, std::array{&run});
  write_state(lines, run.core());
  write_summary(lines, run);
  lines.finish();
}

void answer_in_tables(const Context& context) {
  const auto& rules = context.options.backtest.rules;
  AlertLog log(context.options.limit, rules.base_currency);
  RuleSetRun run("", rules, context.options.backtest.bounds, add_to(log));
  const auto replayed = replay(context, std::array{&run});
  print_report(context.out, {run, log}, replayed, context.options.limit);
}

void answer_comparison(const Context& context) {
  const auto& backtest = context.options.backtest;
  AlertLog first_log(0, backtest.rules.base_currency), second_log(0, backtest.other_rules.base_currency);
  RuleSetRun first(backtest.config_path.empty() ? "without --config" : backtest.config_path, backtest.rules,
                   backtest.bounds, add_to(first_log));
  RuleSetRun second(backtest.compare_path, backtest.other_rules, backtest.bounds, add_to(second_log));
  const auto replayed = replay(context, std::array{&first, &second});
  if (backtest.format == BacktestOptions::Format::kTable) {
    print_comparison(context.out, {first, first_log}, {second, second_log}, replayed, context.options.limit);
    return;
  }
  JsonLines lines(context.out);
  write_comparison(lines, compare(first_log, second_log));
  lines.finish();
}

}  // namespace

void run_backtest(const Options& options, std::ostream& out, std::ostream& err, bool shows_progress) {
  const Context context{options, out, err, shows_progress};
  if (!options.backtest.compare_path.empty()) {
    answer_comparison(context);
  } else if (options.backtest.format == BacktestOptions::Format::kJsonLines) {
    answer_in_lines(context);
  } else {
    answer_in_tables(context);
  }
}

}  // namespace risk::riskctl

// A backtest as lines of JSON. The keys and their order are a promise: see the README.
#pragma once

#include "riskctl/backtest/comparison.hpp"
#include "riskctl/backtest/json_lines.hpp"
#include "riskctl/backtest/rule_set_run.hpp"

namespace risk::riskctl {

void write_event(JsonLines& lines, const engine::AlertEvent& event);
// Clients, symbols, positions, each in byte order of ids.
void write_state(JsonLines& lines, const engine::Core& core);
void write_summary(JsonLines& lines, const RuleSetRun& run);
// The differences, then their counts.
void write_comparison(JsonLines& lines, const Comparison& comparison);

}  // namespace risk::riskctl

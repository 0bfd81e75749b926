// What can be asked of riskctl.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "risk/base/timestamp.hpp"
#include "risk/engine/rules.hpp"
#include "risk/settings/curve.hpp"
#include "risk/settings/input_format.hpp"
#include "risk/settings/settings.hpp"
#include "risk/store/config.hpp"

namespace risk::riskctl {

// What `backtest` evaluates, by which rules, and how it answers.
struct BacktestOptions {
  enum class Format : std::uint8_t { kTable, kJsonLines };

  std::string transactions_path;  // "" without
  std::string positions_path;     // "" without
  std::string instruments_path;   // "" without
  std::string prices_path;        // "" without
  std::string rates_path;         // "" without
  std::string adjustments_path;   // "" without
  bool from_store = false;
  std::optional<Timestamp> from;  // transactions at or after it
  std::optional<Timestamp> to;    // and before it
  Format format = Format::kTable;
  std::string config_path;   // what --config says, "" without: to name the first of two configurations
  std::string compare_path;  // "" without
  engine::Bounds bounds;
  std::chrono::milliseconds ahead_max{60'000};
  engine::ExecutionOptions executions;
  engine::RuleSet rules;
  engine::RuleSet other_rules;  // with compare_path: those of the same settings with that file in place of --config

  // Whether an option of backtest alone was given.
  bool is_asked_for() const;
};

struct Options {
  store::DatabaseConfig database;
  settings::EngineEndpoints engine;
  settings::CurveOptions curve;               // its keys are read for commands that ask the engine
  std::uint32_t limit = 100;                  // lines of a list
  settings::InputFormatOptions input_format;  // of a file of transactions
  bool lists_formats = false;                 // convert: tell the formats instead
  bool json = false;                          // convert: answer in JSON
  BacktestOptions backtest;
  std::vector<std::string> words;  // the command and its arguments

  bool asks_engine() const;  // whether the command is one that the engine carries out
};

// Nothing: go on with `options`. Else the exit status.
std::optional<int> parse_options(int argc, const char* const* argv, Options& options);

}  // namespace risk::riskctl

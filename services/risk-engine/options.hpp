// What can be configured of the risk engine.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "risk-engine/processor.hpp"
#include "risk-engine/snapshotter.hpp"
#include "risk/engine/core.hpp"
#include "risk/engine/rules.hpp"
#include "risk/service/run.hpp"
#include "risk/settings/curve.hpp"
#include "risk/settings/settings.hpp"
#include "risk/store/config.hpp"

namespace risk::risk_engine {

struct Options {
  service::CommonOptions common;
  store::DatabaseConfig database;
  engine::RuleSet rules;
  Intake intake;
  settings::BindOptions bind;
  settings::CurveOptions curve;
  std::vector<std::string> transaction_endpoints = {"tcp://localhost:5551",
                                                    "tcp://localhost:5553"};  // simulator, drop-copy
  std::uint16_t publish_port = 5561;
  std::uint16_t replay_port = 5562;
  std::uint16_t command_port = 5563;
  // Inputs that gather for a commit, in memory besides those that are being written; then reading stops.
  std::uint64_t uncommitted_max = 100'000;
  std::chrono::milliseconds metrics_interval{5000};
  SnapshotterOptions snapshots;
  std::chrono::milliseconds standby_patience{8'000};  // with a leader that has stopped

  Options();
};

// Nothing: go on with `options`. Else the exit status.
std::optional<int> parse_options(int argc, const char* const* argv, Options& options);

}  // namespace risk::risk_engine

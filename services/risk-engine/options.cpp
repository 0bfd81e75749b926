#include "risk-engine/options.hpp"

namespace risk::risk_engine {

Options::Options() {
  common.log.service = "risk-engine";
  common.health_port = 9102;
}

std::optional<int> parse_options(int argc, const char* const* argv, Options& options) {
  service::OptionSet set(
      "risk-engine",
      "Applies every transaction to the risk core, stores what comes of it and publishes alerts and exposures.");
  service::add_common_options(set, options.common);
  settings::add_database_options(set, options.database);
  settings::add_rule_options(set, options.rules);
  settings::add_bounds_options(set, options.intake.bounds);
  settings::add_ahead_max_option(set, options.intake.ahead_max);
  settings::add_execution_options(set, options.intake.executions);
  settings::add_bind_options(set, options.bind);
  settings::add_curve_options(set, options.curve, "risk-engine", {"simulator"});
  settings::add_endpoints(
      set,
      {"engine.transaction_endpoints",
       "--transaction-endpoints",
       {"TRANSACTION_ENDPOINTS"},
       "publishers of transactions, tcp://HOST:PORT; a name stands for every address it resolves to"},
      options.transaction_endpoints);
  set.add_integer({"engine.publish_port",
                   "--publish-port",
                   {"ENGINE_PUBLISH_PORT"},
                   "port of alerts and exposures, 0 takes a free one"},
                  options.publish_port, 0, 65535);
  set.add_integer({"engine.replay_port",
                   "--replay-port",
                   {"ENGINE_REPLAY_PORT"},
                   "port where subscribers ask for alert events they missed, 0 takes a free one"},
                  options.replay_port, 0, 65535);
  set.add_integer(
      {"engine.command_port", "--command-port", {"ENGINE_COMMAND_PORT"}, "port of commands, 0 takes a free one"},
      options.command_port, 0, 65535);
  set.add_integer({"engine.uncommitted_max",
                   "--uncommitted-max",
                   {"ENGINE_UNCOMMITTED_MAX"},
                   "inputs that gather in memory for the next commit"},
                  options.uncommitted_max, std::uint64_t{1'000}, std::uint64_t{10'000'000});
  set.add_milliseconds({"engine.metrics_interval",
                        "--metrics-interval",
                        {"ENGINE_METRICS_INTERVAL"},
                        "time between two rows of risk_metrics"},
                       options.metrics_interval, std::chrono::milliseconds{100}, std::chrono::hours{24});
  set.add_milliseconds({"engine.snapshot_interval",
                        "--snapshot-interval",
                        {"ENGINE_SNAPSHOT_INTERVAL"},
                        "time between two snapshots of the core"},
                       options.snapshots.interval, std::chrono::milliseconds{100}, std::chrono::hours{24});
  set.add_integer({"engine.snapshot_inputs_max",
                   "--snapshot-inputs-max",
                   {"ENGINE_SNAPSHOT_INPUTS_MAX"},
                   "inputs after which a snapshot is made before its time, at most every 5 s"},
                  options.snapshots.inputs_max, std::uint64_t{1'000}, std::uint64_t{1'000'000'000});
  set.add_integer({"engine.retention_days",
                   "--retention-days",
                   {"ENGINE_RETENTION_DAYS"},
                   "days that transactions are kept; 0 keeps all"},
                  options.snapshots.retention_days, 0, 36'500);
  set.add_milliseconds({"engine.standby_patience",
                        "--standby-patience",
                        {"ENGINE_STANDBY_PATIENCE"},
                        "how long a standby lets the leader stand still before it takes over"},
                       options.standby_patience, std::chrono::milliseconds{1'000}, std::chrono::hours{1});
  set.ignore_sections({"simulator", "drop_copy", "notifier", "gateway"});
  set.know_variables(settings::all_variables());
  return set.parse(argc, argv);
}

}  // namespace risk::risk_engine

// The options that several executables share, declared once: the same YAML keys, variables and flags everywhere. Each
// function declares its options and the checks that judge them together; the values must outlive parse(), and what they
// hold at the call is the default. Threads: one, at the start of main.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "risk/engine/core.hpp"
#include "risk/engine/identity.hpp"
#include "risk/engine/rules.hpp"
#include "risk/service/options.hpp"
#include "risk/store/config.hpp"

namespace risk::settings {

// database.*: DB_TYPE (sqlite, postgresql), DB_HOST, DB_PORT, DB_NAME, DB_USER, DB_PASSWORD, SQLITE_DB_PATH
void add_database_options(service::OptionSet& options, store::DatabaseConfig& database);

// rules.*: base currency and rates, session, exposure, velocity and anomaly rules with limits by entity;
// CLIENT_EXPOSURE_THRESHOLD, SYMBOL_EXPOSURE_THRESHOLD, TRANSACTION_VELOCITY_THRESHOLD (client and symbol),
// ANOMALY_DETECTION_THRESHOLD (client, symbol and system). A threshold raised above a high_threshold that nobody set
// takes it along, as a smaller window does samples_min. engine::problems() judges the result.
void add_rule_options(service::OptionSet& options, engine::RuleSet& rules);

// rules.base_currency: BASE_CURRENCY. For who needs it without the rules, and then ignores "rules.*"; it is one of the
// options of add_rule_options.
void add_base_currency_option(service::OptionSet& options, std::string& currency);

// bounds.*: how many clients, symbols and positions the core takes on: CLIENTS_MAX, SYMBOLS_MAX, POSITIONS_MAX
void add_bounds_options(service::OptionSet& options, engine::Bounds& bounds);

// bounds.ahead_max: AHEAD_MAX
void add_ahead_max_option(service::OptionSet& options, std::chrono::milliseconds& ahead_max);

// executions.*: DUPLICATES_MAX, BROKER_ALIASES
void add_execution_options(service::OptionSet& options, engine::ExecutionOptions& executions);

// A list of places on the bus, tcp://HOST:PORT, at least one.
void add_endpoints(service::OptionSet& options, service::OptionSpec spec, std::vector<std::string>& endpoints);

// bus.*: where the engine's streams and its command port are, and its standbys': ENGINE_ENDPOINT,
// ENGINE_COMMAND_ENDPOINT. Of each at least one.
struct EngineEndpoints {
  std::vector<std::string> publish = {"tcp://localhost:5561"};
  std::vector<std::string> command = {"tcp://localhost:5563"};
};
void add_engine_stream_option(service::OptionSet& options, EngineEndpoints& endpoints);
void add_engine_command_option(service::OptionSet& options, EngineEndpoints& endpoints);

// bus.*: where this process binds: BUS_BIND_ADDRESS, BUS_ALLOW_PLAINTEXT
struct BindOptions {
  std::string address = "127.0.0.1";  // an IPv6 address without brackets
  bool allow_plaintext = false;       // permits a bind beyond loopback without encryption

  std::string endpoint(std::uint16_t port) const;  // to bind: "tcp://[::1]:5551"; port 0 takes a free one
};
void add_bind_options(service::OptionSet& options, BindOptions& bind);

// Every section of the YAML file that all services share: for ignore_sections(), which leaves what a service declares
// itself to it.
std::vector<std::string> all_sections();  // database, rules, bounds, executions, bus, log, health, simulator,
                                          // drop_copy, engine, notifier, gateway

// The variables that a `.env` may hold for any executable or for docker compose: for know_variables().
std::vector<std::string> all_variables();

}  // namespace risk::settings

// What the gateway can be told: see --help.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "dashboard-gateway/api/database_pool.hpp"
#include "dashboard-gateway/live/live_feed.hpp"
#include "dashboard-gateway/live/websocket_hub.hpp"
#include "risk/engine/rules.hpp"
#include "risk/service/options.hpp"
#include "risk/service/run.hpp"
#include "risk/settings/curve.hpp"
#include "risk/settings/settings.hpp"
#include "risk/store/config.hpp"

namespace risk::gateway {

struct GatewayOptions {
  service::CommonOptions common;
  std::string address = "127.0.0.1";
  std::uint16_t port = 8501;
  std::vector<std::string> allowed_hosts;       // answered to beside localhost and the addresses of this end
  std::uint32_t connections_per_address = 256;  // HTTP and WebSocket; 0: no bound
  std::uint32_t requests_per_address = 500;     // a second; 0: no bound
  std::string web_root = "services/dashboard-gateway/web/dist";
  store::DatabaseConfig database;
  engine::RuleSet rules;
  settings::EngineEndpoints engine;
  settings::CurveOptions curve;
  std::string simulator_health_url = "http://localhost:9101/readyz";
  std::string drop_copy_health_url = "http://localhost:9104/readyz";
  std::string engine_health_url = "http://localhost:9102/readyz";
  std::string notifier_health_url = "http://localhost:9103/readyz";
  std::chrono::milliseconds health_interval{5000};

  DatabasePoolOptions pool;
  WebSocketHubOptions stream;
  LiveFeedOptions feed;
  std::chrono::milliseconds command_timeout{5000};
};

void declare_options(service::OptionSet& set, GatewayOptions& options);

}  // namespace risk::gateway

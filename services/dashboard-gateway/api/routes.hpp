// The API of openapi.json: which path does what. Each path of the contract is a route here and the other way round.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "dashboard-gateway/api/commands.hpp"
#include "dashboard-gateway/api/database_pool.hpp"
#include "dashboard-gateway/api/system_status.hpp"
#include "dashboard-gateway/http/router.hpp"
#include "dashboard-gateway/http/static_files.hpp"
#include "dashboard-gateway/live/live_model.hpp"
#include "risk/engine/rules.hpp"
#include "risk/service/health.hpp"
#include "risk/service/metrics.hpp"

namespace risk::gateway {

// What the routes answer from; all of it must outlive the router.
struct RouteParts {
  DatabasePool& database;
  Commands& commands;
  LiveModel& model;
  SystemStatus& status;
  const service::Health& health;
  const service::Metrics& metrics;
  const StaticFiles& files;
  const engine::RuleSet& rules;  // as configured
};

void add_routes(Router& router, RouteParts parts);

// Why the live stream cannot be opened now, or nothing. `full`: no more clients are taken.
std::optional<HttpResponse> refuse_stream(const HttpRequest& request, const LiveModel& model, bool full);

// The parts of add_routes.
void add_exposure_routes(Router& router, RouteParts parts);
void add_alert_routes(Router& router, RouteParts parts);
void add_quarantine_routes(Router& router, RouteParts parts);
void add_adjustment_routes(Router& router, RouteParts parts);
void add_record_routes(Router& router, RouteParts parts);
void add_service_routes(Router& router, RouteParts parts);

}  // namespace risk::gateway

#include "dashboard-gateway/api/routes.hpp"

#include <memory>

#include "dashboard-gateway/api/openapi.hpp"
#include "dashboard-gateway/http/query.hpp"
#include "risk/base/id.hpp"

namespace risk::gateway {
namespace {

constexpr char kStreamPath[] = "/api/v1/stream";

HttpResponse health_response(const service::Health::Report& report) {
  return json_response(report.json, report.ok ? 200 : 503);
}

// A handler for a path that takes no parameters.
Handler without_parameters(std::function<HttpResponse(const HttpRequest&)> answer) {
  return [answer = std::move(answer)](RoutedRequest request, const Respond& respond) {
    if (const auto mistake = Query(request.http.query).problem()) {
      return respond(problem(400, *mistake, request.http.path));
    }
    respond(answer(request.http));
  };
}

}  // namespace

void add_service_routes(Router& router, RouteParts parts) {
  using std::chrono::steady_clock;
  router.add("GET", "/api/v1/summary", without_parameters([parts](const HttpRequest& request) {
               if (!parts.model.loaded()) return problem(503, "the database has not been read yet", request.path);
               return json_response(parts.model.summary(steady_clock::now()));
             }));
  router.add("GET", "/api/v1/system", without_parameters([parts](const HttpRequest&) {
               return json_response(parts.status.json(steady_clock::now()));
             }));
  router.add("GET", kStreamPath, without_parameters([](const HttpRequest& request) {
               HttpResponse response = problem(426, "upgrade: this path is a WebSocket", request.path);
               response.headers.emplace_back("Upgrade", "websocket");
               return response;
             }));
  router.add("GET", "/healthz",
             without_parameters([parts](const HttpRequest&) { return health_response(parts.health.liveness()); }));
  router.add("GET", "/readyz",
             without_parameters([parts](const HttpRequest&) { return health_response(parts.health.readiness()); }));
  router.add("GET", "/metrics", without_parameters([parts](const HttpRequest&) {
               HttpResponse response = json_response(parts.metrics.scrape());
               response.content_type = "text/plain; version=0.0.4; charset=utf-8";
               return response;
             }));
  router.add("GET", "/openapi.json", without_parameters([](const HttpRequest&) { return json_response(kOpenApi); }));
  router.set_fallback(
      [parts](RoutedRequest request, const Respond& respond) { respond(parts.files.respond(request.http)); });
}

void add_routes(Router& router, RouteParts parts) {
  add_exposure_routes(router, parts);
  add_alert_routes(router, parts);
  add_quarantine_routes(router, parts);
  add_adjustment_routes(router, parts);
  add_record_routes(router, parts);
  add_service_routes(router, parts);
}

std::optional<HttpResponse> refuse_stream(const HttpRequest& request, const LiveModel& model, bool full) {
  if (request.path != kStreamPath) return problem(404, "there is no WebSocket here", request.path);
  if (!same_origin(request)) {
    return problem(403, "origin: '" + printable(request.origin) + "' is not this host", request.path);
  }
  if (!model.loaded()) return problem(503, "the database has not been read yet", request.path);
  if (full) return problem(503, "no more clients are taken", request.path);
  return std::nullopt;
}

}  // namespace risk::gateway

#include "dashboard-gateway/http/router.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

#include "risk/base/encoding.hpp"

namespace risk::gateway {
namespace {

std::vector<std::string> segments_of(std::string_view path) {
  std::vector<std::string> segments;
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const std::size_t end = std::min(path.find('/'), path.size());
    segments.emplace_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return segments;
}

bool is_value(std::string_view segment) {
  return segment.starts_with('{');
}

bool fits(const Router::Route& route, const std::vector<std::string>& segments) {
  return std::equal(route.segments.begin(), route.segments.end(), segments.begin(), segments.end(),
                    [](const std::string& wanted, const std::string& given) {
                      return is_value(wanted) ? !given.empty() : wanted == given;
                    });
}

}  // namespace

void Router::add(std::string method, std::string path_template, Handler handler) {
  Route route{std::move(method), std::move(path_template), {}, std::move(handler)};
  route.segments = segments_of(route.path_template);
  // Literals first: "/alerts/stats" is not the alert "stats". '{' sorts behind every letter.
  const auto place = std::upper_bound(routes_.begin(), routes_.end(), route,
                                      [](const Route& a, const Route& b) { return a.segments < b.segments; });
  routes_.insert(place, std::move(route));
}

Respond Router::counted(std::string label, Respond respond) const {
  const auto started = std::chrono::steady_clock::now();
  return [this, started, label = std::move(label), respond = std::move(respond)](HttpResponse response) {
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
    metrics_
        .counter("gateway_requests_total", "HTTP requests by route and status.",
                 {{"route", label}, {"status", std::to_string(response.status)}})
        .add();
    metrics_
        .histogram("gateway_request_duration_seconds", "Time from a request to its answer.",
                   {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}, {{"route", label}})
        .observe(took.count());
    respond(std::move(response));
  };
}

void Router::dispatch(HttpRequest request, Respond respond) const {
  const std::string path = request.path;
  const std::vector<std::string> segments = segments_of(path);
  const std::string* label = nullptr;
  std::string allowed;
  for (const Route& route : routes_) {
    if (!fits(route, segments)) continue;
    if (label != nullptr && *label != route.path_template) break;  // a less literal template
    label = &route.path_template;
    if (route.method != request.method) {
      allowed += (allowed.empty() ? "" : ", ") + (route.method == "GET" ? std::string("GET, HEAD") : route.method);
      continue;
    }
    respond = counted(route.path_template, std::move(respond));
    RoutedRequest routed{std::move(request), {}};
    for (std::size_t i = 0; i < segments.size(); ++i) {
      if (!is_value(route.segments[i])) continue;
      auto value = percent_decoded(segments[i]);
      if (!value) return respond(problem(400, "path: not percent-encoded text", path));
      routed.values.push_back(std::move(*value));
    }
    return route.handler(std::move(routed), std::move(respond));
  }

  if (label == nullptr && fallback_ && !path.starts_with("/api/")) {
    respond = counted("static", std::move(respond));
    if (request.method == "GET") return fallback_({std::move(request), {}}, std::move(respond));
    allowed = "GET, HEAD";
  } else {
    respond = counted(label != nullptr ? *label : "unmatched", std::move(respond));
  }
  if (allowed.empty()) return respond(problem(404, "there is no such path", path));
  HttpResponse response = problem(405, "method: this path allows " + allowed, path);
  response.headers.emplace_back("Allow", allowed);
  respond(std::move(response));
}

}  // namespace risk::gateway

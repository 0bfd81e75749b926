// From a request's path and method to its handler. Routes are templates as openapi.json writes them
// ("/api/v1/alerts/{id}"); a literal segment is preferred to a value. Every answer is counted by template and status.
//
// Add all routes before the first dispatch(); dispatch() may be called from any thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "dashboard-gateway/http/http.hpp"
#include "risk/service/metrics.hpp"

namespace risk::gateway {

// A request with the values of its template's {names}, decoded, in order.
struct RoutedRequest {
  HttpRequest http;
  std::vector<std::string> values;
};
using Handler = std::function<void(RoutedRequest, Respond)>;

class Router {
 public:
  explicit Router(service::Metrics& metrics) : metrics_(metrics) {}

  void add(std::string method, std::string path_template, Handler handler);
  // Answers a GET that no template fits, outside /api/.
  void set_fallback(Handler handler) { fallback_ = std::move(handler); }

  void dispatch(HttpRequest request, Respond respond) const;

  struct Route {
    std::string method;
    std::string path_template;
    std::vector<std::string> segments;
    Handler handler;
  };
  const std::vector<Route>& routes() const { return routes_; }

 private:
  Respond counted(std::string label, Respond respond) const;

  service::Metrics& metrics_;
  std::vector<Route> routes_;
  Handler fallback_;
};

}  // namespace risk::gateway

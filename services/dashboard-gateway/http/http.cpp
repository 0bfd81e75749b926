#include "dashboard-gateway/http/http.hpp"

#include "risk/service/http_report.hpp"

namespace risk::gateway {

HttpResponse json_response(std::string json, int status) {
  HttpResponse response;
  response.status = status;
  response.body = std::make_shared<const std::string>(std::move(json));
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

HttpResponse problem(int status, std::string_view detail, std::string_view instance) {
  return service::problem_response(status, detail, instance);
}

bool same_origin(const HttpRequest& request) {
  if (request.origin.empty()) return true;
  const std::string_view origin = request.origin;
  const std::size_t scheme = origin.find("://");
  return scheme != std::string_view::npos && http::equal_ignoring_case(origin.substr(scheme + 3), request.host);
}

}  // namespace risk::gateway

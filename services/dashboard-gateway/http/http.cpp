#include "dashboard-gateway/http/http.hpp"

#include "risk/service/http_report.hpp"

namespace risk::gateway {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

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

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

bool same_origin(const HttpRequest& request) {
  if (request.origin.empty()) return true;
  const std::string_view origin = request.origin;
  const std::size_t scheme = origin.find("://");
  return scheme != std::string_view::npos && http::equal_ignoring_case(origin.substr(scheme + 3), request.host);
}

}  // namespace risk::gateway

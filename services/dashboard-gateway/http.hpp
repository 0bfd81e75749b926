// An HTTP request and its answer as values, without the library that carries them.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace risk::gateway {

struct HttpRequest {
  std::string method;  // "GET" for HEAD too: the server leaves the body out
  std::string path;    // as it came, percent-encoded, without the query
  std::string query;   // as it came, without the '?'
  std::string host;
  std::string origin;  // "" when there is none
  std::string content_type;
  std::string body;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::shared_ptr<const std::string> body = std::make_shared<const std::string>();
  std::vector<std::pair<std::string, std::string>> headers;
};

// Called exactly once, from any thread.
using Respond = std::function<void(HttpResponse)>;

HttpResponse json_response(std::string json, int status = 200);

// A problem detail (RFC 9457): what was wrong, with the field and the value, and the path that was asked for.
HttpResponse problem(int status, std::string_view detail, std::string_view instance);

// No value: a '%' without two hexadecimal digits. '+' stays '+'.
std::optional<std::string> percent_decoded(std::string_view text);

// Whether a request may act for the page: it has no Origin (not a browser), or one that names this very host.
bool same_origin(const HttpRequest& request);

}  // namespace risk::gateway

#include "dashboard-gateway/http.hpp"

#include <algorithm>
#include <cctype>

#include "dashboard-gateway/json_writer.hpp"

namespace risk::gateway {
namespace {

std::string_view title(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 422:
      return "Unprocessable Content";
    case 426:
      return "Upgrade Required";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    default:
      return "Internal Server Error";
  }
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
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
  JsonWriter json;
  json.begin_object();
  json.member("type", "about:blank");
  json.member("title", title(status));
  json.member("status", static_cast<std::uint64_t>(status));
  json.member("detail", detail);
  json.member("instance", instance);
  json.end_object();
  HttpResponse response = json_response(json.take(), status);
  response.content_type = "application/problem+json";
  return response;
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
  return scheme != std::string_view::npos && equal_ignoring_case(origin.substr(scheme + 3), request.host);
}

}  // namespace risk::gateway

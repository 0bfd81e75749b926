// The request line: method, target in one of its four forms, version (RFC 9112 3).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "risk/base/result.hpp"
#include "risk/http/message.hpp"

namespace risk::http {

struct RequestLine {
  std::string method;
  std::string path;  // "*" of OPTIONS *
  std::string query;
  std::optional<std::string> authority;  // of a target in absolute form
  int minor_version = 1;                 // 0 or 1; a later one of HTTP/1 is taken for 1
};

Result<RequestLine, Refusal> parse_request_line(std::string_view line);

}  // namespace risk::http

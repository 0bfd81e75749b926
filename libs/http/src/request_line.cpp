#include "request_line.hpp"

#include <algorithm>

#include "host.hpp"
#include "syntax.hpp"

namespace risk::http {
namespace {

Refusal malformed(std::string detail) {
  return {400, "request line: " + std::move(detail)};
}

// RFC 9112 2.3: case-sensitive, one digit each.
Result<int, Refusal> parse_version(std::string_view text) {
  constexpr std::string_view kName = "HTTP/";
  const bool well_formed = text.size() == kName.size() + 3 && text.starts_with(kName) && is_digit(text[5]) &&
                           text[6] == '.' && is_digit(text[7]);
  if (!well_formed) return malformed("no HTTP version such as HTTP/1.1");
  if (text[5] != '1') return Refusal{505, "version: only HTTP/1.1 and HTTP/1.0 are spoken here"};
  return text[7] == '0' ? 0 : 1;
}

bool is_target(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F && c != '#'; });
}

void set_path(RequestLine& line, std::string_view path_and_query) {
  const auto question = std::min(path_and_query.find('?'), path_and_query.size());
  line.path = path_and_query.substr(0, question);
  line.query = path_and_query.substr(std::min(path_and_query.size(), question + 1));
  if (line.path.empty()) line.path = "/";
}

std::optional<Refusal> set_absolute(RequestLine& line, std::string_view target, std::size_t scheme_end) {
  const auto scheme = lower_case(target.substr(0, scheme_end));
  if (scheme == "https") return Refusal{421, "request target: https is not spoken on this connection"};
  if (scheme != "http") return malformed("the target is no http URI");
  const auto rest = target.substr(scheme_end + 3);
  const auto authority = rest.substr(0, rest.find_first_of("/?"));
  const auto parsed = parse_authority(authority);
  if (!parsed || parsed->host.empty()) return malformed("the target names no valid host");
  line.authority = authority;
  set_path(line, rest.substr(authority.size()));
  return std::nullopt;
}

std::optional<Refusal> set_target(RequestLine& line, std::string_view target) {
  if (line.method == "CONNECT") return Refusal{501, "method: CONNECT is for proxies, and this is none"};
  if (!is_target(target)) return malformed("the target holds a byte that no target may hold");
  if (target.front() == '/') {
    set_path(line, target);
    return std::nullopt;
  }
  if (target == "*") {
    if (line.method != "OPTIONS") return malformed("the target * is for OPTIONS alone");
    line.path = target;
    return std::nullopt;
  }
  const auto scheme_end = target.find("://");
  if (scheme_end == target.npos) return malformed("the target is neither a path nor an http URI");
  return set_absolute(line, target, scheme_end);
}

}  // namespace

Result<RequestLine, Refusal> parse_request_line(std::string_view text) {
  const auto method_end = text.find(' ');
  const auto version_begin = text.rfind(' ');
  if (method_end == text.npos || method_end == version_begin) {
    return malformed("not a method, a target and a version, with one blank between them");
  }
  RequestLine line;
  line.method = text.substr(0, method_end);
  if (!is_token(line.method)) return malformed("the method is no token");
  const auto version = parse_version(text.substr(version_begin + 1));
  if (!version) return version.error();
  line.minor_version = *version;
  const auto target = text.substr(method_end + 1, version_begin - method_end - 1);
  if (auto refusal = set_target(line, target)) return *std::move(refusal);
  return line;
}

}  // namespace risk::http

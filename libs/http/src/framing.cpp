#include "framing.hpp"

#include <algorithm>

#include "host.hpp"
#include "syntax.hpp"

namespace risk::http {
namespace {

Result<Framing, Refusal> judge_transfer_encoding(const RequestLine& line, const Fields& fields) {
  if (line.minor_version == 0) return Refusal{400, "transfer-encoding: HTTP/1.0 has none"};
  if (fields.has("Content-Length")) return Refusal{400, "transfer-encoding: beside a content-length"};
  const std::string list = fields.list("Transfer-Encoding");
  const auto codings = list_elements(list);
  const auto is_chunked = [](std::string_view coding) { return equal_ignoring_case(coding, "chunked"); };
  const auto chunked_times = std::count_if(codings.begin(), codings.end(), is_chunked);
  if (codings.empty() || !is_chunked(codings.back())) {
    return Refusal{400, "transfer-encoding: the last coding is not chunked"};
  }
  if (chunked_times > 1) return Refusal{400, "transfer-encoding: chunked comes twice"};
  if (codings.size() > 1) return Refusal{501, "transfer-encoding: only chunked is known"};
  return Framing{true, 0};
}

std::optional<Refusal> set_host(Request& request, const RequestLine& line, const Fields& fields) {
  const auto host = fields.single("Host");
  if (!host) return host.error();
  if (!*host && line.minor_version >= 1) return Refusal{400, "host: is missing"};
  if (*host && !parse_authority(**host)) return Refusal{400, "host: is no host"};
  // RFC 9112 3.2.2: a target in absolute form counts, and the field does not.
  request.host = line.authority.value_or(std::string(host->value_or("")));
  const bool named = !request.host.empty() && !parse_authority(request.host)->host.empty();
  if (!named && *host) return Refusal{400, "host: is empty"};
  return std::nullopt;
}

std::optional<Refusal> set_text(std::string& text, const char* name, const Fields& fields) {
  const auto value = fields.single(name);
  if (!value) return value.error();
  text = value->value_or("");
  return std::nullopt;
}

bool asks_for_websocket(const RequestLine& line, const Fields& fields) {
  return line.method == "GET" && line.minor_version >= 1 && list_contains(fields.list("Connection"), "upgrade") &&
         list_contains(fields.list("Upgrade"), "websocket");
}

}  // namespace

Result<Framing, Refusal> judge_framing(const RequestLine& line, const Fields& fields) {
  if (fields.has("Transfer-Encoding")) return judge_transfer_encoding(line, fields);
  const auto length = fields.single("Content-Length");
  if (!length) return length.error();
  if (!*length) return Framing{};
  const auto number = whole_number(**length, 10);
  if (!number) return Refusal{400, "content-length: is not a number"};
  return Framing{false, *number};
}

Result<bool, Refusal> judge_expectation(const RequestLine& line, const Fields& fields) {
  if (line.minor_version == 0 || !fields.has("Expect")) return false;  // RFC 9110 10.1.1: ignored in HTTP/1.0
  const std::string list = fields.list("Expect");
  for (const auto expectation : list_elements(list)) {
    if (!equal_ignoring_case(expectation, "100-continue")) return Refusal{417, "expect: only 100-continue is known"};
  }
  return !list_elements(list).empty();
}

Result<Request, Refusal> read_header(const RequestLine& line, const Fields& fields) {
  Request request;
  request.method = line.method;
  request.path = line.path;
  request.query = line.query;
  request.http_1_0 = line.minor_version == 0;
  if (auto refusal = set_host(request, line, fields)) return *std::move(refusal);
  if (auto refusal = set_text(request.origin, "Origin", fields)) return *std::move(refusal);
  if (auto refusal = set_text(request.content_type, "Content-Type", fields)) return *std::move(refusal);
  const std::string connection = fields.list("Connection");
  request.keep_alive =
      !list_contains(connection, "close") && (line.minor_version >= 1 || list_contains(connection, "keep-alive"));
  request.upgrade = asks_for_websocket(line, fields);
  return request;
}

}  // namespace risk::http

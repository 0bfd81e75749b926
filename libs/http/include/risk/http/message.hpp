// An HTTP request and its answer as values, without the library that carries them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace risk::http {

struct Request {
  std::string method;        // as it came: "HEAD" is answered like GET, without the body
  std::string path;          // as it came, percent-encoded, without the query; "*" of OPTIONS *
  std::string query;         // as it came, without the '?'
  std::string host;          // the target's authority if it has one, else the field Host; "" only in HTTP/1.0
  std::string origin;        // "" when there is none
  std::string content_type;  // "" when there is none
  std::string body;          // without its transfer coding
  bool keep_alive = true;    // the client wants the connection to go on
  bool upgrade = false;      // asks for a WebSocket
  bool http_1_0 = false;
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::shared_ptr<const std::string> body = std::make_shared<const std::string>();
  std::vector<std::pair<std::string, std::string>> headers;  // beside those that every answer has
};

// Called exactly once, from any thread. It holds its connection: let go of it before the server's io_context ends.
using Respond = std::function<void(Response)>;

// Why a request is not answered as asked: a status of the 4xx or 5xx, and a clause for people.
struct Refusal {
  int status = 0;
  std::string detail;
  friend bool operator==(const Refusal&, const Refusal&) = default;
};

// As RFC 9110 names it: "Misdirected Request" of 421. "Internal Server Error" of what this tree never sends.
std::string_view reason_phrase(int status);

// The header of the answer as it goes over the wire, up to and with the empty line.
std::string header_text(const Response& response, bool keep_alive);

// The type without its parameters, in lower case: "application/json" of " Application/JSON; Charset=UTF-8".
std::string media_type(std::string_view content_type);

// ASCII, as header fields and host names are compared.
bool equal_ignoring_case(std::string_view a, std::string_view b);
std::string lower_case(std::string_view text);

}  // namespace risk::http

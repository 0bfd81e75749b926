// Bytes to requests, as RFC 9112 says and no more: what it does not allow is refused with the status it names, and so
// is what is longer than the bounds. Where the RFC leaves a choice between leniency and refusal (a bare LF, folded
// lines, a repeated Content-Length) this refuses, because whoever stands in front might have chosen otherwise.
//
// Invariants
//   1. It never holds more than the sum of the limits, and never takes more than the sum of the limits for one request.
//   2. What it made of the bytes does not depend on how they were split.
//   3. After a refusal nothing more is taken: where the next request would begin is not known.
//
// One thread at a time; no I/O, no clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "risk/http/message.hpp"

namespace risk::http {

struct ParserLimits {
  std::size_t request_line_bytes_max = 8 << 10;    // beyond: 414
  std::size_t fields_bytes_max = 16 << 10;         // of header and trailers together; beyond: 431
  std::size_t fields_max = 100;                    // how many; beyond: 431
  std::size_t body_bytes_max = 16 << 10;           // decoded; beyond: 413
  std::size_t chunk_framing_bytes_max = 16 << 10;  // sizes, extensions and line ends of all chunks; beyond: 413

  // What one request may take from the wire.
  std::size_t bytes_max() const {
    return request_line_bytes_max + fields_bytes_max + body_bytes_max + chunk_framing_bytes_max;
  }
};

class RequestParser {
 public:
  // Asked as soon as the header is read, before the body: why this request is not taken, or nothing.
  using JudgeHeader = std::function<std::optional<Refusal>(const Request&)>;

  explicit RequestParser(const ParserLimits& limits, JudgeHeader judge = {});
  ~RequestParser();

  // Takes bytes up to the end of the request, or all. Returns how many.
  std::size_t feed(std::string_view bytes);

  bool started() const;           // a byte of the request has come
  bool header_complete() const;   // what is missing is the body
  bool complete() const;          // take() has a request
  bool expects_continue() const;  // header_complete(), and the client waits for a 100 before it sends the body
  bool is_head() const;           // the method is known to be HEAD: no answer has a body
  const std::optional<Refusal>& refusal() const;

  // Request line and header as they came, with the empty line. Precondition: header_complete() or complete().
  const std::string& header() const;

  // Precondition: complete(). The next byte fed begins another request.
  Request take();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace risk::http

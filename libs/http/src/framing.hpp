// Where a request's body ends (RFC 9112 6), and what else of its header decides how it is read.
#pragma once

#include <cstdint>

#include "fields.hpp"
#include "request_line.hpp"

namespace risk::http {

struct Framing {
  bool chunked = false;
  std::uint64_t content_length = 0;  // unless chunked
};
Result<Framing, Refusal> judge_framing(const RequestLine& line, const Fields& fields);

// Whether the client waits for a 100 (Continue); an expectation that is not known is refused with 417.
Result<bool, Refusal> judge_expectation(const RequestLine& line, const Fields& fields);

// The request's own host and what its other fields say, without a body.
Result<Request, Refusal> read_header(const RequestLine& line, const Fields& fields);

}  // namespace risk::http

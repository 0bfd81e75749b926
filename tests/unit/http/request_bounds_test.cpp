// What is sent without an end is refused after a bounded number of bytes, whatever part of a request it is.
#include <vector>

#include "risk/http/request_parser.hpp"
#include "support/catch.hpp"

using namespace risk::http;

namespace {

struct Endless {
  const char* part;
  std::string begin;
  std::string again;
  int status;
};

const std::string kPost = "POST / HTTP/1.1\r\nHost: a\r\n";
const std::string kChunked = kPost + "Transfer-Encoding: chunked\r\n\r\n";

const std::vector<Endless>& endless() {
  static const std::vector<Endless> all{
      {"empty lines", "", "\r\n", 400},
      {"method", "", "G", 501},
      {"target", "GET /", "x", 414},
      {"version", "GET / HTTP/1.1", "1", 414},
      {"a field's name", "GET / HTTP/1.1\r\n", "x", 431},
      {"a field's value", "GET / HTTP/1.1\r\nX: ", "x", 431},
      {"blanks of a field", "GET / HTTP/1.1\r\nX:", " ", 431},
      {"fields", "GET / HTTP/1.1\r\n", "X: y\r\n", 431},
      {"long fields", "GET / HTTP/1.1\r\n", "X: " + std::string(1000, 'y') + "\r\n", 431},
      {"bare CRs", "GET / HTTP/1.1\r\nX: ", "\r", 431},
      {"sized body", kPost + "Content-Length: 99999999999\r\n\r\n", "x", 413},
      {"chunks", kChunked, "400\r\n" + std::string(0x400, 'x') + "\r\n", 413},
      {"chunks of a byte", kChunked, "1\r\nx\r\n", 413},
      {"a chunk", kChunked + "fffffff\r\n", "x", 413},
      {"digits of a chunk's size", kChunked, "0", 413},
      {"other digits of a chunk's size", kChunked, "f", 413},
      {"a chunk's extension", kChunked + "1;x=", "x", 413},
      {"blanks before an extension", kChunked + "1", " ", 413},
      {"extensions", kChunked + "1", ";x", 413},
      {"extensions of many chunks", kChunked, "1;" + std::string(500, 'x') + "\r\nx\r\n", 413},
      {"trailers", kChunked + "0\r\n", "X: y\r\n", 431},
      {"long trailers", kChunked + "0\r\n", "X: " + std::string(1000, 'y') + "\r\n", 431},
      {"a trailer", kChunked + "0\r\nX: ", "x", 431}};
  return all;
}

}  // namespace

TEST_CASE("Every part of a request that never ends is refused within the bounds") {
  const ParserLimits limits;
  for (const Endless& each : endless()) {
    INFO(each.part);
    RequestParser parser(limits);
    std::size_t taken = parser.feed(each.begin);
    while (!parser.refusal() && taken <= 2 * limits.bytes_max()) taken += parser.feed(each.again);
    REQUIRE(parser.refusal());
    INFO(parser.refusal()->detail);
    CHECK(parser.refusal()->status == each.status);
    CHECK(taken <= limits.bytes_max());
    CHECK(parser.feed(each.again) == 0);
  }
}

TEST_CASE("What lies within the bounds is taken up to the last byte") {
  const ParserLimits limits;
  RequestParser parser(limits);
  parser.feed(kPost + "Content-Length: " + std::to_string(limits.body_bytes_max) + "\r\n\r\n");
  parser.feed(std::string(limits.body_bytes_max, 'x'));
  REQUIRE(parser.complete());
  CHECK(parser.take().body.size() == limits.body_bytes_max);

  std::string fields;
  while (fields.size() < limits.fields_bytes_max - 200) fields += "X: " + std::string(195, 'y') + "\r\n";
  const std::string last =
      "Y: " + std::string(limits.fields_bytes_max - fields.size() - 16, 'z') + "\r\nHost: a\r\n\r\n";
  parser.feed("GET / HTTP/1.1\r\n" + fields + last);
  CHECK(parser.complete());
  CHECK_FALSE(parser.refusal());
}

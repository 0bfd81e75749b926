#include "riskctl/backtest/json_lines.hpp"

#include <sstream>

#include "support/catch.hpp"

using namespace risk::riskctl;

TEST_CASE("lines of JSON keep the order of their members", "[riskctl]") {
  std::ostringstream out;
  JsonLines lines(out);
  lines.begin("a").text("id", "C1").number("count", 5).text_or_null("none", std::nullopt).end();
  lines.begin("b").open("inner").text("x", "y").close().number("z", 0).end();
  CHECK(out.str().empty());
  lines.finish();
  CHECK(out.str() ==
        "{\"kind\":\"a\",\"id\":\"C1\",\"count\":5,\"none\":null}\n"
        "{\"kind\":\"b\",\"inner\":{\"x\":\"y\"},\"z\":0}\n");
}

TEST_CASE("quotes, backslashes and control characters are escaped, UTF-8 is not", "[riskctl]") {
  std::ostringstream out;
  JsonLines lines(out);
  lines.begin("k").text("t", std::string_view("\"\\\n\0\x1fZoë/", 10)).end();
  lines.finish();
  CHECK(out.str() == "{\"kind\":\"k\",\"t\":\"\\\"\\\\\\u000a\\u0000\\u001fZoë/\"}\n");
}

TEST_CASE("what would pass for something else on a terminal is escaped in JSON too", "[riskctl]") {
  std::ostringstream out;
  JsonLines lines(out);
  lines.begin("k").text("t", "a\u202eb\u200b\u00a0\u007f\U000e0041 \u20ac\U0001f4b6\xff").end();
  lines.finish();
  CHECK(out.str() ==
        "{\"kind\":\"k\",\"t\":\"a\\u202eb\\u200b\\u00a0\\u007f\\udb40\\udc41 \u20ac\U0001f4b6\ufffd\"}\n");
}

TEST_CASE("an output that takes nothing is told at the end", "[riskctl]") {
  std::ostringstream out;
  out.setstate(std::ios::badbit);
  JsonLines lines(out);
  lines.begin("k").end();
  CHECK_THROWS_AS(lines.finish(), std::runtime_error);
}

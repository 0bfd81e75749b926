#include "risk/base/encoding.hpp"

#include <string>
#include <vector>

#include "risk/base/join.hpp"
#include "support/catch.hpp"

using namespace risk;

TEST_CASE("hexadecimal digits are lower case, two a byte, and come back as the same bytes") {
  const std::string bytes("\x00\x7f\x80\xff", 4);
  CHECK(to_hex(bytes) == "007f80ff");
  CHECK(from_hex("007f80ff") == bytes);
  CHECK(to_hex("").empty());
  CHECK(to_upper_hex(bytes) == "007F80FF");
  CHECK(from_hex("") == "");
}

TEST_CASE("text that to_hex cannot have made is not taken for bytes") {
  for (const char* digits : {"0", "0g", "g0", "0F", "F0", " 1", "0x", "+1"}) {
    INFO(digits);
    CHECK_FALSE(from_hex(digits));
  }
}

TEST_CASE("a number is 16 hexadecimal digits, however small") {
  CHECK(to_hex(std::uint64_t{0}) == "0000000000000000");
  CHECK(to_hex(std::uint64_t{0x1a}) == "000000000000001a");
  CHECK(to_hex(~std::uint64_t{0}) == "ffffffffffffffff");
}

TEST_CASE("base64 pads what does not fill a group of three bytes") {
  CHECK(base64("").empty());
  CHECK(base64("f") == "Zg==");
  CHECK(base64("fo") == "Zm8=");
  CHECK(base64("foo") == "Zm9v");
  CHECK(base64("foobar") == "Zm9vYmFy");
  CHECK(base64("\xfb\xff\xbf") == "+/+/");
}

TEST_CASE("percent-encoding gives back any byte, in either case, and leaves a plus alone") {
  CHECK(percent_decoded("a%2Fb%2fc+d") == "a/b/c+d");
  CHECK(percent_decoded("%00%e2%82%AC") == std::string("\0\xe2\x82\xac", 4));
  CHECK(percent_decoded("") == "");
  for (const char* text : {"%", "a%2", "%2", "%zz", "%2g", "%%41"}) {
    INFO(text);
    CHECK_FALSE(percent_decoded(text));
  }
}

TEST_CASE("a separator stands between two words only, empty words included") {
  CHECK(join(std::vector<std::string>{}, ", ").empty());
  CHECK(join(std::vector<std::string>{"a"}, ", ") == "a");
  CHECK(join(std::vector<std::string_view>{"a", "b", "c"}, ", ") == "a, b, c");
  CHECK(join(std::vector<std::string>{"", "b"}, ",") == ",b");
  CHECK(join(std::vector<int>{1, 2, 3}, ", ", [](int number) { return "$" + std::to_string(number); }) == "$1, $2, $3");
  const std::vector<std::pair<std::string, int>> pairs{{"a", 1}, {"b", 2}};
  CHECK(join(pairs, "|", &std::pair<std::string, int>::first) == "a|b");
}

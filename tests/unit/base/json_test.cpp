#include "risk/base/json.hpp"

#include "support/catch.hpp"

using namespace risk;

namespace {

std::string written(std::string_view text, JsonText use) {
  std::string out;
  append_json_string(out, text, use);
  return out;
}

}  // namespace

TEST_CASE("quotes, backslashes and controls are escaped for every reader") {
  const std::string_view text("\"\\/\x1f\0z", 6);
  for (const auto use : {JsonText::kUtf8, JsonText::kVisible, JsonText::kAscii}) {
    CHECK(written(text, use) == "\"\\\"\\\\/\\u001f\\u0000z\"");
    CHECK(written("", use) == "\"\"");
  }
}

TEST_CASE("a program gets UTF-8 as it is, a terminal what shows, a log ASCII alone") {
  const std::string text = "é\u202e\u007f\U0001f4b6\U000e0041";
  CHECK(written(text, JsonText::kUtf8) == "\"" + text + "\"");
  CHECK(written(text, JsonText::kVisible) == "\"é\\u202e\\u007f\U0001f4b6\\udb40\\udc41\"");
  CHECK(written(text, JsonText::kAscii) == "\"\\u00e9\\u202e\\u007f\\ud83d\\udcb6\\udb40\\udc41\"");
}

TEST_CASE("a line of a log names its breaks by their letters") {
  CHECK(written("\b\f\n\r\t", JsonText::kAscii) == "\"\\b\\f\\n\\r\\t\"");
  CHECK(written("\n", JsonText::kUtf8) == "\"\\u000a\"");
}

TEST_CASE("bytes that are not UTF-8 become the replacement character, and the text around them stays") {
  CHECK(written("a\xff"
                "b",
                JsonText::kUtf8) == "\"a\ufffdb\"");
  CHECK(written("a\xff"
                "b",
                JsonText::kVisible) == "\"a\ufffdb\"");
  CHECK(written("a\xff"
                "b",
                JsonText::kAscii) == "\"a\\ufffdb\"");
  CHECK(written("\xe2\x82", JsonText::kUtf8) == "\"\ufffd\ufffd\"");
}

TEST_CASE("commas stand between the members of each object and list, and lines have none between them") {
  JsonWriter json;
  json.begin_object();
  json.key("list");
  json.begin_array();
  json.value(std::uint64_t{18446744073709551615u});
  json.begin_object();
  json.end_object();
  json.null();
  json.end_array();
  json.member("none", std::optional<std::string>());
  json.end_object();
  json.end_line();
  json.begin_array();
  json.end_array();
  CHECK(json.take() == "{\"list\":[18446744073709551615,{},null],\"none\":null}\n[]");
  CHECK(json.text().empty());
  json.value(true);
  CHECK(json.take() == "true");
}

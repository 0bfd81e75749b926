#include "risk/base/id.hpp"

#include "support/catch.hpp"

using namespace risk;

TEST_CASE("an id is 1 to 50 bytes of UTF-8 without control characters") {
  CHECK_FALSE(id_problem("CLIENT_001"));
  CHECK_FALSE(id_problem("Zürich \"A\" 'b'"));
  CHECK_FALSE(id_problem(std::string(50, 'x')));
  CHECK(id_problem("") == "empty");
  CHECK(id_problem(std::string(51, 'x')) == "longer than 50 bytes");
  CHECK(id_problem("a\nb") == "contains a control character");
  CHECK(id_problem(std::string_view("a\0b", 3)) == "contains a control character");
  CHECK(id_problem("a\x7f") == "contains a control character");
}

TEST_CASE("bytes that are not UTF-8 are found") {
  for (const char* bad :
       {"\xff", "\xc0\xaf", "\xed\xa0\x80", "\xe2\x82", "\xf4\x90\x80\x80", "a\x80", "\xf8\x88\x80\x80\x80"}) {
    CHECK_FALSE(is_valid_utf8(bad));
    CHECK(id_problem(bad) == "not valid UTF-8");
  }
  for (const char* good : {"", "a", "\xc3\xbc", "\xe2\x82\xac", "\xf0\x9f\x92\xb6", "\xf4\x8f\xbf\xbf"})
    CHECK(is_valid_utf8(good));
}

TEST_CASE("an id or name that a person types must not pass for another one, a feed's may") {
  CHECK_FALSE(name_problem("CLIENT_001"));
  CHECK_FALSE(name_problem("Zürich \"A\" 'b'"));
  CHECK(name_problem("") == "empty");
  CHECK(name_problem(std::string(51, 'x')) == "longer than 50 bytes");
  CHECK(name_problem("a\u202eb") == "character 2 is U+202E, which does not show");
  CHECK(name_problem("a ") == "character 2 is U+0020, a blank at the end");
  CHECK_FALSE(id_problem("a\u202eb"));
  CHECK_FALSE(id_problem("a "));
}

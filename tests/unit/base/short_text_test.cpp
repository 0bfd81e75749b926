#include "risk/base/short_text.hpp"

#include "support/catch.hpp"

using risk::ShortText;

TEST_CASE("a short text is the text it was made of, up to its last byte") {
  CHECK(ShortText<4>().empty());
  CHECK(ShortText<4>(std::string_view()).empty());  // of no bytes anywhere: UBSan looks
  CHECK(ShortText<4>("abcd").view() == "abcd");
  CHECK(ShortText<4>(std::string("a\0b", 3)).view().size() == 3);
}

TEST_CASE("short texts are equal when their texts are, whatever was in their place before") {
  ShortText<4> text("abcd");
  text = "ab";
  CHECK(text == ShortText<4>("ab"));
  CHECK_FALSE(text == ShortText<4>("abc"));
}

// Whatever a file is written in, its text comes out as UTF-8, and what is no text never passes for some.
#include "decoder.hpp"

#include <sstream>

#include "support/catch.hpp"

using namespace risk::ingest;

namespace {

std::string decode(const std::string& bytes, Encoding encoding) {
  std::istringstream input(bytes);
  Decoder decoder(input, encoding);
  std::istream decoded(&decoder);
  decoded.exceptions(std::ios::badbit);
  std::string text;
  char block[1000];
  while (decoded.read(block, sizeof block), decoded.gcount() > 0)
    text.append(block, static_cast<std::size_t>(decoded.gcount()));
  CHECK(decoder.bytes_in() == bytes.size());
  return text;
}

std::string utf16(const std::u16string& text, bool is_little) {
  std::string bytes;
  for (const char16_t unit : text) {
    const char low = static_cast<char>(unit & 0xFF), high = static_cast<char>(unit >> 8);
    bytes.push_back(is_little ? low : high);
    bytes.push_back(is_little ? high : low);
  }
  return bytes;
}

}  // namespace

TEST_CASE("UTF-16 is read in both orders of bytes, with surrogates", "[ingest]") {
  const std::u16string text = u"a,\u00e9,\u20ac,\U0001F600\n";
  const std::string expected = "a,\xc3\xa9,\xe2\x82\xac,\xf0\x9f\x98\x80\n";
  CHECK(decode("\xff\xfe" + utf16(text, true), Encoding::kAuto) == expected);
  CHECK(decode("\xfe\xff" + utf16(text, false), Encoding::kAuto) == expected);
  CHECK(decode("\xff\xfe" + utf16(text, true), Encoding::kUtf16) == expected);
  CHECK(decode(utf16(text, true), Encoding::kUtf16Le) == expected);
  CHECK(decode(utf16(text, false), Encoding::kUtf16Be) == expected);
  CHECK_THROWS_AS(decode(utf16(text, true), Encoding::kUtf16), DecodeError);
}

TEST_CASE("a long UTF-16 file is decoded the same wherever its blocks are cut", "[ingest]") {
  std::u16string text;
  std::string expected;
  for (int i = 0; i < 30'000; ++i) {
    text += i % 3 == 0 ? u"\U0001F600" : u"x";
    expected += i % 3 == 0 ? "\xf0\x9f\x98\x80" : "x";
  }
  CHECK(decode(utf16(text, true), Encoding::kUtf16Le) == expected);
  CHECK(decode(utf16(u"y" + text, false), Encoding::kUtf16Be) == "y" + expected);
}

TEST_CASE("half a character of UTF-16 is no text", "[ingest]") {
  CHECK(decode(utf16(u"ab", true) + "c", Encoding::kUtf16Le) == "ab\xff");
  CHECK(decode(utf16(std::u16string{u'a', char16_t{0xD83D}, u'b'}, true), Encoding::kUtf16Le) ==
        "a\xff"
        "b");
  CHECK(decode(utf16(std::u16string{u'a', char16_t{0xDE00}, u'b'}, true), Encoding::kUtf16Le) ==
        "a\xff"
        "b");
  CHECK(decode(utf16(std::u16string{u'a', char16_t{0xD83D}}, true), Encoding::kUtf16Le) == "a\xff");
  CHECK(decode(utf16(std::u16string{char16_t{0xD83D}}, true) + "x", Encoding::kUtf16Le) == "\xff\xff");
}

TEST_CASE("Latin-1 and Windows-1252 differ from 80 to 9F", "[ingest]") {
  CHECK(decode("caf\xe9 \xa3", Encoding::kLatin1) == "caf\xc3\xa9 \xc2\xa3");
  CHECK(decode("\x80", Encoding::kLatin1) == "\xc2\x80");
  CHECK(decode("\x80 \x99", Encoding::kWindows1252) == "\xe2\x82\xac \xe2\x84\xa2");
  CHECK(decode("\x81", Encoding::kWindows1252) == "\xff");
}

TEST_CASE("UTF-8 passes as it is, with its mark for the row scanner to skip", "[ingest]") {
  const std::string text =
      "\xef\xbb\xbf"
      "a,\xc3\xa9\xff\n";
  CHECK(decode(text, Encoding::kAuto) == text);
  CHECK(decode("", Encoding::kAuto).empty());
  CHECK(decode("", Encoding::kUtf16).empty());
  CHECK(decode(std::string(200'000, 'x'), Encoding::kAuto) == std::string(200'000, 'x'));
}

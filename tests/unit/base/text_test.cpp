#include "risk/base/text.hpp"

#include <fstream>
#include <sstream>

#include "support/catch.hpp"

using namespace risk;

namespace {

std::string utf8(char32_t code) {
  const auto byte = [](char32_t bits) { return static_cast<char>(static_cast<unsigned char>(bits)); };
  if (code < 0x80) return {byte(code)};
  if (code < 0x800) return {byte(0xc0 | code >> 6), byte(0x80 | (code & 0x3f))};
  if (code < 0x10000) {
    return {byte(0xe0 | code >> 12), byte(0x80 | (code >> 6 & 0x3f)), byte(0x80 | (code & 0x3f))};
  }
  return {byte(0xf0 | code >> 18), byte(0x80 | (code >> 12 & 0x3f)), byte(0x80 | (code >> 6 & 0x3f)),
          byte(0x80 | (code & 0x3f))};
}

constexpr char32_t kHiddenOnes[] = {0x00,   0x1b,   0x7f,    0x80,    0x85,    0x9f,    0xad,    0x61c,
                                    0x180e, 0x200b, 0x200c,  0x200d,  0x200e,  0x200f,  0x2028,  0x2029,
                                    0x202a, 0x202e, 0x2060,  0x2066,  0x2069,  0x3164,  0xfe0f,  0xfeff,
                                    0xfff9, 0xffff, 0x1fffe, 0xe0000, 0xe0041, 0xe007f, 0xe0100, 0x10ffff};
constexpr char32_t kBlankOnes[] = {0xa0, 0x1680, 0x2003, 0x202f, 0x205f, 0x2800, 0x3000};

}  // namespace

TEST_CASE("a text is ASCII without a byte above 0x7f, and a character goes on in bytes of 0x80 to 0xbf") {
  CHECK(is_ascii(""));
  CHECK(is_ascii(std::string("a\0\x7f", 3)));
  CHECK_FALSE(is_ascii("a\x80"));
  CHECK_FALSE(
      is_ascii("\xc3\xbc"
               "a"));
  CHECK_FALSE(continues_character('\x7f'));
  CHECK(continues_character('\x80'));
  CHECK(continues_character('\xbf'));
  CHECK_FALSE(continues_character('\xc0'));
}

TEST_CASE("a character is read with its code point, a byte that is none by itself") {
  for (const char32_t code : {0x24U, 0xa3U, 0x20acU, 0x10348U, 0x10ffffU}) {
    const auto character = first_character(utf8(code) + "x");
    CHECK(character.code_point == code);
    CHECK(character.bytes == utf8(code).size());
  }
  CHECK_FALSE(first_character("\xed\xa0\x80").code_point);
  CHECK(first_character("\xed\xa0\x80").bytes == 1);
}

TEST_CASE("every hidden character is refused wherever people type, and shown escaped") {
  for (const char32_t code : kHiddenOnes) {
    INFO(std::hex << static_cast<unsigned>(code));
    const std::string text = "a" + utf8(code) + "b";
    for (const auto use : {TextUse::kName, TextUse::kValue, TextUse::kProse}) {
      const auto problem = plain_text_problem(text, use);
      REQUIRE(problem);
      CHECK(problem->rfind("character 2 is U+", 0) == 0);
    }
    for (const auto& shown : {printable(text), display_line(text), display_prose(text)}) {
      CHECK(shown.find(utf8(code)) == std::string::npos);
      CHECK(shown.find('\\') == 1);
    }
  }
  CHECK(plain_text_problem("ab\u202e", TextUse::kName) == "character 3 is U+202E, which does not show");
  CHECK(plain_text_problem("\u0085", TextUse::kValue) == "character 1 is U+0085, a control character");
  CHECK(plain_text_problem("\U000E0041", TextUse::kProse) == "character 1 is U+E0041, which does not show");
}

TEST_CASE("what shows is neither refused nor escaped") {
  for (const char* text :
       {"", "a", "Zürich", "a b", "Žluťoučký kůň", "日本語", "Ελλάδα", "مرحبا", "\u20ac\U0001f4b6", "c:\\x"}) {
    for (const auto use : {TextUse::kName, TextUse::kValue, TextUse::kProse})
      CHECK_FALSE(plain_text_problem(text, use));
    CHECK(printable(text) == text);
    CHECK(display_line(text) == text);
    CHECK(display_prose(text) == text);
  }
}

TEST_CASE("blanks at the ends, blanks alone and what passes for a blank are refused in a name") {
  CHECK(plain_text_problem(" ", TextUse::kName) == "nothing but blanks (U+0020)");
  CHECK(plain_text_problem("\u3000 ", TextUse::kValue) == "nothing but blanks (U+3000)");
  CHECK(plain_text_problem(" \n\t", TextUse::kProse) == "nothing but blanks (U+0020)");
  CHECK(plain_text_problem(" a", TextUse::kName) == "character 1 is U+0020, a blank at the start");
  CHECK(plain_text_problem("é ", TextUse::kValue) == "character 2 is U+0020, a blank at the end");
  CHECK(plain_text_problem("a\nb", TextUse::kName) == "character 2 is U+000A, a control character");
  CHECK_FALSE(plain_text_problem(" two\n\tlines \n", TextUse::kProse));
  for (const char32_t code : kBlankOnes) {
    INFO(std::hex << static_cast<unsigned>(code));
    const std::string text = "a" + utf8(code) + "b";
    CHECK(plain_text_problem(text, TextUse::kName).value_or("").find("passes for a blank") != std::string::npos);
    CHECK_FALSE(plain_text_problem(text, TextUse::kValue));
    CHECK_FALSE(plain_text_problem(text, TextUse::kProse));
    CHECK(printable(text).find("\\u{") == 1);
    CHECK(display_prose(text) == text);
  }
}

TEST_CASE("a byte that is not UTF-8 is refused with its place") {
  CHECK(plain_text_problem("é\xff", TextUse::kProse) == "character 2 is not UTF-8 (byte 0xff)");
  CHECK(plain_text_problem("\xc2", TextUse::kName) == "character 1 is not UTF-8 (byte 0xc2)");
}

TEST_CASE("any bytes can be made printable, and printable text stays as it is") {
  CHECK(printable("plain") == "plain");
  CHECK(printable("a\tb\xff") == "a\\x09b\\xff");
  CHECK(printable("a\u202eb") == "a\\u{202e}b");
  CHECK(printable(printable("a\u202eb\xff")) == printable("a\u202eb\xff"));
  CHECK(printable("\xe2\x82\xac") == "\xe2\x82\xac");
  CHECK(printable("\xe2\x82\xac\xe2\x82\xac", 4) == "\xe2\x82\xac");
  CHECK(printable("\u202e", 7).empty());  // never half an escape
}

TEST_CASE("a shown line lets blanks be seen that would not be, a shown comment keeps its lines") {
  CHECK(display_line("ACME ") == "ACME\\u{20}");
  CHECK(display_line(" ") == "\\u{20}");
  CHECK(display_line(" A  B ") == "\\u{20}A\\u{20} B\\u{20}");
  CHECK(display_line("Client ACME  gross exposure") == "Client ACME\\u{20} gross exposure");
  CHECK(display_line("A \u00a0") == "A\\u{20}\\u{a0}");
  CHECK(display_line("a\nb") == "a\\x0ab");
  CHECK(display_prose("10\u00a0000\n two\u202e\tlines ") == "10\u00a0000\n two\\u{202e}\tlines ");
}

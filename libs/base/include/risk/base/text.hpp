// Text from outside: is it UTF-8, could it pass for another text, and how is it shown so that it cannot.
//
// A hidden character is one that no reader sees as itself: controls (C0, DEL, C1), direction marks, zero-width and
// other default-ignorable characters, line separators, noncharacters. A blank is U+0020 or what looks like it
// (U+00A0, U+3000, …). Letters of different scripts that look alike are not looked for.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace risk {

// The first character of a text, or its first byte where that begins none.
struct Character {
  std::size_t bytes = 0;
  std::optional<char32_t> code_point;  // nothing: the byte is not UTF-8
};
// Precondition: text is not empty.
Character first_character(std::string_view text);

bool is_valid_utf8(std::string_view text);

// No byte above 0x7f.
inline bool is_ascii(std::string_view text) {
  unsigned char all = 0;
  for (const char c : text) all |= static_cast<unsigned char>(c);
  return all < 0x80;
}

// Whether a byte of UTF-8 goes on with a character that began before it.
inline bool continues_character(char byte) {
  return (static_cast<unsigned char>(byte) & 0xc0) == 0x80;
}

// Whether a reader sees the character as itself: it is not hidden, and no blank but U+0020.
bool is_plain(char32_t code_point);

// What a text that a person types is for, which says what it may hold besides characters that show:
enum class TextUse : std::uint8_t {
  kName,   // U+0020 between words: an id, a user, a stream
  kValue,  // any blank between words: a path, an address
  kProse,  // any blank anywhere, lines and tabs, but not blanks alone: a comment
};

// Why `text` could pass for another one, with the place of the first character at fault, counted from 1
// ("character 3 is U+202E, which does not show"), or nothing when it could not. An empty text passes for none.
std::optional<std::string> plain_text_problem(std::string_view text, TextUse use);

// text with every invalid byte and C0 control written \xNN, every other hidden character and every blank that is not
// U+0020 written \u{202e}, cut to at most `bytes_max` bytes: safe for a log, a database and JSON. Text that is
// printable already stays as it is, so backslashes stay too.
std::string printable(std::string_view text, std::size_t bytes_max = 200);

// printable() without a bound, with blanks that would not be seen as such escaped too, \u{20}: those at an end and all
// but the last of several. For a line shown to a person: an id, a name, a message that holds some.
std::string display_line(std::string_view text);

// Prose as it is shown: lines, tabs and blanks stay, everything else as printable() has it.
std::string display_prose(std::string_view text);

// The text with every path in it cut to its last name ("cannot open /srv/desk/risk.db" to "cannot open risk.db"): where
// things lie on the disk is for logs, not for whoever asks how a service is. Addresses (tcp://…) stay.
std::string without_folders(std::string_view text);

// A whole number in decimal digits and nothing else, with a minus where T is signed; nothing: it is none, or out of
// T's range.
template <class T>
std::optional<T> parse_whole(std::string_view text) {
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace risk

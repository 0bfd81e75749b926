#include "risk/base/text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <iterator>

#include "risk/base/check.hpp"

namespace risk {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// Controls, bidirectional controls, Default_Ignorable_Code_Point (Unicode 15, DerivedCoreProperties.txt), line
// separators, interlinear annotations and the noncharacters of plane 0; in order. The page has the same ones:
// web/src/lib/core/plain.ts.
constexpr Range kHidden[] = {
    {0x0000, 0x001f},   {0x007f, 0x009f},   {0x00ad, 0x00ad},   {0x034f, 0x034f}, {0x061c, 0x061c}, {0x115f, 0x1160},
    {0x17b4, 0x17b5},   {0x180b, 0x180f},   {0x200b, 0x200f},   {0x2028, 0x202e}, {0x2060, 0x206f}, {0x3164, 0x3164},
    {0xfdd0, 0xfdef},   {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},   {0xffa0, 0xffa0}, {0xfff0, 0xfffb}, {0xfffe, 0xffff},
    {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
};

// Space_Separator, and the braille pattern without a dot; in order.
constexpr Range kBlanks[] = {{0x0020, 0x0020}, {0x00a0, 0x00a0}, {0x1680, 0x1680}, {0x2000, 0x200a},
                             {0x202f, 0x202f}, {0x205f, 0x205f}, {0x2800, 0x2800}, {0x3000, 0x3000}};

template <std::size_t N>
bool holds(const Range (&ranges)[N], char32_t code) {
  const auto next = std::upper_bound(std::begin(ranges), std::end(ranges), code,
                                     [](char32_t c, const Range& range) { return c < range.first; });
  return next != std::begin(ranges) && code <= std::prev(next)->last;
}

bool is_hidden(char32_t code) {
  return (code & 0xfffe) == 0xfffe || holds(kHidden, code);  // the last two of every plane are noncharacters
}

bool is_blank(char32_t code) {
  return holds(kBlanks, code);
}

bool is_line_or_tab(char32_t code) {
  return code == '\n' || code == '\t';
}

// Length of the well-formed UTF-8 sequence at the start of text, 0 if there is none (Unicode 15, table 3-7).
std::size_t sequence_length(std::string_view text) {
  const auto byte = [text](std::size_t i) -> unsigned { return static_cast<unsigned char>(text[i]); };
  const auto continues = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xbf) {
    return i < text.size() && byte(i) >= low && byte(i) <= high;
  };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return continues(1) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    const unsigned low = lead == 0xe0 ? 0xa0 : 0x80;
    const unsigned high = lead == 0xed ? 0x9f : 0xbf;
    return continues(1, low, high) && continues(2) ? 3 : 0;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    const unsigned low = lead == 0xf0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xf4 ? 0x8f : 0xbf;
    return continues(1, low, high) && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

template <class... Arguments>
std::string formatted(const char* format, Arguments... arguments) {
  std::array<char, 24> buffer;
  const int size = std::snprintf(buffer.data(), buffer.size(), format, arguments...);
  return {buffer.data(), static_cast<std::size_t>(size)};
}

std::string escaped(std::string_view text, const Character& character) {
  const auto byte = static_cast<unsigned>(static_cast<unsigned char>(text.front()));
  const bool as_byte = !character.code_point || byte < 0x20 || byte == 0x7f;
  if (as_byte) return formatted("\\x%02x", byte);
  return formatted("\\u{%x}", static_cast<unsigned>(*character.code_point));
}

// Goes through text character by character; `act(rest, character)` gets the rest from there on and says whether to go
// on.
template <class Act>
void for_each_character(std::string_view text, Act act) {
  while (!text.empty()) {
    const auto character = first_character(text);
    if (!act(text, character)) return;
    text.remove_prefix(character.bytes);
  }
}

bool starts_with_blank(std::string_view text) {
  if (text.empty()) return false;
  const auto code = first_character(text).code_point;
  return code && is_blank(*code);
}

std::string problem_at(std::size_t place, char32_t code, const char* why) {
  return "character " + std::to_string(place) + " is " + formatted("U+%04X", static_cast<unsigned>(code)) + ", " + why;
}

// What is wrong with one character, wherever it stands; nothing when it may stand in a text for `use`.
const char* character_problem(char32_t code, TextUse use) {
  if (use == TextUse::kProse && is_line_or_tab(code)) return nullptr;
  if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return "a control character";
  if (is_hidden(code)) return "which does not show";
  if (use == TextUse::kName && code != ' ' && is_blank(code)) return "which passes for a blank";
  return nullptr;
}

}  // namespace

Character first_character(std::string_view text) {
  RISK_CHECK(!text.empty());
  const std::size_t bytes = sequence_length(text);
  if (bytes == 0) return {1, std::nullopt};
  static constexpr unsigned char kLeadBits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
  char32_t code = static_cast<unsigned char>(text[0]) & kLeadBits[bytes];
  for (std::size_t i = 1; i < bytes; ++i) code = code << 6 | (static_cast<unsigned char>(text[i]) & 0x3f);
  return {bytes, code};
}

bool is_valid_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

bool is_plain(char32_t code_point) {
  return code_point == ' ' || (!is_hidden(code_point) && !is_blank(code_point));
}

std::optional<std::string> plain_text_problem(std::string_view text, TextUse use) {
  std::optional<std::string> problem;
  std::size_t place = 0, shown = 0;
  char32_t first = 0, last = 0;
  for_each_character(text, [&](std::string_view rest, const Character& character) {
    ++place;
    if (!character.code_point) {
      problem = "character " + std::to_string(place) + " is not UTF-8 (byte " +
                formatted("0x%02x", static_cast<unsigned>(static_cast<unsigned char>(rest.front()))) + ")";
      return false;
    }
    last = *character.code_point;
    if (place == 1) first = last;
    if (!is_blank(last) && !is_line_or_tab(last)) ++shown;
    if (const char* why = character_problem(last, use)) problem = problem_at(place, last, why);
    return !problem;
  });
  if (problem || text.empty()) return problem;
  if (shown == 0) return "nothing but blanks (" + formatted("U+%04X", static_cast<unsigned>(first)) + ")";
  if (use == TextUse::kProse) return std::nullopt;
  if (is_blank(first)) return problem_at(1, first, "a blank at the start");
  if (is_blank(last)) return problem_at(place, last, "a blank at the end");
  return std::nullopt;
}

std::string printable(std::string_view text, std::size_t bytes_max) {
  std::string safe;
  for_each_character(text, [&](std::string_view rest, const Character& character) {
    const bool plain = character.code_point && is_plain(*character.code_point);
    const std::string piece = plain ? std::string(rest.substr(0, character.bytes)) : escaped(rest, character);
    if (safe.size() + piece.size() > bytes_max) return false;
    safe += piece;
    return true;
  });
  return safe;
}

std::string display_line(std::string_view text) {
  std::string shown;
  for_each_character(text, [&](std::string_view rest, const Character& character) {
    const auto after = rest.substr(character.bytes);
    const bool at_end = rest.size() == text.size() || after.empty();
    const bool unseen = character.code_point == U' ' && (at_end || starts_with_blank(after));
    shown += unseen ? escaped(rest, character) : printable(rest.substr(0, character.bytes));
    return true;
  });
  return shown;
}

std::string display_prose(std::string_view text) {
  std::string shown;
  for_each_character(text, [&](std::string_view rest, const Character& character) {
    const auto code = character.code_point;
    const bool stays = code && (is_line_or_tab(*code) || is_blank(*code));
    const auto piece = rest.substr(0, character.bytes);
    shown += stays ? std::string(piece) : printable(piece);
    return true;
  });
  return shown;
}

std::string without_folders(std::string_view text) {
  constexpr std::string_view kAroundWords = " \t\n\"'()<>,;=[]";
  std::string shorter;
  while (!text.empty()) {
    const auto size = std::min(text.find_first_of(kAroundWords), text.size());
    auto word = text.substr(0, size);
    text.remove_prefix(size);
    const auto last = word.find_last_not_of('/');  // of a folder the name stands before its slash
    const auto slash = last == std::string_view::npos ? last : word.rfind('/', last);
    const bool is_address = word.find("://") != std::string_view::npos;
    if (slash != std::string_view::npos && !is_address) word.remove_prefix(slash + 1);
    shorter += word;
    if (text.empty()) break;
    shorter += text.front();
    text.remove_prefix(1);
  }
  return shorter;
}

}  // namespace risk

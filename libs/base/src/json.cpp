#include "risk/base/json.hpp"

#include <charconv>
#include <cmath>
#include <cstdio>

#include "risk/base/text.hpp"

namespace risk {
namespace {

bool needs_no_look(char c) {
  return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

void append_unit(std::string& out, unsigned unit) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += kHex[unit >> shift & 15];
}

// \uNNNN, beyond U+FFFF as two surrogates.
void append_escape(std::string& out, char32_t code) {
  if (code <= 0xffff) return append_unit(out, code);
  append_unit(out, 0xd7c0 + (code >> 10));
  append_unit(out, 0xdc00 | (code & 0x3ff));
}

// What JSON has a letter for; 0: nothing.
char short_escape(char32_t code) {
  switch (code) {
    case '\b':
      return 'b';
    case '\f':
      return 'f';
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    default:
      return 0;
  }
}

bool stays(char32_t code, JsonText use) {
  if (use == JsonText::kUtf8) return code >= 0x20;
  return use == JsonText::kVisible && is_plain(code);
}

}  // namespace

void append_json_string(std::string& out, std::string_view text, JsonText use) {
  out += '"';
  while (!text.empty()) {
    std::size_t size = 0;
    while (size < text.size() && needs_no_look(text[size])) ++size;
    out.append(text.substr(0, size));
    text.remove_prefix(size);
    if (text.empty()) break;
    const auto character = first_character(text);
    const char32_t code = character.code_point.value_or(0xfffd);
    if (code == '"' || code == '\\') {
      out.append(1, '\\').append(1, text.front());
    } else if (stays(code, use)) {
      out.append(character.code_point ? text.substr(0, character.bytes) : "\ufffd");
    } else if (const char letter = short_escape(code); letter != 0 && use == JsonText::kAscii) {
      out.append(1, '\\').append(1, letter);
    } else {
      append_escape(out, code);
    }
    text.remove_prefix(character.bytes);
  }
  out += '"';
}

void JsonWriter::separate() {
  if (comma_) text_ += ',';
  comma_ = true;
}

void JsonWriter::open(char bracket) {
  separate();
  text_ += bracket;
  comma_ = false;
}

void JsonWriter::close(char bracket) {
  text_ += bracket;
  comma_ = true;
}

void JsonWriter::key(std::string_view name) {
  value(name);
  text_ += ':';
  comma_ = false;
}

void JsonWriter::value(std::string_view text) {
  separate();
  append_json_string(text_, text, use_);
}

void JsonWriter::value(std::uint64_t number) {
  separate();
  char digits[20];
  text_.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

void JsonWriter::value(std::int64_t number) {
  separate();
  text_ += std::to_string(number);
}

void JsonWriter::value(bool flag) {
  raw(flag ? "true" : "false");
}

void JsonWriter::value_number(double number) {
  if (!std::isfinite(number)) return null();
  separate();
  char digits[350];
  text_.append(digits, static_cast<std::size_t>(std::snprintf(digits, sizeof digits, "%.2f", number)));
}

void JsonWriter::null() {
  raw("null");
}

void JsonWriter::raw(std::string_view json) {
  separate();
  text_ += json;
}

}  // namespace risk

#include "dashboard-gateway/api/json_writer.hpp"

#include <charconv>
#include <cmath>
#include <cstdio>

#include "risk/base/id.hpp"

namespace risk::gateway {
namespace {

constexpr char kReplacement[] = "\xEF\xBF\xBD";

void append_escaped(std::string& out, std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte >= 0x20) {
      out += c;
    } else {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
}

// Byte by byte: only for texts that are not valid as a whole, which are rare.
std::string repaired(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    std::size_t length = 1;
    while (length < 4 && length < text.size() && !is_valid_utf8(text.substr(0, length))) ++length;
    if (is_valid_utf8(text.substr(0, length))) {
      out += text.substr(0, length);
    } else {
      out += kReplacement;
      length = 1;
    }
    text.remove_prefix(length);
  }
  return out;
}

}  // namespace

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
  text_ += '"';
  if (is_valid_utf8(text)) {
    append_escaped(text_, text);
  } else {
    append_escaped(text_, repaired(text));
  }
  text_ += '"';
}

void JsonWriter::value(std::uint64_t number) {
  separate();
  char digits[20];
  text_.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
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

}  // namespace risk::gateway

#include "riskctl/backtest/json_lines.hpp"

#include "risk/base/text.hpp"
#include "risk/service/output.hpp"

namespace risk::riskctl {
namespace {

constexpr std::size_t kBufferBytes = 64 * 1024;

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

}  // namespace

JsonLines& JsonLines::begin(std::string_view kind) {
  buffer_ += '{';
  return text("kind", kind);
}

JsonLines& JsonLines::text(std::string_view key, std::string_view value) {
  add_key(key);
  add_string(value);
  return *this;
}

JsonLines& JsonLines::text_or_null(std::string_view key, const std::optional<std::string>& value) {
  if (value) return text(key, std::string_view(*value));
  add_key(key);
  buffer_ += "null";
  return *this;
}

JsonLines& JsonLines::number(std::string_view key, std::uint64_t value) {
  add_key(key);
  buffer_ += std::to_string(value);
  return *this;
}

JsonLines& JsonLines::open(std::string_view key) {
  add_key(key);
  buffer_ += '{';
  return *this;
}

JsonLines& JsonLines::close() {
  buffer_ += '}';
  return *this;
}

void JsonLines::end() {
  buffer_ += "}\n";
  if (buffer_.size() >= kBufferBytes) flush();
}

void JsonLines::finish() {
  flush();
  service::finish_output(out_);
}

void JsonLines::add_key(std::string_view key) {
  if (buffer_.back() != '{') buffer_ += ',';
  add_string(key);
  buffer_ += ':';
}

void JsonLines::add_string(std::string_view value) {
  buffer_ += '"';
  while (!value.empty()) {
    std::size_t size = 0;
    while (size < value.size() && needs_no_look(value[size])) ++size;
    buffer_.append(value.substr(0, size));
    value.remove_prefix(size);
    if (value.empty()) break;
    const auto character = first_character(value);
    const char32_t code = character.code_point.value_or(0xfffd);
    if (code == '"' || code == '\\') {
      buffer_.append(1, '\\').append(1, value.front());
    } else if (is_plain(code)) {
      buffer_.append(character.code_point ? value.substr(0, character.bytes) : "\ufffd");
    } else {
      append_escape(buffer_, code);
    }
    value.remove_prefix(character.bytes);
  }
  buffer_ += '"';
}

void JsonLines::flush() {
  out_.write(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
  buffer_.clear();
}

}  // namespace risk::riskctl

#include "riskctl/backtest/json_lines.hpp"

#include "risk/service/output.hpp"

namespace risk::riskctl {
namespace {

constexpr std::size_t kBufferBytes = 64 * 1024;

bool is_plain(char c) {
  return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\';
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
  static constexpr char kHex[] = "0123456789abcdef";
  buffer_ += '"';
  while (!value.empty()) {
    std::size_t plain = 0;
    while (plain < value.size() && is_plain(value[plain])) ++plain;
    buffer_.append(value.substr(0, plain));
    value.remove_prefix(plain);
    if (value.empty()) break;
    const char c = value.front();
    buffer_ += '\\';
    if (c == '"' || c == '\\') {
      buffer_ += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      buffer_.append("u00").append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
    }
    value.remove_prefix(1);
  }
  buffer_ += '"';
}

void JsonLines::flush() {
  out_.write(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
  buffer_.clear();
}

}  // namespace risk::riskctl

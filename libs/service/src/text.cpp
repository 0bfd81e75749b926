#include "text.hpp"

#include <array>
#include <cstdio>

#include "risk/base/text.hpp"

namespace risk::service {
namespace {

template <class... Arguments>
void append_format(std::string& out, const char* format, Arguments... arguments) {
  std::array<char, 16> buffer;
  const int size = std::snprintf(buffer.data(), buffer.size(), format, arguments...);
  out.append(buffer.data(), static_cast<std::size_t>(size));
}

bool needs_no_quotes(std::string_view text) {
  if (text.empty()) return false;
  while (!text.empty()) {
    const auto character = first_character(text);
    if (!character.code_point || !is_plain(*character.code_point)) return false;
    if (text.find_first_of(" =\"\\") == 0) return false;
    text.remove_prefix(character.bytes);
  }
  return true;
}

}  // namespace

void append_logfmt_value(std::string& out, std::string_view text) {
  if (needs_no_quotes(text)) {
    out += text;
    return;
  }
  out.push_back('"');
  while (!text.empty()) {
    const auto character = first_character(text);
    const auto piece = text.substr(0, character.bytes);
    const auto code = static_cast<unsigned>(character.code_point.value_or(0));
    if (!character.code_point) {
      append_format(out, "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(text.front())));
    } else if (piece == "\"" || piece == "\\") {
      out.append(1, '\\').append(piece);
    } else if (piece == "\n") {
      out += "\\n";
    } else if (piece == "\r") {
      out += "\\r";
    } else if (piece == "\t") {
      out += "\\t";
    } else if (is_plain(code)) {
      out += piece;
    } else {
      append_format(out, code > 0xffff ? "\\U%08x" : "\\u%04x", code);
    }
    text.remove_prefix(character.bytes);
  }
  out.push_back('"');
}

void append_logfmt_key(std::string& out, std::string_view key) {
  if (key.empty()) out.push_back('_');
  for (const char c : key) out.push_back(c > ' ' && c < '\x7F' && c != '=' && c != '"' ? c : '_');
}

}  // namespace risk::service

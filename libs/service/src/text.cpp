#include "text.hpp"

#include <array>
#include <cstdint>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "risk/base/id.hpp"

namespace risk::service {
namespace {

// Length of the well-formed character that text starts with; 0 when there is none.
std::size_t character_size(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  return size <= text.size() && is_valid_utf8(text.substr(0, size)) ? size : 0;
}

// C0, DEL, C1 (terminals obey them) and the separators that some readers take for a line's end; 0 for any other.
std::uint16_t control_code(std::string_view character) {
  const auto byte = [character](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  if (character.size() == 1) return byte(0) == 0x7F || byte(0) < 0x20 ? byte(0) : 0;
  if (character.size() == 2 && byte(0) == 0xC2 && byte(1) < 0xA0) return byte(1);
  if (character == "\xE2\x80\xA8") return 0x2028;
  if (character == "\xE2\x80\xA9") return 0x2029;
  return 0;
}

template <class... Arguments>
void append_format(std::string& out, const char* format, Arguments... arguments) {
  std::array<char, 16> buffer;
  const int size = std::snprintf(buffer.data(), buffer.size(), format, arguments...);
  out.append(buffer.data(), static_cast<std::size_t>(size));
}

bool is_plain(std::string_view text) {
  if (text.empty()) return false;
  for (std::size_t i = 0; i < text.size();) {
    const auto size = character_size(text.substr(i));
    const auto character = text.substr(i, size);
    if (size == 0 || control_code(character) != 0 || character.find_first_of(std::string_view(" =\"\\\0", 5)) == 0) {
      return false;
    }
    i += size;
  }
  return true;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += nlohmann::json(text).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

void append_logfmt_value(std::string& out, std::string_view text) {
  if (is_plain(text)) {
    out += text;
    return;
  }
  out.push_back('"');
  for (std::size_t i = 0; i < text.size();) {
    const auto size = character_size(text.substr(i));
    if (size == 0) {
      append_format(out, "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(text[i])));
      ++i;
      continue;
    }
    const auto character = text.substr(i, size);
    const auto code = control_code(character);
    if (character == "\"" || character == "\\") {
      out.append(1, '\\').append(character);
    } else if (character == "\n") {
      out += "\\n";
    } else if (character == "\r") {
      out += "\\r";
    } else if (character == "\t") {
      out += "\\t";
    } else if (code != 0 || character.front() == '\0') {
      append_format(out, "\\u%04x", static_cast<unsigned>(code));
    } else {
      out += character;
    }
    i += size;
  }
  out.push_back('"');
}

void append_logfmt_key(std::string& out, std::string_view key) {
  if (key.empty()) out.push_back('_');
  for (const char c : key) out.push_back(c > ' ' && c < '\x7F' && c != '=' && c != '"' ? c : '_');
}

}  // namespace risk::service

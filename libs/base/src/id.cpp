#include "risk/base/id.hpp"

#include <algorithm>

namespace risk {
namespace {

constexpr bool is_control(unsigned char byte) {
  return byte < 0x20 || byte == 0x7f;
}

}  // namespace

std::optional<std::string_view> id_problem(std::string_view text) {
  if (text.empty()) return "empty";
  if (text.size() > kIdBytesMax) return "longer than 50 bytes";
  if (std::any_of(text.begin(), text.end(), [](char c) { return is_control(static_cast<unsigned char>(c)); })) {
    return "contains a control character";
  }
  if (!is_valid_utf8(text)) return "not valid UTF-8";
  return std::nullopt;
}

std::optional<std::string> name_problem(std::string_view text) {
  if (text.empty()) return "empty";
  if (text.size() > kIdBytesMax) return "longer than 50 bytes";
  return plain_text_problem(text, TextUse::kName);
}

}  // namespace risk

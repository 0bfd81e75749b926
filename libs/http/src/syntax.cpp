#include "syntax.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include "risk/http/message.hpp"

namespace risk::http {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_hex_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || kMarks.find(c) != kMarks.npos;
  });
}

bool is_field_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7F);
  });
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t";
  const auto first = text.find_first_not_of(kBlanks);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::vector<std::string_view> list_elements(std::string_view text) {
  std::vector<std::string_view> elements;
  while (true) {
    const auto comma = text.find(',');
    const auto element = trimmed(text.substr(0, comma));
    if (!element.empty()) elements.push_back(element);
    if (comma == text.npos) return elements;
    text.remove_prefix(comma + 1);
  }
}

bool list_contains(std::string_view list, std::string_view element) {
  const auto elements = list_elements(list);
  return std::any_of(elements.begin(), elements.end(), [&](auto each) { return equal_ignoring_case(each, element); });
}

std::optional<std::uint64_t> whole_number(std::string_view text, int base) {
  const auto is_digit_of_base = base == 10 ? is_digit : is_hex_digit;
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit_of_base)) return std::nullopt;
  std::uint64_t number = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return result.ec == std::errc{} ? number : std::numeric_limits<std::uint64_t>::max();
}

}  // namespace risk::http

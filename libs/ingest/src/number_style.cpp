#include "number_style.hpp"

#include <algorithm>
#include <cstdint>

#include "risk/base/text.hpp"

namespace risk::ingest {
namespace {

constexpr int kExponentMax = 40;
const char kNone[] = "not a decimal number";

bool is_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// The length of the thousands mark that `text` begins with, 0: it begins with none.
std::size_t mark_length(std::string_view text, char mark) {
  if (mark == '\0' || text.empty()) return 0;
  if (text.front() == mark) return 1;
  if (mark == ' ') {
    if (text.starts_with("\xc2\xa0")) return 2;      // U+00A0
    if (text.starts_with("\xe2\x80\xaf")) return 3;  // U+202F
    if (text.starts_with("\xe2\x80\x89")) return 3;  // U+2009
  }
  return mark == '\'' && text.starts_with("\xe2\x80\x99") ? 3 : 0;  // U+2019
}

// Appends the digits of `whole` without its thousands marks. Returns why it is no whole number.
std::optional<std::string> read_whole(std::string_view whole, char mark, std::string& digits) {
  if (is_digits(whole)) {
    digits.append(whole);
    return std::nullopt;
  }
  std::size_t groups = 0, group_begin = digits.size();
  const auto is_good_group = [&] {
    const std::size_t length = digits.size() - group_begin;
    return groups == 0 ? 1 <= length && length <= 3 && digits[group_begin] != '0' : length == 3;
  };
  while (!whole.empty()) {
    if (const std::size_t length = mark_length(whole, mark); length != 0) {
      if (!is_good_group()) return "its thousands marks do not stand between groups of three digits";
      ++groups;
      group_begin = digits.size();
      whole.remove_prefix(length);
    } else if (is_digits(whole.substr(0, 1))) {
      digits.push_back(whole.front());
      whole.remove_prefix(1);
    } else {
      return kNone;
    }
  }
  if (!is_good_group()) return "its thousands marks do not stand between groups of three digits";
  return std::nullopt;
}

// Which marks a text must mean when the format states none: {decimal, thousands}, 0 for no such mark. No value: it
// could be read in two ways.
struct Marks {
  char decimal = '\0';
  char thousands = '\0';
};
std::optional<Marks> marks_of(std::string_view text) {
  const auto points = std::count(text.begin(), text.end(), '.'), commas = std::count(text.begin(), text.end(), ',');
  if (points == 0 && commas == 0) return Marks{};
  if (points > 0 && commas > 0) {
    return text.rfind('.') > text.rfind(',') ? Marks{'.', ','} : Marks{',', '.'};
  }
  const char mark = points > 0 ? '.' : ',';
  if (points + commas > 1) return Marks{'\0', mark};
  const std::size_t before = text.find(mark), after = text.size() - before - 1;
  // 1.234 has a thousands mark or decimals; 0.234, 1234.567 and 1.23 can only have decimals.
  const bool may_be_thousands = after == 3 && 1 <= before && before <= 3 && text.front() != '0';
  if (may_be_thousands) return std::nullopt;
  return Marks{mark, '\0'};
}

// Takes sign, prefix and parentheses off. False: one of them stands twice.
bool take_sign(std::string_view& text, const NumberStyle& style, bool& negative) {
  if (style.has_parentheses && text.size() >= 2 && text.front() == '(' && text.back() == ')') {
    negative = true;
    text = text.substr(1, text.size() - 2);
  }
  bool has_sign = negative, has_prefix = false;
  while (true) {
    if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
      if (has_sign) return false;
      has_sign = true;
      negative = text.front() == '-';
      text.remove_prefix(1);
      continue;
    }
    const auto prefix = std::find_if(style.prefixes.begin(), style.prefixes.end(),
                                     [text](const std::string& candidate) { return text.starts_with(candidate); });
    if (prefix == style.prefixes.end()) return true;
    if (has_prefix) return false;
    has_prefix = true;
    text.remove_prefix(prefix->size());
  }
}

// Takes an exponent off. False: it is none, or beyond any number of this system.
bool take_exponent(std::string_view& text, int& exponent) {
  const std::size_t at = text.find_first_of("eE");
  if (at == std::string_view::npos) return true;
  std::string_view digits = text.substr(at + 1);
  text = text.substr(0, at);
  const bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) digits.remove_prefix(1);
  const auto value = is_digits(digits) ? parse_whole<int>(digits) : std::nullopt;
  if (!value || *value > kExponentMax) return false;
  exponent = negative ? -*value : *value;
  return true;
}

// Digit by digit: a number that is out of range is still the whole number, and refused for what it is.
void multiply(std::string& digits, int factor) {
  std::uint64_t carry = 0;
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
    carry += static_cast<std::uint64_t>(*digit - '0') * static_cast<std::uint64_t>(factor);
    *digit = static_cast<char>('0' + carry % 10);
    carry /= 10;
  }
  if (carry > 0) digits.insert(0, std::to_string(carry));
}

// Appends digits with a point `places` before their end.
void append_shifted(std::string& plain, std::string digits, int places) {
  if (places < 0) digits.append(static_cast<std::size_t>(-places), '0');
  const auto fraction = static_cast<std::size_t>(std::max(places, 0));
  if (digits.size() <= fraction) digits.insert(0, fraction + 1 - digits.size(), '0');
  plain.append(digits, 0, digits.size() - fraction);
  if (fraction > 0) plain.append(1, '.').append(digits, digits.size() - fraction);
}

}  // namespace

std::optional<std::string> read_number(std::string_view text, const NumberStyle& style, const NumberForm& form,
                                       int shift, std::string& plain) {
  plain.clear();
  bool negative = false;
  int exponent = 0;
  if (!take_sign(text, style, negative)) return kNone;
  if (style.has_exponents && !take_exponent(text, exponent)) return kNone;
  if (text.empty()) return kNone;

  Marks marks{style.decimal, style.thousands};
  if (style.decimal == '\0') {
    const auto meant = marks_of(text);
    if (!meant) return "could have decimals or a thousands mark, and the format does not say which (decimal)";
    marks = *meant;
  }
  const std::size_t point = marks.decimal == '\0' ? std::string_view::npos : text.find(marks.decimal);
  const std::string_view whole = text.substr(0, point);
  const std::string_view fraction = point == std::string_view::npos ? "" : text.substr(point + 1);
  const bool has_point = point != std::string_view::npos;
  if (!is_digits(fraction) || (has_point ? fraction.empty() : whole.empty())) return kNone;

  std::string digits;
  if (auto problem = read_whole(whole, marks.thousands, digits)) return problem;
  digits.append(fraction);
  int places = static_cast<int>(std::min<std::size_t>(fraction.size(), 100'000)) - exponent - shift;
  if (form.implied_places > 0) {
    if (has_point && fraction.size() != static_cast<std::size_t>(form.implied_places)) {
      return "a number with a decimal mark has to have " + std::to_string(form.implied_places) + " decimals here";
    }
    if (!has_point) places += form.implied_places;
  }
  if (form.times != 1) multiply(digits, form.times);
  if (negative) plain.push_back('-');
  append_shifted(plain, std::move(digits), places);
  return std::nullopt;
}

}  // namespace risk::ingest

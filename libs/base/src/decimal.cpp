#include "risk/base/decimal.hpp"

#include <algorithm>
#include <limits>

namespace risk {
namespace {

__extension__ typedef unsigned __int128 Uint128;

constexpr Int128 kInt128Max = static_cast<Int128>(~Uint128{0} >> 1);

constexpr Uint128 magnitude_of(Int128 value) {
  return value < 0 ? Uint128{0} - static_cast<Uint128>(value) : static_cast<Uint128>(value);
}

constexpr Uint128 power_of_ten(int exponent) {
  Uint128 power = 1;
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}

std::string digits_of(Uint128 value, int at_least) {
  std::string digits;
  while (value != 0 || static_cast<int>(digits.size()) < at_least) {
    digits.push_back(static_cast<char>('0' + static_cast<int>(value % 10)));
    value /= 10;
  }
  std::reverse(digits.begin(), digits.end());
  return digits;
}

Uint128 divide_magnitude_half_even(Uint128 value, Uint128 divisor) {
  const Uint128 quotient = value / divisor;
  const Uint128 remainder = value % divisor;
  const Uint128 rest = divisor - remainder;
  const bool up = remainder > rest || (remainder == rest && quotient % 2 == 1);
  return quotient + (up ? 1 : 0);
}

std::string group_thousands(const std::string& whole) {
  std::string grouped;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    if (i != 0 && (whole.size() - i) % 3 == 0) grouped.push_back(',');
    grouped.push_back(whole[i]);
  }
  return grouped;
}

std::string format(Int128 units, int places, int to_places, bool grouped) {
  RISK_CHECK(0 <= to_places && to_places <= places && places <= 32);
  const Uint128 rounded = divide_magnitude_half_even(magnitude_of(units), power_of_ten(places - to_places));
  const std::string digits = digits_of(rounded, to_places + 1);
  const std::size_t whole_size = digits.size() - static_cast<std::size_t>(to_places);
  const std::string whole = digits.substr(0, whole_size);
  std::string text = units < 0 && rounded != 0 ? "-" : "";
  text += grouped ? group_thousands(whole) : whole;
  if (to_places > 0) text.append(1, '.').append(digits, whole_size);
  return text;
}

// Parses into units of 10^-places, |units| <= limit.
Result<Int128> parse_units(std::string_view text, int places, Int128 limit) {
  const bool negative = !text.empty() && text.front() == '-';
  if (negative || (!text.empty() && text.front() == '+')) text.remove_prefix(1);

  const auto point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  std::string_view fraction = point == std::string_view::npos ? std::string_view{} : text.substr(point + 1);
  const auto all_digits = [](std::string_view part) {
    return std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
  };
  if (whole.empty() || !all_digits(whole) || !all_digits(fraction) ||
      (point != std::string_view::npos && fraction.empty())) {
    return Error{"not a decimal number"};
  }
  while (!fraction.empty() && fraction.back() == '0') fraction.remove_suffix(1);
  if (fraction.size() > static_cast<std::size_t>(places)) {
    return Error{"more than " + std::to_string(places) + " decimal places"};
  }

  Int128 units = 0;
  const auto append_digit = [&units](int digit) {
    return !__builtin_mul_overflow(units, Int128{10}, &units) && !__builtin_add_overflow(units, Int128{digit}, &units);
  };
  for (const char c : whole) {
    if (!append_digit(c - '0')) return Error{"out of range"};
  }
  for (int i = 0; i < places; ++i) {
    const auto index = static_cast<std::size_t>(i);
    if (!append_digit(index < fraction.size() ? fraction[index] - '0' : 0)) return Error{"out of range"};
  }
  if (units > limit) return Error{"out of range"};
  return negative ? -units : units;
}

}  // namespace

Result<std::int64_t> parse_decimal_units(std::string_view text) {
  const auto units = parse_units(text, kDecimalPlaces, std::numeric_limits<std::int64_t>::max());
  if (!units) return units.error();
  return static_cast<std::int64_t>(*units);
}

std::string format_exact(Int128 units, int places) {
  std::string text = format(units, places, places, false);
  if (places == 0) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string format_rounded(Int128 units, int places, int to_places) {
  return format(units, places, to_places, false);
}

std::string format_grouped(Int128 units, int places, int to_places) {
  return format(units, places, to_places, true);
}

Int128 divide_half_even(Int128 units, Int128 divisor) {
  RISK_CHECK(divisor > 0);
  const auto quotient =
      static_cast<Int128>(divide_magnitude_half_even(magnitude_of(units), static_cast<Uint128>(divisor)));
  return units < 0 ? -quotient : quotient;
}

Result<Notional> Notional::parse(std::string_view text) {
  const auto units = parse_units(text, kNotionalPlaces, kInt128Max);
  if (!units) return units.error();
  return from_units(*units);
}

std::optional<Quantity> add(Quantity a, Quantity b) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(a.units(), b.units(), &sum)) return std::nullopt;
  return Quantity::from_units(sum);
}

std::optional<Notional> add(Notional a, Notional b) {
  Int128 sum = 0;
  if (__builtin_add_overflow(a.units(), b.units(), &sum)) return std::nullopt;
  return Notional::from_units(sum);
}

std::optional<Notional> subtract(Notional a, Notional b) {
  Int128 difference = 0;
  if (__builtin_sub_overflow(a.units(), b.units(), &difference)) return std::nullopt;
  return Notional::from_units(difference);
}

std::optional<Price> convert(Price price, Multiplier multiplier, Rate rate) {
  // 189 bits; but what has more than 128 of them is out of range in any case, and so is what the division cannot take.
  Int128 units = 0;
  if (__builtin_mul_overflow(Int128{price.units()} * multiplier.units(), Int128{rate.units()}, &units)) {
    return std::nullopt;
  }
  units = divide_half_even(units, Int128{kDecimalScale} * kDecimalScale);
  if (units > std::numeric_limits<std::int64_t>::max() || units < -std::numeric_limits<std::int64_t>::max()) {
    return std::nullopt;
  }
  return Price::from_units(static_cast<std::int64_t>(units));
}

std::optional<Price> convert(Price price, Rate rate) {
  const Int128 units = divide_half_even(Int128{price.units()} * rate.units(), kDecimalScale);
  if (units > std::numeric_limits<std::int64_t>::max() || units < std::numeric_limits<std::int64_t>::min()) {
    return std::nullopt;
  }
  return Price::from_units(static_cast<std::int64_t>(units));
}

}  // namespace risk

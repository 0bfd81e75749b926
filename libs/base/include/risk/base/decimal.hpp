// Exact decimals. No floating point touches money.
//
//   Quantity, Price, Rate, Ratio   int64, scaled 10^8: up to 8 decimal places, |x| <= 92,233,720,368.54775807
//   Notional                       128 bits, scaled 10^16: quantity x price without rounding
//
// Rounding happens only in the functions below that say so, and is half to even. Everything here is a pure value:
// any thread may call anything.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "risk/base/result.hpp"

namespace risk {

__extension__ typedef __int128 Int128;

inline constexpr int kDecimalPlaces = 8;
inline constexpr std::int64_t kDecimalScale = 100'000'000;
inline constexpr int kNotionalPlaces = 2 * kDecimalPlaces;
inline constexpr int kEdgePlaces = 4;  // money in the database and in JSON

// Parses [+-]digits[.digits] (no exponent, no blanks, at least one digit) into units of 10^-8.
// Errors: "not a decimal number", "more than 8 decimal places", "out of range".
Result<std::int64_t> parse_decimal_units(std::string_view text);

// Prints units of 10^-places exactly, without trailing zeros or a trailing point: "-7400.88", "5", "0".
std::string format_exact(Int128 units, int places);

// Prints units of 10^-places rounded half to even to exactly to_places decimals: "1250000.0000". Never prints "-0.00".
// Precondition: 0 <= to_places <= places <= 32.
std::string format_rounded(Int128 units, int places, int to_places);

// As format_rounded, with a comma every three digits: "1,250,000.00".
std::string format_grouped(Int128 units, int places, int to_places);

// units / divisor, rounded half to even. Precondition: divisor > 0.
Int128 divide_half_even(Int128 units, Int128 divisor);

// An exact decimal of up to 8 places. Tag keeps a price from standing where a quantity goes.
template <class Tag>
class Decimal {
 public:
  constexpr Decimal() = default;

  static constexpr Decimal from_units(std::int64_t units) {
    Decimal decimal;
    decimal.units_ = units;
    return decimal;
  }
  // Precondition: the value is in range.
  static constexpr Decimal from_whole(std::int64_t whole) { return from_units(whole * kDecimalScale); }

  // Errors as parse_decimal_units.
  static Result<Decimal> parse(std::string_view text) {
    auto units = parse_decimal_units(text);
    if (!units) return units.error();
    return from_units(*units);
  }

  constexpr std::int64_t units() const { return units_; }
  std::string to_string() const { return format_exact(units_, kDecimalPlaces); }

  friend constexpr auto operator<=>(Decimal, Decimal) = default;

 private:
  std::int64_t units_ = 0;
};

using Quantity = Decimal<struct QuantityTag>;  // of a position: buy +, sell -
using Price = Decimal<struct PriceTag>;
using Rate = Decimal<struct RateTag>;  // base currency per unit of a currency
using Multiplier =
    Decimal<struct MultiplierTag>;       // of an instrument: how much of what its price is of a unit stands for
using Ratio = Decimal<struct RatioTag>;  // a multiple of a limit or of an earlier value
using Money = Decimal<struct MoneyTag>;  // an amount a person configures: a limit

// An amount of base currency, scaled 10^16. Sums of notionals may leave 128 bits: add() and subtract() say so.
class Notional {
 public:
  constexpr Notional() = default;
  static constexpr Notional from_units(Int128 units) {
    Notional notional;
    notional.units_ = units;
    return notional;
  }
  static constexpr Notional of(Money money) { return from_units(Int128{money.units()} * kDecimalScale); }
  // quantity x price, here and nowhere else. Exact: |result| <= 2^126.
  static constexpr Notional of(Quantity quantity, Price price) {
    return from_units(Int128{quantity.units()} * price.units());
  }

  constexpr Int128 units() const { return units_; }
  constexpr Notional magnitude() const { return from_units(units_ < 0 ? -units_ : units_); }

  // Rounded half to even to 4 places, as the database and JSON have it: "1250000.0000".
  std::string to_string() const { return format_rounded(units_, kNotionalPlaces, kEdgePlaces); }
  // Rounded half to even to 2 places, as a person reads it: "1,250,000.00".
  std::string to_text() const { return format_grouped(units_, kNotionalPlaces, 2); }
  // Parses up to 4 (or at most 16) places, as to_string prints them.
  static Result<Notional> parse(std::string_view text);

  friend constexpr auto operator<=>(Notional, Notional) = default;

 private:
  Int128 units_ = 0;
};

// No value: the result leaves 64 (128) bits.
std::optional<Quantity> add(Quantity a, Quantity b);
std::optional<Notional> add(Notional a, Notional b);
std::optional<Notional> subtract(Notional a, Notional b);

// price x rate, rounded half to even to 8 places. No value: it leaves 64 bits.
std::optional<Price> convert(Price price, Rate rate);
// price x multiplier x rate, rounded once. No value: its magnitude leaves 63 bits.
std::optional<Price> convert(Price price, Multiplier multiplier, Rate rate);

}  // namespace risk

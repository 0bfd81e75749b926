// Setters for the types that the modules below service do not share.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "risk/base/decimal.hpp"

namespace risk::settings {

inline std::optional<std::string> set_money(std::string_view text, Money& value) {
  const auto parsed = Money::parse(text);
  if (!parsed || parsed->units() <= 0) return "an amount above 0 with at most 8 decimal places";
  value = *parsed;
  return std::nullopt;
}

inline std::optional<std::string> set_ratio(std::string_view text, Ratio& value) {
  const auto parsed = Ratio::parse(text);
  if (!parsed) return "a number with at most 8 decimal places";
  value = *parsed;
  return std::nullopt;
}

// A count of at least `least`; "10.0" is one too.
inline std::optional<std::string> set_count(std::string_view text, std::uint32_t& value, std::uint32_t least = 1) {
  const auto parsed = parse_decimal_units(text);
  const std::int64_t whole = parsed && *parsed % kDecimalScale == 0 ? *parsed / kDecimalScale : -1;
  if (whole < least || whole > std::numeric_limits<std::uint32_t>::max()) {
    return "a whole number from " + std::to_string(least) + " to " +
           std::to_string(std::numeric_limits<std::uint32_t>::max());
  }
  value = static_cast<std::uint32_t>(whole);
  return std::nullopt;
}

}  // namespace risk::settings

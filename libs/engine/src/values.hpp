// What quantities are worth, in units of 10^-16.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "risk/base/decimal.hpp"
#include "risk/engine/types.hpp"

namespace risk::engine {

inline Int128 magnitude(Int128 value) {
  return value < 0 ? -value : value;
}

// At which long and short positions are valued.
inline Price magnitude(Price unit_value) {
  return unit_value.units() < 0 ? Price::from_units(-unit_value.units()) : unit_value;
}

inline Int128 notional_units(std::int64_t quantity_units, std::int64_t price_units) {
  return Notional::of(Quantity::from_units(quantity_units), Price::from_units(price_units)).units();
}

// Of all that a symbol's holders have on one side, which may be more than a Quantity holds, at the magnitude of the
// unit value. False: it leaves 127 bits. Precondition: quantity >= 0.
inline bool multiply(Int128 quantity, Price signed_unit_value, Int128& value) {
  const Price unit_value = magnitude(signed_unit_value);
  if (quantity >> 63 == 0) [[likely]] {
    value = notional_units(static_cast<std::int64_t>(quantity), unit_value.units());
    return true;
  }
  Int128 product = 0;  // whose address is given away, so that the usual value can stay in registers
  const bool fits = !__builtin_mul_overflow(quantity, Int128{unit_value.units()}, &product);
  value = product;
  return fits;
}

// Of sums that fit in the end, though not on the way: a position at a new mark before it has its new quantity, say.
inline void add_wrapping(Int128& sum, Int128 value) {
  sum = static_cast<Int128>(static_cast<Uint128>(sum) + static_cast<Uint128>(value));
}

// What net counts the other way, see Exposure::inverted.
inline Int128 inverted(Price unit_value, Int128 long_value, Int128 short_value) {
  return unit_value.units() < 0 ? long_value - short_value : 0;
}

inline Rejection too_many(const char* field, std::string_view id, std::uint64_t most, const char* of) {
  return {field, std::string(id), "there are " + std::to_string(most) + " " + of + " already, as many as allowed"};
}

}  // namespace risk::engine

// What quantities are worth, in units of 10^-16.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "risk/base/decimal.hpp"
#include "risk/engine/types.hpp"

namespace risk::engine {

inline Int128 notional_units(std::int64_t quantity_units, std::int64_t price_units) {
  return Notional::of(Quantity::from_units(quantity_units), Price::from_units(price_units)).units();
}

// Of all that a symbol's holders have on one side, which may be more than a Quantity holds. False: it leaves 127 bits.
// Preconditions: both >= 0.
inline bool multiply(Int128 quantity, Price unit_value, Int128& value) {
  if (quantity >> 63 == 0) [[likely]] {
    value = notional_units(static_cast<std::int64_t>(quantity), unit_value.units());
    return true;
  }
  return !__builtin_mul_overflow(quantity, Int128{unit_value.units()}, &value);
}

inline Rejection too_many(const char* field, std::string_view id, std::uint64_t most, const char* of) {
  return {field, std::string(id), "there are " + std::to_string(most) + " " + of + " already, as many as allowed"};
}

}  // namespace risk::engine

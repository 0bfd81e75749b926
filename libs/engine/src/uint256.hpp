// Just enough 256-bit arithmetic to keep the anomaly sums exact: a notional in cents needs up to 81 bits, the sum of
// 1,000 squares 172, and n x sum of squares - square of sum 182.
#pragma once

#include <cmath>
#include <cstdint>

#include "risk/base/decimal.hpp"

namespace risk::engine {

__extension__ typedef unsigned __int128 Uint128;

struct Uint256 {
  Uint128 high = 0;
  Uint128 low = 0;

  // Preconditions: the result fits; b <= a for a - b.
  friend Uint256 operator+(Uint256 a, Uint256 b) {
    const Uint128 low = a.low + b.low;
    return {a.high + b.high + (low < a.low ? 1 : 0), low};
  }
  friend Uint256 operator-(Uint256 a, Uint256 b) { return {a.high - b.high - (a.low < b.low ? 1 : 0), a.low - b.low}; }
  friend Uint256 operator*(Uint256 a, std::uint32_t factor) {
    const Uint128 half_mask = ~std::uint64_t{0};
    const Uint128 bottom = (a.low & half_mask) * factor;
    const Uint128 middle = (a.low >> 64) * factor + (bottom >> 64);
    return {a.high * factor + (middle >> 64), (middle << 64) | (bottom & half_mask)};
  }

  bool is_zero() const { return high == 0 && low == 0; }
  double to_double() const { return std::ldexp(static_cast<double>(high), 128) + static_cast<double>(low); }
};

inline Uint256 square(Uint128 value) {
  const Uint128 half_mask = ~std::uint64_t{0};
  const Uint128 top = value >> 64;
  const Uint128 bottom = value & half_mask;
  const Uint128 cross = top * bottom;  // counts twice, 64 bits up
  const Uint256 crosses{cross >> 64, cross << 64};
  return Uint256{top * top, bottom * bottom} + crosses + crosses;
}

}  // namespace risk::engine

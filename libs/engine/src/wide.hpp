// Unsigned integers of a fixed number of 64-bit limbs: just enough to keep the anomaly rule exact. A notional in cents
// needs up to 81 bits, the sum of 1,000 squares 172, n x sum of squares 182, and comparing two z-scores 366.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>

#include "risk/base/decimal.hpp"

namespace risk::engine {

__extension__ typedef unsigned __int128 Uint128;

// An int of 128 bits as a double, within two units in the last place, without a library call. Precondition: value >= 0.
inline double approximate(Int128 value) {
  const auto high = static_cast<std::int64_t>(value >> 64);
  const auto low = static_cast<std::uint64_t>(value);
  return static_cast<double>(high) * 0x1p64 + static_cast<double>(static_cast<std::int64_t>(low >> 1)) * 2.0;
}

class Wide {
 public:
  static constexpr std::size_t kLimbs = 8;

  constexpr Wide() = default;
  constexpr Wide(Uint128 value) : limbs_{static_cast<std::uint64_t>(value), static_cast<std::uint64_t>(value >> 64)} {}

  constexpr bool is_zero() const { return *this == Wide{}; }

  constexpr std::uint64_t limb(std::size_t i) const { return limbs_[i]; }  // least significant first
  constexpr void set_limb(std::size_t i, std::uint64_t limb) { limbs_[i] = limb; }

  double to_double() const {
    double value = 0;
    for (std::size_t i = kLimbs; i-- > 0;) value = value * 0x1p64 + static_cast<double>(limbs_[i]);
    return value;
  }

  // Preconditions of the arithmetic: the result fits 512 bits; b <= a for a - b.
  friend constexpr Wide operator+(const Wide& a, const Wide& b) {
    Wide sum;
    Uint128 carry = 0;
    for (std::size_t i = 0; i < kLimbs; ++i) {
      carry += Uint128{a.limbs_[i]} + b.limbs_[i];
      sum.limbs_[i] = static_cast<std::uint64_t>(carry);
      carry >>= 64;
    }
    return sum;
  }

  friend constexpr Wide operator-(const Wide& a, const Wide& b) {
    Wide difference;
    std::uint64_t borrow = 0;
    for (std::size_t i = 0; i < kLimbs; ++i) {
      const Uint128 taken = Uint128{b.limbs_[i]} + borrow;
      difference.limbs_[i] = a.limbs_[i] - static_cast<std::uint64_t>(taken);
      borrow = taken > a.limbs_[i] ? 1 : 0;
    }
    return difference;
  }

  friend constexpr Wide operator*(const Wide& a, const Wide& b) {
    Wide product;
    for (std::size_t i = 0; i < kLimbs; ++i) {
      if (a.limbs_[i] == 0) continue;
      Uint128 carry = 0;
      for (std::size_t j = 0; i + j < kLimbs; ++j) {
        carry += Uint128{a.limbs_[i]} * b.limbs_[j] + product.limbs_[i + j];
        product.limbs_[i + j] = static_cast<std::uint64_t>(carry);
        carry >>= 64;
      }
    }
    return product;
  }

  friend constexpr bool operator==(const Wide&, const Wide&) = default;
  friend constexpr std::strong_ordering operator<=>(const Wide& a, const Wide& b) {
    for (std::size_t i = kLimbs; i-- > 0;) {
      if (a.limbs_[i] != b.limbs_[i]) return a.limbs_[i] <=> b.limbs_[i];
    }
    return std::strong_ordering::equal;
  }

 private:
  std::array<std::uint64_t, kLimbs> limbs_{};  // least significant first
};

inline Wide square(const Wide& value) {
  return value * value;
}

// sqrt(numerator / denominator), rounded half to even to a whole number. Preconditions: denominator > 0; the root is
// below 2^110.
Int128 rounded_root(const Wide& numerator, const Wide& denominator);

}  // namespace risk::engine

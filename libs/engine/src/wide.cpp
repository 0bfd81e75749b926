#include "wide.hpp"

#include <algorithm>
#include <cmath>

namespace risk::engine {

Int128 rounded_root(const Wide& numerator, const Wide& denominator) {
  const auto fits = [&](Uint128 root) { return square(root) * denominator <= numerator; };
  const double guess = std::sqrt(numerator.to_double() / denominator.to_double());
  const double slack = guess * 0x1p-46 + 1;
  auto low = static_cast<Uint128>(std::max(guess - slack, 0.0));  // fits
  auto high = static_cast<Uint128>(guess + slack) + 1;            // does not
  while (high - low > 1) {
    const Uint128 middle = low + (high - low) / 2;
    (fits(middle) ? low : high) = middle;
  }
  // The root lies in [low, low + 1); its half is at (2 low + 1) / 2.
  const auto half = square(2 * low + 1) * denominator <=> numerator * Wide(4);
  const bool up = half < 0 || (half == 0 && low % 2 == 1);
  return static_cast<Int128>(low + (up ? 1 : 0));
}

}  // namespace risk::engine

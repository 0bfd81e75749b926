// The jump guard: which price is too far from the mark to be believed at once, and which other price confirms it
// (RULES.md, "The mark"). Exact: what a price is worth is its units times those of its currency's rate, which 127 bits
// hold, and no quotient is rounded.
#pragma once

#include <cstdint>

#include "fetch.hpp"
#include "mark.hpp"
#include "wide.hpp"

namespace risk::engine {

// How long after its instant a mark guards.
inline constexpr std::int64_t kGuardedNanos = 24 * 3'600 * kNanosPerSecond;

// What one unit is worth at the rate in force, but for the instrument, which is the same of all prices of a symbol:
// base currency scaled 10^16. Precondition: the mark's currency is known.
inline Int128 worth(const Mark& mark, const Rates& rates) {
  return Int128{mark.price.units()} * rates[mark.currency].rate.units();
}

// Whether a price is above `multiple` times the mark, or below the mark divided by it. Preconditions: multiple >= 1;
// mark > 0; both are worths, or both prices in one currency.
bool is_jump(Int128 price, Int128 mark, Ratio multiple);

// Whether a price lies within a tenth of a held one, the tenth included. Precondition: as above.
bool is_near(Int128 price, Int128 held);

// Whether a price is so near to the mark, that is within an eighth of it, that it is none by whatever is not below 8 /
// 7: said of most prices, so that few are looked at closely. False: that is not known.
RISK_HOT bool is_close(const Mark& price, const Mark& mark, Ratio multiple) {
  constexpr std::int64_t kEnough = kDecimalScale / 7 * 8 + 8;
  const std::int64_t units = price.price.units(), marked = mark.price.units();
  if (units <= 0 || marked <= 0 || price.currency != mark.currency || multiple.units() < kEnough) return false;
  const std::int64_t apart = units - marked, near = marked / 8;
  return -near <= apart && apart <= near;
}

// Whether a mark can guard at all.
inline bool guards(const Mark& mark, Timestamp now) {
  return mark.price.units() > 0 && mark.currency != kNoCurrency && mark.at != kOldest &&
         Int128{now.nanos} - mark.at.nanos < kGuardedNanos;
}

// The same of two prices in whatever currencies. Precondition: guards(mark).
RISK_HOT bool is_jump(const Mark& price, const Mark& mark, Ratio multiple, const Rates& rates) {
  if (price.currency == mark.currency) [[likely]] {
    // Their rate is the same, and 128 bits hold what is left.
    const Int128 scaled_price = Int128{price.price.units()} * kDecimalScale;
    const Int128 scaled_mark = Int128{mark.price.units()} * kDecimalScale;
    return scaled_price > Int128{mark.price.units()} * multiple.units() ||
           Int128{price.price.units()} * multiple.units() < scaled_mark;
  }
  return is_jump(worth(price, rates), worth(mark, rates), multiple);
}

}  // namespace risk::engine

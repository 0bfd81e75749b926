#include "jump_guard.hpp"

#include "values.hpp"

namespace risk::engine {
bool is_jump(Int128 price, Int128 mark, Ratio multiple) {
  if (price <= 0) return true;
  const Wide of_price(static_cast<Uint128>(price));
  const Wide of_mark(static_cast<Uint128>(mark));
  const Wide one(Uint128{kDecimalScale});
  const Wide times(static_cast<Uint128>(multiple.units()));
  return of_price * one > of_mark * times || of_price * times < of_mark * one;
}

bool is_near(Int128 price, Int128 held) {
  return Wide(static_cast<Uint128>(magnitude(price - held))) * Wide(Uint128{10}) <=
         Wide(static_cast<Uint128>(magnitude(held)));
}

}  // namespace risk::engine

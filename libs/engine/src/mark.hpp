// What a symbol was last worth.
#pragma once

#include "rates.hpp"

namespace risk::engine {

// A symbol's latest accepted price. By editions before 3 it is in base currency, whatever it was given in. Of
// kNoCurrency it is what one unit is worth, whatever the instrument: as it was under another base currency.
struct Mark {
  Price price;
  Timestamp at;  // when it was traded; kOldest of an opening position; not kept by edition 1
  CurrencyIndex currency = 0;

  friend bool operator==(const Mark&, const Mark&) = default;
};

// Of a symbol that nothing has marked yet: it is worth nothing, and whatever comes first marks it.
inline constexpr Mark kUnmarked{{}, kOldest, kNoCurrency};

}  // namespace risk::engine

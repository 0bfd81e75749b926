// What a symbol stands for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "risk/base/decimal.hpp"
#include "risk/base/id.hpp"
#include "risk/base/timestamp.hpp"

namespace risk::engine {

enum class Contract : std::uint8_t {
  kLinear = 1,  // one unit is worth price x multiplier
  kInverse = 2  // one unit is worth the multiplier, an amount of the quote currency, whatever the price
};

struct Instrument {
  Symbol symbol;
  Multiplier multiplier = Multiplier::from_whole(1);  // > 0
  std::string currency{};                             // of prices that say none; "": the base currency
  Contract contract = Contract::kLinear;
  std::optional<Timestamp> expires_at{};  // from the first sweep at it or after it on, positions are closed
  bool allows_negative = false;           // prices
  std::string name{};                     // for people, at most kInstrumentTextBytesMax, as asset_class
  std::string asset_class{};

  friend bool operator==(const Instrument&, const Instrument&) = default;
};

inline constexpr std::size_t kInstrumentTextBytesMax = 200;
// How many a core takes on.
inline constexpr std::size_t kInstrumentsMax = 100'000;

}  // namespace risk::engine

// What the core keeps of instruments, by symbol: also of those that nobody has traded yet.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "risk/engine/types.hpp"

namespace risk::engine {

struct Terms {
  Multiplier multiplier = Multiplier::from_whole(1);
  std::string currency;  // "": the base currency
  Contract contract = Contract::kLinear;
  std::optional<Timestamp> expires_at;
  bool allows_negative = false;

  // Whether one unit is worth its price.
  bool is_plain() const { return contract == Contract::kLinear && multiplier == Multiplier::from_whole(1); }
  bool is_expired(Timestamp at) const { return expires_at && *expires_at <= at; }

  static Terms of(const Instrument& instrument) {
    return {instrument.multiplier, instrument.currency, instrument.contract, instrument.expires_at,
            instrument.allows_negative};
  }
  friend bool operator==(const Terms&, const Terms&) = default;
};

// Terms stay where they are: a symbol points at its own.
class Instruments {
 public:
  using BySymbol = std::map<std::string, Terms, std::less<>>;

  const Terms* find(std::string_view symbol) const {
    const auto found = by_symbol_.find(symbol);
    return found == by_symbol_.end() ? nullptr : &found->second;
  }
  const Terms* set(const std::string& symbol, const Terms& terms) { return &(by_symbol_[symbol] = terms); }
  // The new name has what the old one has, unless it has its own; the old one has none any more. Terms stay where they
  // are. Whether the old one had some.
  bool move(std::string_view symbol, std::string_view new_symbol) {
    const auto old = by_symbol_.find(symbol);
    if (old == by_symbol_.end()) return false;
    auto node = by_symbol_.extract(old);
    node.key() = std::string(new_symbol);
    by_symbol_.insert(std::move(node));
    return true;
  }
  const BySymbol& all() const { return by_symbol_; }
  bool is_full() const { return by_symbol_.size() >= kInstrumentsMax; }

 private:
  BySymbol by_symbol_;
};

}  // namespace risk::engine

// The magnitudes of the latest unit values, and the last few thousand moves of them, so that an exposure valued a
// little while ago is brought up to date by what has moved since.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "holdings.hpp"
#include "risk/base/decimal.hpp"

namespace risk::engine {

class MarkLog {
 public:
  static constexpr std::uint64_t kMovesKept = 4096;  // a power of two

  struct Move {
    SymbolIndex symbol;
    std::int64_t change_units;  // magnitudes are not below zero, so that their difference fits
  };

  MarkLog() : units_by_key_(1), moves_(kMovesKept) {}

  void add_symbol(Price mark) { units_by_key_.push_back(mark.units()); }

  Price mark(SymbolIndex symbol) const { return Price::from_units(units_by_key_[symbol + 1]); }
  // By the key of a holding; an empty slot's is 0, and its mark too.
  const std::int64_t* units_by_key() const { return units_by_key_.data(); }

  void set(SymbolIndex symbol, Price mark) {
    std::int64_t& units = units_by_key_[symbol + 1];
    moves_[moved_ % kMovesKept] = {symbol, mark.units() - units};
    ++moved_;
    units = mark.units();
  }

  // Moves so far; those from `moved() - kMovesKept` on are kept.
  std::uint64_t moved() const { return moved_; }
  const Move& move(std::uint64_t number) const { return moves_[number % kMovesKept]; }

 private:
  friend struct Internals;
  std::vector<std::int64_t> units_by_key_;
  std::vector<Move> moves_;
  std::uint64_t moved_ = 0;
};

}  // namespace risk::engine

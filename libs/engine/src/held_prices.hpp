// Prices that the jump guard has kept from becoming marks: of a symbol the last one, until another price confirms it,
// takes its place, or lies within the guard (RULES.md, "The mark").
//
// Invariants, which Core::verify() checks
//   1. A symbol says that a price of it is held exactly if one is.
//   2. A held price is not older than the symbol's mark, and in a currency that has a rate.
//   3. It came with an execution of a client who is there, or without one and then of no order.
#pragma once

#include <map>

#include "entities.hpp"
#include "remembered_marks.hpp"

namespace risk::engine {

struct HeldPrice {
  MadeMark made;               // the mark that it would have made
  ClientIndex client = kNone;  // whose execution it was of; kNone: of none
  bool has_order_id = false;
  bool is_of_order = false;  // without an id, which may go on
  OrderHash order = 0;       // of an execution with an order id

  friend bool operator==(const HeldPrice&, const HeldPrice&) = default;
};

// Whether the execution without an order id that it came with was of the order that its client still has open.
inline bool is_of_open_order(SymbolIndex symbol, const HeldPrice& held, const CurrentOrder& order) {
  return held.is_of_order && order.held != 0 && order.symbol == symbol;
}

using HeldPrices = std::map<SymbolIndex, HeldPrice>;

}  // namespace risk::engine

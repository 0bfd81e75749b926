// What the core knows of each client, each symbol and the firm.
//
// The members are in the order in which a transaction meets them: a client is six cache lines, fetched before they are
// needed (see Core::expect).
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "entity_table.hpp"
#include "holdings.hpp"
#include "mark.hpp"
#include "orders.hpp"
#include "risk/engine/types.hpp"
#include "rule_states.hpp"
#include "top_holders.hpp"
#include "values.hpp"

namespace risk::engine {

using ClientIndex = std::uint32_t;

// The exposure of a client with many positions as it was at an earlier move of the marks.
struct Valuation {
  Int128 long_value = 0;
  Int128 short_value = 0;
  std::uint64_t moved = kNever;  // MarkLog::moved() at that time

  static constexpr std::uint64_t kNever = ~std::uint64_t{0};
};

struct alignas(64) ClientState {
  InlineId id;
  bool changed = false;         // since the last take_changes()
  bool mark_due = false;        // in the list of Positions of those whose marks moved
  std::uint32_t positions = 0;  // that are not zero
  Timestamp touched;            // when it last traded or its turnover was reset
  Holdings holdings;
  std::uint64_t transactions = 0;
  Notional turnover;
  Int128 basis = 0;                      // see basis.cpp
  double bound = 0;                      // see prefilter.hpp
  std::unique_ptr<Valuation> valuation;  // null: few positions
  CurrentOrder order;
  RuleStates rules;
};
static_assert(sizeof(ClientState) == std::size_t{6} * 64);

struct alignas(64) SymbolState {
  InlineId id;
  bool changed = false;
  bool mark_changed = false;    // since its holders were listed for take_changes(kMarked)
  bool unevaluated = false;     // its exposure has changed since a rule looked at it
  bool holds_price = false;     // see held_prices.hpp
  bool has_history = false;     // it was renamed or split, see symbol_history.hpp
  std::uint32_t positions = 0;  // that are not zero
  Price unit_value;             // what one unit is worth in base currency: of the mark, at the rate in force
  Mark mark;
  Ratio jump_limit;           // of a price against the mark; 0: none
  Int128 long_quantity = 0;   // sums over clients, scaled 10^8
  Int128 short_quantity = 0;  // >= 0
  Int128 long_value = 0;      // at the magnitude of the unit value, scaled 10^16
  Int128 short_value = 0;     // >= 0
  Notional turnover;
  Int128 basis = 0;  // see basis.cpp
  std::uint64_t transactions = 0;
  std::uint64_t top_holders_floor = kNoFloor;  // see top_holders.hpp; a holding that is larger may lead
  const Terms* terms = nullptr;                // in Instruments; null: none are known
  std::optional<Timestamp> expiry_watched;     // among those that the core is to close
  Timestamp mark_moved;                        // when the unit value last changed
  Timestamp touched;
  RuleStates rules;
  std::vector<ClientIndex> holders;         // everyone who ever held it
  std::unique_ptr<TopHolders> top_holders;  // null: not asked for yet, or few holders

  static constexpr std::uint64_t kNoFloor = ~std::uint64_t{0};

  Int128 inverted() const { return engine::inverted(unit_value, long_value, short_value); }
};

struct FirmState {
  Int128 long_value = 0;  // sums over symbols, scaled 10^16
  Int128 short_value = 0;
  Int128 inverted = 0;
  Int128 basis = 0;
  Notional turnover;
  RuleStates rules;
};

}  // namespace risk::engine

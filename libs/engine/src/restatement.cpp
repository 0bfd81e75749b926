// What splits and renames make of positions: other quantities at other unit values, by which nobody gains or loses.
#include <utility>

#include "positions.hpp"
#include "values.hpp"

namespace risk::engine {
namespace {

Int128 long_part(std::int64_t units) {
  return units > 0 ? units : 0;
}
Int128 short_part(std::int64_t units) {
  return units < 0 ? -Int128{units} : 0;
}

}  // namespace

bool Positions::plan(Restatement& restatement) const {
  // Nothing of it is below zero: if a part of the sum leaves its range, so does the whole.
  Int128 firm_long = firm.long_value, firm_short = firm.short_value, firm_inverted = firm.inverted, gross = 0;
  for (const auto& part : restatement.parts) {
    if (part.symbol == kNone) continue;
    firm_inverted -= symbols[part.symbol].inverted();
    firm_long -= symbols[part.symbol].long_value;
    firm_short -= symbols[part.symbol].short_value;
  }
  for (auto& part : restatement.parts) {
    part.long_quantity = part.short_quantity = 0;
    if (part.symbol != kNone && !part.is_closed) {
      part.long_quantity = symbols[part.symbol].long_quantity;
      part.short_quantity = symbols[part.symbol].short_quantity;
    }
    for (const auto& position : part.positions) {
      part.long_quantity += long_part(position.to) - long_part(position.from);
      part.short_quantity += short_part(position.to) - short_part(position.from);
    }
    const bool fits = multiply(part.long_quantity, part.unit_value, part.long_value) &&
                      multiply(part.short_quantity, part.unit_value, part.short_value) &&
                      !__builtin_add_overflow(firm_long, part.long_value, &firm_long) &&
                      !__builtin_add_overflow(firm_short, part.short_value, &firm_short);
    if (!fits) return false;
    firm_inverted += inverted(part.unit_value, part.long_value, part.short_value);
  }
  if (__builtin_add_overflow(firm_long, firm_short, &gross)) return false;
  restatement.firm_long = firm_long;
  restatement.firm_short = firm_short;
  restatement.firm_inverted = firm_inverted;
  return true;
}

std::optional<Rejection> Positions::too_many_positions(const char* field, std::string_view id,
                                                       const Restatement& restatement) const {
  std::uint64_t count = position_count_;
  for (const auto& part : restatement.parts) {
    for (const auto& position : part.positions) {
      if (find_holding(position.client, part.symbol) == nullptr) ++count;
    }
  }
  if (count == position_count_ || count <= bounds_.positions_max) return std::nullopt;
  return too_many(field, id, bounds_.positions_max, "positions");
}

void Positions::take(const Restatement& restatement, Timestamp now) {
  for (const auto& part : restatement.parts) {
    SymbolState& symbol = symbols[part.symbol];
    if (symbol.unit_value != part.unit_value) {
      move_bases(part.symbol, symbol.unit_value, part.unit_value);
      move_unit_value(part.symbol, part.unit_value, now);
    }
    for (const auto& position : part.positions) {
      const PositionKey place{position.client, part.symbol};
      Holding* holding = find_holding(place.client, place.symbol);
      if (holding == nullptr) holding = &add_holding(place);
      trade_bases(place, notional_units(position.to, part.unit_value.units()) -
                             notional_units(position.from, part.unit_value.units()));
      move_quantity(place.client, place.symbol, *holding, Quantity::from_units(position.to));
      if (!std::exchange(holding->changed, true)) changed_.positions.push_back(place);
      clients[place.client].touched = now;
      if (!std::exchange(clients[place.client].changed, true)) changed_.clients.push_back(place.client);
    }
    symbol.long_quantity = part.long_quantity;
    symbol.short_quantity = part.short_quantity;
    symbol.long_value = part.long_value;
    symbol.short_value = part.short_value;
    note_symbol_changed(part.symbol, now);
  }
  firm.long_value = restatement.firm_long;
  firm.short_value = restatement.firm_short;
  firm.inverted = restatement.firm_inverted;
}

}  // namespace risk::engine

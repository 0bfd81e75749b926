// Unit values that change without a trade: by a price, or by a rate for every symbol in its currency.
#include "positions.hpp"
#include "values.hpp"

namespace risk::engine {

bool Positions::plan(Revaluation& revaluation) const {
  // Nothing of it is below zero: if a part of the sum leaves its range, so does the whole.
  Int128 firm_long = firm.long_value, firm_short = firm.short_value, gross = 0;
  for (const auto& part : revaluation.parts) {
    firm_long -= symbols[part.symbol].long_value;
    firm_short -= symbols[part.symbol].short_value;
  }
  for (auto& part : revaluation.parts) {
    const SymbolState& symbol = symbols[part.symbol];
    const bool fits = multiply(symbol.long_quantity, part.unit_value, part.long_value) &&
                      multiply(symbol.short_quantity, part.unit_value, part.short_value) &&
                      !__builtin_add_overflow(firm_long, part.long_value, &firm_long) &&
                      !__builtin_add_overflow(firm_short, part.short_value, &firm_short);
    if (!fits) return false;
  }
  if (__builtin_add_overflow(firm_long, firm_short, &gross)) return false;
  revaluation.firm_long = firm_long;
  revaluation.firm_short = firm_short;
  return true;
}

void Positions::take(const Revaluation& revaluation, Timestamp now) {
  for (const auto& part : revaluation.parts) {
    SymbolState& symbol = symbols[part.symbol];
    if (symbol.unit_value == part.unit_value) continue;
    move_unit_value(part.symbol, part.unit_value, now);
    symbol.long_value = part.long_value;
    symbol.short_value = part.short_value;
    note_symbol_changed(part.symbol, now);
  }
  firm.long_value = revaluation.firm_long;
  firm.short_value = revaluation.firm_short;
}

std::optional<Rejection> Positions::too_many_symbols(std::string_view id) const {
  if (symbols.size() < bounds_.symbols_max) return std::nullopt;
  return too_many("symbol", id, bounds_.symbols_max, "symbols");
}

void Positions::note_symbol_changed(SymbolIndex index, Timestamp now) {
  SymbolState& symbol = symbols[index];
  symbol.touched = now;
  if (!std::exchange(symbol.changed, true)) changed_.symbols.push_back(index);
}

}  // namespace risk::engine

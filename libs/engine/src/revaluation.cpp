// What changes exposures without a trade: unit values, by a price or by a rate for every symbol in its currency, and
// positions that are closed.
#include "positions.hpp"
#include "values.hpp"

namespace risk::engine {

bool Positions::plan(Revaluation& revaluation) const {
  // Nothing of it is below zero: if a part of the sum leaves its range, so does the whole.
  Int128 firm_long = firm.long_value, firm_short = firm.short_value, firm_inverted = firm.inverted, gross = 0;
  for (const auto& part : revaluation.parts) {
    firm_inverted -= symbols[part.symbol].inverted();
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
    firm_inverted += inverted(part.unit_value, part.long_value, part.short_value);
  }
  if (__builtin_add_overflow(firm_long, firm_short, &gross)) return false;
  revaluation.firm_long = firm_long;
  revaluation.firm_short = firm_short;
  revaluation.firm_inverted = firm_inverted;
  return true;
}

void Positions::take(const Revaluation& revaluation, Timestamp now) {
  for (const auto& part : revaluation.parts) {
    SymbolState& symbol = symbols[part.symbol];
    if (symbol.unit_value == part.unit_value) continue;
    if (revaluation.moves_bases) move_bases(part.symbol, symbol.unit_value, part.unit_value);
    move_unit_value(part.symbol, part.unit_value, now);
    symbol.long_value = part.long_value;
    symbol.short_value = part.short_value;
    note_symbol_changed(part.symbol, now);
  }
  firm.long_value = revaluation.firm_long;
  firm.short_value = revaluation.firm_short;
  firm.inverted = revaluation.firm_inverted;
}

void Positions::close(SymbolIndex index, Timestamp now) {
  SymbolState& symbol = symbols[index];
  move_bases(index, symbol.unit_value, {});
  for (const ClientIndex holder : symbol.holders) {
    ClientState& client = clients[holder];
    Holding& holding = *client.holdings.find(index, multiplier_);
    if (holding.quantity_units == 0) continue;
    move_quantity(holder, index, holding, {});
    if (!std::exchange(holding.changed, true)) changed_.positions.push_back({holder, index});
    client.touched = now;
    if (!std::exchange(client.changed, true)) changed_.clients.push_back(holder);
  }
  firm.long_value -= symbol.long_value;
  firm.short_value -= symbol.short_value;
  firm.inverted -= symbol.inverted();
  symbol.long_quantity = symbol.short_quantity = symbol.long_value = symbol.short_value = 0;
  note_symbol_changed(index, now);
}

Int128 Positions::inverted_of(const ClientState& client) const {
  Int128 sum = 0;
  for (const SymbolIndex index : below_zero_) {
    const Holding* holding = client.holdings.find(index, multiplier_);
    if (holding == nullptr) continue;
    sum += Notional::of(holding->quantity(), magnitude(symbols[index].unit_value)).units();
  }
  return sum;
}

void Positions::note_sign(SymbolIndex index, Price before, Price unit_value) {
  if ((before.units() < 0) == (unit_value.units() < 0)) return;
  if (unit_value.units() < 0) {
    below_zero_.push_back(index);
  } else {
    std::erase(below_zero_, index);
  }
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

// A trade that closes a position of the other sign takes less than one that opens as much.
std::optional<Rejection> Positions::check_move_after_close(Int128 units, const Plan& plan) const {
  const SymbolState& symbol = symbols[plan.symbol.index];
  Int128 value = 0, gross = 0;
  const bool fits = (units < 0 ? -units : units) <= INT64_MAX &&
                    multiply(units < 0 ? -units : units, plan.unit_value, value) &&
                    !__builtin_add_overflow(firm.long_value - symbol.long_value, value, &gross) &&
                    !__builtin_add_overflow(firm.short_value - symbol.short_value, gross, &gross);
  if (fits) return std::nullopt;
  return Rejection{"price", plan.unit_value.to_string(), "it would take the firm's gross exposure out of range"};
}

}  // namespace risk::engine

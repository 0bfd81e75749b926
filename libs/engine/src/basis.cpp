// What an entity's P&L of the session is measured against: its basis, which is its net exposure when the session
// begins, and moves from there on with whatever moves that but prices and rates (RULES.md, P&L).
//
// Sums of bases wrap: where a P&L fits, so does what is left of two of them, and what does not fit is refused before.
#include <algorithm>
#include <map>
#include <utility>

#include "positions.hpp"
#include "values.hpp"

namespace risk::engine {
namespace {

Int128 difference_wrapping(Int128 a, Int128 b) {
  return static_cast<Int128>(static_cast<Uint128>(a) - static_cast<Uint128>(b));
}

// a + b - c. False: it does not fit. If it does, so does each step of one of the two ways to it.
bool sum_less(Int128 a, Int128 b, Int128 c, Int128& sum) {
  return (!__builtin_add_overflow(a, b, &sum) && !__builtin_sub_overflow(sum, c, &sum)) ||
         (!__builtin_sub_overflow(a, c, &sum) && !__builtin_add_overflow(sum, b, &sum));
}

// With the sign of a unit value below zero, of which long and short values have the magnitude.
Int128 net_of(Price unit_value, Int128 long_value, Int128 short_value) {
  return unit_value.units() < 0 ? short_value - long_value : long_value - short_value;
}

// Of a sum that is counted the other way; each step fits, for the result is the sum of a part of the values.
Int128 net_of(Int128 long_value, Int128 short_value, Int128 inverted) {
  return (long_value - inverted) - (short_value + inverted);
}

}  // namespace

void Positions::keep_bases(bool keeps) {
  if (keeps && !keeps_bases_ && symbols.size() != 0) begin_pnl();
  keeps_bases_ = keeps;
}

void Positions::begin_pnl() {
  renew_bases([](auto&, std::uint32_t, auto&) {});
  in_step_ = false;
}

void Positions::reset_bases(Timestamp now) {
  if (!keeps_bases_ || in_step_) return;
  renew_bases([now](auto& entity, std::uint32_t index, auto& changed) {
    entity.touched = now;
    if (!std::exchange(entity.changed, true)) changed.push_back(index);
  });
}

void Positions::renew_bases(const auto& note_renewed) {
  for (ClientIndex i = 0; i < clients.size(); ++i) {
    const Int128 net = exposure_of(clients[i]).net().units();
    if (std::exchange(clients[i].basis, net) != net) note_renewed(clients[i], i, changed_.clients);
  }
  for (SymbolIndex i = 0; i < symbols.size(); ++i) {
    const Int128 net = exposure_of(symbols[i]).net().units();
    if (std::exchange(symbols[i].basis, net) != net) note_renewed(symbols[i], i, changed_.symbols);
  }
  firm.basis = firm_exposure().net().units();
  reach_ = firm.long_value + firm.short_value;
}

void Positions::restore_basis(Int128& basis, Int128 value) {
  basis = value;
  note_reach(value);
}

Int128 Positions::basis(const Exposure& exposure, Int128 kept) const {
  return keeps_bases_ && in_step_ ? exposure.net().units() : kept;
}

Notional Positions::pnl(const Exposure& exposure, Int128 kept) const {
  const bool has_pnl = keeps_bases_ && !in_step_;
  return Notional::from_units(has_pnl ? difference_wrapping(exposure.net().units(), kept) : 0);
}

void Positions::move_bases(SymbolIndex index, Price from, Price to) {
  if (!keeps_bases_ || in_step_ || from == to) return;
  Int128 moved = 0;
  visit_holders(index, [&](ClientIndex client, const Holding& holding) {
    const std::int64_t units = holding.quantity_units;
    const Int128 by = notional_units(units, to.units()) - notional_units(units, from.units());
    add_wrapping(clients[client].basis, by);
    add_wrapping(moved, by);
    note_reach(by);
  });
  add_wrapping(symbols[index].basis, moved);
  add_wrapping(firm.basis, moved);
  note_reach(moved);
}

bool Positions::pnl_fits_closely(const Plan& plan, BasisMove move) {
  const Int128 value = move.value;
  const auto fits = [&](Int128 net, Int128 net_after, Int128 basis, bool is_of_plan) {
    return pnl_fits(net, net_after, basis, is_of_plan ? value : 0, move.with_net);
  };
  const SymbolState* const symbol = plan.symbol.index == kNone ? nullptr : &symbols[plan.symbol.index];
  const Int128 symbol_net = symbol == nullptr ? 0 : exposure_of(*symbol).net().units();
  const Int128 firm_after = net_of(plan.firm_long, plan.firm_short, plan.firm_inverted);
  if (!fits(symbol_net, net_of(plan.unit_value, plan.symbol_long_value, plan.symbol_short_value),
            symbol == nullptr ? 0 : symbol->basis, true) ||
      !fits(firm_exposure().net().units(), firm_after, firm.basis, true)) {
    return false;
  }
  const Int128 position_after = notional_units(plan.quantity.units(), plan.unit_value.units());
  const auto client_fits = [&](ClientIndex index, Int128 position_before, Int128 position, bool is_of_plan) {
    const Int128 net = exposure_of(clients[index]).net().units();
    Int128 net_after = net;
    add_wrapping(net_after, -position_before);
    add_wrapping(net_after, position);
    return fits(net, net_after, clients[index].basis, is_of_plan);
  };
  if (plan.client.index == kNone && !fits(0, position_after, 0, true)) return false;
  if (plan.client.index != kNone && plan.holding == nullptr &&
      !client_fits(plan.client.index, 0, position_after, true)) {
    return false;
  }
  if (symbol == nullptr) return true;
  bool all_fit = true;
  visit_holders(plan.symbol.index, [&](ClientIndex index, const Holding& holding) {
    const bool is_of_plan = index == plan.client.index;
    const Int128 position = notional_units(holding.quantity_units, plan.unit_value.units());
    all_fit &= client_fits(index, notional_units(holding.quantity_units, symbol->unit_value.units()),
                           is_of_plan ? position_after : position, is_of_plan);
  });
  return all_fit;
}

// Closing keeps every P&L; then it moves by what the move is worth at the mark of the plan, less what it moves the
// basis.
bool Positions::pnl_fits_after_close(Int128 units, const Plan& plan, Int128 value) const {
  if (!keeps_bases_) return true;
  const Int128 worth = units * plan.unit_value.units();
  const auto fits = [&](Notional pnl) {
    Int128 after = 0;
    return sum_less(pnl.units(), worth, value, after);
  };
  const ClientState& client = clients[plan.client.index];
  const SymbolState& symbol = symbols[plan.symbol.index];
  return fits(pnl(exposure_of(client), client.basis)) && fits(pnl(exposure_of(symbol), symbol.basis)) &&
         fits(pnl(firm_exposure(), firm.basis));
}

bool Positions::pnl_fits(const Revaluation& revaluation) {
  if (!keeps_bases_ || (in_step_ && revaluation.moves_bases)) return true;
  if (in_step_) begin_pnl();
  if (is_small(reach_) && is_small(firm.long_value + firm.short_value) &&
      is_small(revaluation.firm_long + revaluation.firm_short)) [[likely]]
    return true;

  const auto fits = [&](Int128 net, Int128 net_after, Int128 basis) {
    return pnl_fits(net, net_after, basis, 0, revaluation.moves_bases);
  };
  const Int128 firm_after = net_of(revaluation.firm_long, revaluation.firm_short, revaluation.firm_inverted);
  if (!fits(firm_exposure().net().units(), firm_after, firm.basis)) return false;
  std::map<ClientIndex, Int128> moved;  // of each client's net
  for (const auto& part : revaluation.parts) {
    const SymbolState& symbol = symbols[part.symbol];
    if (!fits(exposure_of(symbol).net().units(), net_of(part.unit_value, part.long_value, part.short_value),
              symbol.basis)) {
      return false;
    }
    visit_holders(part.symbol, [&](ClientIndex client, const Holding& holding) {
      add_wrapping(moved[client], notional_units(holding.quantity_units, part.unit_value.units()));
      add_wrapping(moved[client], -notional_units(holding.quantity_units, symbol.unit_value.units()));
    });
  }
  return std::all_of(moved.begin(), moved.end(), [&](const auto& of_client) {
    const ClientState& client = clients[of_client.first];
    const Int128 net = exposure_of(client).net().units();
    Int128 net_after = net;
    add_wrapping(net_after, of_client.second);
    return fits(net, net_after, client.basis);
  });
}

bool Positions::pnl_fits(const Restatement& restatement) const {
  if (!keeps_bases_ || in_step_) return true;
  if (is_small(reach_) && is_small(firm.long_value + firm.short_value) &&
      is_small(restatement.firm_long + restatement.firm_short)) [[likely]]
    return true;

  const auto fits = [](Int128 net, Int128 net_after, Int128 basis) { return pnl_fits(net, net_after, basis, 0, true); };
  const Int128 firm_after = net_of(restatement.firm_long, restatement.firm_short, restatement.firm_inverted);
  if (!fits(firm_exposure().net().units(), firm_after, firm.basis)) return false;
  std::map<ClientIndex, Int128> moved;  // of each client's net
  for (const auto& part : restatement.parts) {
    static const SymbolState kNew{};
    const SymbolState& symbol = part.symbol == kNone ? kNew : symbols[part.symbol];
    if (!fits(exposure_of(symbol).net().units(), net_of(part.unit_value, part.long_value, part.short_value),
              symbol.basis)) {
      return false;
    }
    if (part.symbol != kNone) {
      visit_holders(part.symbol, [&](ClientIndex client, const Holding& holding) {
        add_wrapping(moved[client], notional_units(holding.quantity_units, part.unit_value.units()));
        add_wrapping(moved[client], -notional_units(holding.quantity_units, symbol.unit_value.units()));
      });
    }
    for (const auto& position : part.positions) {
      add_wrapping(moved[position.client], notional_units(position.to, part.unit_value.units()));
      add_wrapping(moved[position.client], -notional_units(position.from, part.unit_value.units()));
    }
  }
  return std::all_of(moved.begin(), moved.end(), [&](const auto& of_client) {
    const ClientState& client = clients[of_client.first];
    const Int128 net = exposure_of(client).net().units();
    Int128 net_after = net;
    add_wrapping(net_after, of_client.second);
    return fits(net, net_after, client.basis);
  });
}

bool Positions::pnl_fits(Int128 net, Int128 net_after, Int128 basis, Int128 moved, bool with_net) {
  // What fits, whatever the basis was: a closing may have taken it out of range.
  const Int128 pnl = difference_wrapping(net, basis);
  Int128 after = 0, pnl_after = 0;
  if (with_net) return !__builtin_sub_overflow(net_after, pnl, &after);
  // The basis after it is net - P&L + moved.
  return sum_less(net, moved, pnl, after) && !__builtin_sub_overflow(net_after, after, &pnl_after);
}

}  // namespace risk::engine

#include "positions.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "values.hpp"

namespace risk::engine {
namespace {

Int128 positive_part(std::int64_t units) {
  return std::max<std::int64_t>(units, 0);
}
Int128 negative_part(std::int64_t units) {
  return std::max(-Int128{units}, Int128{0});
}

// What of it is long, and what is short. A position may change by a change of price, too.
Int128 long_units(std::int64_t quantity_units, std::int64_t price_units) {
  return notional_units(std::max<std::int64_t>(quantity_units, 0), price_units);
}
Int128 short_units(std::int64_t quantity_units, std::int64_t price_units) {
  return -notional_units(std::min<std::int64_t>(quantity_units, 0), price_units);
}

// A position's part of its client's and its symbol's exposure.
Int128 part_of(const Holding& holding, Price unit_value, Measure measure) {
  const Int128 value = Notional::of(holding.quantity(), magnitude(unit_value)).units();  // with the position's sign
  switch (measure) {
    case Measure::kGross:
      return value < 0 ? -value : value;
    case Measure::kNet:
      return unit_value.units() < 0 ? -value : value;
    case Measure::kLong:
      return std::max(value, Int128{0});
    case Measure::kShort:
      return std::max(-value, Int128{0});
    case Measure::kTurnover:
      return 0;
  }
  RISK_CHECK(!"a measure");
}

// The largest values by magnitude, then in byte order of id.
class Largest {
 public:
  // What a value must at least be to be among them.
  Int128 least() const { return parts_.size() < kContributorsMax ? 1 : magnitude(parts_.back().value); }

  void add(Int128 value, std::string_view id) {
    const Part part{value, id};
    if (magnitude(value) < least()) return;
    parts_.insert(std::upper_bound(parts_.begin(), parts_.end(), part, before), part);
    if (parts_.size() > kContributorsMax) parts_.pop_back();
  }

  std::vector<Contributor> take() const {
    std::vector<Contributor> contributors;
    for (const Part& part : parts_) contributors.push_back({std::string(part.id), Notional::from_units(part.value)});
    return contributors;
  }

 private:
  struct Part {
    Int128 value;
    std::string_view id;
  };
  static Int128 magnitude(Int128 value) { return value < 0 ? -value : value; }
  static bool before(const Part& a, const Part& b) {
    const Int128 left = magnitude(a.value), right = magnitude(b.value);
    return left != right ? left > right : a.id < b.id;
  }

  std::vector<Part> parts_;
};

// Lists an entity as changed, once.
void note(auto& entity, std::uint32_t index, std::vector<std::uint32_t>& changed) {
  if (!std::exchange(entity.changed, true)) changed.push_back(index);
}

// In byte order of id; the rank of each is its place among them.
void sort_and_rank(std::vector<std::uint32_t>& changed, const auto& entities, std::vector<std::uint32_t>& ranks) {
  std::sort(changed.begin(), changed.end(), [&](auto a, auto b) { return entities.before(a, b); });
  ranks.resize(entities.size());
  for (std::uint32_t rank = 0; rank < changed.size(); ++rank) ranks[changed[rank]] = rank;
}

}  // namespace

std::optional<Rejection> Positions::make(Plan& plan) const {
  const Named &client = plan.client, &symbol = plan.symbol;
  Holding* const holding = plan.holding;
  if (client.index == kNone && clients.size() >= bounds_.clients_max) {
    return too_many("client_id", client.id, bounds_.clients_max, "clients");
  }
  if (symbol.index == kNone) {
    if (auto rejection = too_many_symbols(symbol.id)) return rejection;
  }
  if (holding == nullptr && position_count_ >= bounds_.positions_max) {
    return too_many("symbol", symbol.id, bounds_.positions_max, "positions");
  }

  static const SymbolState kNew{};
  const SymbolState& before = symbol.index == kNone ? kNew : symbols[symbol.index];
  const std::int64_t from = holding == nullptr ? 0 : holding->quantity_units, to = plan.quantity.units();
  const Price unit_value = plan.unit_value;
  plan.symbol_long = before.long_quantity - positive_part(from) + positive_part(to);
  plan.symbol_short = before.short_quantity - negative_part(from) + negative_part(to);
  // In variables of their own, for what is read from memory just after it was written in halves waits for all that was
  // written before.
  Int128 long_value = 0, short_value = 0, firm_long = 0, firm_short = 0, gross = 0;
  const bool fits = multiply(plan.symbol_long, unit_value, long_value) &&
                    multiply(plan.symbol_short, unit_value, short_value) &&
                    !__builtin_add_overflow(firm.long_value - before.long_value, long_value, &firm_long) &&
                    !__builtin_add_overflow(firm.short_value - before.short_value, short_value, &firm_short) &&
                    !__builtin_add_overflow(firm_long, firm_short, &gross);
  if (!fits) return Rejection{"price", unit_value.to_string(), "it would take the firm's gross exposure out of range"};
  plan.symbol_long_value = long_value;
  plan.symbol_short_value = short_value;
  plan.firm_long = firm_long;
  plan.firm_short = firm_short;
  plan.firm_inverted = firm.inverted - before.inverted() + inverted(unit_value, long_value, short_value);
  return std::nullopt;
}

std::optional<Rejection> Positions::plan_move(Int128 units, Int128 turnover, Plan& plan) const {
  const auto reject = [&](const char* what) {
    return Rejection{"quantity", format_exact(units < 0 ? -units : units, kDecimalPlaces),
                     std::string("it would take the ") + what + " out of range"};
  };
  plan.holding = find_holding(plan.client.index, plan.symbol.index);
  const Int128 to = (plan.holding == nullptr ? 0 : plan.holding->quantity_units) + units;
  if (to < -INT64_MAX || to > INT64_MAX) return reject("position");
  plan.quantity = Quantity::from_units(static_cast<std::int64_t>(to));
  if (__builtin_add_overflow(firm.turnover.units(), turnover, &turnover)) return reject("firm's turnover");
  return make(plan);
}

std::optional<Rejection> Positions::plan_opening(Quantity quantity, Plan& plan) const {
  plan.holding = find_holding(plan.client.index, plan.symbol.index);
  plan.quantity = quantity;
  return make(plan);
}

PositionKey Positions::take(const Plan& plan, Timestamp now) {
  PositionKey place{plan.client.index, plan.symbol.index};
  if (place.client == kNone) {
    place.client = clients.add(plan.client.id, plan.client.hash);
    prefilter.add_client(clients.size());
  }
  if (place.symbol == kNone) {
    place.symbol = add_symbol(plan.symbol.id, plan.symbol.hash, plan.unit_value);
  }
  ClientState& client = clients[place.client];
  SymbolState& symbol = symbols[place.symbol];
  Holding* const holding = plan.holding == nullptr ? &add_holding(place) : plan.holding;

  if (symbol.unit_value != plan.unit_value) move_unit_value(place.symbol, plan.unit_value, now);
  if (holding->quantity() != plan.quantity) move_quantity(place.client, place.symbol, *holding, plan.quantity);
  if (!std::exchange(holding->changed, true)) changed_.positions.push_back(place);

  symbol.long_quantity = plan.symbol_long;
  symbol.short_quantity = plan.symbol_short;
  symbol.long_value = plan.symbol_long_value;
  symbol.short_value = plan.symbol_short_value;
  firm.long_value = plan.firm_long;
  firm.short_value = plan.firm_short;
  firm.inverted = plan.firm_inverted;
  client.touched = symbol.touched = now;
  note(client, place.client, changed_.clients);
  note(symbol, place.symbol, changed_.symbols);
  return place;
}

Holding& Positions::add_holding(PositionKey place) {
  ClientState& client = clients[place.client];
  Holding* const holding = client.holdings.add(place.symbol, multiplier_, pool);
  symbols[place.symbol].holders.push_back(place.client);
  ++position_count_;
  if (client.holdings.size() == tuning_.valued_from) client.valuation = std::make_unique<Valuation>();
  return *holding;
}

SymbolIndex Positions::add_symbol(std::string_view id, std::uint32_t hash, Price unit_value) {
  const SymbolIndex index = symbols.add(id, hash);
  symbols[index].unit_value = unit_value;
  marks.add_symbol(magnitude(unit_value));
  prefilter.add_symbol(magnitude(unit_value));
  note_sign(index, {}, unit_value);
  return index;
}

void Positions::move_unit_value(SymbolIndex index, Price unit_value, Timestamp now) {
  SymbolState& symbol = symbols[index];
  note_sign(index, symbol.unit_value, unit_value);
  symbol.unit_value = unit_value;
  symbol.mark_moved = now;
  if (!std::exchange(symbol.mark_changed, true)) moved_marks_.push_back(index);
  marks.set(index, magnitude(unit_value));
  const double leap = prefilter.follow(index, magnitude(unit_value), symbol.holders.size() <= tuning_.leapt_to);
  if (leap == 0) return;
  for (const ClientIndex holder : symbol.holders) {
    ClientState& client = clients[holder];
    const auto quantity = static_cast<double>(client.holdings.find(index, multiplier_)->quantity_units);
    client.bound = prefilter.raised(client.bound, leap * std::abs(quantity));
    prefilter.note(holder, client.bound, inverse_limit(client));
  }
}

void Positions::move_quantity(ClientIndex index, SymbolIndex symbol, Holding& holding, Quantity to) {
  ClientState& client = clients[index];
  const std::int64_t from_units = holding.quantity_units;
  if (client.valuation && catch_up(client)) {
    const std::int64_t mark_units = marks.mark(symbol).units();
    add_wrapping(client.valuation->long_value, long_units(to.units(), mark_units));
    add_wrapping(client.valuation->long_value, -long_units(from_units, mark_units));
    add_wrapping(client.valuation->short_value, short_units(to.units(), mark_units));
    add_wrapping(client.valuation->short_value, -short_units(from_units, mark_units));
  } else if (client.valuation) {
    client.valuation->moved = Valuation::kNever;
  }
  client.bound = prefilter.moved(client.bound, symbol, from_units, to.units());
  prefilter.note(index, client.bound, inverse_limit(client));
  const int is_held = to.units() == 0 ? 0 : 1, was_held = from_units == 0 ? 0 : 1;
  client.positions += static_cast<std::uint32_t>(is_held - was_held);
  symbols[symbol].positions += static_cast<std::uint32_t>(is_held - was_held);
  holding.quantity_units = to.units();
  if (counted_magnitude(to.units(), Measure::kGross) > symbols[symbol].top_holders_floor && !holding.leads) {
    add_top_holder(index, symbol, holding);
  }
}

void Positions::add_top_holder(ClientIndex client, SymbolIndex index, Holding& holding) {
  SymbolState& symbol = symbols[index];
  if (symbol.top_holders->add(client)) {
    holding.leads = true;
  } else {
    forget_top_holders(index);
  }
}

void Positions::forget_top_holders(SymbolIndex index) {
  for (const ClientIndex client : symbols[index].top_holders->clients()) find_holding(client, index)->leads = false;
  symbols[index].top_holders_floor = SymbolState::kNoFloor;
}

void Positions::find_top_holders(SymbolIndex index, Measure measure) {
  forget_top_holders(index);
  SymbolState& symbol = symbols[index];
  std::vector<TopHolders::Holder> all;
  all.reserve(symbol.holders.size());
  visit_holders(index, [&](ClientIndex client, const Holding& holding) {
    all.push_back({client, counted_magnitude(holding.quantity_units, measure)});
  });
  symbol.top_holders->find(std::move(all), measure,
                           [this](ClientIndex a, ClientIndex b) { return clients.before(a, b); });
  for (const ClientIndex client : symbol.top_holders->clients()) find_holding(client, index)->leads = true;
  symbol.top_holders_floor = symbol.top_holders->floor();
}

bool Positions::catch_up(ClientState& client) const {
  Valuation& valuation = *client.valuation;
  if (valuation.moved == Valuation::kNever) return false;
  const std::uint64_t moves = marks.moved() - valuation.moved;
  // A look-up of a position takes about as long as eight steps of a walk.
  if (moves > MarkLog::kMovesKept || 8 * moves > client.holdings.capacity()) return false;
  for (; valuation.moved != marks.moved(); ++valuation.moved) {
    const MarkLog::Move& move = marks.move(valuation.moved);
    const Holding* holding = client.holdings.find(move.symbol, multiplier_);
    if (holding == nullptr) continue;
    add_wrapping(valuation.long_value, long_units(holding->quantity_units, move.change_units));
    add_wrapping(valuation.short_value, short_units(holding->quantity_units, move.change_units));
  }
  return true;
}

Exposure Positions::exposure_of(const ClientState& client) const {
  const std::int64_t* mark_units = marks.units_by_key();
  Int128 long_value = 0, short_value = 0;
  for (const Holding& holding : client.holdings) {
    const Int128 value = notional_units(holding.quantity_units, mark_units[holding.key]);
    const Int128 sign = value >> 127;  // all ones below zero
    long_value += value & ~sign;
    short_value -= value & sign;
  }
  return {Notional::from_units(long_value), Notional::from_units(short_value), client.turnover,
          Notional::from_units(inverted_of(client))};
}

Int128 Positions::value(ClientState& client, Measure measure) {
  if (measure == Measure::kTurnover) return client.turnover.units();
  if (client.valuation) {
    if (!catch_up(client)) {
      const Exposure exposure = exposure_of(client);
      *client.valuation = {exposure.long_value.units(), exposure.short_value.units(), marks.moved()};
      tighten(client);
    }
    const Exposure exposure{Notional::from_units(client.valuation->long_value),
                            Notional::from_units(client.valuation->short_value),
                            {},
                            Notional::from_units(measure == Measure::kNet ? inverted_of(client) : 0)};
    return exposure.value(measure).magnitude().units();
  }
  const auto sum = [&](const auto& counted) {
    const std::int64_t* mark_units = marks.units_by_key();
    Int128 total = 0;
    for (const Holding& holding : client.holdings) {
      total += notional_units(counted(holding.quantity_units), mark_units[holding.key]);
    }
    if (measure == Measure::kNet && !below_zero_.empty()) [[unlikely]] {
      const Int128 counted_twice = inverted_of(client);  // by halves, for the whole may leave 127 bits
      total -= counted_twice;
      total -= counted_twice;
    }
    total = total < 0 ? -total : total;
    if (prefilter.at_references(client.bound) > kLoose * approximate(total)) tighten(client);
    return total;
  };
  switch (measure) {
    case Measure::kNet:
      return sum([](std::int64_t units) { return units; });
    case Measure::kLong:
      return sum([](std::int64_t units) { return std::max<std::int64_t>(units, 0); });
    case Measure::kShort:
      return sum([](std::int64_t units) { return std::min<std::int64_t>(units, 0); });
    default:
      return sum([](std::int64_t units) { return units < 0 ? -units : units; });
  }
}

void Positions::tighten(ClientState& client) {
  if (inverse_limit(client) == 0) return;  // the prefilter does not look at it now
  double at_references = 0;
  for (const Holding& holding : client.holdings) {
    if (holding.quantity_units == 0) continue;
    const std::int64_t mark_units = marks.units_by_key()[holding.key];
    if (prefilter.is_stale(holding.key, mark_units)) prefilter.lower(holding.key, mark_units);
    at_references += std::abs(static_cast<double>(holding.quantity_units)) * prefilter.reference(holding.key);
  }
  client.bound = prefilter.from_total(at_references, client.holdings.capacity());
}

void Positions::renew_prefilter() {
  if (!prefilter.is_worn()) return;
  const double factor = prefilter.renew(marks.units_by_key());
  if (factor == 1) return;
  for (ClientIndex index = 0; index < clients.size(); ++index) {
    clients[index].bound = Prefilter::raised(clients[index].bound * factor, 0);
    prefilter.note(index, clients[index].bound, inverse_limit(clients[index]));
  }
}

void Positions::reset_turnover(Timestamp now) {
  const auto reset = [now](auto& entities, auto& changed) {
    for (std::uint32_t i = 0; i < entities.size(); ++i) {
      auto& entity = entities[i];
      if (entity.turnover == Notional{}) continue;
      entity.turnover = {};
      entity.touched = now;
      note(entity, i, changed);
    }
  };
  reset(clients, changed_.clients);
  reset(symbols, changed_.symbols);
  firm.turnover = {};
}

void Positions::note_all_changed() {
  for (std::uint32_t i = 0; i < clients.size(); ++i) note(clients[i], i, changed_.clients);
  for (std::uint32_t i = 0; i < symbols.size(); ++i) note(symbols[i], i, changed_.symbols);
}

// The holders of every symbol whose mark moved, each once. Looks at all of them: that is why it is done only when the
// list has come to its end.
void Positions::list_marked() {
  for (const auto index : std::exchange(moved_marks_, {})) {
    symbols[index].mark_changed = false;
    for (const auto holder : symbols[index].holders) {
      if (!std::exchange(clients[holder].mark_due, true)) marked_.push_back(holder);
    }
  }
}

Positions::Changed Positions::take_changed(std::size_t marked_max) {
  Changed taken;
  std::swap(taken.clients, changed_.clients);
  std::swap(taken.symbols, changed_.symbols);
  std::swap(taken.positions, changed_.positions);
  const auto traded = taken.clients.size();
  while (taken.clients.size() - traded < marked_max) {
    if (marked_.empty()) list_marked();
    if (marked_.empty()) break;
    const auto client = marked_.front();
    marked_.pop_front();
    clients[client].mark_due = false;
    note(clients[client], client, taken.clients);
  }
  for (const auto index : taken.clients) clients[index].changed = false;
  for (const auto index : taken.symbols) symbols[index].changed = false;
  for (const auto place : taken.positions) find_holding(place.client, place.symbol)->changed = false;
  return taken;
}

void Positions::put_in_order(Changed& changed) {
  sort_and_rank(changed.clients, clients, client_ranks_);
  sort_and_rank(changed.symbols, symbols, symbol_ranks_);
  for (auto& place : changed.positions) place = {client_ranks_[place.client], symbol_ranks_[place.symbol]};
  std::sort(changed.positions.begin(), changed.positions.end(), [](PositionKey a, PositionKey b) {
    return a.client == b.client ? a.symbol < b.symbol : a.client < b.client;
  });
  for (auto& place : changed.positions) place = {changed.clients[place.client], changed.symbols[place.symbol]};
}

std::vector<Contributor> Positions::contributors(const ClientState& client, Measure measure) const {
  Largest largest;
  for (const Holding& holding : client.holdings) {
    if (holding.key == 0) continue;
    const SymbolState& symbol = symbols[holding.symbol()];
    largest.add(part_of(holding, symbol.unit_value, measure), symbol.id.view());
  }
  return largest.take();
}

std::vector<Contributor> Positions::contributors(SymbolIndex index, Measure measure) {
  SymbolState& symbol = symbols[index];
  Largest largest;
  const auto add = [&](ClientIndex client, const Holding& holding) {
    largest.add(part_of(holding, symbol.unit_value, measure), clients[client].id.view());
  };
  if (symbol.holders.size() < tuning_.top_holders_from) {
    visit_holders(index, add);
    return largest.take();
  }

  if (!symbol.top_holders) symbol.top_holders = std::make_unique<TopHolders>();
  TopHolders& top_holders = *symbol.top_holders;
  if (top_holders.found(measure)) {
    for (const ClientIndex client : top_holders.clients()) add(client, holding({client, index}));
    Int128 floor;
    if (multiply(top_holders.floor(), symbol.unit_value, floor) && largest.least() > floor) return largest.take();
    largest = {};  // somebody who is not listed may be among them by now
  }
  find_top_holders(index, measure);
  for (const ClientIndex client : top_holders.clients()) add(client, holding({client, index}));
  return largest.take();
}

std::vector<Contributor> Positions::firm_contributors(Measure measure) const {
  Largest largest;
  for (ClientIndex index = 0; index < clients.size(); ++index) {
    const ClientState& client = clients[index];
    // Whose bound is below the least of the largest cannot be among them; turnover has no bound.
    if (measure != Measure::kTurnover && prefilter.gross_max(client.bound) < 0.999 * approximate(largest.least()))
      continue;
    const Exposure exposure = measure == Measure::kTurnover ? Exposure{{}, {}, client.turnover} : exposure_of(client);
    largest.add(exposure.value(measure).units(), client.id.view());
  }
  return largest.take();
}

}  // namespace risk::engine

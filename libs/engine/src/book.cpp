#include "book.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace risk::engine {
namespace {

Int128 positive_part(Quantity quantity) {
  return std::max<std::int64_t>(quantity.units(), 0);
}
Int128 negative_part(Quantity quantity) {
  return std::max(-Int128{quantity.units()}, Int128{0});
}

// The holding of a symbol, or where it would stand.
auto find_holding(auto& holdings, SymbolIndex symbol) {
  return std::lower_bound(holdings.begin(), holdings.end(), symbol,
                          [](const Holding& holding, SymbolIndex index) { return holding.symbol < index; });
}

Notional part_of(Quantity quantity, Price mark, Measure measure) {
  const Notional value = quantity * mark;
  switch (measure) {
    case Measure::kGross:
      return value.magnitude();
    case Measure::kNet:
      return value;
    case Measure::kLong:
      return std::max(value, Notional{});
    case Measure::kShort:
      return std::min(value, Notional{}).magnitude();
    case Measure::kTurnover:
      return {};
  }
  RISK_CHECK(!"a measure");
}

// Keeps the largest by magnitude, then byte order of id.
std::vector<Contributor> largest(std::vector<Contributor> parts) {
  std::erase_if(parts, [](const Contributor& part) { return part.value == Notional{}; });
  const auto before = [](const Contributor& a, const Contributor& b) {
    const Notional left = a.value.magnitude(), right = b.value.magnitude();
    return left != right ? left > right : a.id < b.id;
  };
  const auto kept = std::min(parts.size(), kContributorsMax);
  std::partial_sort(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(kept), parts.end(), before);
  parts.resize(kept);
  return parts;
}

// Lists an entity as changed, once.
void note(auto& entity, std::uint32_t index, std::vector<std::uint32_t>& changed) {
  if (!std::exchange(entity.changed, true)) changed.push_back(index);
}

}  // namespace

Quantity Book::position(const std::string& client_id, const std::string& symbol_id) const {
  const auto client = clients.find(client_id);
  const auto symbol = symbols.find(symbol_id);
  if (!client || !symbol) return {};
  const auto& holdings = clients[*client].holdings;
  const auto holding = find_holding(holdings, *symbol);
  return holding != holdings.end() && holding->symbol == *symbol ? holding->quantity : Quantity{};
}

Result<Book::Plan, Rejection> Book::plan(const ClientId& client, const Symbol& symbol, Quantity from, Quantity to,
                                         Price mark) const {
  static const SymbolState kNone{};
  const auto index = symbols.find(symbol.text);
  const SymbolState& before = index ? symbols[*index] : kNone;

  Plan plan{&client.text, &symbol.text, to, mark, 0, 0, 0, 0};
  plan.symbol_long = before.long_quantity - positive_part(from) + positive_part(to);
  plan.symbol_short = before.short_quantity - negative_part(from) + negative_part(to);
  const Int128 other_long = firm.long_value - before.long_quantity * before.mark.units();
  const Int128 other_short = firm.short_value - before.short_quantity * before.mark.units();
  Int128 long_value = 0, short_value = 0, gross = 0;
  const bool fits = !__builtin_mul_overflow(plan.symbol_long, Int128{mark.units()}, &long_value) &&
                    !__builtin_mul_overflow(plan.symbol_short, Int128{mark.units()}, &short_value) &&
                    !__builtin_add_overflow(other_long, long_value, &plan.firm_long) &&
                    !__builtin_add_overflow(other_short, short_value, &plan.firm_short) &&
                    !__builtin_add_overflow(plan.firm_long, plan.firm_short, &gross);
  if (!fits) return Rejection{"price", mark.to_string(), "it would take the firm's gross exposure out of range"};
  return plan;
}

Result<Book::Plan, Rejection> Book::plan(const Transaction& transaction, Price price) const {
  const bool buys = transaction.side == Side::kBuy;
  const auto signed_quantity =
      Quantity::from_units(buys ? transaction.quantity.units() : -transaction.quantity.units());
  const Quantity from = position(transaction.client_id.text, transaction.symbol.text);
  const auto to = add(from, signed_quantity);
  if (!to || to->units() == std::numeric_limits<std::int64_t>::min()) {
    return Rejection{"quantity", transaction.quantity.to_string(), "it would take the position out of range"};
  }
  if (!add(firm.turnover, transaction.quantity * price)) {
    return Rejection{"quantity", transaction.quantity.to_string(), "it would take the firm's turnover out of range"};
  }
  return plan(transaction.client_id, transaction.symbol, from, *to, price);
}

Result<Book::Plan, Rejection> Book::plan(const OpeningPosition& opening, Price price) const {
  const Quantity from = position(opening.client_id.text, opening.symbol.text);
  return plan(opening.client_id, opening.symbol, from, opening.quantity, price);
}

Book::Place Book::take(const Plan& plan, Timestamp now) {
  const Place place{clients.find_or_add(*plan.client_id), symbols.find_or_add(*plan.symbol_id)};
  ClientState& client = clients[place.client];
  SymbolState& symbol = symbols[place.symbol];

  auto holding = find_holding(client.holdings, place.symbol);
  if (holding == client.holdings.end() || holding->symbol != place.symbol) {
    holding = client.holdings.insert(holding, Holding{place.symbol, {}, false});
    symbol.holders.push_back(place.client);
  }
  const int was_held = holding->quantity == Quantity{} ? 0 : 1;
  const int is_held = plan.quantity == Quantity{} ? 0 : 1;
  client.positions += static_cast<std::uint64_t>(is_held - was_held);
  symbol.positions += static_cast<std::uint64_t>(is_held - was_held);
  holding->quantity = plan.quantity;
  if (!std::exchange(holding->changed, true)) changed_.positions.push_back(place);

  symbol.long_quantity = plan.symbol_long;
  symbol.short_quantity = plan.symbol_short;
  if (symbol.mark != plan.mark) {
    symbol.mark = plan.mark;
    symbol.mark_moved = now;
    if (!std::exchange(symbol.mark_changed, true)) changed_.marks.push_back(place.symbol);
  }
  firm.long_value = plan.firm_long;
  firm.short_value = plan.firm_short;
  client.touched = symbol.touched = now;
  note(client, place.client, changed_.clients);
  note(symbol, place.symbol, changed_.symbols);
  return place;
}

void Book::add_turnover(Place place, Notional notional) {
  const auto add_to = [notional](Notional& turnover) {
    turnover = Notional::from_units(turnover.units() + notional.units());
  };
  add_to(clients[place.client].turnover);
  add_to(symbols[place.symbol].turnover);
  add_to(firm.turnover);
  ++clients[place.client].transactions;
  ++symbols[place.symbol].transactions;
}

void Book::reset_turnover(Timestamp now) {
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

void Book::note_all_changed() {
  for (std::uint32_t i = 0; i < clients.size(); ++i) note(clients[i], i, changed_.clients);
  for (std::uint32_t i = 0; i < symbols.size(); ++i) note(symbols[i], i, changed_.symbols);
}

Book::Changed Book::take_changed(bool marks) {
  Changed taken;
  std::swap(taken.clients, changed_.clients);
  std::swap(taken.symbols, changed_.symbols);
  std::swap(taken.positions, changed_.positions);
  if (marks) std::swap(taken.marks, changed_.marks);
  for (const auto index : taken.clients) clients[index].changed = false;
  for (const auto index : taken.symbols) symbols[index].changed = false;
  for (const auto place : taken.positions) find_holding(clients[place.client].holdings, place.symbol)->changed = false;
  for (const auto index : taken.marks) symbols[index].mark_changed = false;
  return taken;
}

const Holding& Book::holding(Place place) const {
  return *find_holding(clients[place.client].holdings, place.symbol);
}

Exposure Book::exposure_of(const ClientState& client) const {
  Int128 long_value = 0, short_value = 0;
  for (const Holding& holding : client.holdings) {
    const Int128 value = (holding.quantity * symbols[holding.symbol].mark).units();
    (value > 0 ? long_value : short_value) += value;
  }
  return {Notional::from_units(long_value), Notional::from_units(-short_value), client.turnover};
}

Exposure Book::exposure_of(const SymbolState& symbol) {
  return {Notional::from_units(symbol.long_quantity * symbol.mark.units()),
          Notional::from_units(symbol.short_quantity * symbol.mark.units()), symbol.turnover};
}

Exposure Book::firm_exposure() const {
  return {Notional::from_units(firm.long_value), Notional::from_units(firm.short_value), firm.turnover};
}

std::vector<Contributor> Book::contributors(const ClientState& client, Measure measure) const {
  std::vector<Contributor> parts;
  for (const Holding& holding : client.holdings) {
    const SymbolState& symbol = symbols[holding.symbol];
    parts.push_back({symbol.id, part_of(holding.quantity, symbol.mark, measure)});
  }
  return largest(std::move(parts));
}

std::vector<Contributor> Book::contributors(SymbolIndex symbol, Measure measure) const {
  std::vector<Contributor> parts;
  for (const ClientIndex index : symbols[symbol].holders) {
    const ClientState& client = clients[index];
    const auto holding = find_holding(client.holdings, symbol);
    parts.push_back({client.id, part_of(holding->quantity, symbols[symbol].mark, measure)});
  }
  return largest(std::move(parts));
}

std::vector<Contributor> Book::firm_contributors(Measure measure) const {
  std::vector<Contributor> parts;
  for (std::uint32_t i = 0; i < clients.size(); ++i) {
    parts.push_back({clients[i].id, exposure_of(clients[i]).value(measure)});
  }
  return largest(std::move(parts));
}

}  // namespace risk::engine

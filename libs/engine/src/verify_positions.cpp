// The invariants of positions, what follows from them, and the tables they are found in.
#include <algorithm>
#include <cmath>
#include <limits>

#include "plain_text.hpp"
#include "verify.hpp"

namespace risk::engine {
namespace {

// The invariants of EntityTable.
void verify_table(Verification& to, const auto& table, const std::string& name) {
  const auto& slots = Internals::slots(table);
  if (4 * table.size() > 3 * slots.size()) {
    to.add(name, std::to_string(table.size()) + " are in a table of " + std::to_string(slots.size()) + " slots");
  }
  std::vector<bool> seen(table.size());
  std::size_t taken = 0;
  for (const auto& slot : slots) {
    if (slot.entity == 0) continue;
    ++taken;
    if (slot.entity > table.size() || seen[slot.entity - 1]) {
      to.add(name, "a slot of the table leads to number " + std::to_string(slot.entity) +
                       (slot.entity > table.size() ? ", which is not there" : ", as another does"));
    } else {
      seen[slot.entity - 1] = true;
    }
  }
  if (taken == slots.size()) return to.add(name, "the table is full");  // a look-up would not end
  for (std::uint32_t index = 0; index < table.size(); ++index) {
    const std::string_view id = table[index].id.view();
    if (!is_plain_id(id)) {
      if (const auto problem = id_problem(id)) to.add(name_of(table[index]), "the id is " + std::string(*problem));
    }
    if (!seen[index] || table.find(id, table.hash(id)) != index) {
      to.add(name_of(table[index]), "its id does not lead to it");
    }
  }
  const auto& order = Internals::order(table);
  std::vector<bool> placed(table.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    // Those that came first were put in order first.
    if (order[i] >= std::min(order.size(), table.size()) || placed[order[i]]) {
      return to.add(name, "the order names number " + std::to_string(order[i]) + " twice or too early");
    }
    placed[order[i]] = true;
    if (i > 0 && !table.before(order[i - 1], order[i])) {
      to.add(name_of(table[order[i]]), "it is out of order, after " + name_of(table[order[i - 1]]));
    }
  }
}

// A list of entities, each on it once exactly if its flag is set.
void verify_list(Verification& to, const auto& list, const auto& table, bool std::decay_t<decltype(table[0])>::*flag,
                 const std::string& name) {
  std::vector<bool> listed(table.size());
  for (const std::uint32_t index : list) {
    if (index >= table.size()) {
      to.add(name, "number " + std::to_string(index) + " is listed and not there");
    } else if (listed[index]) {
      to.add(name, name_of(table[index]) + " is listed twice");
    } else {
      listed[index] = true;
    }
  }
  for (std::uint32_t index = 0; index < table.size(); ++index) {
    if (table[index].*flag != listed[index]) {
      to.add(name, name_of(table[index]) + (listed[index] ? " is listed and does not say so" : " is not listed"));
    }
  }
}

class PositionsVerifier {
 public:
  explicit PositionsVerifier(Verification& to)
      : to_(to), positions_(to.core.positions), sums_(positions_.symbols.size()) {}

  void verify() {
    verify_table(to_, positions_.clients, "clients");
    verify_table(to_, positions_.symbols, "symbols");
    if (!verify_sizes()) return;
    for (ClientIndex index = 0; index < positions_.clients.size(); ++index) verify_client(index);
    for (SymbolIndex index = 0; index < positions_.symbols.size(); ++index) verify_symbol(index);
    verify_sums();
    verify_changed();
  }

 private:
  // A symbol as its holders have it.
  struct SymbolSum {
    CheckedSum long_quantity, short_quantity;
    std::uint32_t positions = 0;          // that are not zero
    std::vector<ClientIndex> holders;     // rising
    std::uint64_t leading = 0;            // whose holdings say that they lead
    std::uint64_t largest_following = 0;  // counted magnitude, of the others
  };
  struct Totals {
    CheckedSum long_value, short_value, turnover, transactions;
    Uint128 basis = 0;  // wraps
    void add(Int128 by_long, Int128 by_short, Int128 by_turnover, std::uint64_t by_transactions, Int128 by_basis) {
      basis += static_cast<Uint128>(by_basis);
      long_value.add(by_long), short_value.add(by_short), turnover.add(by_turnover);
      transactions.add(static_cast<Int128>(by_transactions));
    }
  };

  // What is kept by number of a client or symbol has room for each. False: the rest cannot be looked at.
  bool verify_sizes() {
    const std::size_t keys = positions_.symbols.size() + 1;
    const std::size_t blocks = (positions_.clients.size() + Prefilter::kBlock - 1) / Prefilter::kBlock;
    const auto& units = Internals::units_by_key(positions_.marks);
    const auto& references = Internals::references_by_key(positions_.prefilter);
    if (units.size() != keys || units[0] != 0) {
      to_.add("marks", "there are " + std::to_string(units.size()) + " for " + std::to_string(keys) + " keys");
      return false;
    }
    if (references.size() != keys || references[0] != 0) {
      to_.add("prefilter",
              "it has " + std::to_string(references.size()) + " references for " + std::to_string(keys) + " keys");
      return false;
    }
    if (Internals::ratios(positions_.prefilter).size() != blocks * Prefilter::kBlock ||
        Internals::block_max(positions_.prefilter).size() != blocks) {
      to_.add("prefilter", "it does not have room for " + std::to_string(positions_.clients.size()) + " clients");
      return false;
    }
    return true;
  }

  void verify_touched(const auto& entity, Timestamp touched, const char* what) {
    // Positions may be opened before there is time, and that is as if at 0.
    if (touched <= std::max(to_.core.now.value_or(Timestamp{}), Timestamp{})) return;
    to_.add(name_of(entity), std::string(what) + " is later than now, " + format_timestamp(touched));
  }

  void verify_client(ClientIndex index) {
    const ClientState& client = positions_.clients[index];
    const Holdings& holdings = client.holdings;
    if (holdings.size() == 0) return to_.add(name_of(client), "it never held anything");
    if (8 * std::size_t{holdings.size()} > 7 * holdings.capacity()) {
      to_.add(name_of(client),
              std::to_string(holdings.size()) + " positions are in " + std::to_string(holdings.capacity()) + " slots");
    }
    if (const char* problem = to_.pool.take(holdings.begin(), holdings.capacity() * sizeof(Holding))) {
      return to_.add(name_of(client) + "'s positions", problem);
    }

    CheckedSum long_value, short_value;
    std::uint32_t held = 0, used = 0;
    long double at_references = 0;
    for (const Holding& holding : holdings) {
      if (holding.key == 0) {
        if (holding.quantity_units != 0) to_.add(name_of(client), "an empty slot of its positions has a quantity");
        continue;
      }
      ++used;
      if (!verify_holding(index, holding)) continue;
      const Price unit_value = positions_.symbols[holding.symbol()].unit_value;
      const Int128 value = Int128{holding.quantity_units} * magnitude(unit_value).units();
      if (unit_value.units() < 0) inverted_ += value;
      (value < 0 ? short_value : long_value).add(value < 0 ? -value : value);
      held += holding.quantity_units == 0 ? 0 : 1;
      at_references += std::abs(static_cast<long double>(holding.quantity_units)) *
                       static_cast<long double>(positions_.prefilter.reference(holding.key));
    }
    if (used != holdings.size()) {
      to_.add(name_of(client),
              "it has " + std::to_string(used) + " positions and counts " + std::to_string(holdings.size()));
    }
    if (held != client.positions) {
      to_.add(name_of(client),
              std::to_string(held) + " positions are not zero, " + std::to_string(client.positions) + " are counted");
    }
    position_count_ += used;
    verify_valuation(client, long_value, short_value);
    verify_bound(index, at_references, long_value, short_value);
    verify_touched(client, client.touched, "its last change");
    if (client.turnover.units() < 0) to_.add(name_of(client), "its turnover is below zero");
    by_client_.add(long_value.value, short_value.value, client.turnover.units(), client.transactions, client.basis);
  }

  // Counts the holding for its symbol. False: it has none.
  bool verify_holding(ClientIndex index, const Holding& holding) {
    const ClientState& client = positions_.clients[index];
    if (holding.key > positions_.symbols.size()) {
      to_.add(name_of(client), "it holds symbol number " + std::to_string(holding.symbol()) + ", which is not there");
      return false;
    }
    const SymbolState& symbol = positions_.symbols[holding.symbol()];
    const auto where = [&] { return name_of(client) + "'s position in " + std::string(symbol.id.view()); };
    if (client.holdings.find(holding.symbol(), Internals::multiplier(positions_)) != &holding) {
      to_.add(where(), "its key does not lead to it");
    }
    if (holding.quantity_units == std::numeric_limits<std::int64_t>::min()) {
      to_.add(where(), "its quantity has no opposite");
      return false;
    }
    SymbolSum& sum = sums_[holding.symbol()];
    const Int128 quantity = holding.quantity_units;
    (quantity < 0 ? sum.short_quantity : sum.long_quantity).add(quantity < 0 ? -quantity : quantity);
    sum.positions += quantity == 0 ? 0 : 1;
    if (sum.holders.empty()) sum.holders.reserve(symbol.holders.size());
    sum.holders.push_back(index);
    if (holding.changed) changed_positions_.push_back({index, holding.symbol()});
    if (holding.leads) {
      ++sum.leading;
    } else if (symbol.top_holders) {
      const auto magnitude = counted_magnitude(holding.quantity_units, Internals::measure(*symbol.top_holders));
      sum.largest_following = std::max(sum.largest_following, magnitude);
    }
    return true;
  }

  // A client with many positions keeps its exposure as of an earlier move of the marks. It need be right only where it
  // is near enough to be brought up to date.
  void verify_valuation(const ClientState& client, const CheckedSum& long_value, const CheckedSum& short_value) {
    const auto from = Internals::tuning(positions_).valued_from;
    if ((client.valuation != nullptr) != (from != 0 && client.holdings.size() >= from)) {
      to_.add(name_of(client), std::string(client.valuation ? "an" : "no") + " exposure is kept of its " +
                                   std::to_string(client.holdings.size()) + " positions");
    }
    if (!client.valuation || client.valuation->moved == Valuation::kNever) return;
    const MarkLog& marks = positions_.marks;
    if (client.valuation->moved > marks.moved())
      return to_.add(name_of(client), "its exposure is of a move that is yet to come");
    const std::uint64_t moves = marks.moved() - client.valuation->moved;
    if (moves > MarkLog::kMovesKept || 8 * moves > client.holdings.capacity()) return;
    // Sums on the way may leave 127 bits and come back.
    auto kept_long = static_cast<Uint128>(client.valuation->long_value);
    auto kept_short = static_cast<Uint128>(client.valuation->short_value);
    for (std::uint64_t number = client.valuation->moved; number != marks.moved(); ++number) {
      const MarkLog::Move& move = marks.move(number);
      const Holding* holding = client.holdings.find(move.symbol, Internals::multiplier(positions_));
      if (holding == nullptr) continue;
      const auto change = static_cast<Uint128>(Int128{holding->quantity_units} * move.change_units);
      if (holding->quantity_units > 0) kept_long += change;
      if (holding->quantity_units < 0) kept_short -= change;
    }
    if (!(long_value == static_cast<Int128>(kept_long)) || !(short_value == static_cast<Int128>(kept_short))) {
      to_.add(name_of(client), "the exposure that is kept of it comes to long " +
                                   money(static_cast<Int128>(kept_long)) + " and short " +
                                   money(static_cast<Int128>(kept_short)) + ", its positions to " +
                                   long_value.text(kNotionalPlaces) + " and " + short_value.text(kNotionalPlaces));
    }
  }

  // The second and third invariant of the prefilter.
  void verify_bound(ClientIndex index, long double at_references, const CheckedSum& long_value,
                    const CheckedSum& short_value) {
    const ClientState& client = positions_.clients[index];
    constexpr long double kRounding = 0x1p-52L;  // what these sums can have gained; bounds are rounded up by more
    const auto factor = static_cast<long double>(Internals::scale(positions_.prefilter));
    const long double most = static_cast<long double>(client.bound) * factor;
    if (!(at_references <= most * (1 + kRounding))) {
      to_.add(name_of(client), "its positions come to " + std::to_string(at_references) +
                                   " at the prefilter's references, above its bound of " + std::to_string(most));
    }
    const long double gross = static_cast<long double>(long_value.value) + static_cast<long double>(short_value.value);
    const long double gross_max = most * static_cast<long double>(Internals::rise(positions_.prefilter));
    if (!(gross <= gross_max * (1 + kRounding))) {
      to_.add(name_of(client), "its gross exposure is above what the prefilter takes for its most");
    }
  }

  void verify_symbol(SymbolIndex index) {
    const SymbolState& symbol = positions_.symbols[index];
    SymbolSum& sum = sums_[index];
    const std::string who = name_of(symbol);
    verify_unit_value(who, symbol);
    if (positions_.marks.mark(index) != magnitude(symbol.unit_value)) {
      to_.add(who, "its unit value is " + symbol.unit_value.to_string() + ", that of valuations " +
                       positions_.marks.mark(index).to_string());
    }
    if (!(sum.long_quantity == symbol.long_quantity) || !(sum.short_quantity == symbol.short_quantity)) {
      to_.add(who, "it counts " + format_exact(symbol.long_quantity, kDecimalPlaces) + " long and " +
                       format_exact(symbol.short_quantity, kDecimalPlaces) + " short, its holders have " +
                       sum.long_quantity.text(kDecimalPlaces) + " and " + sum.short_quantity.text(kDecimalPlaces));
    }
    verify_value(who, "long", symbol.long_quantity, magnitude(symbol.unit_value), symbol.long_value);
    verify_value(who, "short", symbol.short_quantity, magnitude(symbol.unit_value), symbol.short_value);
    if (sum.positions != symbol.positions) {
      to_.add(who, std::to_string(sum.positions) + " positions in it are not zero, " +
                       std::to_string(symbol.positions) + " are counted");
    }
    verify_holders(symbol, sum);
    verify_top_holders(index, sum);
    const auto reference = static_cast<long double>(positions_.prefilter.reference(index + 1));
    const auto rise = static_cast<long double>(Internals::rise(positions_.prefilter));
    if (!(static_cast<long double>(magnitude(symbol.unit_value).units()) <= reference * rise)) {
      to_.add(who, "its unit value " + symbol.unit_value.to_string() + " is above its reference in the prefilter");
    }
    verify_touched(symbol, symbol.touched, "its last change");
    verify_touched(symbol, symbol.mark_moved, "the last move of its mark");
    if (symbol.mark.at > std::max(to_.core.now.value_or(Timestamp{}), Timestamp{})) {
      to_.add(who, "its mark was traded after now");
    }
    if (symbol.turnover.units() < 0) to_.add(who, "its turnover is below zero");
    by_symbol_.add(symbol.long_value, symbol.short_value, symbol.turnover.units(), symbol.transactions, symbol.basis);
  }

  // That it is the mark's, at the rate in force.
  void verify_unit_value(const std::string& who, const SymbolState& symbol) {
    const Mark& mark = symbol.mark;
    if (symbol.terms != to_.core.instruments.find(symbol.id.view())) to_.add(who, "it has the terms of another symbol");
    if (mark.currency != kNoCurrency && mark.currency >= to_.core.rates.size())
      return to_.add(who, "its mark is in a currency that is not there");
    if (to_.core.rates.unit_value(mark.price, mark.currency, symbol.terms) == symbol.unit_value) return;
    to_.add(who, "its unit value is " + symbol.unit_value.to_string() + ", of its mark " + mark.price.to_string() +
                     (mark.currency == kNoCurrency ? "" : " " + to_.core.rates.name(mark.currency)));
  }

  void verify_value(const std::string& who, const char* side, Int128 quantity, Price mark, Int128 value) {
    Int128 expected = 0;
    if (!__builtin_mul_overflow(quantity, Int128{mark.units()}, &expected) && expected == value) return;
    to_.add(who, "its " + std::string(side) + " value is " + money(value) + ", " +
                     format_exact(quantity, kDecimalPlaces) + " at " + mark.to_string());
  }

  // Everyone who ever held a symbol is in its list, once, and nobody else.
  void verify_holders(const SymbolState& symbol, const SymbolSum& sum) {
    if (symbol.holders == sum.holders) return;
    std::vector<ClientIndex> listed = symbol.holders;
    std::sort(listed.begin(), listed.end());
    const auto differ = std::mismatch(listed.begin(), listed.end(), sum.holders.begin(), sum.holders.end());
    if (differ.first == listed.end() && differ.second == sum.holders.end()) return;
    const bool is_missing =
        differ.first == listed.end() || (differ.second != sum.holders.end() && *differ.second < *differ.first);
    const ClientIndex client = is_missing ? *differ.second : *differ.first;
    const auto name = client < positions_.clients.size() ? name_of(positions_.clients[client])
                                                         : "client number " + std::to_string(client);
    to_.add(name_of(symbol), name + (is_missing ? " has a position in it and is not among its holders"
                                                : " is among its holders without a position in it, or twice"));
  }

  // The invariant of TopHolders.
  void verify_top_holders(SymbolIndex index, const SymbolSum& sum) {
    const SymbolState& symbol = positions_.symbols[index];
    const std::string who = name_of(symbol);
    const bool is_used = symbol.top_holders_floor != SymbolState::kNoFloor;
    if (is_used != (symbol.top_holders && Internals::is_found(*symbol.top_holders))) {
      return to_.add(who, is_used ? "it has a floor without top holders" : "it has top holders without a floor");
    }
    if (!is_used) {
      if (sum.leading != 0) to_.add(who, std::to_string(sum.leading) + " holders lead though none were found");
      return;
    }
    const TopHolders& top = *symbol.top_holders;
    if (top.floor() != symbol.top_holders_floor) to_.add(who, "it has another floor than its top holders");
    for (const ClientIndex client : top.clients()) {
      const Holding* holding = client < positions_.clients.size()
                                   ? positions_.clients[client].holdings.find(index, Internals::multiplier(positions_))
                                   : nullptr;
      if (holding == nullptr || !holding->leads) {
        to_.add(who, "number " + std::to_string(client) + " is a top holder and its position does not say so");
      }
    }
    if (sum.leading != top.clients().size()) {
      to_.add(who,
              std::to_string(sum.leading) + " holders lead, " + std::to_string(top.clients().size()) + " are listed");
    }
    if (sum.largest_following > top.floor()) {
      to_.add(who, "somebody holds " + format_exact(static_cast<Int128>(sum.largest_following), kDecimalPlaces) +
                       ", more than the floor of its top holders, and is not among them");
    }
  }

  // Core's third invariant.
  void verify_sums() {
    const FirmState& firm = positions_.firm;
    const auto verify_sum = [&](const std::string& what, Int128 kept, const CheckedSum& symbols,
                                const CheckedSum& clients, int places) {
      if (symbols == kept && clients == kept) return;
      to_.add("firm", "its " + what + " is " + format_exact(kept, places) + ", of all symbols " + symbols.text(places) +
                          ", of all clients " + clients.text(places));
    };
    verify_sum("long value", firm.long_value, by_symbol_.long_value, by_client_.long_value, kNotionalPlaces);
    verify_sum("short value", firm.short_value, by_symbol_.short_value, by_client_.short_value, kNotionalPlaces);
    verify_sum("turnover", firm.turnover.units(), by_symbol_.turnover, by_client_.turnover, kNotionalPlaces);
    const auto basis = static_cast<Uint128>(firm.basis);
    if (!positions_.is_in_step() && (by_symbol_.basis != basis || by_client_.basis != basis)) {
      to_.add("firm", "its basis is not the sum of those of all symbols, and of all clients");
    }
    if (firm.inverted != inverted_) to_.add("firm", "what it counts the other way is not what its clients hold of it");
    const Counters& counters = to_.core.counters;
    verify_sum("number of transactions", static_cast<Int128>(counters.transactions), by_symbol_.transactions,
               by_client_.transactions, 0);
    CheckedSum gross{firm.long_value};
    gross.add(firm.short_value);
    if (!gross.fits || firm.long_value < 0 || firm.short_value < 0) {
      to_.add("firm", "its gross exposure is below zero or does not fit 127 bits");
    }
    if (counters.late > counters.transactions) to_.add("firm", "more transactions were late than there were");
    if (position_count_ != Internals::position_count(positions_)) {
      to_.add("firm", "there are " + std::to_string(position_count_) + " positions, " +
                          std::to_string(Internals::position_count(positions_)) + " are counted");
    }
  }

  // What take_changes() will give, and the clients it has yet to find.
  void verify_changed() {
    const Positions::Changed& changed = Internals::changed(positions_);
    verify_list(to_, changed.clients, positions_.clients, &ClientState::changed, "changed clients");
    verify_list(to_, changed.symbols, positions_.symbols, &SymbolState::changed, "changed symbols");
    verify_list(to_, Internals::moved_marks(positions_), positions_.symbols, &SymbolState::mark_changed,
                "symbols whose marks moved");
    verify_list(to_, Internals::marked(positions_), positions_.clients, &ClientState::mark_due,
                "clients whose marks moved");
    using Pair = std::pair<ClientIndex, SymbolIndex>;
    std::vector<Pair> listed, flagged;
    for (const PositionKey place : changed.positions) listed.emplace_back(place.client, place.symbol);
    for (const PositionKey place : changed_positions_) flagged.emplace_back(place.client, place.symbol);
    std::sort(listed.begin(), listed.end());
    std::sort(flagged.begin(), flagged.end());
    if (listed != flagged) {
      to_.add("changed positions", std::to_string(listed.size()) + " are listed, and not those " +
                                       std::to_string(flagged.size()) + " that say so");
    }
    for (const PositionKey place : changed_positions_) {
      const ClientState& client = positions_.clients[place.client];
      const SymbolState& symbol = positions_.symbols[place.symbol];
      if (client.changed && symbol.changed) continue;
      to_.add("changed positions", "that of " + name_of(client) + " in " + std::string(symbol.id.view()) +
                                       " is listed without its client or its symbol");
    }
  }

  static std::string money(Int128 units) { return format_exact(units, kNotionalPlaces); }

  Verification& to_;
  const Positions& positions_;
  std::vector<SymbolSum> sums_;  // by symbol
  Totals by_client_, by_symbol_;
  Int128 inverted_ = 0;  // of all clients
  std::uint64_t position_count_ = 0;
  std::vector<PositionKey> changed_positions_;
};

}  // namespace

void verify_positions(Verification& to) {
  PositionsVerifier(to).verify();
}

}  // namespace risk::engine

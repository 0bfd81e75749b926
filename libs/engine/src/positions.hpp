// Positions, unit values and turnover, and the exposures that follow from them. Knows no rules, no rates and no time
// but what it is told.
//
// Invariants, which Core::verify() checks with those of what is used here
//   1. A client's positions and the holders of their symbols name each other, each once, also when a position is zero.
//   2. A symbol's quantities, values and number of positions are the sums over its holders, at its unit value.
//   3. A valuation that is near enough is, with the moves of marks since, the client's exposure.
//   4. Who has changed is on its list, once, and says so; a position's client and symbol are on theirs.
//   5. The firm's basis is the sum over symbols, and over clients, as far as 128 bits tell.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "entities.hpp"
#include "mark_log.hpp"
#include "prefilter.hpp"
#include "risk/engine/core.hpp"
#include "values.hpp"

namespace risk::engine {

// An id that an input names: its hash, and the entity if there is one.
struct Named {
  std::string_view id;
  std::uint32_t hash = 0;
  std::uint32_t index = kNone;

  static Named in(const auto& table, std::string_view id) {
    const std::uint32_t hash = table.hash(id);
    return {id, hash, table.find(id, hash)};
  }
};

// The client and the symbol of a position, by index.
struct PositionKey {
  ClientIndex client;
  SymbolIndex symbol;
};

class Positions {
 public:
  // What a trade or an opening position will make of the positions; begun by the caller, completed by plan_...().
  struct Plan {
    Plan(const Named& by_client, const Named& in_symbol, Price at_unit_value)
        : client(by_client), symbol(in_symbol), unit_value(at_unit_value) {}

    Named client, symbol;
    Price unit_value;                                      // of the symbol, after it
    Holding* holding = nullptr;                            // null: the client never held the symbol
    Quantity quantity;                                     // the position after it
    Int128 symbol_long = 0, symbol_short = 0;              // quantities
    Int128 symbol_long_value = 0, symbol_short_value = 0;  // at the unit value
    Int128 firm_long = 0, firm_short = 0;                  // values
    Int128 firm_inverted = 0;
  };

  Positions(const HashKey& key, const Tuning& tuning)
      : clients(key), symbols(key), tuning_(tuning), multiplier_(id_hash("multiplier", key) | 1) {}

  void set_bounds(const Bounds& bounds) { bounds_ = bounds; }

  // Completes the plan of a position that moves by so many units, and of turnovers that go with it; or tells why a
  // position, an exposure or a turnover would leave its range, or a bound be passed.
  std::optional<Rejection> plan_move(Int128 units, Int128 turnover, Plan& plan) const;
  // The same where the symbol's positions will have been closed before it. Precondition: plan_...() has planned it.
  std::optional<Rejection> check_move_after_close(Int128 units, const Plan& plan) const;
  std::optional<Rejection> plan_opening(Quantity quantity, Plan& plan) const;

  // Carries it out. Precondition: no position, mark or entity was added or moved in between.
  PositionKey take(const Plan& plan, Timestamp now);

  // What other unit values make of the exposures, without a trade; begun by the caller, who adds each symbol once.
  struct Revaluation {
    struct Part {
      SymbolIndex symbol;
      Price unit_value;
      Int128 long_value = 0, short_value = 0;
    };
    void add(SymbolIndex symbol, Price unit_value) { parts.push_back({symbol, unit_value}); }

    std::vector<Part> parts;
    bool moves_bases = false;  // by what nets move: nobody gains or loses by it
    Int128 firm_long = 0, firm_short = 0, firm_inverted = 0;
  };
  // Completes it. False: the firm's gross exposure would leave its range.
  bool plan(Revaluation& revaluation) const;
  // Carries it out. Precondition: no position or unit value has changed in between.
  void take(const Revaluation& revaluation, Timestamp now);

  // What a split or a rename makes of symbols: other quantities, at other unit values. Nobody gains or loses by it.
  // Begun by the caller, who adds each symbol once.
  struct Restatement {
    struct Position {
      ClientIndex client;
      std::int64_t from, to;  // units; `from` 0: the client may never have held it
    };
    struct Part {
      SymbolIndex symbol;  // kNone: one that will be new
      Price unit_value;
      std::vector<Position> positions{};  // those that move, each client once
      bool is_closed = false;             // to be planned as if the symbol's positions had been closed before
      Int128 long_quantity = 0, short_quantity = 0, long_value = 0, short_value = 0;
    };
    std::vector<Part> parts;
    Int128 firm_long = 0, firm_short = 0, firm_inverted = 0;
  };
  // Completes it. False: the firm's gross exposure would leave its range.
  bool plan(Restatement& restatement) const;
  // Why there is no room for the positions that are new; `field` names the symbol `id` that they are in.
  std::optional<Rejection> too_many_positions(const char* field, std::string_view id,
                                              const Restatement& restatement) const;
  // Carries it out. Preconditions: no position or unit value has changed in between, and all symbols are there.
  void take(const Restatement& restatement, Timestamp now);

  // Every position in it becomes zero; nobody gains or loses by it.
  void close(SymbolIndex index, Timestamp now);

  // Whether there is no room for another one.
  std::optional<Rejection> too_many_symbols(std::string_view id) const;
  // Precondition: no symbol has this id.
  SymbolIndex add_symbol(std::string_view id, std::uint32_t hash, Price unit_value);
  // Puts it on the list of those that changed.
  void note_symbol_changed(SymbolIndex index, Timestamp now);

  RISK_HOT void move_turnover(ClientState& client, SymbolState& symbol, Int128 by) {
    for (Notional* turnover : {&client.turnover, &symbol.turnover, &firm.turnover}) {
      *turnover = Notional::from_units(turnover->units() + by);
    }
  }
  RISK_HOT static void count_transaction(ClientState& client, SymbolState& symbol) {
    ++client.transactions;
    ++symbol.transactions;
  }
  void reset_turnover(Timestamp now);

  // --- bases, for the session's P&L: basis.cpp

  // Whether there are any; as long as not, every P&L is 0, and it is 0 when they begin.
  void keep_bases(bool keeps);
  // A session begins.
  void reset_bases(Timestamp now);
  // Of an entity with that exposure: its basis, given the one that it keeps; and its P&L.
  Int128 basis(const Exposure& exposure, Int128 kept) const;
  Notional pnl(const Exposure& exposure, Int128 kept) const;
  bool is_in_step() const { return in_step_; }
  // From here on entities keep their bases.
  void begin_pnl();
  // By which an input moves the bases of a position's client, its symbol and the firm.
  struct BasisMove {
    Int128 value = 0;       // of a trade, at its own price, with the sign of what it buys
    bool with_net = false;  // an opening position: by what nets move, which goes for the symbol's other holders too
  };
  // Whether no basis or P&L will leave 127 bits. Precondition: plan_...() has planned it.
  RISK_HOT bool pnl_fits(const Plan& plan, BasisMove move) {
    if (!keeps_bases_ || (in_step_ && move.with_net)) return true;
    if (in_step_) begin_pnl();
    if (is_small(reach_) && is_small(firm.long_value + firm.short_value) &&
        is_small(plan.firm_long + plan.firm_short) && is_small(move.value)) [[likely]]
      return true;
    return pnl_fits_closely(plan, move);
  }
  // The same of P&L where the symbol's positions will have been closed before a move by so many units, whose basis
  // moves by `value`. Preconditions: client and symbol are known, and check_move_after_close() has found that it fits.
  bool pnl_fits_after_close(Int128 units, const Plan& plan, Int128 value) const;
  bool pnl_fits(const Revaluation& revaluation);
  bool pnl_fits(const Restatement& restatement) const;
  RISK_HOT void trade_bases(ClientState& client, SymbolState& symbol, Int128 value) {
    if (!keeps_bases_ || in_step_) return;
    add_wrapping(client.basis, value);
    add_wrapping(symbol.basis, value);
    add_wrapping(firm.basis, value);
    note_reach(value);
  }
  void trade_bases(PositionKey place, Int128 value) {
    trade_bases(clients[place.client], symbols[place.symbol], value);
  }
  // Of a symbol's holders, by what their positions are worth more at another unit value.
  void move_bases(SymbolIndex index, Price from, Price to);
  void restore_basis(Int128& basis, Int128 value);

  void note_all_changed();  // every client and symbol, no position

  // A client's exposure at the latest marks, by a walk through its positions.
  Exposure exposure_of(const ClientState& client) const;
  // The magnitude of one measure of it, faster, above all where it was valued before; tightens what the prefilter
  // knows.
  Int128 value(ClientState& client, Measure measure);
  static Exposure exposure_of(const SymbolState& symbol) {
    return {Notional::from_units(symbol.long_value), Notional::from_units(symbol.short_value), symbol.turnover,
            Notional::from_units(symbol.inverted())};
  }
  Exposure firm_exposure() const {
    return {Notional::from_units(firm.long_value), Notional::from_units(firm.short_value), firm.turnover,
            Notional::from_units(firm.inverted)};
  }

  // The largest parts of the measure, by magnitude; empty for a turnover by position, which is not kept.
  std::vector<Contributor> contributors(const ClientState& client, Measure measure) const;
  std::vector<Contributor> contributors(SymbolIndex symbol, Measure measure);
  std::vector<Contributor> firm_contributors(Measure measure) const;

  // What has changed since these were last emptied; the flags of the entities say who is listed already. The client and
  // the symbol of a position that changed did too.
  struct Changed {
    std::vector<ClientIndex> clients;
    std::vector<SymbolIndex> symbols;
    std::vector<PositionKey> positions;
  };
  // Empties the lists and clears the flags. Up to `marked_max` clients who did not trade but hold what has a new mark
  // are among the clients; the others stay listed.
  Changed take_changed(std::size_t marked_max);
  void put_in_order(Changed& changed);  // each list in byte order of ids
  bool has_moved_marks() const { return !moved_marks_.empty() || !marked_.empty(); }
  std::size_t marked_left() const { return marked_.size(); }

  // 0: the client does not hold the symbol, or one of them is not there.
  Quantity quantity_of(ClientIndex client, SymbolIndex symbol) const {
    const Holding* const holding = find_holding(client, symbol);
    return holding == nullptr ? Quantity{} : holding->quantity();
  }
  // Calls look(client, holding) for everyone who ever held a symbol.
  void visit_holders(SymbolIndex index, const auto& look) const;
  // Precondition: the client ever held the symbol.
  const Holding& holding(PositionKey place) const {
    return *clients[place.client].holdings.find(place.symbol, multiplier_);
  }
  RISK_FETCHES void fetch_holdings(ClientIndex client) const { clients[client].holdings.fetch_slots(); }
  RISK_FETCHES void fetch_holding(ClientIndex client, SymbolIndex symbol) const {
    clients[client].holdings.fetch_slot(symbol, multiplier_);
  }

  // To be called at each sweep: keeps the prefilter's bounds tight.
  void renew_prefilter();
  // What the prefilter compares a client's bound with, of its lowest limit that no alert is open for: 0 where it has
  // nothing to say.
  static double inverse_limit(const ClientState& client) {
    double inverse = 0;
    for (std::size_t place = 0; place < client.rules.size<ExposureRule>(); ++place) {
      const ExposureState& state = client.rules.of<ExposureRule>(place);
      if (state.limit != nullptr && !state.alert) inverse = std::max(inverse, state.limit->inverse);
    }
    return inverse;
  }

  EntityTable<ClientState> clients;
  EntityTable<SymbolState> symbols;
  FirmState firm;
  MarkLog marks;
  Prefilter prefilter;
  Orders orders;
  Pool pool;

 private:
  friend struct Internals;
  // Four figures from -kSmall to below kSmall together fit 127 bits. Their upper word tells.
  static constexpr Int128 kSmall = Int128{1} << 124;
  RISK_HOT static bool is_small(Int128 figure) {
    return (static_cast<std::uint64_t>(figure >> 64) + (std::uint64_t{1} << 60)) >> 61 == 0;
  }

  // A bound this much above the value is worth another walk.
  static constexpr double kLoose = 1.1;

  std::optional<Rejection> make(Plan& plan) const;
  // Calls note_renewed(entity, index, changed) for each client and symbol whose basis was another.
  void renew_bases(const auto& note_renewed);
  // Once it is too far it stays so: what is not told any more must not seem near again.
  RISK_HOT void note_reach(Int128 moved) {
    if (is_small(reach_) && is_small(moved)) [[likely]] {
      reach_ += magnitude(moved);
    } else {
      reach_ = std::max(reach_, kSmall);
    }
  }
  // Far from the usual range: looks at everybody whose basis or P&L it moves.
  RISK_COLD bool pnl_fits_closely(const Plan& plan, BasisMove move);
  // Of one entity.
  static bool pnl_fits(Int128 net, Int128 net_after, Int128 basis, Int128 moved, bool with_net);
  // Null: the client never held the symbol, or one of them is not there.
  Holding* find_holding(ClientIndex client, SymbolIndex symbol) const {
    return client == kNone || symbol == kNone ? nullptr : clients[client].holdings.find(symbol, multiplier_);
  }
  Holding& add_holding(PositionKey place);  // precondition: the client never held the symbol
  void list_marked();
  // Of a client; and of which symbols the unit value is below zero.
  Int128 inverted_of(const ClientState& client) const;
  void note_sign(SymbolIndex index, Price before, Price unit_value);
  void move_unit_value(SymbolIndex index, Price unit_value, Timestamp now);
  void move_quantity(ClientIndex index, SymbolIndex symbol, Holding& holding, Quantity to);
  void add_top_holder(ClientIndex client, SymbolIndex index, Holding& holding);
  void forget_top_holders(SymbolIndex index);
  void find_top_holders(SymbolIndex index, Measure measure);
  // Whether a client's valuation is now at the latest marks. False: a walk is the shorter way.
  bool catch_up(ClientState& client) const;
  void tighten(ClientState& client);

  Tuning tuning_;
  Bounds bounds_;
  std::uint64_t multiplier_;          // odd
  std::uint64_t position_count_ = 0;  // ever held
  Changed changed_;
  // Among those that changed, while they are put in order.
  std::vector<std::uint32_t> client_ranks_, symbol_ranks_;
  std::vector<SymbolIndex> moved_marks_;
  std::vector<SymbolIndex> below_zero_;  // symbols with such a unit value
  bool keeps_bases_ = false;
  // Nobody has gained or lost anything yet: each basis is the net exposure, whatever the entity keeps. So opening
  // positions, which come first and may mark a symbol anew each, need not tell all who hold it.
  bool in_step_ = true;
  Int128 reach_ = 0;                // no basis is further from 0; what is far enough is not told any more
  std::deque<ClientIndex> marked_;  // who held them when the list was made
};

inline void Positions::visit_holders(SymbolIndex index, const auto& look) const {
  constexpr std::size_t kAhead = 8;
  const auto& holders = symbols[index].holders;
  for (std::size_t i = 0; i < holders.size(); ++i) {
    if (i + 2 * kAhead < holders.size()) fetch(&clients[holders[i + 2 * kAhead]].holdings);
    if (i + kAhead < holders.size()) fetch_holding(holders[i + kAhead], index);
    look(holders[i], holding({holders[i], index}));
  }
}

}  // namespace risk::engine

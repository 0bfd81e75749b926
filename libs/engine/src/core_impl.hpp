// What a Core is made of, for core.cpp and the snapshot.
#pragma once

#include <optional>
#include <set>
#include <span>
#include <utility>

#include "held_prices.hpp"
#include "jump_guard.hpp"
#include "positions.hpp"
#include "prefetcher.hpp"
#include "remembered_marks.hpp"
#include "risk/engine/core.hpp"
#include "rule_evaluator.hpp"
#include "symbol_history.hpp"

namespace risk::engine {

class Core::Impl {
 public:
  Impl(RuleSet rules, const HashKey& key, const Tuning& tuning)
      : positions(key, tuning),
        rates(rules),
        evaluator(std::move(rules), positions),
        prefetcher(positions, remembered) {
    positions.keep_bases(evaluator.rules().has_pnl());
  }

  // Time passes up to `time`, with the sweep that goes with it. Whether now moved. What was planned before it has to be
  // planned anew where has_closed() says that the sweep closed positions; it still fits where check_move_after_close()
  // found that it does, and a revaluation does, for it only becomes smaller.
  RISK_HOT bool advance(Timestamp time, std::vector<AlertEvent>& events) {
    if (now && time <= *now) return false;
    now = time;
    has_closed_ = false;
    // Nearly every transaction lies in the second of the one before.
    if (swept_second && time < Timestamp::from_seconds(*swept_second + 1)) return true;
    advance_to_second(time.seconds(), events);
    return true;
  }

  // Null: kNone.
  RISK_HOT const SymbolState* known(SymbolIndex index) const {
    return index == kNone ? nullptr : &positions.symbols[index];
  }

  // Whether a price of that instant may become the mark of the symbol, which may be none yet.
  bool may_mark(SymbolIndex symbol, Timestamp at) const { return may_mark(known(symbol), at); }
  RISK_HOT bool may_mark(const SymbolState* symbol, Timestamp at) const {
    return symbol == nullptr || at >= symbol->mark.at || evaluator.rules().edition < 2;
  }
  // What becomes of a price.
  enum class Fate : std::uint8_t { kIgnored, kMarks, kHeld };
  // The execution that a price is of.
  struct Source {
    const Transaction& execution;
    ClientIndex client;  // kNone: one who is new
  };
  // Of the symbol `index`, as it is known. `then`: what now will be when it is applied. `source` null: it is of no
  // execution.
  RISK_HOT Fate fate_of(const Mark& price, SymbolIndex index, const SymbolState* symbol, Timestamp then,
                        const Source* source) const {
    if (!may_mark(symbol, price.at)) return Fate::kIgnored;
    if (symbol == nullptr || !jumps(price, *symbol, then)) [[likely]]
      return Fate::kMarks;
    return confirms(price, index, source) ? Fate::kMarks : Fate::kHeld;
  }
  RISK_HOT bool jumps(const Mark& price, const SymbolState& symbol, Timestamp then) const {
    return !is_close(price, symbol.mark, symbol.jump_limit) && is_beyond(price, symbol, then);
  }
  bool is_beyond(const Mark& price, const SymbolState& symbol, Timestamp then) const {
    return symbol.jump_limit != Ratio{} && guards(symbol.mark, then) &&
           is_jump(price, symbol.mark, symbol.jump_limit, rates);
  }
  // Whether it is near enough to the held price, and of somebody or something else. Precondition: it jumps.
  bool confirms(const Mark& price, SymbolIndex symbol, const Source* source) const;
  // Holds a price that came with an execution, or with none; gives what the rules are to know of it.
  HeldNow hold_of(const RuleEvaluator::Executed& executed, Notional notional, const Mark& price, PositionKey place);
  HeldNow hold(const Mark& price, SymbolIndex symbol);
  HeldPriceRow held_row(SymbolIndex index) const;  // precondition: one is held
  // Keeps it. nullopt: none is held.
  void set_held(SymbolIndex symbol, const std::optional<HeldPrice>& held);
  void drop_held(SymbolIndex symbol) {
    if (positions.symbols[symbol].holds_price) [[unlikely]]
      set_held(symbol, std::nullopt);
  }
  // What now becomes by an input of that instant.
  Timestamp after(Timestamp at) const { return now ? std::max(*now, at) : at; }

  // Drops what was held.
  void set_mark(SymbolIndex symbol, const Mark& mark) { set_mark(symbol, MadeMark{mark, input}); }
  void set_mark(SymbolIndex symbol, const MadeMark& made) { set_mark(symbol, positions.symbols[symbol], made); }
  RISK_HOT void set_mark(SymbolIndex index, SymbolState& symbol, MadeMark made) {
    if (symbol.holds_price) [[unlikely]]
      set_held(index, std::nullopt);
    if (evaluator.rules().edition < 2) made.mark.at = symbol.mark.at;
    symbol.mark = made.mark;
    if (evaluator.rules().knows_reversals()) remembered[index].add(made);
  }
  // Whether its first mark is still to come, which moves every basis by what it moves the net exposure.
  bool is_unmarked(SymbolIndex symbol) const { return is_unmarked(symbol, known(symbol)); }
  RISK_HOT bool is_unmarked(SymbolIndex index, const SymbolState* symbol) const {
    return symbol != nullptr && symbol->mark.at == kOldest && symbol->mark == kUnmarked && remembered[index].empty();
  }
  // To be called when the rules begin to know reversals, or do no longer. By those that know none nothing is
  // remembered; what was applied by them is of an earlier session.
  void begin_to_remember();

  // A transaction of a symbol that was renamed or split, or of one that is not known where any was.
  RISK_COLD Result<Applied, Rejection> apply_restated(const Transaction& received, Prefetcher::Pair named,
                                                      std::vector<AlertEvent>& events);
  // As what it means now, which is what was received but for renames and splits.
  Result<Applied, Rejection> apply_as(const Transaction& received, const Transaction& transaction,
                                      const Prefetcher::Pair& named, std::vector<AlertEvent>& events);

  // --- adjustments: core_adjustments.cpp

  std::optional<Rejection> apply_split(const Adjustment& adjustment, std::vector<AlertEvent>& events);
  std::optional<Rejection> apply_rename(const Adjustment& adjustment, std::vector<AlertEvent>& events);
  std::optional<Rejection> apply_position(const Adjustment& adjustment, std::vector<AlertEvent>& events);
  // Whether an input of the symbol may mean another one, or be split.
  RISK_HOT bool may_restate(const SymbolState* symbol) const {
    return symbol == nullptr ? !history.empty() : symbol->has_history;
  }
  // What comes as the symbol that it means now, split as what is from before a split: nothing of a transaction that is
  // as it came. Or which figure leaves its range by that.
  Result<std::optional<Transaction>, Rejection> restated(const Transaction& received) const;
  Result<MarketPrice, Rejection> restated(const MarketPrice& received) const;
  Result<Price, Rejection> split_price(Price price, std::span<const Split> splits) const;
  Result<Quantity, Rejection> split_quantity(Quantity quantity, std::span<const Split> splits) const;

  // What has become of what a bust or a correction takes back.
  struct Descent {
    SymbolIndex symbol = kNone;      // where its position is
    SymbolIndex counted_in = kNone;  // where the execution at the beginning of its chain was counted
    SymbolIndex judged_in = kNone;   // of it itself
    Quantity applied;                // its quantity as it was applied
    Quantity quantity;               // what that has become
    std::vector<Split> splits;       // of its chain, in order: a correction is in the terms of its beginning
  };
  Result<Descent, Rejection> descent_of(const Transaction& reversal, const Original& original) const;

  // What a bust or a correction makes of the positions and marks.
  struct Reversal {
    Descent original;
    Positions::Plan positions;      // to be completed
    RememberedMarks marks;          // of the symbol, after it
    std::optional<HeldPrice> held;  // of the symbol, after it
    Quantity quantity;              // of the correction, with its sign; 0: a bust
    Price unit_value;               // at the correction's price
  };
  Result<Reversal, Rejection> plan_reversal(const Transaction& reversal, const Original& original);

  // What a price is as a mark, and what one unit is worth at it.
  struct Valued {
    Mark mark;
    Price unit_value;
  };
  bool has_closed() const { return has_closed_; }

  // Of a price in base currency of what has plain terms, which is nearly every one.
  Valued value_in_base(Price price, Timestamp at) const { return {{price, at, rates.base()}, price}; }
  // Or why it cannot be one: its symbol needs an instrument and has none, it is below zero and must not, its currency
  // has no rate, or what it is worth leaves its range.
  Result<Valued, Rejection> value(const Named& symbol, Price price, const std::string& currency, Timestamp at) const;
  // Those of a symbol, also of one that nobody has traded yet; null: none.
  const Terms* terms_of(const Named& symbol) const { return terms_of(symbol.id, known(symbol.index)); }
  RISK_HOT const Terms* terms_of(std::string_view id, const SymbolState* symbol) const {
    if (symbol != nullptr) return symbol->terms;
    return instruments.all().empty() ? nullptr : instruments.find(id);
  }
  // Whether one unit of the symbol is worth its price, if that says the currency or none and is in base currency then.
  RISK_HOT bool is_plain(std::string_view id, const SymbolState* symbol) const {
    const Terms* terms = terms_of(id, symbol);
    if (terms == nullptr) [[likely]]
      return !evaluator.rules().require_instruments;
    return terms->is_plain() && (terms->currency.empty() || terms->currency == evaluator.rules().base_currency);
  }

  // What other rules change of marks and rates. To be called before they are in force.
  void change_marks(const RuleSet& next);
  // Marks that are in the currency are worth it at another rate. Nothing: some of that would leave its range.
  std::optional<Positions::Revaluation> revaluation(CurrencyIndex currency, Rate rate);
  void revalue(const Positions::Revaluation& revaluation);

  // Carries a plan out and gives entities that are new their limits.
  RISK_HOT PositionKey take(const Positions::Plan& plan, Timestamp at) {
    const PositionKey place = positions.take(plan, at);
    if (plan.symbol.index == kNone) admit_symbol(place.symbol);
    if (positions.symbols[place.symbol].terms != nullptr) watch_expiry(place.symbol);
    if (plan.client.index == kNone) evaluator.admit_client(place.client);
    return place;
  }

  // A symbol that nobody holds yet.
  SymbolIndex add_symbol(const Named& named, Price unit_value) {
    const SymbolIndex index = positions.add_symbol(named.id, named.hash, unit_value);
    admit_symbol(index);
    return index;
  }
  // For a snapshot: a position, with its client where that is new. Nothing: an exposure would leave its range.
  std::optional<ClientIndex> restore_position(std::string_view id, SymbolIndex index, Quantity quantity) {
    const SymbolState& held = positions.symbols[index];
    Positions::Plan plan(Named::in(positions.clients, id), {held.id.view(), 0, index}, held.unit_value);
    if (positions.plan_opening(quantity, plan)) return std::nullopt;
    return take(plan, held.touched).client;
  }

  // Gives a symbol its terms, after they were set or it was added.
  void note_terms(SymbolIndex index) {
    if (instruments.all().empty()) return;
    positions.symbols[index].terms = instruments.find(positions.symbols[index].id.view());
    watch_expiry(index);
  }
  // Whether a sweep that comes with an input of this instant may close the symbol's positions.
  bool may_close(SymbolIndex index, Timestamp at) const { return may_close(known(index), at); }
  RISK_HOT static bool may_close(const SymbolState* symbol, Timestamp at) {
    return symbol != nullptr && symbol->expiry_watched && *symbol->expiry_watched <= at;
  }
  // The first sweep from its end on closes it, and again what was traded since.
  void watch_expiry(SymbolIndex index) {
    SymbolState& symbol = positions.symbols[index];
    const auto at = symbol.terms != nullptr ? symbol.terms->expires_at : std::nullopt;
    if (symbol.expiry_watched == at) return;
    if (symbol.expiry_watched) expiring_.erase({*symbol.expiry_watched, index});
    if (at) expiring_.insert({*at, index});
    symbol.expiry_watched = at;
  }

  Positions positions;
  Rates rates;
  Instruments instruments;
  SymbolHistory history;
  RuleEvaluator evaluator;
  Prefetcher prefetcher;
  Counters counters;
  std::optional<Timestamp> now;
  std::optional<std::int64_t> swept_second;
  std::uint64_t input = 0;                  // the number of the one that is being applied
  std::uint64_t session_from = 0;           // the input with which the session began
  std::vector<RememberedMarks> remembered;  // by symbol; empty ones where the rules know no reversals
  HeldPrices held_prices;
  std::set<SymbolIndex> held_changed;  // since take_held_changes()

 private:
  // Gives a symbol that is new its terms, its limits and room for its marks.
  void admit_symbol(SymbolIndex index) {
    positions.symbols[index].has_history = history.knows(positions.symbols[index].id.view());
    note_terms(index);
    evaluator.admit_symbol(index);
    remembered.emplace_back();
  }
  void advance_to_second(std::int64_t second, std::vector<AlertEvent>& events) {
    const std::int64_t before = std::exchange(swept_second, second).value_or(second);
    if (second == before) return;
    const Timestamp at = Timestamp::from_seconds(second);
    if (session_begin(evaluator.rules().session_start, second) > before) {
      if (evaluator.rules().knows_reversals()) session_from = input;
      positions.reset_turnover(at);
      positions.reset_bases(at);
      evaluator.note_turnover_reset();
    }
    ++counters.sweeps;
    close_expired(at, events);
    evaluator.sweep(at, events);
  }
  void close_expired(Timestamp at, std::vector<AlertEvent>& events);

  std::set<std::pair<Timestamp, SymbolIndex>> expiring_;  // by when; see watch_expiry
  bool has_closed_ = false;                               // positions, in the last sweep
};

}  // namespace risk::engine

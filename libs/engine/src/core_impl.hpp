// What a Core is made of, for core.cpp and the snapshot.
#pragma once

#include <optional>
#include <utility>

#include "positions.hpp"
#include "prefetcher.hpp"
#include "risk/engine/core.hpp"
#include "rule_evaluator.hpp"

namespace risk::engine {

class Core::Impl {
 public:
  Impl(RuleSet rules, const HashKey& key, const Tuning& tuning)
      : positions(key, tuning), rates(rules), evaluator(std::move(rules), positions), prefetcher(positions) {}

  // Time passes up to `time`, with the sweep that goes with it. Whether now moved.
  bool advance(Timestamp time, std::vector<AlertEvent>& events) {
    if (now && time <= *now) return false;
    now = time;
    // Nearly every transaction lies in the second of the one before.
    if (swept_second && time < Timestamp::from_seconds(*swept_second + 1)) return true;
    advance_to_second(time.seconds(), events);
    return true;
  }

  // Whether a price of that instant becomes the mark of the symbol, which may be none yet.
  bool may_mark(SymbolIndex symbol, Timestamp at) const {
    return symbol == kNone || at >= positions.symbols[symbol].mark.at || evaluator.rules().edition < 2;
  }
  void set_mark(SymbolIndex symbol, Mark mark) {
    Mark& kept = positions.symbols[symbol].mark;
    if (evaluator.rules().edition < 2) mark.at = kept.at;
    kept = mark;
  }

  // What a price is as a mark, and what one unit is worth at it.
  struct Valued {
    Mark mark;
    Price unit_value;
  };
  // Of a price in base currency, which is nearly every one.
  Valued value_in_base(Price price, Timestamp at) const { return {{price, at, rates.base()}, price}; }
  // Or why it cannot be one: its currency has no rate, or what it is worth leaves its range.
  Result<Valued, Rejection> value(Price price, const std::string& currency, Timestamp at) const;

  // What other rules change of marks and rates. To be called before they are in force.
  void change_marks(const RuleSet& next);
  // Marks that are in the currency are worth it at another rate. Nothing: some of that would leave its range.
  std::optional<Positions::Revaluation> revaluation(CurrencyIndex currency, Rate rate) const;
  void revalue(const Positions::Revaluation& revaluation);

  // Carries a plan out and gives entities that are new their limits.
  PositionKey take(const Positions::Plan& plan, Timestamp at) {
    const PositionKey place = positions.take(plan, at);
    if (plan.client.index == kNone) evaluator.admit_client(place.client);
    if (plan.symbol.index == kNone) evaluator.admit_symbol(place.symbol);
    return place;
  }

  // A symbol that nobody holds yet.
  SymbolIndex add_symbol(const Named& named, Price unit_value) {
    const SymbolIndex index = positions.add_symbol(named.id, named.hash, unit_value);
    evaluator.admit_symbol(index);
    return index;
  }
  // For a snapshot: a position, with its client where that is new. Nothing: an exposure would leave its range.
  std::optional<ClientIndex> restore_position(std::string_view id, SymbolIndex index, Quantity quantity) {
    const SymbolState& held = positions.symbols[index];
    Positions::Plan plan(Named::in(positions.clients, id), {held.id.view(), 0, index}, held.unit_value);
    if (positions.plan_opening(quantity, plan)) return std::nullopt;
    return take(plan, held.touched).client;
  }

  Positions positions;
  Rates rates;
  RuleEvaluator evaluator;
  Prefetcher prefetcher;
  Counters counters;
  std::optional<Timestamp> now;
  std::optional<std::int64_t> swept_second;

 private:
  void advance_to_second(std::int64_t second, std::vector<AlertEvent>& events) {
    const std::int64_t before = std::exchange(swept_second, second).value_or(second);
    if (second == before) return;
    const Timestamp at = Timestamp::from_seconds(second);
    if (session_begin(evaluator.rules().session_start, second) > before) {
      positions.reset_turnover(at);
      evaluator.note_turnover_reset();
    }
    ++counters.sweeps;
    evaluator.sweep(at, events);
  }
};

}  // namespace risk::engine

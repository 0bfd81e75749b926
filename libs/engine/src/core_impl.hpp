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
      : positions(key, tuning), evaluator(std::move(rules), positions), prefetcher(positions) {}

  // Time passes up to `time`, with the sweep that goes with it.
  void advance(Timestamp time, std::vector<AlertEvent>& events) {
    if (now && time <= *now) return;
    now = time;
    // Nearly every transaction lies in the second of the one before.
    if (swept_second && time < Timestamp::from_seconds(*swept_second + 1)) return;
    advance_to_second(time.seconds(), events);
  }

  // Whether a price of that instant becomes the mark of the symbol, which may be none yet.
  bool may_mark(SymbolIndex symbol, Timestamp at) const {
    return symbol == kNone || at >= positions.symbols[symbol].mark_at || evaluator.rules().edition < 2;
  }
  void note_mark(SymbolIndex symbol, Timestamp at) {
    if (evaluator.rules().edition >= 2) positions.symbols[symbol].mark_at = at;
  }
  // When a symbol was marked under edition 1 is not known, and now may be that of a wrong clock: any price may follow.
  void change_edition(std::uint32_t edition) {
    const bool keeps_mark_times = evaluator.rules().edition < 2 && edition >= 2;
    for (SymbolIndex i = 0; keeps_mark_times && i < positions.symbols.size(); ++i) {
      positions.symbols[i].mark_at = kOldestMark;
    }
  }

  // Carries a plan out and gives entities that are new their limits.
  PositionKey take(const Positions::Plan& plan, Timestamp at) {
    const PositionKey place = positions.take(plan, at);
    if (plan.client.index == kNone) evaluator.admit_client(place.client);
    if (plan.symbol.index == kNone) evaluator.admit_symbol(place.symbol);
    return place;
  }

  // For a snapshot: a symbol that nobody holds yet, and a position, with its client where that is new. Nothing: an
  // exposure would leave its range.
  SymbolIndex restore_symbol(std::string_view id, Price mark) {
    const SymbolIndex index = positions.add_symbol(id, positions.symbols.hash(id), mark);
    evaluator.admit_symbol(index);
    return index;
  }
  std::optional<ClientIndex> restore_position(std::string_view id, SymbolIndex index, Quantity quantity) {
    const SymbolState& held = positions.symbols[index];
    Positions::Plan plan(Named::in(positions.clients, id), {held.id.view(), 0, index}, held.mark);
    if (positions.plan_opening(quantity, plan)) return std::nullopt;
    return take(plan, held.touched).client;
  }

  Positions positions;
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

// The rules applied to entities: reads the positions, keeps the alerts' states, appends events.
#pragma once

#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "positions.hpp"
#include "risk/engine/rules.hpp"
#include "watchlist.hpp"

namespace risk::engine {

// A rule at work.
template <class Rule>
struct ActiveRule {
  ActiveRule(const Rule& by, std::size_t at) : rule(&by), derived(by), place(at) {}
  const Rule* rule;
  typename KindOf<Rule>::Derived derived;
  std::size_t place;  // of its state among those of its kind in an entity (RuleStates)
  Watchlist watched;  // whom a sweep looks at; the firm is not on it and looked at each time

  void watch(EntityType type, std::uint32_t index) {
    if (type != EntityType::kFirm) watched.add(index);
  }
};

class RuleEvaluator {
 public:
  // `positions` must outlive it.
  RuleEvaluator(RuleSet rules, Positions& positions);
  RuleEvaluator(const RuleEvaluator&) = delete;
  RuleEvaluator& operator=(const RuleEvaluator&) = delete;

  // Precondition: problems(rules) is empty, and no rule of those before is missing.
  void set_rules(RuleSet rules);
  const RuleSet& rules() const { return rules_; }
  std::uint64_t alerts_opened() const { return alerts_opened_; }

  // Gives an entity that is new its limits.
  void admit_client(ClientIndex index);
  void admit_symbol(SymbolIndex index);
  // The symbol's exposure has changed without being judged: the next sweep looks at it.
  void note_symbol(SymbolIndex index);

  // An execution that is applied, as the rules see it.
  struct Executed {
    const Transaction& transaction;
    std::uint64_t input;  // its number
    OrderPart order;      // what it is to its client's orders, which have taken it
    const HeldNow* held;  // null: its price is not held
  };
  // Evaluates every rule it concerns, and adds it to velocity windows before, and to anomaly baselines after.
  // `notional` is apart from the rest, for in memory it would be written in halves and read at once, which waits for
  // all that was written before.
  void evaluate(const Executed& executed, Notional notional, PositionKey place, Timestamp now,
                std::vector<AlertEvent>& events);
  // A price without a trade is held: evaluates the rules of prices.
  void evaluate_price(const HeldNow& held, std::uint64_t input, SymbolIndex symbol, Timestamp now,
                      std::vector<AlertEvent>& events);
  // How grave a held price of a client's execution is.
  Severity severity_of_held(std::string_view client, Notional notional) const;

  // A bust or a correction.
  struct Reversing {
    const Transaction& transaction;
    std::uint64_t input;     // its number
    std::uint64_t original;  // that of what it takes back
    SymbolIndex judged_in;   // the symbol of that, when it was applied
  };
  // What the original tipped resolves, in the order of the rules; then exposures are judged, and the size of a
  // correction, which has a notional.
  void evaluate_reversal(const Reversing& reversing, std::optional<Notional> notional, PositionKey place, Timestamp now,
                         std::vector<AlertEvent>& events);

  // A sweep at a whole second.
  void sweep(Timestamp second, std::vector<AlertEvent>& events);

  // What a symbol has open of rules of symbols resolves, in their order: it has expired.
  void end_symbol(SymbolIndex index, Timestamp second, std::vector<AlertEvent>& events);

  // Every turnover is zero now.
  void note_turnover_reset();

  // Puts back how many alerts were opened, and finds the open ones among positions that came from a snapshot.
  void restore(std::uint64_t alerts_opened);

 private:
  friend struct Internals;
  template <class... Rules>
  static std::tuple<std::vector<ActiveRule<Rules>>...> active_of(RuleKindList<Rules...>);
  using Active = decltype(active_of(RuleKinds{}));
  template <class Rule>
  std::vector<ActiveRule<Rule>>& active() {
    return std::get<std::vector<ActiveRule<Rule>>>(active_);
  }

  Subject client(ClientIndex index) const { return {EntityType::kClient, index, positions_.clients[index].id.view()}; }
  Subject symbol(SymbolIndex index) const { return {EntityType::kSymbol, index, positions_.symbols[index].id.view()}; }
  static Subject firm() { return {EntityType::kFirm, 0, ""}; }
  RuleStates& states_of(const Subject& subject);
  // Calls look(active rule) for each rule, in the order of evaluation.
  void for_each_active(const auto& look);
  // Calls look(subject) for each entity of a type.
  void for_each_subject(EntityType type, const auto& look);

  // Takes the rules of a kind over from rules_, with the states and watchlists of those that were there before.
  template <class Rule>
  void take_over();
  // Orders without an id last by the new rules from the next execution on; where none counts orders they are forgotten.
  void take_over_orders();
  // Tells a symbol what its price may be against its mark.
  void guard(SymbolIndex index);
  // Gives an entity that is new its states.
  void admit(const Subject& subject);
  template <class Rule>
  void evaluate(ActiveRule<Rule>& active, const Subject& subject, RuleStates& states, const Size& size,
                const EvaluationParts& parts);
  template <class Rule>
  Due sweep(ActiveRule<Rule>& active, const Subject& subject, const EvaluationParts& parts);
  // Tells the prefilter what there is to know of a client.
  void note_client(ClientIndex index);

  RuleSet rules_;
  Positions& positions_;
  Active active_;
  std::uint64_t alerts_opened_ = 0;
};

}  // namespace risk::engine

// What an entity keeps for the rules that watch it: the state of each of them.
//
// The state of the first rule of each kind lies in the entity, for nearly always there is no other; those of further
// rules are on the heap.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "fetch.hpp"
#include "kinds/kinds.hpp"

namespace risk::engine {

template <class Rule>
using StateOf = typename KindOf<Rule>::State;
using ExposureState = StateOf<ExposureRule>;

template <class Rule>
struct FirstState {
  StateOf<Rule> state;
};

template <class Kinds>
class RuleStatesOf;

template <class... Rules>
struct FurtherStates {
  using Further = std::tuple<std::vector<StateOf<Rules>>...>;
  std::unique_ptr<Further> further_;  // null: one rule of each kind
};

// The pointer comes first: between the states it would cost an entity 16 bytes.
template <class... Rules>
class RuleStatesOf<RuleKindList<Rules...>> : private FurtherStates<Rules...>, private FirstState<Rules>... {
  using typename FurtherStates<Rules...>::Further;
  using FurtherStates<Rules...>::further_;

 public:
  // The state of one of the rules of a kind that watch the entity; `place` counts these from 0, in the order of the
  // rules.
  template <class Rule>
  StateOf<Rule>& of(std::size_t place) {
    return place == 0 ? FirstState<Rule>::state : further<Rule>()[place - 1];
  }
  template <class Rule>
  const StateOf<Rule>& of(std::size_t place) const {
    return const_cast<RuleStatesOf&>(*this).of<Rule>(place);
  }
  // At least 1, even where no rule of the kind watches the entity.
  template <class Rule>
  std::size_t size() const {
    return 1 + (further_ ? std::get<std::vector<StateOf<Rule>>>(*further_).size() : 0);
  }

  // Makes room for `count` rules of a kind. The state at a place is the one that was at from(place); nothing: a new
  // one. The first stays the first.
  template <class Rule>
  void arrange(std::size_t count, const auto& from) {
    if (count <= 1 && !further_) return;
    if (!further_) further_ = std::make_unique<Further>();
    std::vector<StateOf<Rule>> arranged(std::max<std::size_t>(count, 1) - 1);
    for (std::size_t place = 1; place < count; ++place) {
      if (const std::optional<std::size_t> before = from(place)) arranged[place - 1] = std::move(of<Rule>(*before));
    }
    further<Rule>() = std::move(arranged);
  }

  // What an evaluation reads beyond the entity itself.
  RISK_FETCHES void fetch_followed() const { (KindOf<Rules>::fetch(FirstState<Rules>::state), ...); }

 private:
  template <class Rule>
  std::vector<StateOf<Rule>>& further() {
    return std::get<std::vector<StateOf<Rule>>>(*further_);
  }
};

using RuleStates = RuleStatesOf<RuleKinds>;

// Calls look(rule, place) for each rule that watches entities of a type, in the order of the rules; `place`: of its
// state.
template <class... Rules>
void for_each_rule_of(const RuleSet& rules, EntityType type, const auto& look, RuleKindList<Rules...>) {
  const auto of_kind = [&](const auto& list) {
    std::size_t place = 0;
    for (const auto& rule : list) {
      if (rule.entity_type == type) look(rule, place++);
    }
  };
  (of_kind(rules.of<Rules>()), ...);
}
void for_each_rule_of(const RuleSet& rules, EntityType type, const auto& look) {
  for_each_rule_of(rules, type, look, RuleKinds{});
}

}  // namespace risk::engine

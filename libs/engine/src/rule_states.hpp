// What an entity keeps for the rules that watch it: the state of each of them.
//
// The state of the first rule of each kind lies in the entity, for nearly always there is no other; those of further
// rules are on the heap, and all those of a kind that is rarely asked (KindOf::kIsRare).
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
inline constexpr bool kIsRare = requires {
  KindOf<Rule>::kIsRare;
};

template <class Rule, bool is_rare = kIsRare<Rule>>
struct FirstState {
  StateOf<Rule> state;
  RISK_FETCHES void fetch_followed() const { KindOf<Rule>::fetch(state); }
};
template <class Rule>
struct FirstState<Rule, true> {
  RISK_FETCHES void fetch_followed() const {}
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
    if constexpr (kIsRare<Rule>) {
      return further<Rule>()[place];
    } else {
      return place == 0 ? FirstState<Rule>::state : further<Rule>()[place - 1];
    }
  }
  template <class Rule>
  const StateOf<Rule>& of(std::size_t place) const {
    return const_cast<RuleStatesOf&>(*this).of<Rule>(place);
  }
  // Where one lies in the entity at least 1, even if no rule of the kind watches it.
  template <class Rule>
  std::size_t size() const {
    return kInEntity<Rule> + (further_ ? std::get<std::vector<StateOf<Rule>>>(*further_).size() : 0);
  }

  // Makes room for `count` rules of a kind. The state at a place is the one that was at from(place); nothing: a new
  // one. One in the entity stays the first.
  template <class Rule>
  void arrange(std::size_t count, const auto& from) {
    constexpr std::size_t kFirst = kInEntity<Rule>;
    if (count <= kFirst && !further_) return;
    if (!further_) further_ = std::make_unique<Further>();
    std::vector<StateOf<Rule>> arranged(std::max(count, kFirst) - kFirst);
    for (std::size_t place = kFirst; place < count; ++place) {
      if (const std::optional<std::size_t> before = from(place)) {
        arranged[place - kFirst] = std::move(of<Rule>(*before));
      }
    }
    further<Rule>() = std::move(arranged);
  }

  // What an evaluation reads beyond the entity itself.
  RISK_FETCHES void fetch_followed() const { (FirstState<Rules>::fetch_followed(), ...); }

 private:
  template <class Rule>
  static constexpr std::size_t kInEntity = kIsRare<Rule> ? 0 : 1;
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

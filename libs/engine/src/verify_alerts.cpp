// The invariants of what entities have because of rules. All that verify() knows of rules stands here.
#include <algorithm>
#include <limits>

#include "verify.hpp"

namespace risk::engine {
namespace {

// Whom a sweep looks at, and from when on.
class Looks {
 public:
  // The invariants of Watchlist, on the way.
  Looks(Verification& to, const Watchlist& list, const auto& table, const std::string& name) : due_(table.size()) {
    const auto& sorted = Internals::sorted(list);
    for (std::size_t i = 0; i < sorted.size(); ++i) {
      if (!note(to, sorted[i], name)) continue;
      if (i > 0 && sorted[i - 1].index < table.size() && !table.before(sorted[i - 1].index, sorted[i].index)) {
        to.add(name, name_of(table[sorted[i].index]) + " is out of order or listed twice");
      }
    }
    for (const auto& entry : Internals::added(list)) {
      if (note(to, entry, name) && entry.due != Watchlist::kAlways) {
        to.add(name, name_of(table[entry.index]) + " was added and is not due");
      }
    }
  }

  bool listed(std::uint32_t index) const { return due_[index].has_value(); }
  bool listed_for(std::uint32_t index, Timestamp at) const { return due_[index] && *due_[index] <= at; }
  bool is_next(std::uint32_t index) const { return listed_for(index, Watchlist::kAlways); }

 private:
  bool note(Verification& to, const auto& entry, const std::string& name) {
    if (entry.index >= due_.size()) {
      to.add(name, "number " + std::to_string(entry.index) + " is listed and not there");
      return false;
    }
    auto& due = due_[entry.index];
    due = due ? std::min(*due, entry.due) : entry.due;
    return true;
  }

  std::vector<std::optional<Timestamp>> due_;  // by entity
};

// An entity and one of its states, for a finding.
std::string name_of(const Subject& subject) {
  switch (subject.type) {
    case EntityType::kClient:
      return "client " + std::string(subject.id);
    case EntityType::kSymbol:
      return "symbol " + std::string(subject.id);
    case EntityType::kFirm:
      return "firm";
  }
  RISK_CHECK(!"an entity type");
}
template <class Rule>
std::string alert_of(const Subject& subject) {
  return name_of(subject) + "'s " + std::string(RuleKind<Rule>::name) + " alert";
}
template <class Rule>
std::string window_of(const Subject& subject) {
  return name_of(subject) + "'s " + std::string(RuleKind<Rule>::name) + " window";
}

class AlertsVerifier {
 public:
  explicit AlertsVerifier(Verification& to)
      : to_(to), positions_(to.core.positions), evaluator_(to.core.evaluator), looked_at_(positions_.clients.size()) {}

  void verify() {
    for_each_kind([this]<class Rule>() {
      for (const auto& active : Internals::active<Rule>(evaluator_)) verify_rule(active);
      verify_unwatched<Rule>();
    });
    for (ClientIndex index = 0; index < positions_.clients.size(); ++index) {
      if (!looked_at_[index]) verify_ratio(index);
    }
    verify_ids();
  }

 private:
  template <class Rule>
  void verify_rule(const ActiveRule<Rule>& active) {
    const auto verify_table = [&](const auto& table, EntityType type) {
      const Looks looks(to_, active.watched, table, "those whom " + active.rule->name + " looks at");
      for (std::uint32_t index = 0; index < table.size(); ++index) {
        const Subject subject{type, index, table[index].id.view()};
        const auto& state = table[index].rules.template of<Rule>(active.place);
        verify_state(active, state, subject);
        verify_looks(active, state, subject, looks);
      }
    };
    switch (active.rule->entity_type) {
      case EntityType::kClient:
        return verify_table(positions_.clients, EntityType::kClient);
      case EntityType::kSymbol:
        return verify_table(positions_.symbols, EntityType::kSymbol);
      case EntityType::kFirm:
        if (!Internals::sorted(active.watched).empty() || !Internals::added(active.watched).empty()) {
          to_.add("those whom " + active.rule->name + " looks at", "there are some, of a rule of the firm");
        }
        return verify_state(active, positions_.firm.rules.of<Rule>(active.place), {EntityType::kFirm, 0, ""});
    }
  }

  // Where no rule of a kind watches an entity type, its state is new.
  template <class Rule>
  void verify_unwatched() {
    for (const EntityType type : kEntityTypes) {
      const auto& rules = evaluator_.rules().of<Rule>();
      const auto watches = [&](const Rule& rule) { return rule.entity_type == type; };
      if (std::any_of(rules.begin(), rules.end(), watches)) continue;
      const auto verify_new = [&](const RuleStates& states, const Subject& subject) {
        if (states.size<Rule>() != 0 && !KindOf<Rule>::is_new(states.of<Rule>(0))) {
          to_.add(name_of(subject), "its " + std::string(RuleKind<Rule>::name) + " is watched");
        }
      };
      if (type == EntityType::kFirm) {
        verify_new(positions_.firm.rules, {type, 0, ""});
      } else if (type == EntityType::kClient) {
        for (ClientIndex i = 0; i < positions_.clients.size(); ++i) {
          verify_new(positions_.clients[i].rules, {type, i, positions_.clients[i].id.view()});
        }
      } else {
        for (SymbolIndex i = 0; i < positions_.symbols.size(); ++i) {
          verify_new(positions_.symbols[i].rules, {type, i, positions_.symbols[i].id.view()});
        }
      }
    }
  }

  struct Severities {
    Severity least, most;
  };
  template <class Rule>
  void verify_open(const Subject& subject, const AlertState& state, const Severities& severities) {
    ids_.push_back(state.alert_id);
    if (state.severity < severities.least || state.severity > severities.most) {
      to_.add(alert_of<Rule>(subject), "its severity is " + std::string(to_string(state.severity)));
    }
  }

  template <class Rule>
  void verify_announced(const Rule& rule, const Subject& subject, const AlertState& state,
                        const Severities& severities) {
    verify_open<Rule>(subject, state, severities);
    if (state.announced < 0 || state.announced > state.peak) {
      to_.add(alert_of<Rule>(subject), "more was announced than its peak");
    }
    AlertState anew = state;
    anew.announce(state.announced, rule.worsened_ratio);
    if (anew.worse_from != state.worse_from) {
      to_.add(alert_of<Rule>(subject), "it worsens from another value than the rules say");
    }
  }

  // Of a kind that has nothing of its own to verify.
  template <class Rule>
  void verify_state(const ActiveRule<Rule>& active, const StateOf<Rule>& state, const Subject& subject) {
    if (state.alert) verify_announced(*active.rule, subject, *state.alert, {Severity::kLow, Severity::kCritical});
  }
  template <class Rule>
  void verify_looks(const ActiveRule<Rule>&, const StateOf<Rule>& state, const Subject& subject, const Looks& looks) {
    if (state.alert && !looks.listed(subject.index)) {
      to_.add(alert_of<Rule>(subject), "no sweep looks at it");
    }
  }

  void verify_state(const ActiveRule<ExposureRule>& active, const ExposureState& state, const Subject& subject) {
    if (state.limit != active.derived.of(subject.id)) {
      to_.add(name_of(subject), "it has another exposure limit than the rules give it");
    }
    if (state.alert) {
      verify_announced(*active.rule, subject, *state.alert, {Severity::kHigh, Severity::kCritical});
      if (state.alert->low_since && (!to_.core.now || *state.alert->low_since > *to_.core.now)) {
        to_.add(name_of(subject), "its exposure is low since an instant after now");
      }
    }
  }

  void verify_state(const ActiveRule<VelocityRule>& active, const StateOf<VelocityRule>& state,
                    const Subject& subject) {
    const VelocityRule& rule = *active.rule;
    const auto own = rule.limit_by_entity.find(subject.id);
    if (state.limit != (own == rule.limit_by_entity.end() ? rule.limit : own->second)) {
      to_.add(name_of(subject), "it has another velocity limit than the rules give it");
    }
    const std::int64_t now_slot =
        to_.core.now ? SlotClock(rule.window_seconds).slot_of(*to_.core.now) : std::numeric_limits<std::int64_t>::min();
    if (const auto problem = problem_of(state.window, now_slot); !problem.empty()) {
      to_.add(window_of<VelocityRule>(subject), problem);
    }
    if (state.alert) verify_announced(rule, subject, *state.alert, {Severity::kHigh, Severity::kHigh});
  }

  void verify_state(const ActiveRule<PriceRule>& active, const StateOf<PriceRule>& state, const Subject& subject) {
    const PriceRule& rule = *active.rule;
    const auto own = rule.limit_by_entity.find(subject.id);
    const Ratio limit = own == rule.limit_by_entity.end() ? rule.limit : own->second;
    if (state.limit != (rule.enabled ? limit : Ratio{})) {
      to_.add(name_of(subject), "it has another limit of its price than the rules give it");
    }
    const Ratio guard = evaluator_.rules().guards_marks() ? state.limit : Ratio{};
    if (active.place == 0 && positions_.symbols[subject.index].jump_limit != guard) {
      to_.add(name_of(subject), "its mark is guarded by another limit than the rules give it");
    }
    if (!state.alert) return;
    verify_open<PriceRule>(subject, *state.alert, {Severity::kMedium, Severity::kHigh});
    if (state.alert->last > state.alert->peak || state.alert->announced > state.alert->peak) {
      to_.add(alert_of<PriceRule>(subject), "its last or announced price is above its peak");
    }
  }

  void verify_state(const ActiveRule<AnomalyRule>& active, const StateOf<AnomalyRule>& state, const Subject& subject) {
    if (state.alert) verify_anomaly(subject, *state.alert);
    if (const void* samples = Internals::samples(state.window)) {
      const auto bytes = Internals::capacity(state.window) * Internals::sample_bytes(state.window);
      if (const char* problem = to_.pool.take(samples, bytes)) {
        return to_.add(window_of<AnomalyRule>(subject), problem);
      }
    }
    if (const auto problem = problem_of(state.window, active.rule->window); !problem.empty()) {
      to_.add(window_of<AnomalyRule>(subject), problem);
    }
  }

  void verify_anomaly(const Subject& subject, const AnomalyAlertState& state) {
    verify_open<AnomalyRule>(subject, state, {Severity::kMedium, Severity::kHigh});
    const auto add = [&](const char* problem) { to_.add(alert_of<AnomalyRule>(subject), problem); };
    for (const ZScore* z : {&state.largest, &state.last}) {
      if (z->deviation.is_zero() || ZScore::of(z->distance, z->deviation).estimate != z->estimate) {
        return add("a score of it is not what its parts give");
      }
    }
    if (state.last.above(state.largest)) add("its last score is above its largest");
    if (state.largest.e4() != state.peak) add("its peak is not its largest score");
    if (!to_.core.now || state.last_seen > *to_.core.now) add("its last anomaly is later than now");
  }

  // An open exposure alert is looked at by each sweep, or of a symbol whenever something moved it; and so is who may
  // need one and was not cleared.
  void verify_looks(const ActiveRule<ExposureRule>& active, const ExposureState& state, const Subject& subject,
                    const Looks& looks) {
    const auto add = [&](const char* problem) { to_.add(name_of(subject), problem); };
    const bool is_next = looks.is_next(subject.index);
    if (subject.type == EntityType::kClient) {
      if (is_next) {
        looked_at_[subject.index] = true;
        return;
      }
      if (state.alert) add("its exposure alert is open and no sweep looks at it");
      if (state.limit != nullptr && state.limit->inverse == 0 && !state.alert &&
          positions_.clients[subject.index].turnover.units() > state.limit->limit) {
        add("its turnover is above its limit, and there is no alert");
      }
      return;
    }
    const SymbolState& symbol = positions_.symbols[subject.index];
    if (symbol.unevaluated && !is_next) {
      add("its exposure changed without a rule's look, and the next sweep does not look at it");
    }
    if (state.alert) {
      if (!looks.listed(subject.index)) add("its exposure alert is open and no sweep looks at it");
      if (state.alert->low_since &&
          !looks.listed_for(subject.index, KindOf<ExposureRule>::resolves_at(*active.rule, *state.alert))) {
        add("no sweep looks at its exposure alert when it can resolve");
      }
      return;
    }
    if (state.limit == nullptr || is_next) return;
    const auto& swept = to_.core.swept_second;
    if (symbol.terms != nullptr && swept && symbol.terms->is_expired(Timestamp::from_seconds(*swept))) return;
    const Int128 value = Positions::exposure_of(symbol).value(active.rule->measure).magnitude().units();
    if (value > state.limit->limit) add("its exposure is above its limit, and there is no alert");
  }

  // An open velocity or anomaly alert is looked at by the sweep from which on it can resolve.
  void verify_looks(const ActiveRule<VelocityRule>& active, const StateOf<VelocityRule>& state, const Subject& subject,
                    const Looks& looks) {
    if (!state.alert) return;
    const std::uint64_t over_at = velocity_over_at(state.limit, active.rule->resolved_ratio);
    const bool is_counting = active.rule->enabled && !state.window.empty();
    const Timestamp over = is_counting ? SlotClock(active.rule->window_seconds).start_of(state.window.falls_to(over_at))
                                       : to_.core.now.value_or(Watchlist::kAlways);
    if (!looks.listed_for(subject.index, over)) {
      to_.add(alert_of<VelocityRule>(subject), "no sweep looks at it when it can resolve");
    }
  }

  void verify_looks(const ActiveRule<AnomalyRule>& active, const StateOf<AnomalyRule>& state, const Subject& subject,
                    const Looks& looks) {
    if (!state.alert) return;
    const Timestamp quiet = later_by(state.alert->last_seen, active.rule->quiet_seconds);
    if (!looks.listed_for(subject.index, active.rule->enabled ? quiet : Watchlist::kAlways)) {
      to_.add(alert_of<AnomalyRule>(subject), "no sweep looks at it when it can resolve");
    }
  }

  // The fourth invariant of the prefilter.
  void verify_ratio(ClientIndex index) {
    const ClientState& client = positions_.clients[index];
    const double inverse = Positions::inverse_limit(client);
    if (inverse == 0) return;  // nobody asks for it; and that of a bound without end is no number
    const double ratio = Internals::ratios(positions_.prefilter)[index];
    const double most = Internals::block_max(positions_.prefilter)[index / Prefilter::kBlock];
    if (!(ratio >= client.bound * inverse)) {
      to_.add(name_of(client), "the prefilter has " + std::to_string(ratio) + " as its bound over its limit, not " +
                                   std::to_string(client.bound * inverse));
    }
    if (!(ratio <= most)) {
      to_.add(name_of(client), "its bound over its limit is above the most of its block, " + std::to_string(most));
    }
  }

  // Core's fourth invariant: an entity has room for one alert of each rule, and each has an id of its own.
  void verify_ids() {
    std::sort(ids_.begin(), ids_.end());
    if (const auto twice = std::adjacent_find(ids_.begin(), ids_.end()); twice != ids_.end()) {
      to_.add("alert " + std::to_string(*twice), "two open alerts have this id");
    }
    if (!ids_.empty() && (ids_.front() == 0 || ids_.back() > evaluator_.alerts_opened())) {
      to_.add("alert " + std::to_string(ids_.front() == 0 ? 0 : ids_.back()),
              "its id was not given to any of the " + std::to_string(evaluator_.alerts_opened()) + " so far");
    }
  }

  Verification& to_;
  const Positions& positions_;
  const RuleEvaluator& evaluator_;
  std::vector<bool> looked_at_;     // the clients at whom the next sweep looks for their exposure
  std::vector<std::uint64_t> ids_;  // of open alerts
};

}  // namespace

void verify_alerts(Verification& to) {
  AlertsVerifier(to).verify();
}

}  // namespace risk::engine

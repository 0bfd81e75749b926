// The rules applied to entities: reads the positions, keeps the alerts' states, appends events.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "positions.hpp"
#include "risk/engine/rules.hpp"
#include "watchlist.hpp"

namespace risk::engine {

// The thresholds of one exposure rule: the default and those of entities with a limit of their own.
class ExposureLimits {
 public:
  explicit ExposureLimits(const ExposureRule& rule);
  const ExposureThresholds* of(std::string_view id) const;  // null: no limit

 private:
  std::optional<ExposureThresholds> default_;
  std::map<std::string, ExposureThresholds, std::less<>> own_;
};

class RuleEvaluator {
 public:
  // `positions` must outlive it.
  RuleEvaluator(RuleSet rules, Positions& positions);

  void set_rules(RuleSet rules);
  const RuleSet& rules() const { return rules_; }
  std::uint64_t alerts_opened() const { return alerts_opened_; }

  // Gives an entity that is new its limits.
  void admit_client(ClientIndex index);
  void admit_symbol(SymbolIndex index);
  // The symbol's exposure has changed without being judged: the next sweep looks at it.
  void note_symbol(SymbolIndex index) {
    if (!std::exchange(positions_.symbols[index].unevaluated, true)) exposures_.symbols.add(index);
  }

  // Counts the transaction, evaluates every rule it concerns, then adds it to the anomaly baselines.
  void evaluate(const Transaction& transaction, Notional notional, PositionKey place, Timestamp now,
                std::vector<AlertEvent>& events);

  // The three passes of a sweep at a whole second.
  void sweep(Timestamp second, std::vector<AlertEvent>& events);

  // Every turnover is zero now.
  void note_turnover_reset() { exposures_.symbols.wake(); }

  // Puts back how many alerts were opened, and finds the open ones among positions that came from a snapshot.
  void restore(std::uint64_t alerts_opened);

 private:
  // An entity under judgement; `index` is of a client or a symbol.
  struct Subject {
    EntityType type;
    std::uint32_t index;
    std::string_view id;
    Watch& watch;
  };
  // The instant of an evaluation; no transaction in a sweep.
  struct Moment {
    Timestamp at;
    const Transaction* transaction;
    std::vector<AlertEvent>& events;
  };
  // An anomaly threshold as it is used at every transaction.
  struct Scoring {
    explicit Scoring(const AnomalyRule& rule);
    double threshold_squared;
    Int128 threshold_e4;
  };
  // Whom a sweep looks at for one rule. The firm is looked at each time.
  struct Watched {
    Watchlist clients, symbols;

    void add(const Subject& subject) {
      if (subject.type == EntityType::kClient) clients.add(subject.index);
      if (subject.type == EntityType::kSymbol) symbols.add(subject.index);
    }
  };
  // What follows from the rules.
  struct Derived {
    explicit Derived(const RuleSet& rules);
    ExposureLimits client_limits, symbol_limits, firm_limits;
    SlotClock client_clock, symbol_clock;
    Scoring client_scoring, symbol_scoring, system_scoring;
  };

  Subject client(ClientIndex index);
  Subject symbol(SymbolIndex index);
  Subject firm();

  void evaluate_client_exposure(ClientIndex index, const Moment& moment);
  void evaluate_symbol_exposure(SymbolIndex index, const Moment& moment);
  void evaluate_firm_exposure(const Moment& moment);
  void evaluate_exposure(const Subject& subject, const ExposureRule& rule, Int128 value, const Moment& moment);
  void evaluate_velocity(const Subject& subject, const VelocityRule& rule, std::uint64_t count, const Moment& moment);
  void evaluate_anomaly(const Subject& subject, const AnomalyRule& rule, const Scoring& scoring, Uint128 cents,
                        Notional notional, const Moment& moment);
  // When the alert can resolve at the earliest; nothing: it is not open (any more).
  std::optional<Timestamp> resolve_velocity(const Subject& subject, const VelocityRule& rule, SlotClock& clock,
                                            const Moment& moment);
  std::optional<Timestamp> resolve_anomaly(const Subject& subject, const AnomalyRule& rule, const Moment& moment);

  // Carries a decision out: brings the state up to it, opening it where it is null, and gives its event, with figures
  // in `unit`. The caller closes a resolved one.
  template <class State>
  AlertEvent decide(std::unique_ptr<State>& state, const Decision& decision, AlertType type, Int128 value, Int128 limit,
                    Figure::Unit unit, const Subject& subject, const Moment& moment);
  std::vector<Contributor> contributors(const Subject& subject, Measure measure);

  RuleSet rules_;
  Positions& positions_;
  std::optional<Derived> derived_;
  Watched exposures_, velocities_, anomalies_;
  std::uint64_t alerts_opened_ = 0;
};

}  // namespace risk::engine

// The rules applied to entities: reads the book, keeps the alerts' states, appends events.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "book.hpp"
#include "risk/engine/rules.hpp"

namespace risk::engine {

// The thresholds of one exposure rule: the default and those of entities with a limit of their own.
class ExposureLimits {
 public:
  explicit ExposureLimits(const ExposureRule& rule);
  const ExposureThresholds* of(const std::string& id) const;  // null: no limit

 private:
  std::optional<ExposureThresholds> default_;
  std::map<std::string, ExposureThresholds> own_;
};

class Judge {
 public:
  // `book` must outlive it.
  Judge(RuleSet rules, Book& book);

  void set_rules(RuleSet rules);
  const RuleSet& rules() const { return rules_; }
  std::uint64_t alerts_opened() const { return alerts_opened_; }

  // Gives an entity that is new its limits.
  void admit(Book::Place place);

  // Counts the transaction, evaluates every rule it concerns, then adds it to the anomaly baselines.
  void judge(const Transaction& transaction, Notional notional, Book::Place place, Timestamp now,
             std::vector<AlertEvent>& events);

  // The three passes of a sweep at a whole second.
  void sweep(Timestamp second, std::vector<AlertEvent>& events);

 private:
  // An entity under judgement; `index` is of a client or a symbol.
  struct Subject {
    EntityType type;
    std::uint32_t index;
    const std::string& id;
    Watch& watch;
  };
  // The instant of an evaluation; no transaction in a sweep.
  struct Moment {
    Timestamp at;
    const Transaction* transaction;
    std::vector<AlertEvent>& events;
  };

  Subject client(ClientIndex index);
  Subject symbol(SymbolIndex index);
  Subject firm();

  void judge_exposure(const Subject& subject, const ExposureRule& rule, const Moment& moment);
  void judge_velocity(const Subject& subject, const VelocityRule& rule, const Moment& moment);
  void resolve_velocity(const Subject& subject, const VelocityRule& rule, const Moment& moment);
  void judge_anomaly(const Subject& subject, const AnomalyRule& rule, Notional notional, const Moment& moment);
  void resolve_anomaly(const Subject& subject, const AnomalyRule& rule, const Moment& moment);

  // Carries a decision out: brings the state up to it and gives its event, with figures in `unit`.
  AlertEvent decide(AlertState& state, const Decision& decision, AlertType type, Int128 value, Figure::Unit unit,
                    const Subject& subject, const Moment& moment);
  Exposure exposure_of(const Subject& subject) const;
  std::vector<Contributor> contributors(const Subject& subject, Measure measure) const;

  RuleSet rules_;
  Book& book_;
  std::optional<ExposureLimits> client_limits_, symbol_limits_, firm_limits_;
  std::uint64_t alerts_opened_ = 0;
};

}  // namespace risk::engine

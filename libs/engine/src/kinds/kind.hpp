// What a kind of rule is made of, and what it is given. A kind is a specialisation of KindOf in a file of its own
// beside this one; the evaluator, the entities, the snapshot and the messages ask it for all that differs from kind to
// kind:
//
//   State                            what an entity keeps for a rule: the open alert (null: none), a window, a limit
//   Derived                          what follows from the rule's parameters; made from the rule
//   fit(derived, rule, state, id)    sets what of the state follows from the rule: the entity or the rules are new
//   refit(derived, rule, before, state, pool)
//                                    the same for what an old state has kept; `before` is null for a rule that is new
//   evaluate(evaluation, size)       a transaction is applied: may open an alert or change it
//   sweep(evaluation)                a sweep looks at the entity, which it does from the time that is returned on
//   fetch(state)                     fetches what evaluate() reads beyond the entity itself; not of a kind that has
//                                    kIsRare, whose states are not in the entities, for few are ever looked at
//   concerns(parts)                  of such a kind: whether evaluate() is to be called
//   restore(rule, state)             after a load, what the snapshot does not hold because it follows from the rest
//   is_new(state)                    whether it may be left out of a snapshot
//   save(out, state, rule, now), load(in, state, rule, loading)
//   text(event, base_currency)       the sentence of an alert
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "alert_states.hpp"
#include "fetch.hpp"
#include "orders.hpp"
#include "pool.hpp"
#include "risk/engine/rule_table.hpp"
#include "snapshot_stream.hpp"

namespace risk::engine {

class Positions;

// A kind's kIsOfOneTransaction: its alert is of a single transaction, and resolves when that is taken back.
template <class Rule>
struct KindOf;

// An entity under judgement; `index` is of a client or a symbol.
struct Subject {
  EntityType type;
  std::uint32_t index;
  std::string_view id;
};

// The size of the transaction being applied.
struct Size {
  Notional notional;  // at its own price
  Notional scored;    // at the mark, if its price is held: what is unusual of it is its quantity alone
  Uint128 cents;      // scored, half to even
};

// A price that the input being applied has brought, and that is held.
struct HeldNow {
  Price price, mark;
  Int128 price_worth, mark_worth;  // see jump_guard.hpp
  Severity severity;
  std::string_view client;  // who traded at it; "": nobody
  Notional notional;        // of that execution
};

// When a sweep has to look at the entity again; nothing: not before the rule asks for it.
using Due = std::optional<Timestamp>;

// What all evaluations of one instant share.
struct EvaluationParts {
  Positions& positions;
  std::uint64_t config_version;
  std::uint64_t& alerts_opened;
  std::vector<AlertEvent>& events;
  Timestamp at;
  const Transaction* transaction;           // null in a sweep
  std::uint64_t input = 0;                  // the number of the transaction; 0 in a sweep, and where nobody asks for it
  OrderPart order = OrderPart::kBeginning;  // what the transaction is to its client's orders
  const HeldNow* held = nullptr;            // null: no price was held
};

Int128 magnitude(Positions& positions, const Subject& subject, Measure measure);
std::vector<Contributor> contributors(Positions& positions, const Subject& subject, Measure measure);
// Whether a client's exposure is below a limit for certain, without being made.
bool is_cleared(Positions& positions, const Subject& subject, const ExposureThresholds& limit);
Pool& pool_of(Positions& positions);

// One rule applied to one entity at one instant.
template <class Rule>
struct Evaluation {
  const Rule& rule;
  typename KindOf<Rule>::Derived& derived;
  typename KindOf<Rule>::State& state;
  const Subject& subject;
  const EvaluationParts& parts;
  bool is_to_be_watched = false;  // the next sweeps are to look at the entity

  // Carries a decision out: brings the alert's state up to it, opening it where it is null, and gives its event, to be
  // completed and told. The caller closes a resolved one.
  AlertEvent decide(const Decision& decision, Int128 value, Int128 limit) {
    auto& alert = state.alert;
    if (!alert) {
      alert = std::make_unique<typename std::remove_reference_t<decltype(alert)>::element_type>();
      alert->alert_id = ++parts.alerts_opened;
      alert->peak = value;
    }
    if constexpr (KindOf<Rule>::kIsOfOneTransaction) {
      if (decision.event != AlertEventType::kResolved) alert->tipped_by = parts.input;
    }
    alert->severity = decision.severity;
    alert->peak = std::max(alert->peak, value);
    alert->limit = limit;

    constexpr Figure::Unit kUnit = RuleKind<Rule>::unit;
    AlertEvent event;
    event.alert_id = alert->alert_id;
    event.type = decision.event;
    event.alert_type = alert_type_of(rule);
    event.severity = decision.severity;
    event.entity_type = subject.type;
    event.entity_id = std::string(subject.id);
    event.value = {kUnit, value};
    event.limit = {kUnit, limit};
    event.peak = {kUnit, alert->peak};
    if (kUnit != Figure::Unit::kZScore && kUnit != Figure::Unit::kPrice)
      event.utilisation_e4 = utilisation_e4(value, limit);
    event.config_version = parts.config_version;
    event.at = parts.at;
    if (parts.transaction != nullptr) event.transaction_id = parts.transaction->transaction_id;
    return event;
  }

  void tell(AlertEvent event) {
    is_to_be_watched |= event.type == AlertEventType::kOpened;
    parts.events.push_back(std::move(event));
  }
};

// What follows from the last announced value, by another rule.
inline void announce_anew(AlertState* alert, Ratio worsened_ratio) {
  if (alert != nullptr) alert->announce(alert->announced, worsened_ratio);
}

// What a state needs to know of the core it is loaded into.
struct Loading {
  std::optional<Timestamp> now;
  std::uint64_t alerts_opened;
  Pool& pool;
};

inline constexpr Uint128 kNotionalMax = ~Uint128{0} >> 1;
inline constexpr Uint128 kCentsMax = Uint128{1} << 80;  // a quantity x a price in cents is below
inline constexpr std::uint64_t kCountMax = std::uint64_t{1} << 56;

// The later field of an alert with what it has been low since, if it is: nanoseconds since the first instant, and 1.
inline constexpr std::uint32_t kLowSinceField = 1;
inline constexpr std::uint32_t kTippedByField = 2;
inline Uint128 since_first(Timestamp time) {
  return static_cast<Uint128>(Int128{time.nanos} - kTimestampMin.nanos);
}

template <class Alert>
void save_alert(SnapshotWriter& out, const std::unique_ptr<Alert>& alert) {
  out.number(alert ? 1 : 0);
  if (!alert) return;
  out.number(alert->alert_id);
  out.number(static_cast<Uint128>(alert->severity));
  for (const Int128 figure : {alert->announced, alert->peak, alert->limit}) {
    if constexpr (requires { Alert::kIsSigned; }) {
      out.signed_number(figure);
    } else {
      out.number(static_cast<Uint128>(figure));
    }
  }
  if constexpr (requires { alert->low_since; }) {
    if (alert->low_since) out.later_number(kLowSinceField, since_first(*alert->low_since) + 1, 0);
  }
  out.later_input_number(kTippedByField, alert->tipped_by);
  out.end_record();
}

// What a rule's limit can be, in the unit of its figures.
struct LimitRange {
  Int128 least, most;
};

template <class Alert>
std::unique_ptr<Alert> load_alert(SnapshotReader& in, const LimitRange& limits, const Loading& loading) {
  if (!in.flag("alert")) return nullptr;
  auto alert = std::make_unique<Alert>();
  alert->alert_id = in.number("alert id", loading.alerts_opened);
  alert->severity = static_cast<Severity>(in.number<std::uint8_t>("severity"));
  if (alert->alert_id == 0 || to_string(alert->severity) == "UNKNOWN") in.refuse("alert", "has no id or severity");
  for (auto* figure : {&alert->announced, &alert->peak, &alert->limit}) {
    if constexpr (requires { Alert::kIsSigned; }) {
      *figure = in.signed_number("figure of an alert");
    } else {
      *figure = in.number<Int128>("figure of an alert", kNotionalMax);
    }
  }
  in.end_record([&](std::uint32_t field, const SnapshotReader::LaterValue& value) {
    if (field == kTippedByField && !value.is_text) {
      if (value.number > kCountMax) in.refuse("input that tipped an alert", "is out of range");
      alert->tipped_by = static_cast<std::uint64_t>(value.number);
      return true;
    }
    if constexpr (requires { alert->low_since; }) {
      if (field != kLowSinceField || value.is_text) return false;
      if (value.number == 0 || value.number - 1 > since_first(kTimestampMax)) in.refuse("low since", "is out of range");
      alert->low_since =
          Timestamp{static_cast<std::int64_t>(Int128{kTimestampMin.nanos} + static_cast<Int128>(value.number) - 1)};
      if (!loading.now || *alert->low_since > *loading.now) in.refuse("low since", "is not before now");
      return true;
    }
    return false;
  });
  if (alert->limit < limits.least || alert->limit > limits.most) in.refuse("limit of an alert", "is out of range");
  return alert;
}

inline Timestamp load_last_seen(SnapshotReader& in, const char* what, const Loading& loading) {
  const Timestamp last_seen = in.timestamp(what);
  if (!loading.now || last_seen > *loading.now) in.refuse(what, "is not before now");
  return last_seen;
}

}  // namespace risk::engine

// A single transaction that is larger than a limit.
#pragma once

#include <map>

#include "alert_text.hpp"
#include "kinds/kind.hpp"
#include "watchlist.hpp"

namespace risk::engine {

template <>
struct KindOf<SizeRule> {
  static constexpr bool kIsOfOneTransaction = true;
  struct Alert : AlertState {
    Int128 last = 0;      // the notional of the last transaction above the limit
    Timestamp last_seen;  // now, at that transaction
  };
  struct State {
    std::unique_ptr<Alert> alert;
    std::int64_t limit_units = 0;  // 0: no limit
  };
  struct Derived {
    explicit Derived(const SizeRule&) {}
  };

  static void fit(const Derived&, const SizeRule& rule, State& state, std::string_view id) {
    const auto own = rule.limit_by_entity.find(id);
    const auto limit = own != rule.limit_by_entity.end() ? std::optional(own->second) : rule.limit;
    state.limit_units = rule.enabled && limit ? limit->units() : 0;
  }
  static void refit(const Derived&, const SizeRule& rule, const SizeRule*, State& state, Pool&) {
    announce_anew(state, rule);
  }

  RISK_HOT static void evaluate(Evaluation<SizeRule>& e, const Size& size) {
    if (e.state.limit_units == 0) return;
    const Int128 limit = Int128{e.state.limit_units} * kDecimalScale;
    if (size.notional.units() > limit) judge(e, size.notional.units(), limit);
  }
  static Due sweep(Evaluation<SizeRule>& e) {
    State& state = e.state;
    if (!state.alert) return std::nullopt;
    const Timestamp quiet = later_by(state.alert->last_seen, e.rule.quiet_seconds);
    if (state.limit_units != 0 && e.parts.at < quiet) return quiet;

    end(e);
    return std::nullopt;
  }
  // Precondition: an alert is open.
  static void end(Evaluation<SizeRule>& e) {
    State& state = e.state;
    e.tell(e.decide({AlertEventType::kResolved, state.alert->severity}, state.alert->last, state.alert->limit));
    state.alert.reset();
  }
  RISK_FETCHES static void fetch(const State& state) { engine::fetch(state.alert.get()); }

  static void restore(const SizeRule& rule, State& state) { announce_anew(state, rule); }
  static bool is_new(const State& state) { return !state.alert; }
  static void save(SnapshotWriter& out, const State& state, const SizeRule&, std::optional<Timestamp>) {
    save_alert(out, state.alert);
    if (!state.alert) return;
    out.number(static_cast<Uint128>(state.alert->last));
    out.signed_number(state.alert->last_seen.nanos);
  }
  static void load(SnapshotReader& in, State& state, const SizeRule&, const Loading& loading) {
    constexpr LimitRange kLimits{kDecimalScale, Int128{INT64_MAX} * kDecimalScale};
    state.alert = load_alert<Alert>(in, kLimits, loading);
    if (!state.alert) return;
    state.alert->last = in.number<Int128>("last transaction", kNotionalMax);
    state.alert->last_seen = load_last_seen(in, "last transaction", loading);
  }

  static std::string text(const AlertEvent& event, std::string_view base_currency) {
    const std::string limit = money_text(event.limit.amount, base_currency);
    if (event.type == AlertEventType::kResolved) {
      return entity_text(event) + " has made no further transaction above " + limit + " (largest " +
             money_text(event.peak.amount, base_currency) + ")";
    }
    return entity_text(event) + " transaction of " + money_text(event.value.amount, base_currency) + " exceeds limit " +
           limit + percent_text(event.utilisation_e4);
  }

 private:
  // Precondition: value > limit.
  RISK_COLD static void judge(Evaluation<SizeRule>& e, Int128 value, Int128 limit) {
    State& state = e.state;
    const bool is_critical = is_above(value, e.rule.critical_ratio, limit);
    const auto decision = [&]() -> std::optional<Decision> {
      if (!state.alert) {
        return Decision{AlertEventType::kOpened, is_critical ? Severity::kCritical : Severity::kHigh};
      }
      if (is_critical && state.alert->severity < Severity::kCritical) {
        return Decision{AlertEventType::kEscalated, Severity::kCritical};
      }
      if (value >= state.alert->worse_from) return Decision{AlertEventType::kWorsened, state.alert->severity};
      return std::nullopt;
    }();
    if (decision) {
      AlertEvent event = e.decide(*decision, value, limit);
      state.alert->announce(std::max(state.alert->announced, value), e.rule.worsened_ratio);
      e.tell(std::move(event));
    }
    state.alert->peak = std::max(state.alert->peak, value);
    state.alert->limit = limit;
    state.alert->last = value;
    state.alert->last_seen = e.parts.at;
  }
  // value > ratio x limit, both notionals; exact.
  static bool is_above(Int128 value, Ratio ratio, Int128 limit) {
    const Int128 units = limit / kDecimalScale * ratio.units();  // a limit is a whole number of 10^-8
    return value > units;
  }
  static void announce_anew(State& state, const SizeRule& rule) {
    if (state.alert) state.alert->announce(state.alert->announced, rule.worsened_ratio);
  }
};

}  // namespace risk::engine

// A price that was held instead of becoming the mark.
#pragma once

#include "alert_text.hpp"
#include "jump_guard.hpp"
#include "kinds/kind.hpp"
#include "values.hpp"
#include "watchlist.hpp"

namespace risk::engine {

template <>
struct KindOf<PriceRule> {
  static constexpr bool kIsOfOneTransaction = true;
  static constexpr bool kIsRare = true;
  // Its figures are prices, which may be below 0.
  struct Alert : AlertState {
    static constexpr bool kIsSigned = true;
    Int128 last = 0;           // the last price that was held
    std::int64_t last_e4 = 0;  // its utilisation
    Timestamp last_seen;       // now, when it was held
  };
  struct State {
    std::unique_ptr<Alert> alert;
    Ratio limit;  // 0: none
  };
  struct Derived {
    explicit Derived(const PriceRule&) {}
  };

  static void fit(const Derived&, const PriceRule& rule, State& state, std::string_view id) {
    const auto own = rule.limit_by_entity.find(id);
    state.limit = !rule.enabled ? Ratio{} : own != rule.limit_by_entity.end() ? own->second : rule.limit;
  }
  static void refit(const Derived&, const PriceRule&, const PriceRule*, State&, Pool&) {}

  static bool concerns(const EvaluationParts& parts) { return parts.held != nullptr; }
  static void evaluate(Evaluation<PriceRule>& e, const Size&) { judge(e, *e.parts.held); }
  static Due sweep(Evaluation<PriceRule>& e) {
    State& state = e.state;
    if (!state.alert) return std::nullopt;
    const Timestamp quiet = later_by(state.alert->last_seen, e.rule.quiet_seconds);
    if (state.limit != Ratio{} && e.parts.at < quiet) return quiet;

    end(e);
    return std::nullopt;
  }
  // Precondition: an alert is open.
  static void end(Evaluation<PriceRule>& e) {
    Alert& alert = *e.state.alert;
    AlertEvent event = e.decide({AlertEventType::kResolved, alert.severity}, alert.last, alert.limit);
    event.utilisation_e4 = alert.last_e4;
    e.tell(std::move(event));
    e.state.alert.reset();
  }
  static void restore(const PriceRule&, State&) {}
  static bool is_new(const State& state) { return !state.alert; }
  static void save(SnapshotWriter& out, const State& state, const PriceRule&, std::optional<Timestamp>) {
    save_alert(out, state.alert);
    if (!state.alert) return;
    out.signed_number(state.alert->last);
    out.number(static_cast<Uint128>(state.alert->last_e4));
    out.signed_number(state.alert->last_seen.nanos);
  }
  static void load(SnapshotReader& in, State& state, const PriceRule&, const Loading& loading) {
    constexpr LimitRange kLimits{1, INT64_MAX};
    state.alert = load_alert<Alert>(in, kLimits, loading);
    if (!state.alert) return;
    state.alert->last = in.signed_number("last price");
    state.alert->last_e4 = in.number<std::int64_t>("utilisation of the last price");
    state.alert->last_seen = load_last_seen(in, "last price", loading);
  }

  static std::string text(const AlertEvent& event, std::string_view) {
    const std::string against = " against a mark of " + event.limit.to_string() + percent_text(event.utilisation_e4);
    if (event.type == AlertEventType::kResolved) {
      return entity_text(event) + " has had no further price far from its mark (last " + event.value.to_string() +
             against + ")";
    }
    const std::string by = event.contributors.empty() ? "" : " of client " + event.contributors.front().id;
    return entity_text(event) + (by.empty() ? " price" : " trade" + by) + " at " + event.value.to_string() + against +
           " is held, and the mark stays";
  }

 private:
  RISK_COLD static void judge(Evaluation<PriceRule>& e, const HeldNow& held) {
    State& state = e.state;
    if (state.limit == Ratio{} || held.price == Price{}) return;
    if (!is_jump(held.price_worth, held.mark_worth, state.limit)) return;
    const Int128 value = held.price.units();
    const Int128 limit = held.mark.units();
    const std::int64_t utilisation = utilisation_e4(magnitude(held.price_worth), held.mark_worth);
    if (!state.alert || held.severity > state.alert->severity) {
      const auto type = state.alert ? AlertEventType::kEscalated : AlertEventType::kOpened;
      AlertEvent event = e.decide({type, held.severity}, value, limit);
      event.utilisation_e4 = utilisation;
      if (!held.client.empty()) event.contributors.push_back({std::string(held.client), held.notional});
      state.alert->announced = value;
      e.tell(std::move(event));
    }
    state.alert->peak = std::max(state.alert->peak, value);
    state.alert->limit = limit;
    state.alert->last = value;
    state.alert->last_e4 = utilisation;
    state.alert->last_seen = e.parts.at;
  }
};

}  // namespace risk::engine

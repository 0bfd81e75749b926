// A notional far from the entity's previous ones.
#pragma once

#include "alert_text.hpp"
#include "anomaly_window.hpp"
#include "kinds/kind.hpp"

namespace risk::engine {

template <>
struct KindOf<AnomalyRule> {
  static constexpr bool kIsOfOneTransaction = true;
  struct State {
    std::unique_ptr<AnomalyAlertState> alert;
    AnomalyWindow window;
  };
  // The threshold as it is used at every transaction.
  struct Derived {
    explicit Derived(const AnomalyRule& rule)
        : threshold_squared(estimate_of(rule.threshold) * estimate_of(rule.threshold)),
          threshold_e4(divide_half_even(rule.threshold.units(), kDecimalScale / 10'000)) {}
    double threshold_squared;
    Int128 threshold_e4;
  };

  static void fit(const Derived&, const AnomalyRule&, State&, std::string_view) {}
  static void refit(const Derived&, const AnomalyRule& rule, const AnomalyRule*, State& state, Pool& pool) {
    state.window.trim(rule.window, pool);
  }

  RISK_HOT static void evaluate(Evaluation<AnomalyRule>& e, const Size& size) {
    if (!e.rule.enabled) return;
    AnomalyWindow& window = e.state.window;
    if (const auto z = window.anomaly(size.cents, e.rule, e.derived.threshold_squared)) judge(e, *z, size.scored);
    window.add(size.cents, e.rule.window, pool_of(e.parts.positions));
  }
  static Due sweep(Evaluation<AnomalyRule>& e) {
    State& state = e.state;
    if (!state.alert) return std::nullopt;
    const Timestamp quiet = later_by(state.alert->last_seen, e.rule.quiet_seconds);
    if (e.rule.enabled && e.parts.at < quiet) return quiet;

    end(e);
    return std::nullopt;
  }
  // Precondition: an alert is open.
  static void end(Evaluation<AnomalyRule>& e) {
    State& state = e.state;
    e.tell(e.decide({AlertEventType::kResolved, state.alert->severity}, state.alert->last.e4(), state.alert->limit));
    state.alert.reset();
  }
  RISK_FETCHES static void fetch(const State& state) { state.window.fetch_oldest(); }

  static void restore(const AnomalyRule&, State&) {}
  static bool is_new(const State& state) { return !state.alert && state.window.empty(); }
  static void save(SnapshotWriter& out, const State& state, const AnomalyRule&, std::optional<Timestamp>) {
    const auto samples = state.window.samples();
    out.number(samples.size());
    for (const Uint128 cents : samples) out.number(cents);
    save_alert(out, state.alert);
    if (!state.alert) return;
    for (const ZScore* z : {&state.alert->largest, &state.alert->last}) {
      out.number(z->distance);
      out.wide(z->deviation);
    }
    out.signed_number(state.alert->last_seen.nanos);
  }
  static void load(SnapshotReader& in, State& state, const AnomalyRule& rule, const Loading& loading) {
    for (auto left = in.number<std::uint32_t>("sample count", rule.window); left > 0; --left) {
      state.window.add(in.number<Uint128>("sample", kCentsMax), rule.window, loading.pool);
    }
    constexpr LimitRange kLimits{0, Int128{1'000'000} * 10'000};
    state.alert = load_alert<AnomalyAlertState>(in, kLimits, loading);
    if (!state.alert) return;
    for (ZScore* z : {&state.alert->largest, &state.alert->last}) {
      const auto distance = in.number<Uint128>("distance", kCentsMax << 10);
      const Wide deviation = in.wide("deviation");
      if (deviation.is_zero() || deviation > square(kCentsMax << 10)) in.refuse("deviation", "is out of range");
      *z = ZScore::of(distance, deviation);
    }
    state.alert->last_seen = load_last_seen(in, "last anomaly", loading);
  }

  static std::string text(const AlertEvent& event, std::string_view base_currency) {
    if (event.type == AlertEventType::kResolved) {
      return entity_text(event) + " transactions are back to their usual size (largest z-score " +
             z_score_text(event.peak.amount) + ", limit " + z_score_text(event.limit.amount) + ")";
    }
    std::string text = entity_text(event) + " transaction";
    if (event.anomaly) text += " of " + money_text(event.anomaly->notional.units(), base_currency);
    text += " is unusual: z-score " + z_score_text(event.value.amount) + ", limit " + z_score_text(event.limit.amount);
    if (event.anomaly) {
      text += " (mean of the last " + std::to_string(event.anomaly->sample_count) + ": " +
              money_text(event.anomaly->mean.units(), base_currency) + ")";
    }
    return text;
  }

 private:
  // Precondition: z is above the threshold.
  RISK_COLD static void judge(Evaluation<AnomalyRule>& e, const ZScore& z, Notional notional) {
    State& state = e.state;
    if (const auto decision = evaluate_anomaly(state.alert.get(), z, e.rule)) {
      AlertEvent event = e.decide(*decision, z.e4(), e.derived.threshold_e4);
      event.anomaly = state.window.evidence(notional);
      e.tell(std::move(event));
      state.alert->largest = z;
    }
    state.alert->last = z;
    state.alert->last_seen = e.parts.at;
  }
};

}  // namespace risk::engine

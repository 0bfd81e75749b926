// A limit of one measure of an entity's exposure.
#pragma once

#include <map>

#include "alert_text.hpp"
#include "kinds/kind.hpp"
#include "watchlist.hpp"

namespace risk::engine {

template <>
struct KindOf<ExposureRule> {
  static constexpr bool kIsOfOneTransaction = false;
  struct Alert : AlertState {
    std::optional<Timestamp> low_since;  // each evaluation since found it low
  };
  struct State {
    const ExposureThresholds* limit = nullptr;  // in Derived; null: no limit
    std::unique_ptr<Alert> alert;
  };

  // The thresholds: the default and those of entities with a limit of their own.
  class Derived {
   public:
    explicit Derived(const ExposureRule& rule) {
      if (!rule.enabled) return;
      if (rule.limit) default_ = ExposureThresholds::of(*rule.limit, rule);
      for (const auto& [id, limit] : rule.limit_by_entity) own_.emplace(id, ExposureThresholds::of(limit, rule));
    }
    const ExposureThresholds* of(std::string_view id) const {  // null: no limit
      const auto own = own_.find(id);
      if (own != own_.end()) return &own->second;
      return default_ ? &*default_ : nullptr;
    }

   private:
    std::optional<ExposureThresholds> default_;
    std::map<std::string, ExposureThresholds, std::less<>> own_;
  };

  static void fit(const Derived& derived, const ExposureRule&, State& state, std::string_view id) {
    state.limit = derived.of(id);
  }
  static void refit(const Derived&, const ExposureRule& rule, const ExposureRule*, State& state, Pool&) {
    announce_anew(state.alert.get(), rule.worsened_ratio);
  }

  RISK_HOT static void evaluate(Evaluation<ExposureRule>& e, const Size&) { evaluate(e); }
  static Due sweep(Evaluation<ExposureRule>& e) {
    evaluate(e);
    if (!e.state.alert) return std::nullopt;
    if (e.subject.type != EntityType::kSymbol) return Watchlist::kAlways;
    // A symbol is judged whenever it is traded; nothing else moves it but what wakes the list.
    return e.state.alert->low_since ? resolves_at(e.rule, *e.state.alert) : Watchlist::kWoken;
  }
  // Precondition: an alert is open.
  static void end(Evaluation<ExposureRule>& e) {
    State& state = e.state;
    const Int128 value = magnitude(e.parts.positions, e.subject, e.rule.measure);
    const Int128 limit = state.limit != nullptr ? state.limit->limit : state.alert->limit;
    AlertEvent event = e.decide({AlertEventType::kResolved, state.alert->severity}, value, limit);
    event.measure = e.rule.measure;
    event.contributors = contributors(e.parts.positions, e.subject, e.rule.measure);
    e.tell(std::move(event));
    state.alert.reset();
  }
  RISK_FETCHES static void fetch(const State& state) { engine::fetch(state.alert.get()); }

  static void restore(const ExposureRule& rule, State& state) { announce_anew(state.alert.get(), rule.worsened_ratio); }
  static bool is_new(const State& state) { return !state.alert; }
  static void save(SnapshotWriter& out, const State& state, const ExposureRule&, std::optional<Timestamp>) {
    save_alert(out, state.alert);
  }
  static void load(SnapshotReader& in, State& state, const ExposureRule&, const Loading& loading) {
    constexpr LimitRange kLimits{kDecimalScale, Int128{INT64_MAX} * kDecimalScale};
    state.alert = load_alert<Alert>(in, kLimits, loading);
  }

  static std::string text(const AlertEvent& event, std::string_view base_currency) {
    const bool over = event.type == AlertEventType::kResolved;
    const bool back = over && event.value.amount <= event.limit.amount;  // else its rule or limit is gone
    const char* verb = back ? " is back within limit " : over ? " is no longer held against limit " : " exceeds limit ";
    return entity_text(event) + " " + std::string(to_string(*event.measure)) + " exposure " +
           money_text(event.value.amount, base_currency) + verb + money_text(event.limit.amount, base_currency) +
           percent_text(event.utilisation_e4);
  }

  // From when on a sweep resolves it. Precondition: it is low.
  static Timestamp resolves_at(const ExposureRule& rule, const Alert& alert) {
    return later_by(*alert.low_since, rule.resolved_after_seconds);
  }

 private:
  // Whether an alert that is low has yet to stay so: one that flaps around its limit is told of once.
  static bool is_held(Evaluation<ExposureRule>& e, const std::optional<Decision>& decision) {
    auto& low_since = e.state.alert->low_since;
    if (!decision || decision->event != AlertEventType::kResolved || e.rule.resolved_after_seconds == 0) {
      low_since.reset();
      return false;
    }
    if (!low_since) {
      low_since = e.parts.at;
      e.is_to_be_watched = true;
    }
    return e.parts.transaction != nullptr || e.parts.at < resolves_at(e.rule, *e.state.alert);
  }

  RISK_HOT static void evaluate(Evaluation<ExposureRule>& e) {
    const ExposureThresholds* limit = e.state.limit;
    if (!e.state.alert && (limit == nullptr || is_cleared(e.parts.positions, e.subject, *limit))) return;
    judge(e, limit);
  }

  static void judge(Evaluation<ExposureRule>& e, const ExposureThresholds* limit) {
    State& state = e.state;
    const Int128 value = magnitude(e.parts.positions, e.subject, e.rule.measure);
    const auto decision = evaluate_exposure(state.alert.get(), value, limit);
    if (state.alert) {
      if (limit != nullptr) state.alert->limit = limit->limit;
      state.alert->peak = std::max(state.alert->peak, value);
      if (limit != nullptr && is_held(e, decision)) return;
    }
    if (!decision) return;

    AlertEvent event = e.decide(*decision, value, limit != nullptr ? limit->limit : state.alert->limit);
    state.alert->announce(value, e.rule.worsened_ratio);
    event.measure = e.rule.measure;
    event.contributors = contributors(e.parts.positions, e.subject, e.rule.measure);
    e.tell(std::move(event));
    if (decision->event == AlertEventType::kResolved) state.alert.reset();
  }
};

}  // namespace risk::engine

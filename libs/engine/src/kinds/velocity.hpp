// More orders of an entity in a window than its limit.
#pragma once

#include "activity_window.hpp"
#include "alert_text.hpp"
#include "kinds/kind.hpp"

namespace risk::engine {

template <>
struct KindOf<VelocityRule> {
  static constexpr bool kIsOfOneTransaction = false;
  struct State {
    std::unique_ptr<AlertState> alert;
    std::uint32_t limit = 0;
    ActivityWindow window;
  };
  struct Derived {
    explicit Derived(const VelocityRule& rule) : clock(rule.window_seconds) {}
    SlotClock clock;
  };

  static void fit(const Derived&, const VelocityRule& rule, State& state, std::string_view id) {
    const auto own = rule.limit_by_entity.find(id);
    state.limit = own != rule.limit_by_entity.end() ? own->second : rule.limit;
  }
  static void refit(const Derived&, const VelocityRule& rule, const VelocityRule* before, State& state, Pool&) {
    announce_anew(state.alert.get(), rule.worsened_ratio);
    const bool counts_on = rule.enabled && before != nullptr && before->window_seconds == rule.window_seconds;
    if (!counts_on) state.window = {};
  }

  RISK_HOT static void evaluate(Evaluation<VelocityRule>& e, const Size&) {
    if (!e.rule.enabled) return;
    State& state = e.state;
    const Timestamp executed_at = e.parts.transaction->executed_at;
    const std::int64_t now_slot = e.derived.clock.slot_of(e.parts.at);
    const std::int64_t slot = executed_at == e.parts.at ? now_slot : e.derived.clock.slot_of(executed_at);
    state.window.add(slot, now_slot, e.rule.order_window_ms == 0 || e.parts.order == OrderPart::kBeginning);
    // There are no more orders than executions, which nearly always says it.
    if (!state.alert && state.window.executions(now_slot) <= state.limit) return;

    const std::uint64_t count = state.window.count(now_slot);
    const auto value = static_cast<Int128>(count);
    const auto decision = evaluate_velocity(state.alert.get(), count, state.limit);
    if (state.alert) state.alert->peak = std::max(state.alert->peak, value);
    if (decision) announce(e, *decision, value);
  }
  static Due sweep(Evaluation<VelocityRule>& e) {
    State& state = e.state;
    if (!state.alert) return std::nullopt;
    const std::uint64_t count = state.window.count(e.derived.clock.slot_of(e.parts.at));
    const std::uint64_t over_at = velocity_over_at(state.limit, e.rule.resolved_ratio);
    // It is over when enough of what is counted has left the window, or later if more comes.
    if (e.rule.enabled && count > over_at) return e.derived.clock.start_of(state.window.falls_to(over_at));

    end(e);
    return std::nullopt;
  }
  // Precondition: an alert is open.
  static void end(Evaluation<VelocityRule>& e) {
    State& state = e.state;
    const std::uint64_t count = state.window.count(e.derived.clock.slot_of(e.parts.at));
    AlertEvent event =
        e.decide({AlertEventType::kResolved, state.alert->severity}, static_cast<Int128>(count), state.limit);
    event.window_seconds = e.rule.window_seconds;
    e.tell(std::move(event));
    state.alert.reset();
  }
  RISK_FETCHES static void fetch(const State& state) {
    engine::fetch(state.alert.get());
    state.window.fetch_followed();
  }

  static void restore(const VelocityRule& rule, State& state) { announce_anew(state.alert.get(), rule.worsened_ratio); }
  static bool is_new(const State& state) { return !state.alert && state.window.empty(); }
  static void save(SnapshotWriter& out, const State& state, const VelocityRule& rule, std::optional<Timestamp> now) {
    save_slots(out, state.window.executions(), now_slot_of(rule, now));
    save_alert(out, state.alert);
  }
  static void load(SnapshotReader& in, State& state, const VelocityRule& rule, const Loading& loading) {
    load_slots(in, rule, loading, [&](std::int64_t slot, std::int64_t now_slot, std::uint64_t executions) {
      state.window.restore(slot, now_slot, executions);
    });
    constexpr LimitRange kLimits{1, UINT32_MAX};
    state.alert = load_alert<AlertState>(in, kLimits, loading);
  }

  // The executions that count for no order, which stand in a later field. Whether there are any.
  static bool has_further(const State& state, const VelocityRule& rule, std::optional<Timestamp> now) {
    const VelocityWindow* further = state.window.further();
    return further != nullptr && slots_of(*further, now_slot_of(rule, now)) > 0;
  }
  static void save_further(SnapshotWriter& out, const State& state, const VelocityRule& rule,
                           std::optional<Timestamp> now) {
    save_slots(out, *state.window.further(), now_slot_of(rule, now));
  }
  static void load_further(SnapshotReader& in, State& state, const VelocityRule& rule, const Loading& loading) {
    load_slots(in, rule, loading, [&](std::int64_t slot, std::int64_t now_slot, std::uint64_t executions) {
      state.window.restore_further(slot, now_slot, executions);
    });
    if (state.window.further() == nullptr) in.refuse("executions that count for no order", "are none");
  }

  static std::string text(const AlertEvent& event, std::string_view) {
    const bool back = event.type == AlertEventType::kResolved;
    return entity_text(event) + " had " + event.value.to_string() + " orders in " +
           std::to_string(event.window_seconds) + " s, " + (back ? "back within limit " : "limit ") +
           event.limit.to_string() + percent_text(event.utilisation_e4);
  }

 private:
  static std::int64_t now_slot_of(const VelocityRule& rule, std::optional<Timestamp> now) {
    return now ? SlotClock(rule.window_seconds).slot_of(*now) : 0;
  }
  // Calls look(age, executions) for each slot of the window that ends at now's. One that nobody looked at lately may
  // still hold what has left it.
  static void visit_slots(const VelocityWindow& window, std::int64_t now_slot, const auto& look) {
    for (std::int64_t age = 0; age < VelocityWindow::kSlots; ++age) {
      if (const std::uint64_t executions = window.count_at(now_slot - age); executions > 0) look(age, executions);
    }
  }
  static std::uint32_t slots_of(const VelocityWindow& window, std::int64_t now_slot) {
    std::uint32_t slots = 0;
    visit_slots(window, now_slot, [&](std::int64_t, std::uint64_t) { ++slots; });
    return slots;
  }
  static void save_slots(SnapshotWriter& out, const VelocityWindow& window, std::int64_t now_slot) {
    out.number(slots_of(window, now_slot));
    visit_slots(window, now_slot, [&](std::int64_t age, std::uint64_t executions) {
      out.number(static_cast<Uint128>(age));
      out.number(executions);
    });
  }
  static void load_slots(SnapshotReader& in, const VelocityRule& rule, const Loading& loading, const auto& restore) {
    const std::int64_t now_slot = now_slot_of(rule, loading.now);
    std::int64_t before = -1;
    const auto slots = in.number<std::uint32_t>("slot count", VelocityWindow::kSlots);
    if (slots != 0 && !loading.now) in.refuse("slot count", "is above zero before there was time");
    for (auto left = slots; left > 0; --left) {
      const auto age = in.number<std::int64_t>("slot", VelocityWindow::kSlots - 1);
      if (age <= before) in.refuse("slot", "is not in order");
      before = age;
      const auto executions = in.number("transactions of a slot", kCountMax);
      if (executions == 0) in.refuse("transactions of a slot", "are none");
      restore(now_slot - age, now_slot, executions);
    }
  }

  RISK_COLD static void announce(Evaluation<VelocityRule>& e, const Decision& decision, Int128 value) {
    AlertEvent event = e.decide(decision, value, e.state.limit);
    e.state.alert->announce(value, e.rule.worsened_ratio);
    event.window_seconds = e.rule.window_seconds;
    e.tell(std::move(event));
  }
};

}  // namespace risk::engine

#include "rule_evaluator.hpp"

#include <algorithm>
#include <utility>

namespace risk::engine {
namespace {

AlertType exposure_alert_of(EntityType type) {
  switch (type) {
    case EntityType::kClient:
      return AlertType::kHighClientExposure;
    case EntityType::kSymbol:
      return AlertType::kHighSymbolExposure;
    case EntityType::kFirm:
      return AlertType::kHighFirmExposure;
  }
  RISK_CHECK(!"an entity type");
}

std::uint32_t limit_of(const VelocityRule& rule, std::string_view id) {
  const auto own = rule.limit_by_entity.find(id);
  return own != rule.limit_by_entity.end() ? own->second : rule.limit;
}

// What follows from the last announced values, by other rules.
void announce_anew(Watch& watch, Ratio exposure_ratio, Ratio velocity_ratio) {
  if (watch.exposure_alert) watch.exposure_alert->announce(watch.exposure_alert->announced, exposure_ratio);
  if (watch.velocity_alert) watch.velocity_alert->announce(watch.velocity_alert->announced, velocity_ratio);
}

}  // namespace

ExposureLimits::ExposureLimits(const ExposureRule& rule) {
  if (!rule.enabled) return;
  if (rule.limit) default_ = ExposureThresholds::of(*rule.limit, rule);
  for (const auto& [id, limit] : rule.limit_by_entity) own_.emplace(id, ExposureThresholds::of(limit, rule));
}

const ExposureThresholds* ExposureLimits::of(std::string_view id) const {
  const auto own = own_.find(id);
  if (own != own_.end()) return &own->second;
  return default_ ? &*default_ : nullptr;
}

RuleEvaluator::Scoring::Scoring(const AnomalyRule& rule)
    : threshold_squared(estimate_of(rule.threshold) * estimate_of(rule.threshold)),
      threshold_e4(divide_half_even(rule.threshold.units(), kDecimalScale / 10'000)) {}

RuleEvaluator::Derived::Derived(const RuleSet& rules)
    : client_limits(rules.client_exposure),
      symbol_limits(rules.symbol_exposure),
      firm_limits(rules.firm_exposure),
      client_clock(rules.client_velocity.window_seconds),
      symbol_clock(rules.symbol_velocity.window_seconds),
      client_scoring(rules.client_anomaly),
      symbol_scoring(rules.symbol_anomaly),
      system_scoring(rules.system_anomaly) {}

RuleEvaluator::RuleEvaluator(RuleSet rules, Positions& positions) : positions_(positions) {
  set_rules(std::move(rules));
}

void RuleEvaluator::set_rules(RuleSet rules) {
  RISK_CHECK(problems(rules).empty());
  const RuleSet before = std::exchange(rules_, std::move(rules));
  derived_.emplace(rules_);
  positions_.firm.watch.exposure_limit = derived_->firm_limits.of("");

  const auto refit = [this](auto& entities, const ExposureRule& exposure, const ExposureLimits& limits,
                            const VelocityRule& from, const VelocityRule& to, const AnomalyRule& anomaly,
                            Watchlist& exposures) {
    const bool count_anew = from.window_seconds != to.window_seconds || !to.enabled;
    for (std::uint32_t i = 0; i < entities.size(); ++i) {
      Watch& watch = entities[i].watch;
      watch.exposure_limit = limits.of(entities[i].id.view());
      watch.velocity_limit = limit_of(to, entities[i].id.view());
      if (count_anew) watch.velocity = {};
      watch.anomaly.trim(anomaly.window, positions_.pool);
      announce_anew(watch, exposure.worsened_ratio, to.worsened_ratio);
      exposures.add(i);
    }
  };
  refit(positions_.clients, rules_.client_exposure, derived_->client_limits, before.client_velocity,
        rules_.client_velocity, rules_.client_anomaly, exposures_.clients);
  refit(positions_.symbols, rules_.symbol_exposure, derived_->symbol_limits, before.symbol_velocity,
        rules_.symbol_velocity, rules_.symbol_anomaly, exposures_.symbols);
  announce_anew(positions_.firm.watch, rules_.firm_exposure.worsened_ratio, {});
  for (Watched* watched : {&exposures_, &velocities_, &anomalies_}) {
    watched->clients.wake();
    watched->symbols.wake();
  }
  positions_.firm.watch.anomaly.trim(rules_.system_anomaly.window, positions_.pool);
}

void RuleEvaluator::admit_client(ClientIndex index) {
  ClientState& client = positions_.clients[index];
  client.watch.exposure_limit = derived_->client_limits.of(client.id.view());
  client.watch.velocity_limit = limit_of(rules_.client_velocity, client.id.view());
  positions_.prefilter.note(index, client.bound, Positions::inverse_limit(client));
}

void RuleEvaluator::admit_symbol(SymbolIndex index) {
  SymbolState& symbol = positions_.symbols[index];
  symbol.watch.exposure_limit = derived_->symbol_limits.of(symbol.id.view());
  symbol.watch.velocity_limit = limit_of(rules_.symbol_velocity, symbol.id.view());
}

void RuleEvaluator::evaluate(const Transaction& transaction, Notional notional, PositionKey place, Timestamp now,
                             std::vector<AlertEvent>& events) {
  const Moment moment{now, &transaction, events};
  const Subject by_client = client(place.client), by_symbol = symbol(place.symbol), by_firm = firm();

  const auto count = [&](Watch& watch, const VelocityRule& rule, SlotClock& clock) -> std::uint64_t {
    if (!rule.enabled) return 0;
    const std::int64_t now_slot = clock.slot_of(now);
    const std::int64_t slot = transaction.executed_at == now ? now_slot : clock.slot_of(transaction.executed_at);
    watch.velocity.add(slot, now_slot);
    return watch.velocity.count(now_slot);
  };
  const std::uint64_t client_count = count(by_client.watch, rules_.client_velocity, derived_->client_clock);
  const std::uint64_t symbol_count = count(by_symbol.watch, rules_.symbol_velocity, derived_->symbol_clock);
  const Uint128 cents = to_cents(notional);

  evaluate_client_exposure(place.client, moment);
  evaluate_symbol_exposure(place.symbol, moment);
  evaluate_firm_exposure(moment);
  evaluate_velocity(by_client, rules_.client_velocity, client_count, moment);
  evaluate_velocity(by_symbol, rules_.symbol_velocity, symbol_count, moment);
  evaluate_anomaly(by_client, rules_.client_anomaly, derived_->client_scoring, cents, notional, moment);
  evaluate_anomaly(by_symbol, rules_.symbol_anomaly, derived_->symbol_scoring, cents, notional, moment);
  evaluate_anomaly(by_firm, rules_.system_anomaly, derived_->system_scoring, cents, notional, moment);

  const auto remember = [&](Watch& watch, const AnomalyRule& rule) {
    if (rule.enabled) watch.anomaly.add(cents, rule.window, positions_.pool);
  };
  remember(by_client.watch, rules_.client_anomaly);
  remember(by_symbol.watch, rules_.symbol_anomaly);
  remember(by_firm.watch, rules_.system_anomaly);
}

void RuleEvaluator::sweep(Timestamp second, std::vector<AlertEvent>& events) {
  using Due = std::optional<Timestamp>;
  const Moment moment{second, nullptr, events};
  auto& clients = positions_.clients;
  auto& symbols = positions_.symbols;
  const auto fetch_client = [&](ClientIndex index) __attribute__((always_inline)) {
    fetch_all(clients[index]);
  };
  const auto fetch_symbol = [&](SymbolIndex index) __attribute__((always_inline)) {
    fetch_all(symbols[index]);
  };

  positions_.renew_prefilter();
  positions_.prefilter.visit_uncleared([this](ClientIndex index) { exposures_.clients.add(index); });
  const auto fetch_holdings = [&](ClientIndex index) __attribute__((always_inline)) {
    fetch_client(index);
    positions_.fetch_holdings(index);
    fetch(clients[index].watch.exposure_alert.get());
  };
  exposures_.clients.visit(clients, second, fetch_holdings, [&](ClientIndex index) {
    evaluate_client_exposure(index, moment);
    return clients[index].watch.exposure_alert ? Due(Watchlist::kAlways) : std::nullopt;
  });
  exposures_.symbols.visit(symbols, second, fetch_symbol, [&](SymbolIndex index) {
    symbols[index].unevaluated = false;
    evaluate_symbol_exposure(index, moment);
    // It is judged whenever it is traded; nothing else moves it but what wakes this list.
    return symbols[index].watch.exposure_alert ? Due(Watchlist::kWoken) : std::nullopt;
  });
  evaluate_firm_exposure(moment);

  velocities_.clients.visit(clients, second, fetch_client, [&](ClientIndex index) {
    return resolve_velocity(client(index), rules_.client_velocity, derived_->client_clock, moment);
  });
  velocities_.symbols.visit(symbols, second, fetch_symbol, [&](SymbolIndex index) {
    return resolve_velocity(symbol(index), rules_.symbol_velocity, derived_->symbol_clock, moment);
  });

  anomalies_.clients.visit(clients, second, fetch_client, [&](ClientIndex index) {
    return resolve_anomaly(client(index), rules_.client_anomaly, moment);
  });
  anomalies_.symbols.visit(symbols, second, fetch_symbol, [&](SymbolIndex index) {
    return resolve_anomaly(symbol(index), rules_.symbol_anomaly, moment);
  });
  resolve_anomaly(firm(), rules_.system_anomaly, moment);
}

void RuleEvaluator::restore(std::uint64_t alerts_opened) {
  alerts_opened_ = alerts_opened;
  announce_anew(positions_.firm.watch, rules_.firm_exposure.worsened_ratio, {});
  // What was to be looked at by the next sweep is not in a snapshot: it looks at everyone.
  for (std::uint32_t i = 0; i < positions_.clients.size(); ++i) {
    announce_anew(positions_.clients[i].watch, rules_.client_exposure.worsened_ratio,
                  rules_.client_velocity.worsened_ratio);
    exposures_.clients.add(i), velocities_.clients.add(i), anomalies_.clients.add(i);
  }
  for (std::uint32_t i = 0; i < positions_.symbols.size(); ++i) {
    announce_anew(positions_.symbols[i].watch, rules_.symbol_exposure.worsened_ratio,
                  rules_.symbol_velocity.worsened_ratio);
    exposures_.symbols.add(i), velocities_.symbols.add(i), anomalies_.symbols.add(i);
  }
}

RuleEvaluator::Subject RuleEvaluator::client(ClientIndex index) {
  ClientState& client = positions_.clients[index];
  return {EntityType::kClient, index, client.id.view(), client.watch};
}

RuleEvaluator::Subject RuleEvaluator::symbol(SymbolIndex index) {
  SymbolState& symbol = positions_.symbols[index];
  return {EntityType::kSymbol, index, symbol.id.view(), symbol.watch};
}

RuleEvaluator::Subject RuleEvaluator::firm() {
  return {EntityType::kFirm, 0, "", positions_.firm.watch};
}

std::vector<Contributor> RuleEvaluator::contributors(const Subject& subject, Measure measure) {
  switch (subject.type) {
    case EntityType::kClient:
      return positions_.contributors(positions_.clients[subject.index], measure);
    case EntityType::kSymbol:
      return positions_.contributors(subject.index, measure);
    case EntityType::kFirm:
      return positions_.firm_contributors(measure);
  }
  RISK_CHECK(!"an entity type");
}

template <class State>
AlertEvent RuleEvaluator::decide(std::unique_ptr<State>& state, const Decision& decision, AlertType type, Int128 value,
                                 Int128 limit, Figure::Unit unit, const Subject& subject, const Moment& moment) {
  if (!state) {
    state = std::make_unique<State>();
    state->alert_id = ++alerts_opened_;
  }
  state->severity = decision.severity;
  state->peak = std::max(state->peak, value);
  state->limit = limit;

  AlertEvent event;
  event.alert_id = state->alert_id;
  event.type = decision.event;
  event.alert_type = type;
  event.severity = decision.severity;
  event.entity_type = subject.type;
  event.entity_id = std::string(subject.id);
  event.value = {unit, value};
  event.limit = {unit, limit};
  event.peak = {unit, state->peak};
  if (unit != Figure::Unit::kZScore) event.utilisation_e4 = utilisation_e4(value, limit);
  event.config_version = rules_.config_version;
  event.at = moment.at;
  if (moment.transaction != nullptr) event.transaction_id = moment.transaction->transaction_id;
  return event;
}

void RuleEvaluator::evaluate_client_exposure(ClientIndex index, const Moment& moment) {
  ClientState& client = positions_.clients[index];
  const ExposureThresholds* limit = client.watch.exposure_limit;
  const ExposureRule& rule = rules_.client_exposure;
  if (!client.watch.exposure_alert) {
    if (limit == nullptr) return positions_.prefilter.note(index, client.bound, 0);
    if (limit->inverse != 0 && positions_.prefilter.clears(client.bound, limit->inverse)) {
      return positions_.prefilter.note(index, client.bound, limit->inverse);
    }
  }
  evaluate_exposure(this->client(index), rule, positions_.value(client, rule.measure), moment);
  positions_.prefilter.note(index, client.bound, Positions::inverse_limit(client));
}

void RuleEvaluator::evaluate_symbol_exposure(SymbolIndex index, const Moment& moment) {
  const SymbolState& symbol = positions_.symbols[index];
  if (symbol.watch.exposure_limit == nullptr && !symbol.watch.exposure_alert) return;
  const Int128 value = Positions::exposure_of(symbol).value(rules_.symbol_exposure.measure).magnitude().units();
  evaluate_exposure(this->symbol(index), rules_.symbol_exposure, value, moment);
}

void RuleEvaluator::evaluate_firm_exposure(const Moment& moment) {
  const Watch& watch = positions_.firm.watch;
  if (watch.exposure_limit == nullptr && !watch.exposure_alert) return;
  const Int128 value = positions_.firm_exposure().value(rules_.firm_exposure.measure).magnitude().units();
  evaluate_exposure(firm(), rules_.firm_exposure, value, moment);
}

void RuleEvaluator::evaluate_exposure(const Subject& subject, const ExposureRule& rule, Int128 value,
                                      const Moment& moment) {
  std::unique_ptr<AlertState>& state = subject.watch.exposure_alert;
  const ExposureThresholds* limit = subject.watch.exposure_limit;
  const auto decision = engine::evaluate_exposure(state.get(), value, limit);
  if (state) {
    if (limit != nullptr) state->limit = limit->limit;
    state->peak = std::max(state->peak, value);
  }
  if (!decision) return;

  AlertEvent event = decide(state, *decision, exposure_alert_of(subject.type), value,
                            limit != nullptr ? limit->limit : state->limit, Figure::Unit::kMoney, subject, moment);
  state->announce(value, rule.worsened_ratio);
  event.measure = rule.measure;
  event.contributors = contributors(subject, rule.measure);
  moment.events.push_back(std::move(event));
  if (decision->event == AlertEventType::kResolved) state.reset();
  if (decision->event == AlertEventType::kOpened) exposures_.add(subject);
}

void RuleEvaluator::evaluate_velocity(const Subject& subject, const VelocityRule& rule, std::uint64_t count,
                                      const Moment& moment) {
  if (!rule.enabled) return;
  std::unique_ptr<AlertState>& state = subject.watch.velocity_alert;
  const std::uint32_t limit = subject.watch.velocity_limit;
  const auto value = static_cast<Int128>(count);
  const auto decision = engine::evaluate_velocity(state.get(), count, limit);
  if (state) state->peak = std::max(state->peak, value);
  if (!decision) return;

  AlertEvent event = decide(state, *decision, AlertType::kHighTransactionVelocity, value, limit, Figure::Unit::kCount,
                            subject, moment);
  state->announce(value, rule.worsened_ratio);
  event.window_seconds = rule.window_seconds;
  moment.events.push_back(std::move(event));
  if (decision->event == AlertEventType::kOpened) velocities_.add(subject);
}

std::optional<Timestamp> RuleEvaluator::resolve_velocity(const Subject& subject, const VelocityRule& rule,
                                                         SlotClock& clock, const Moment& moment) {
  std::unique_ptr<AlertState>& state = subject.watch.velocity_alert;
  if (!state) return std::nullopt;
  const std::uint64_t count = subject.watch.velocity.count(clock.slot_of(moment.at));
  const std::uint32_t limit = subject.watch.velocity_limit;
  const std::uint64_t over_at = velocity_over_at(limit, rule.resolved_ratio);
  // It is over when enough of what is counted has left the window, or later if more comes.
  if (rule.enabled && count > over_at) return clock.start_of(subject.watch.velocity.falls_to(over_at));

  const Decision resolved{AlertEventType::kResolved, state->severity};
  AlertEvent event = decide(state, resolved, AlertType::kHighTransactionVelocity, static_cast<Int128>(count), limit,
                            Figure::Unit::kCount, subject, moment);
  event.window_seconds = rule.window_seconds;
  moment.events.push_back(std::move(event));
  state.reset();
  return std::nullopt;
}

void RuleEvaluator::evaluate_anomaly(const Subject& subject, const AnomalyRule& rule, const Scoring& scoring,
                                     Uint128 cents, Notional notional, const Moment& moment) {
  if (!rule.enabled) return;
  const auto z = subject.watch.anomaly.anomaly(cents, rule, scoring.threshold_squared);
  if (!z) return;

  std::unique_ptr<AnomalyState>& state = subject.watch.anomaly_alert;
  const auto decision = engine::evaluate_anomaly(state.get(), *z, rule);
  if (decision) {
    AlertEvent event = decide(state, *decision, AlertType::kAnomalyDetected, z->e4(), scoring.threshold_e4,
                              Figure::Unit::kZScore, subject, moment);
    event.anomaly = subject.watch.anomaly.evidence(notional);
    moment.events.push_back(std::move(event));
    state->largest = *z;
  }
  state->last = *z;
  state->last_seen = moment.at;
  if (decision && decision->event == AlertEventType::kOpened) anomalies_.add(subject);
}

std::optional<Timestamp> RuleEvaluator::resolve_anomaly(const Subject& subject, const AnomalyRule& rule,
                                                        const Moment& moment) {
  std::unique_ptr<AnomalyState>& state = subject.watch.anomaly_alert;
  if (!state) return std::nullopt;
  const Timestamp quiet{state->last_seen.micros + std::int64_t{rule.quiet_seconds} * kMicrosPerSecond};
  if (rule.enabled && moment.at < quiet) return quiet;

  const Decision resolved{AlertEventType::kResolved, state->severity};
  moment.events.push_back(decide(state, resolved, AlertType::kAnomalyDetected, state->last.e4(), state->limit,
                                 Figure::Unit::kZScore, subject, moment));
  state.reset();
  return std::nullopt;
}

}  // namespace risk::engine

#include "judge.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace risk::engine {
namespace {

const std::string kFirmId;

// |z| as a figure: scaled 10^4, half to even.
Int128 z_e4(double z) {
  return static_cast<Int128>(std::nearbyint(z * 10'000));
}

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

std::uint32_t limit_of(const VelocityRule& rule, const std::string& id) {
  const auto own = rule.limit_by_entity.find(id);
  return own != rule.limit_by_entity.end() ? own->second : rule.limit;
}

}  // namespace

ExposureLimits::ExposureLimits(const ExposureRule& rule) {
  if (!rule.enabled) return;
  if (rule.limit) default_ = ExposureThresholds::of(*rule.limit, rule);
  for (const auto& [id, limit] : rule.limit_by_entity) own_.emplace(id, ExposureThresholds::of(limit, rule));
}

const ExposureThresholds* ExposureLimits::of(const std::string& id) const {
  const auto own = own_.find(id);
  if (own != own_.end()) return &own->second;
  return default_ ? &*default_ : nullptr;
}

Judge::Judge(RuleSet rules, Book& book) : book_(book) {
  set_rules(std::move(rules));
}

void Judge::set_rules(RuleSet rules) {
  RISK_CHECK(problems(rules).empty());
  const RuleSet before = std::exchange(rules_, std::move(rules));
  client_limits_.emplace(rules_.client_exposure);
  symbol_limits_.emplace(rules_.symbol_exposure);
  firm_limits_.emplace(rules_.firm_exposure);
  book_.firm.watch.exposure_limit = firm_limits_->of(kFirmId);

  const auto refit = [](auto& entities, const ExposureLimits& limits, const VelocityRule& from, const VelocityRule& to,
                        const AnomalyRule& anomaly) {
    const bool count_anew = from.window_seconds != to.window_seconds || !to.enabled;
    for (std::uint32_t i = 0; i < entities.size(); ++i) {
      Watch& watch = entities[i].watch;
      watch.exposure_limit = limits.of(entities[i].id);
      watch.velocity_limit = limit_of(to, entities[i].id);
      if (count_anew) watch.velocity = {};
      watch.anomaly.trim(anomaly.window);
    }
  };
  refit(book_.clients, *client_limits_, before.client_velocity, rules_.client_velocity, rules_.client_anomaly);
  refit(book_.symbols, *symbol_limits_, before.symbol_velocity, rules_.symbol_velocity, rules_.symbol_anomaly);
  book_.firm.watch.anomaly.trim(rules_.system_anomaly.window);
}

void Judge::admit(Book::Place place) {
  const auto admit_entity = [](auto& entity, const ExposureLimits& limits, const VelocityRule& velocity) {
    if (entity.watch.velocity_limit != 0) return;  // limits are above 0: it has its own already
    entity.watch.exposure_limit = limits.of(entity.id);
    entity.watch.velocity_limit = limit_of(velocity, entity.id);
  };
  admit_entity(book_.clients[place.client], *client_limits_, rules_.client_velocity);
  admit_entity(book_.symbols[place.symbol], *symbol_limits_, rules_.symbol_velocity);
}

void Judge::judge(const Transaction& transaction, Notional notional, Book::Place place, Timestamp now,
                  std::vector<AlertEvent>& events) {
  const Moment moment{now, &transaction, events};
  const Subject by_client = client(place.client), by_symbol = symbol(place.symbol), by_firm = firm();

  const auto count = [&](Watch& watch, const VelocityRule& rule) {
    if (!rule.enabled) return;
    watch.velocity.add(VelocityWindow::slot_of(transaction.executed_at, rule.window_seconds),
                       VelocityWindow::slot_of(now, rule.window_seconds));
  };
  count(by_client.watch, rules_.client_velocity);
  count(by_symbol.watch, rules_.symbol_velocity);

  judge_exposure(by_client, rules_.client_exposure, moment);
  judge_exposure(by_symbol, rules_.symbol_exposure, moment);
  judge_exposure(by_firm, rules_.firm_exposure, moment);
  judge_velocity(by_client, rules_.client_velocity, moment);
  judge_velocity(by_symbol, rules_.symbol_velocity, moment);
  judge_anomaly(by_client, rules_.client_anomaly, notional, moment);
  judge_anomaly(by_symbol, rules_.symbol_anomaly, notional, moment);
  judge_anomaly(by_firm, rules_.system_anomaly, notional, moment);

  const auto remember = [&](Watch& watch, const AnomalyRule& rule) {
    if (rule.enabled) watch.anomaly.add(notional, rule.window);
  };
  remember(by_client.watch, rules_.client_anomaly);
  remember(by_symbol.watch, rules_.symbol_anomaly);
  remember(by_firm.watch, rules_.system_anomaly);
}

void Judge::sweep(Timestamp second, std::vector<AlertEvent>& events) {
  const Moment moment{second, nullptr, events};
  const auto& clients = book_.clients.in_order();
  const auto& symbols = book_.symbols.in_order();

  for (const auto index : clients) judge_exposure(client(index), rules_.client_exposure, moment);
  for (const auto index : symbols) judge_exposure(symbol(index), rules_.symbol_exposure, moment);
  judge_exposure(firm(), rules_.firm_exposure, moment);

  for (const auto index : clients) resolve_velocity(client(index), rules_.client_velocity, moment);
  for (const auto index : symbols) resolve_velocity(symbol(index), rules_.symbol_velocity, moment);

  for (const auto index : clients) resolve_anomaly(client(index), rules_.client_anomaly, moment);
  for (const auto index : symbols) resolve_anomaly(symbol(index), rules_.symbol_anomaly, moment);
  resolve_anomaly(firm(), rules_.system_anomaly, moment);
}

Judge::Subject Judge::client(ClientIndex index) {
  ClientState& client = book_.clients[index];
  return {EntityType::kClient, index, client.id, client.watch};
}

Judge::Subject Judge::symbol(SymbolIndex index) {
  SymbolState& symbol = book_.symbols[index];
  return {EntityType::kSymbol, index, symbol.id, symbol.watch};
}

Judge::Subject Judge::firm() {
  return {EntityType::kFirm, 0, kFirmId, book_.firm.watch};
}

Exposure Judge::exposure_of(const Subject& subject) const {
  switch (subject.type) {
    case EntityType::kClient:
      return book_.exposure_of(book_.clients[subject.index]);
    case EntityType::kSymbol:
      return Book::exposure_of(book_.symbols[subject.index]);
    case EntityType::kFirm:
      return book_.firm_exposure();
  }
  RISK_CHECK(!"an entity type");
}

std::vector<Contributor> Judge::contributors(const Subject& subject, Measure measure) const {
  switch (subject.type) {
    case EntityType::kClient:
      return book_.contributors(book_.clients[subject.index], measure);
    case EntityType::kSymbol:
      return book_.contributors(subject.index, measure);
    case EntityType::kFirm:
      return book_.firm_contributors(measure);
  }
  RISK_CHECK(!"an entity type");
}

AlertEvent Judge::decide(AlertState& state, const Decision& decision, AlertType type, Int128 value, Figure::Unit unit,
                         const Subject& subject, const Moment& moment) {
  if (decision.event == AlertEventType::kOpened) {
    state.alert_id = ++alerts_opened_;
    state.peak = value;
  }
  state.severity = decision.severity;
  state.announced = value;

  AlertEvent event;
  event.alert_id = state.alert_id;
  event.type = decision.event;
  event.alert_type = type;
  event.severity = decision.severity;
  event.entity_type = subject.type;
  event.entity_id = subject.id;
  event.value = {unit, value};
  event.limit = {unit, state.limit};
  event.peak = {unit, state.peak};
  if (unit != Figure::Unit::kZScore) event.utilisation_e4 = utilisation_e4(value, state.limit);
  event.config_version = rules_.config_version;
  event.at = moment.at;
  if (moment.transaction != nullptr) event.transaction_id = moment.transaction->transaction_id;
  return event;
}

void Judge::judge_exposure(const Subject& subject, const ExposureRule& rule, const Moment& moment) {
  AlertState& state = subject.watch.exposure_alert;
  const ExposureThresholds* limit = subject.watch.exposure_limit;
  if (limit == nullptr && !state.open()) return;

  const Int128 value = exposure_of(subject).value(rule.measure).magnitude().units();
  const auto decision = engine::judge_exposure(state, value, limit, rule.worsened_ratio);
  if (limit != nullptr) state.limit = limit->limit;
  state.peak = std::max(state.peak, value);
  if (!decision) return;

  AlertEvent event =
      decide(state, *decision, exposure_alert_of(subject.type), value, Figure::Unit::kMoney, subject, moment);
  event.measure = rule.measure;
  event.contributors = contributors(subject, rule.measure);
  moment.events.push_back(std::move(event));
  if (decision->event == AlertEventType::kResolved) state = {};
}

void Judge::judge_velocity(const Subject& subject, const VelocityRule& rule, const Moment& moment) {
  if (!rule.enabled) return;
  AlertState& state = subject.watch.velocity_alert;
  const std::uint64_t count = subject.watch.velocity.count(VelocityWindow::slot_of(moment.at, rule.window_seconds));
  const auto decision = engine::judge_velocity(state, count, subject.watch.velocity_limit, rule.worsened_ratio);
  state.limit = subject.watch.velocity_limit;
  state.peak = std::max(state.peak, static_cast<Int128>(count));
  if (!decision) return;

  AlertEvent event = decide(state, *decision, AlertType::kHighTransactionVelocity, static_cast<Int128>(count),
                            Figure::Unit::kCount, subject, moment);
  event.window_seconds = rule.window_seconds;
  moment.events.push_back(std::move(event));
}

void Judge::resolve_velocity(const Subject& subject, const VelocityRule& rule, const Moment& moment) {
  AlertState& state = subject.watch.velocity_alert;
  if (!state.open()) return;
  const std::uint64_t count = subject.watch.velocity.count(VelocityWindow::slot_of(moment.at, rule.window_seconds));
  if (rule.enabled && !velocity_is_over(count, subject.watch.velocity_limit, rule.resolved_ratio)) return;

  state.limit = subject.watch.velocity_limit;
  const Decision resolved{AlertEventType::kResolved, state.severity};
  AlertEvent event = decide(state, resolved, AlertType::kHighTransactionVelocity, static_cast<Int128>(count),
                            Figure::Unit::kCount, subject, moment);
  event.window_seconds = rule.window_seconds;
  moment.events.push_back(std::move(event));
  state = {};
}

void Judge::judge_anomaly(const Subject& subject, const AnomalyRule& rule, Notional notional, const Moment& moment) {
  if (!rule.enabled) return;
  const auto score = subject.watch.anomaly.score(notional, rule.samples_min);
  if (!score || !is_anomaly(score->magnitude, rule)) return;

  AnomalyState& state = subject.watch.anomaly_alert;
  const auto decision = engine::judge_anomaly(state, score->magnitude, rule);
  state.last_seen = moment.at;
  state.last_value = z_e4(score->magnitude);
  if (!decision) return;

  state.largest = score->magnitude;
  state.peak = state.last_value;
  state.limit = z_e4(to_double(rule.threshold));
  AlertEvent event =
      decide(state, *decision, AlertType::kAnomalyDetected, state.last_value, Figure::Unit::kZScore, subject, moment);
  event.anomaly = score->evidence;
  moment.events.push_back(std::move(event));
}

void Judge::resolve_anomaly(const Subject& subject, const AnomalyRule& rule, const Moment& moment) {
  AnomalyState& state = subject.watch.anomaly_alert;
  if (!state.open()) return;
  const Int128 quiet_micros = Int128{moment.at.micros} - state.last_seen.micros;
  if (rule.enabled && quiet_micros < Int128{rule.quiet_seconds} * kMicrosPerSecond) return;

  const Decision resolved{AlertEventType::kResolved, state.severity};
  moment.events.push_back(
      decide(state, resolved, AlertType::kAnomalyDetected, state.last_value, Figure::Unit::kZScore, subject, moment));
  state = {};
}

}  // namespace risk::engine

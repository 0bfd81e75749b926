#include "risk/engine/rules.hpp"

#include <limits>

namespace risk::engine {
namespace {

using Problems = std::vector<std::string>;

void require(Problems& found, bool condition, std::string problem) {
  if (!condition) found.push_back(std::move(problem));
}

void check_names(Problems& found, const std::string& rule, const auto& limit_by_entity) {
  for (const auto& [name, limit] : limit_by_entity) {
    if (const auto problem = id_problem(name)) {
      found.push_back(rule + ".limits: name \"" + printable(name) + "\": " + std::string(*problem));
    }
  }
}

void check(Problems& found, const std::string& name, const ExposureRule& rule) {
  const auto positive = [&](const std::string& key, Money limit) {
    require(found, limit.units() > 0, name + "." + key + " " + limit.to_string() + ": must be above 0");
  };
  if (rule.limit) positive("limit", *rule.limit);
  for (const auto& [entity, limit] : rule.limit_by_entity) positive("limits." + printable(entity), limit);
  check_names(found, name, rule.limit_by_entity);
  const Ratio one = Ratio::from_whole(1);
  require(found, rule.critical_ratio >= one,
          name + ".critical_ratio " + rule.critical_ratio.to_string() + ": must be at least 1");
  require(found, rule.worsened_ratio > one,
          name + ".worsened_ratio " + rule.worsened_ratio.to_string() + ": must be above 1");
  require(found, rule.resolved_ratio.units() >= 0 && rule.resolved_ratio <= one,
          name + ".resolved_ratio " + rule.resolved_ratio.to_string() + ": must be 0 to 1");
}

void check(Problems& found, const std::string& name, const VelocityRule& rule) {
  require(found, rule.limit >= 1, name + ".limit 0: must be at least 1");
  for (const auto& [entity, limit] : rule.limit_by_entity) {
    require(found, limit >= 1, name + ".limits." + printable(entity) + " 0: must be at least 1");
  }
  check_names(found, name, rule.limit_by_entity);
  require(found, rule.window_seconds >= 1 && rule.window_seconds <= 86'400,
          name + ".window_seconds " + std::to_string(rule.window_seconds) + ": must be 1 to 86400");
  require(found, rule.worsened_ratio > Ratio::from_whole(1),
          name + ".worsened_ratio " + rule.worsened_ratio.to_string() + ": must be above 1");
  require(found, rule.resolved_ratio.units() >= 0 && rule.resolved_ratio <= Ratio::from_whole(1),
          name + ".resolved_ratio " + rule.resolved_ratio.to_string() + ": must be 0 to 1");
}

void check(Problems& found, const std::string& name, const AnomalyRule& rule) {
  require(found, rule.threshold.units() > 0 && rule.threshold <= Ratio::from_whole(1'000'000),
          name + ".threshold " + rule.threshold.to_string() + ": must be above 0 and at most 1000000");
  require(found, rule.high_threshold >= rule.threshold && rule.high_threshold <= Ratio::from_whole(1'000'000),
          name + ".high_threshold " + rule.high_threshold.to_string() +
              ": must be at least the threshold and at most 1000000");
  require(found, rule.window >= 2 && rule.window <= 1000,
          name + ".window " + std::to_string(rule.window) + ": must be 2 to 1000");
  require(found, rule.samples_min >= 2 && rule.samples_min <= rule.window,
          name + ".samples_min " + std::to_string(rule.samples_min) + ": must be 2 to the window");
}

std::optional<std::string_view> optional_id_problem(std::string_view text) {
  return text.empty() ? std::nullopt : id_problem(text);
}

Rejection reject(std::string field, std::string_view value, std::string reason) {
  return {std::move(field), printable(value), std::move(reason)};
}

Result<Price, Rejection> to_base(Price price, const std::string& currency, const RuleSet& rules) {
  if (currency.empty() || currency == rules.base_currency) return price;
  const auto rate = rules.rates.find(currency);
  if (rate == rules.rates.end()) return reject("currency", currency, "no rate is configured for it");
  const auto converted = convert(price, rate->second);
  if (!converted) {
    return reject("price", price.to_string(),
                  "out of range in " + rules.base_currency + " at rate " + rate->second.to_string());
  }
  if (converted->units() == 0) {
    return reject("price", price.to_string(),
                  "zero in " + rules.base_currency + " at rate " + rate->second.to_string());
  }
  return *converted;
}

}  // namespace

RuleSet::RuleSet() {
  client_exposure.limit = Money::from_whole(1'000'000);
  symbol_exposure.limit = Money::from_whole(500'000);
  system_anomaly.enabled = false;
}

std::vector<std::string> problems(const RuleSet& rules) {
  Problems found;
  if (const auto problem = id_problem(rules.base_currency)) {
    found.push_back("base_currency \"" + printable(rules.base_currency) + "\": " + std::string(*problem));
  }
  for (const auto& [currency, rate] : rules.rates) {
    if (const auto problem = id_problem(currency)) {
      found.push_back("rates: currency \"" + printable(currency) + "\": " + std::string(*problem));
    }
    require(found, rate.units() > 0, "rates." + printable(currency) + " " + rate.to_string() + ": must be above 0");
  }
  require(found, rules.session_start_seconds < 86'400,
          "session_start " + std::to_string(rules.session_start_seconds) + ": must be a time of day");
  check(found, "client_exposure", rules.client_exposure);
  check(found, "symbol_exposure", rules.symbol_exposure);
  check(found, "firm_exposure", rules.firm_exposure);
  require(found, rules.firm_exposure.limit_by_entity.empty(), "firm_exposure.limits: the firm has one limit");
  check(found, "client_velocity", rules.client_velocity);
  check(found, "symbol_velocity", rules.symbol_velocity);
  check(found, "client_anomaly", rules.client_anomaly);
  check(found, "symbol_anomaly", rules.symbol_anomaly);
  check(found, "system_anomaly", rules.system_anomaly);
  return found;
}

Result<Price, Rejection> validate(const Transaction& transaction, const RuleSet& rules) {
  const auto& t = transaction;
  if (const auto problem = id_problem(t.transaction_id)) {
    return reject("transaction_id", t.transaction_id, std::string(*problem));
  }
  if (t.executed_at < kTimestampMin || t.executed_at > kTimestampMax) {
    return reject("executed_at", std::to_string(t.executed_at.micros), "outside the years 1 to 9999");
  }
  if (const auto problem = id_problem(t.client_id.text))
    return reject("client_id", t.client_id.text, std::string(*problem));
  if (const auto problem = id_problem(t.symbol.text)) return reject("symbol", t.symbol.text, std::string(*problem));
  if (t.side != Side::kBuy && t.side != Side::kSell) {
    return reject("side", std::to_string(static_cast<int>(t.side)), "not BUY or SELL");
  }
  if (t.quantity.units() <= 0) return reject("quantity", t.quantity.to_string(), "must be above 0");
  if (t.price.units() <= 0) return reject("price", t.price.to_string(), "must be above 0");
  if (const auto problem = optional_id_problem(t.currency))
    return reject("currency", t.currency, std::string(*problem));
  if (const auto problem = optional_id_problem(t.broker_id))
    return reject("broker_id", t.broker_id, std::string(*problem));
  if (const auto problem = optional_id_problem(t.market)) return reject("market", t.market, std::string(*problem));
  return to_base(t.price, t.currency, rules);
}

Result<Price, Rejection> validate(const OpeningPosition& position, const RuleSet& rules) {
  const auto& p = position;
  if (const auto problem = id_problem(p.client_id.text))
    return reject("client_id", p.client_id.text, std::string(*problem));
  if (const auto problem = id_problem(p.symbol.text)) return reject("symbol", p.symbol.text, std::string(*problem));
  if (p.quantity.units() == std::numeric_limits<std::int64_t>::min()) {
    return reject("quantity", p.quantity.to_string(), "out of range");
  }
  if (p.price.units() <= 0) return reject("price", p.price.to_string(), "must be above 0");
  if (const auto problem = optional_id_problem(p.currency))
    return reject("currency", p.currency, std::string(*problem));
  return to_base(p.price, p.currency, rules);
}

}  // namespace risk::engine

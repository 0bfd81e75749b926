// The configuration of the risk rules (what they mean: libs/engine/RULES.md). A RuleSet is a value; the core copies the
// one it is given.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "risk/base/check.hpp"
#include "risk/base/decimal.hpp"
#include "risk/base/id.hpp"
#include "risk/engine/session.hpp"
#include "risk/engine/types.hpp"

namespace risk::engine {

// A rule watches all entities of a type. Its members are its parameters; what else is to be said of each (help, bounds,
// its name on every interface) stands once, in rule_table.hpp.

// A limit of one measure of an entity's exposure. All ratios are multiples; limits are > 0.
struct ExposureRule {
  std::string name;  // "client_exposure", unique in a rule set
  EntityType entity_type = EntityType::kClient;
  bool enabled = true;
  Measure measure = Measure::kGross;
  std::optional<Money> limit;                                 // none: no limit but for those named below
  std::map<std::string, Money, std::less<>> limit_by_entity;  // overrides `limit` for a client id or symbol
  Ratio critical_ratio = Ratio::from_units(150'000'000);      // v > ratio x limit is CRITICAL
  Ratio worsened_ratio = Ratio::from_units(125'000'000);      // v >= ratio x last announced is WORSENED
  Ratio resolved_ratio = Ratio::from_units(95'000'000);       // v <= ratio x limit is low
  std::uint32_t resolved_after_seconds = 0;                   // low for so long: RESOLVED by a sweep; 0: at once

  friend bool operator==(const ExposureRule&, const ExposureRule&) = default;
};

// More than `limit` orders of an entity in the window.
struct VelocityRule {
  std::string name;
  EntityType entity_type = EntityType::kClient;  // not the firm
  bool enabled = true;
  std::uint32_t limit = 10;
  std::map<std::string, std::uint32_t, std::less<>> limit_by_entity;
  std::uint32_t window_seconds = 60;                      // >= 1; kept as 60 slots of a sixtieth each
  Ratio worsened_ratio = Ratio::from_units(200'000'000);  // count >= ratio x last announced
  Ratio resolved_ratio = Ratio::from_units(50'000'000);   // count <= ratio x limit
  std::uint32_t order_window_ms = 0;  // how long an order without an id lasts; 0: each execution is counted

  friend bool operator==(const VelocityRule&, const VelocityRule&) = default;
};

// A single transaction with a notional above a limit.
struct SizeRule {
  std::string name;
  EntityType entity_type = EntityType::kClient;
  bool enabled = true;
  std::optional<Money> limit;  // none: no limit but for those named below
  std::map<std::string, Money, std::less<>> limit_by_entity;
  Ratio critical_ratio = Ratio::from_units(1'000'000'000);  // v > ratio x limit is CRITICAL
  Ratio worsened_ratio = Ratio::from_units(200'000'000);    // v >= ratio x the largest announced is WORSENED
  std::uint32_t quiet_seconds = 300;                        // without one above the limit: resolved

  friend bool operator==(const SizeRule&, const SizeRule&) = default;
};

// A price far from the symbol's mark. The first rule of this kind is the jump guard: what it finds is held, and does
// not become the mark (RULES.md, "The mark"). A further one tells of held prices that are above its own limit.
struct PriceRule {
  std::string name;
  EntityType entity_type = EntityType::kSymbol;  // no other
  bool enabled = true;
  Ratio limit = Ratio::from_whole(2);  // multiple of the mark, above or below; 0: none, else >= 1
  std::map<std::string, Ratio, std::less<>> limit_by_entity;
  std::uint32_t quiet_seconds = 300;  // without one: resolved

  friend bool operator==(const PriceRule&, const PriceRule&) = default;
};

// A notional far from the entity's previous ones.
struct AnomalyRule {
  std::string name;
  EntityType entity_type = EntityType::kClient;
  bool enabled = true;
  Ratio threshold = Ratio::from_units(300'000'000);       // |z| above it opens
  Ratio high_threshold = Ratio::from_units(400'000'000);  // |z| from it on is HIGH
  std::uint32_t window = 100;                             // previous notionals, 2 to 1000
  std::uint32_t samples_min = 30;                         // 2 to window
  std::uint32_t quiet_seconds = 300;                      // without an anomaly: resolved

  friend bool operator==(const AnomalyRule&, const AnomalyRule&) = default;
};

// The kinds of rules, in the order in which an evaluation goes through them.
template <class... Rules>
struct RuleKindList {};
using RuleKinds = RuleKindList<ExposureRule, VelocityRule, SizeRule, PriceRule, AnomalyRule>;

// What an input means has changed since the first release. A set of rules says by which edition it is to be read, so
// that inputs that are stored are applied anew as they were the first time:
//   1  every price of a transaction becomes the mark, and that of an opening position too
//   2  a price that is older than the mark does not; that of an opening position is older than any other
//   3  a mark stays in its currency, and is worth its price at the rate in force; before it was converted once, at the
//      rate of its time
//   4  there is a P&L of the session; before, none was kept
//   5  there are busts and corrections, and it is remembered what they need: the last marks of a symbol and who made
//      them, and which input tipped an alert
inline constexpr std::uint32_t kEdition = 5;

struct RuleSet {
  std::uint64_t config_version = 1;
  std::uint32_t edition = kEdition;  // 1 to kEdition
  std::string base_currency = "USD";
  bool has_pnl() const { return edition >= 4; }
  bool knows_reversals() const { return edition >= 5; }
  bool guards_marks() const { return edition >= 5; }
  // Base currency per unit; the base currency itself needs none. They are in force from the start: an ExchangeRate, of
  // whatever instant, takes their place.
  std::map<std::string, Rate, std::less<>> rates;
  SessionStart session_start;
  bool require_instruments = false;  // what is of a symbol without an instrument is refused

  // Of each kind first the rules that are always there (rule_table.hpp: client_exposure, symbol_exposure,
  // firm_exposure; client_velocity, symbol_velocity; client_size; price_deviation; client_anomaly, symbol_anomaly,
  // system_anomaly), in the order of the table; then further ones in byte order of name. They are evaluated in this
  // order.
  std::vector<ExposureRule> exposure_rules;
  std::vector<VelocityRule> velocity_rules;
  std::vector<SizeRule> size_rules;
  std::vector<PriceRule> price_rules;
  std::vector<AnomalyRule> anomaly_rules;

  // The defaults: client gross 1,000,000; symbol gross 500,000; firm no limit; prices beyond twice the mark; system
  // anomaly off.
  RuleSet();

  // All rules of a kind.
  template <class Rule>
  std::vector<Rule>& of() {
    return const_cast<std::vector<Rule>&>(std::as_const(*this).of<Rule>());
  }
  template <class Rule>
  const std::vector<Rule>& of() const {
    if constexpr (std::is_same_v<Rule, ExposureRule>) return exposure_rules;
    if constexpr (std::is_same_v<Rule, VelocityRule>) return velocity_rules;
    if constexpr (std::is_same_v<Rule, SizeRule>) return size_rules;
    if constexpr (std::is_same_v<Rule, PriceRule>) return price_rules;
    if constexpr (std::is_same_v<Rule, AnomalyRule>) return anomaly_rules;
  }
  // The rule of that name. Precondition: it is there.
  ExposureRule& exposure(std::string_view name) { return named(std::span(exposure_rules), name); }
  VelocityRule& velocity(std::string_view name) { return named(std::span(velocity_rules), name); }
  SizeRule& size(std::string_view name) { return named(std::span(size_rules), name); }
  PriceRule& price(std::string_view name) { return named(std::span(price_rules), name); }
  AnomalyRule& anomaly(std::string_view name) { return named(std::span(anomaly_rules), name); }
  const ExposureRule& exposure(std::string_view name) const { return named(std::span(exposure_rules), name); }
  const VelocityRule& velocity(std::string_view name) const { return named(std::span(velocity_rules), name); }
  const SizeRule& size(std::string_view name) const { return named(std::span(size_rules), name); }
  const PriceRule& price(std::string_view name) const { return named(std::span(price_rules), name); }
  const AnomalyRule& anomaly(std::string_view name) const { return named(std::span(anomaly_rules), name); }

  friend bool operator==(const RuleSet&, const RuleSet&) = default;

 private:
  template <class Rule>
  static Rule& named(std::span<Rule> rules, std::string_view name) {
    for (Rule& rule : rules) {
      if (rule.name == name) return rule;
    }
    RISK_CHECK(!"a rule of that name");
  }
};

// Calls look(rule) for each rule, in the order in which they are evaluated. `rules` is a RuleSet, const or not; `look`
// takes a rule of any kind.
template <class Set, class... Rules>
void for_each_rule(Set& rules, const auto& look, RuleKindList<Rules...>) {
  const auto of_kind = [&](auto& list) {
    for (auto& rule : list) look(rule);
  };
  (of_kind(rules.template of<Rules>()), ...);
}
void for_each_rule(auto& rules, const auto& look) {
  for_each_rule(rules, look, RuleKinds{});
}

// Every mistake in the rules ("client_velocity.window_seconds 0: must be at least 1"); empty when there is none.
std::vector<std::string> problems(const RuleSet& rules);

// Adds to `next` the rules of `before` that it lacks, disabled: so that what they have open resolves.
void keep_missing_rules(RuleSet& next, const RuleSet& before);

// Why an input can be applied to no core at all: the first field, in the order of the struct, that does not fit. Pure.
// Nothing: its values are in order, and what is left to judge depends on the core (rates in force, ranges, bounds).
// Of a bust only what is read of it is judged.
std::optional<Rejection> value_problem(const Transaction& transaction);
std::optional<Rejection> value_problem(const OpeningPosition& position);
std::optional<Rejection> value_problem(const MarketPrice& price);
std::optional<Rejection> value_problem(const ExchangeRate& rate);
std::optional<Rejection> value_problem(const HeldPriceDecision& decision);
std::optional<Rejection> value_problem(const Instrument& instrument);
std::optional<Rejection> value_problem(const Adjustment& adjustment);

}  // namespace risk::engine

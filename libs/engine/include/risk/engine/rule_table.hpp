// The one description of the rules: of each kind its parameters and the rules that are always there. Options and YAML,
// problems, snapshot, stored rules, table `limits` and the HTTP interface all follow from it.
//
// A new parameter is a member of the kind's struct and a line here. A new rule of a kind is a line here. A new kind is
// a struct in rules.hpp, a RuleKind here and its evaluation in src/ (docs/CHANGING.md).
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string_view>
#include <tuple>

#include "risk/engine/rules.hpp"

namespace risk::engine {

enum class ParameterUse : std::uint8_t {
  kSetting,
  kLimit,          // what the rule's values are held against: a row of table `limits`
  kLimitByEntity,  // limits of single entities; not of the firm, which has one limit
};

// One parameter of a kind of rule.
template <class Rule, class T>
struct Parameter {
  std::string_view name;  // in YAML and problems: "window_seconds"
  T Rule::*member;
  std::string_view help;  // goes on after the rule's title: "Client velocity" ": length of the window"
  // What is allowed, as it goes on after "must be ", and whether it is so; nothing: whatever the type holds.
  std::string_view allowed = "";
  bool (*is_allowed)(const Rule&) = nullptr;
  ParameterUse use = ParameterUse::kSetting;
  std::string_view json_name = "";    // in the HTTP interface, if not as `name`
  std::string_view stored_name = "";  // in stored rules, if not as `name`
  // Adapts a default to what the user did set. What the user set is judged as it is.
  void (*fit)(Rule&) = nullptr;
  // The name of a command line option is "--RULE-NAME"; false: it is set in YAML alone.
  bool has_flag = false;
  bool may_be_zero = false;  // of a whole number
  // It came after the first release: what was written before has it at its kind's default, which stays what it is.
  bool is_later = false;

  constexpr std::string_view in_json() const { return json_name.empty() ? name : json_name; }
  constexpr std::string_view in_store() const { return stored_name.empty() ? name : stored_name; }
};

// A rule that is always there.
template <class Rule>
struct BuiltInRule {
  std::string_view name;
  EntityType entity_type;
  std::string_view title;                      // how its help begins
  std::string_view limit_variable = "";        // the environment variable of its limit
  void (*set_defaults)(Rule&) = [](Rule&) {};  // where they are not those of the kind
  // It came after the first release: what was written before it was there has it as absent_rule() says.
  bool is_later = false;
  bool is_off_by_default = false;  // its defaults have no limit, so it says nothing
};

// The parameters that several kinds have.
template <class R>
constexpr Parameter<R, bool> parameter_enabled() {
  return {"enabled", &R::enabled, " is judged"};
}
template <class R>
constexpr Parameter<R, std::optional<Money>> parameter_money_limit(std::string_view help) {
  return {
      .name = "limit",
      .member = &R::limit,
      .help = help,
      .allowed = "above 0",
      .is_allowed = [](const R& r) { return !r.limit || r.limit->units() > 0; },
      .use = ParameterUse::kLimit,
      .has_flag = true,
  };
}
template <class R, class Limit>
constexpr Parameter<R, std::map<std::string, Limit, std::less<>>> parameter_limits() {
  return {
      .name = "limits",
      .member = &R::limit_by_entity,
      .help = ": limits of their own, by id",
      .use = ParameterUse::kLimitByEntity,
      .stored_name = "limit_by_entity",
  };
}
template <class R>
constexpr Parameter<R, Ratio> parameter_critical_ratio() {
  return {
      .name = "critical_ratio",
      .member = &R::critical_ratio,
      .help = ": multiple of the limit above which it is critical",
      .allowed = "at least 1",
      .is_allowed = [](const R& r) { return r.critical_ratio >= Ratio::from_whole(1); },
      .json_name = "critical_multiple",
  };
}
template <class R>
constexpr Parameter<R, Ratio> parameter_worsened_ratio(std::string_view help) {
  return {
      .name = "worsened_ratio",
      .member = &R::worsened_ratio,
      .help = help,
      .allowed = "above 1",
      .is_allowed = [](const R& r) { return r.worsened_ratio > Ratio::from_whole(1); },
      .json_name = "worsened_multiple",
  };
}
template <class R>
constexpr Parameter<R, Ratio> parameter_resolved_ratio(
    std::string_view help = ": multiple of the limit at which it resolves") {
  return {
      .name = "resolved_ratio",
      .member = &R::resolved_ratio,
      .help = help,
      .allowed = "0 to 1",
      .is_allowed =
          [](const R& r) { return r.resolved_ratio.units() >= 0 && r.resolved_ratio <= Ratio::from_whole(1); },
      .json_name = "resolved_multiple",
  };
}
template <class R>
constexpr Parameter<R, std::uint32_t> parameter_quiet_seconds(std::string_view help) {
  return {
      .name = "quiet_seconds",
      .member = &R::quiet_seconds,
      .help = help,
      .allowed = "0 to 1000000000",
      .is_allowed = [](const R& r) { return r.quiet_seconds <= 1'000'000'000; },
      .json_name = "resolved_after_seconds",
      .may_be_zero = true,
  };
}

// name        of the kind, in files
// unit        of its values and limits
// builtin     the rules that are always there, in the order of evaluation
// parameters  in the order in which a snapshot has them: a later one goes to the end, and none is taken out
// alert_type  what an alert of such a rule is called, by what the rule watches
template <class Rule>
struct RuleKind;

// Beyond those of the kind, which are those of stored rules of before.
inline void set_exposure_defaults(ExposureRule& rule, std::optional<Money> limit) {
  rule.limit = limit;
  rule.resolved_after_seconds = 60;
}

template <>
struct RuleKind<ExposureRule> {
  using R = ExposureRule;
  static constexpr std::string_view name = "exposure";
  static constexpr Figure::Unit unit = Figure::Unit::kMoney;
  static constexpr std::array builtin{
      BuiltInRule<R>{"client_exposure", EntityType::kClient, "Client exposure", "CLIENT_EXPOSURE_THRESHOLD",
                     [](R& rule) { set_exposure_defaults(rule, Money::from_whole(1'000'000)); }},
      BuiltInRule<R>{"symbol_exposure", EntityType::kSymbol, "Symbol exposure", "SYMBOL_EXPOSURE_THRESHOLD",
                     [](R& rule) { set_exposure_defaults(rule, Money::from_whole(500'000)); }},
      BuiltInRule<R>{"firm_exposure", EntityType::kFirm, "Firm exposure", "FIRM_EXPOSURE_THRESHOLD",
                     [](R& rule) { set_exposure_defaults(rule, std::nullopt); }},
  };
  static constexpr std::tuple parameters{
      parameter_enabled<R>(),
      Parameter<R, Measure>{"measure", &R::measure, ": gross, net, long, short or turnover"},
      parameter_money_limit<R>(": limit in base currency, or none"),
      parameter_limits<R, Money>(),
      parameter_critical_ratio<R>(),
      parameter_worsened_ratio<R>(": multiple of the last announced value that is news"),
      parameter_resolved_ratio<R>(": multiple of the limit at or below which it is low"),
      Parameter<R, std::uint32_t>{
          .name = "resolved_after_seconds",
          .member = &R::resolved_after_seconds,
          .help = ": how long it has to be low until it resolves; 0: not at all, as in release 1.0",
          .allowed = "0 to 1000000000",
          .is_allowed = [](const R& r) { return r.resolved_after_seconds <= 1'000'000'000; },
          .may_be_zero = true,
          .is_later = true,
      },
  };
  static constexpr AlertType alert_type(EntityType type) {
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
  static auto members(const R& rule) {
    const auto& [name, entity_type, enabled, measure, limit, limits, critical, worsened, resolved, after] = rule;
    return std::tie(name, entity_type, enabled, measure, limit, limits, critical, worsened, resolved, after);
  }
};

// As above.
inline void set_velocity_defaults(VelocityRule& rule) {
  rule.order_window_ms = 1'000;
}

template <>
struct RuleKind<VelocityRule> {
  using R = VelocityRule;
  static constexpr std::string_view name = "velocity";
  static constexpr Figure::Unit unit = Figure::Unit::kCount;
  static constexpr std::array builtin{
      BuiltInRule<R>{"client_velocity", EntityType::kClient, "Client velocity", "", set_velocity_defaults},
      BuiltInRule<R>{"symbol_velocity", EntityType::kSymbol, "Symbol velocity", "", set_velocity_defaults},
  };
  static constexpr std::tuple parameters{
      parameter_enabled<R>(),
      Parameter<R, std::uint32_t>{
          .name = "limit",
          .member = &R::limit,
          .help = ": orders in the window that are still fine",
          .allowed = "at least 1",
          .is_allowed = [](const R& r) { return r.limit >= 1; },
          .use = ParameterUse::kLimit,
          .has_flag = true,
      },
      parameter_limits<R, std::uint32_t>(),
      Parameter<R, std::uint32_t>{
          .name = "window_seconds",
          .member = &R::window_seconds,
          .help = ": length of the window",
          .allowed = "1 to 86400",
          .is_allowed = [](const R& r) { return r.window_seconds >= 1 && r.window_seconds <= 86'400; },
      },
      parameter_worsened_ratio<R>(": multiple of the last announced count that is news"),
      parameter_resolved_ratio<R>(),
      Parameter<R, std::uint32_t>{
          .name = "order_window_ms",
          .member = &R::order_window_ms,
          .help = ": how long an order without an id lasts (of the first rule that is not 0); 0: each execution is "
                  "counted, as in release 1.0",
          .allowed = "0 to 86400000",
          .is_allowed = [](const R& r) { return r.order_window_ms <= 86'400'000; },
          .may_be_zero = true,
          .is_later = true,
      },
  };
  static constexpr AlertType alert_type(EntityType) { return AlertType::kHighTransactionVelocity; }
  static auto members(const R& rule) {
    const auto& [name, entity_type, enabled, limit, limits, window, worsened, resolved, order_window] = rule;
    return std::tie(name, entity_type, enabled, limit, limits, window, worsened, resolved, order_window);
  }
};

template <>
struct RuleKind<SizeRule> {
  using R = SizeRule;
  static constexpr std::string_view name = "size";
  static constexpr Figure::Unit unit = Figure::Unit::kMoney;
  static constexpr std::array builtin{
      BuiltInRule<R>{.name = "client_size",
                     .entity_type = EntityType::kClient,
                     .title = "Client size",
                     .is_later = true,
                     .is_off_by_default = true},
  };
  static constexpr std::tuple parameters{
      parameter_enabled<R>(),
      parameter_money_limit<R>(": notional of one transaction in base currency that is still fine, or none"),
      parameter_limits<R, Money>(),
      parameter_critical_ratio<R>(),
      parameter_worsened_ratio<R>(": multiple of the largest announced notional that is news"),
      parameter_quiet_seconds<R>(": time without a transaction above the limit after which it resolves"),
  };
  static constexpr AlertType alert_type(EntityType) { return AlertType::kLargeTransaction; }
  static auto members(const R& rule) {
    const auto& [name, entity_type, enabled, limit, limits, critical, worsened, quiet] = rule;
    return std::tie(name, entity_type, enabled, limit, limits, critical, worsened, quiet);
  }
};

template <>
struct RuleKind<PriceRule> {
  using R = PriceRule;
  static constexpr std::string_view name = "price";
  static constexpr Figure::Unit unit = Figure::Unit::kPrice;
  static constexpr std::array builtin{
      BuiltInRule<R>{.name = "price_deviation",
                     .entity_type = EntityType::kSymbol,
                     .title = "Price deviation",
                     .limit_variable = "MARK_JUMP_MAX",
                     .is_later = true},
  };
  static constexpr bool is_jump_limit(Ratio limit) {
    return limit == Ratio{} || (limit >= Ratio::from_whole(1) && limit <= Ratio::from_whole(1'000'000));
  }
  static constexpr std::tuple parameters{
      parameter_enabled<R>(),
      Parameter<R, Ratio>{
          .name = "limit",
          .member = &R::limit,
          .help = ": multiple of the mark, above or below it, beyond which a price is held instead of becoming the "
                  "mark; 0: none",
          .allowed = "0, or 1 to 1000000",
          .is_allowed = [](const R& r) { return is_jump_limit(r.limit); },
          .use = ParameterUse::kLimit,
          .has_flag = true,
      },
      parameter_limits<R, Ratio>(),
      parameter_quiet_seconds<R>(": time without a held price after which it resolves"),
  };
  static constexpr AlertType alert_type(EntityType) { return AlertType::kPriceDeviation; }
  static auto members(const R& rule) {
    const auto& [name, entity_type, enabled, limit, limits, quiet] = rule;
    return std::tie(name, entity_type, enabled, limit, limits, quiet);
  }
};

template <>
struct RuleKind<AnomalyRule> {
  using R = AnomalyRule;
  static constexpr std::string_view name = "anomaly";
  static constexpr Figure::Unit unit = Figure::Unit::kZScore;
  static constexpr std::array builtin{
      BuiltInRule<R>{"client_anomaly", EntityType::kClient, "Client anomaly"},
      BuiltInRule<R>{"symbol_anomaly", EntityType::kSymbol, "Symbol anomaly"},
      BuiltInRule<R>{"system_anomaly", EntityType::kFirm, "System anomaly", "", [](R& rule) { rule.enabled = false; }},
  };
  static constexpr std::tuple parameters{
      parameter_enabled<R>(),
      Parameter<R, Ratio>{
          .name = "threshold",
          .member = &R::threshold,
          .help = ": |z| above which it opens",
          .allowed = "above 0 and at most 1000000",
          .is_allowed =
              [](const R& r) { return r.threshold.units() > 0 && r.threshold <= Ratio::from_whole(1'000'000); },
          .use = ParameterUse::kLimit,
          .has_flag = true,
      },
      Parameter<R, Ratio>{
          .name = "high_threshold",
          .member = &R::high_threshold,
          .help = ": |z| from which it is HIGH",
          .allowed = "at least the threshold and at most 1000000",
          .is_allowed =
              [](const R& r) {
                return r.high_threshold >= r.threshold && r.high_threshold <= Ratio::from_whole(1'000'000);
              },
          .fit = [](R& r) { r.high_threshold = std::max(r.high_threshold, r.threshold); },
      },
      Parameter<R, std::uint32_t>{
          .name = "window",
          .member = &R::window,
          .help = ": earlier transactions that it is scored against",
          .allowed = "2 to 1000",
          .is_allowed = [](const R& r) { return r.window >= 2 && r.window <= 1000; },
          .json_name = "samples",
      },
      Parameter<R, std::uint32_t>{
          .name = "samples_min",
          .member = &R::samples_min,
          .help = ": earlier transactions that it needs",
          .allowed = "2 to the window",
          .is_allowed = [](const R& r) { return r.samples_min >= 2 && r.samples_min <= r.window; },
          .json_name = "minimum_samples",
          .fit = [](R& r) { r.samples_min = std::min(r.samples_min, r.window); },
      },
      parameter_quiet_seconds<R>(": time without an anomaly after which it resolves"),
  };
  static constexpr AlertType alert_type(EntityType) { return AlertType::kAnomalyDetected; }
  static auto members(const R& rule) {
    const auto& [name, entity_type, enabled, threshold, high, window, samples_min, quiet] = rule;
    return std::tie(name, entity_type, enabled, threshold, high, window, samples_min, quiet);
  }
};

// A parameter's value as settings and problems have it: "none" for a limit that is not there.
std::string parameter_text(bool value);
std::string parameter_text(std::uint32_t value);
std::string parameter_text(Measure value);
std::string parameter_text(Ratio value);
std::string parameter_text(const std::optional<Money>& value);

// Calls look(parameter) for each parameter of a kind, in the order of the table.
template <class Rule>
void for_each_parameter(const auto& look) {
  // Its name and whom it watches are a rule's place in the table and no parameters. A member more is refused by
  // members(), whose names are then too few.
  static_assert(std::tuple_size_v<decltype(RuleKind<Rule>::members(std::declval<const Rule&>()))> ==
                    std::tuple_size_v<decltype(RuleKind<Rule>::parameters)> + 2,
                "each member of a rule has its line in the table");
  std::apply([&](const auto&... parameter) { (look(parameter), ...); }, RuleKind<Rule>::parameters);
}

// Calls look.template operator()<Rule>() for each kind.
template <class... Rules>
void for_each_kind(const auto& look, RuleKindList<Rules...>) {
  (look.template operator()<Rules>(), ...);
}
void for_each_kind(const auto& look) {
  for_each_kind(look, RuleKinds{});
}

// Of a rule of any kind.
template <class Rule>
AlertType alert_type_of(const Rule& rule) {
  return RuleKind<Rule>::alert_type(rule.entity_type);
}
// What a later rule is in a file that does not name it: disabled, or by its defaults where these say nothing.
template <class Rule>
Rule absent_rule(const BuiltInRule<Rule>& row) {
  Rule rule;
  row.set_defaults(rule);
  rule.name = row.name;
  rule.entity_type = row.entity_type;
  if (!row.is_off_by_default) rule.enabled = false;
  return rule;
}
template <class Rule>
bool is_alert_of(AlertType type) {
  for (const EntityType entity : kEntityTypes) {
    if (RuleKind<Rule>::alert_type(entity) == type) return true;
  }
  return false;
}
// Its row in the table; null: it is none of those that are always there.
template <class Rule>
const BuiltInRule<Rule>* builtin_of(const Rule& rule) {
  for (const auto& row : RuleKind<Rule>::builtin) {
    if (row.name == rule.name) return &row;
  }
  return nullptr;
}
// The unit of an alert's value and limit.
Figure::Unit unit_of(AlertType type);

}  // namespace risk::engine

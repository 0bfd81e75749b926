#include <algorithm>
#include <array>
#include <memory>

#include "risk/base/id.hpp"
#include "risk/settings/settings.hpp"
#include "setters.hpp"

namespace risk::settings {
namespace {

using engine::AnomalyRule;
using engine::ExposureRule;
using engine::Measure;
using engine::RuleSet;
using engine::VelocityRule;
using service::OptionSet;
using Allowed = std::optional<std::string>;
using Text = std::string_view;

constexpr std::uint32_t kCountMax = 1'000'000'000;

// Declares the options of one rule: "client_exposure" has its keys below rules.client_exposure.
class RuleOptions {
 public:
  RuleOptions(OptionSet& options, std::string rule, std::string title)
      : options_(options), rule_(std::move(rule)), title_(std::move(title)) {}

  // A setting worth a flag: "--client-exposure-limit".
  service::OptionSpec with_flag(const std::string& name, const std::string& help,
                                std::vector<std::string> env = {}) const {
    std::string flag = "--" + rule_ + "-" + name;
    std::replace(flag.begin(), flag.end(), '_', '-');
    return {key(name), flag, std::move(env), title_ + help};
  }
  service::OptionSpec yaml_only(const std::string& name, const std::string& help) const {
    return {key(name), "", {}, title_ + help};
  }

  void add_enabled(bool& enabled) const { options_.add_bool(yaml_only("enabled", " is judged"), enabled); }

  void add_ratio(const service::OptionSpec& spec, Ratio& value) const {
    options_.add_custom(
        spec, [&value](Text text) { return set_ratio(text, value); }, value.to_string());
  }

  void add_count(const service::OptionSpec& spec, std::uint32_t& value) const {
    options_.add_custom(
        spec, [&value](Text text) { return set_count(text, value); }, std::to_string(value));
  }

  OptionSet& set() const { return options_; }

 private:
  std::string key(const std::string& name) const { return "rules." + rule_ + "." + name; }

  OptionSet& options_;
  std::string rule_;
  std::string title_;
};

Allowed set_measure(Text text, Measure& value) {
  const auto parsed = engine::parse_enum<Measure>(text);
  if (!parsed) return "gross, net, long, short, turnover";
  value = *parsed;
  return std::nullopt;
}

Allowed set_limit(Text text, std::optional<Money>& limit) {
  if (text == "none") {
    limit.reset();
    return std::nullopt;
  }
  Money amount;
  if (const auto allowed = set_money(text, amount)) return *allowed + ", or none";
  limit = amount;
  return std::nullopt;
}

void add_exposure(const RuleOptions& options, ExposureRule& rule, std::vector<std::string> env, bool has_entities) {
  options.add_enabled(rule.enabled);
  options.set().add_custom(
      options.yaml_only("measure", ": gross, net, long, short or turnover"),
      [&rule](Text text) { return set_measure(text, rule.measure); }, std::string(to_string(rule.measure)));
  options.set().add_custom(
      options.with_flag("limit", ": limit in base currency, or none", std::move(env)),
      [&rule](Text text) { return set_limit(text, rule.limit); }, rule.limit ? rule.limit->to_string() : "none");
  options.add_ratio(options.yaml_only("critical_ratio", ": multiple of the limit above which it is critical"),
                    rule.critical_ratio);
  options.add_ratio(options.yaml_only("worsened_ratio", ": multiple of the last announced value that is news"),
                    rule.worsened_ratio);
  options.add_ratio(options.yaml_only("resolved_ratio", ": multiple of the limit at which it resolves"),
                    rule.resolved_ratio);
  if (!has_entities) return;
  options.set().add_map(options.yaml_only("limits", ": limits of their own, by id"), [&rule](Text name, Text text) {
    Money limit;
    auto allowed = set_money(text, limit);
    if (!allowed) rule.limit_by_entity[std::string(name)] = limit;
    return allowed;
  });
}

void add_velocity(const RuleOptions& options, VelocityRule& rule) {
  options.add_enabled(rule.enabled);
  options.add_count(options.with_flag("limit", ": transactions in the window that are still fine"), rule.limit);
  options.add_count(options.yaml_only("window_seconds", ": length of the window"), rule.window_seconds);
  options.add_ratio(options.yaml_only("worsened_ratio", ": multiple of the last announced count that is news"),
                    rule.worsened_ratio);
  options.add_ratio(options.yaml_only("resolved_ratio", ": multiple of the limit at which it resolves"),
                    rule.resolved_ratio);
  options.set().add_map(options.yaml_only("limits", ": limits of their own, by id"), [&rule](Text name, Text text) {
    std::uint32_t limit = 0;
    auto allowed = set_count(text, limit);
    if (!allowed) rule.limit_by_entity[std::string(name)] = limit;
    return allowed;
  });
}

// A default that would contradict what the user did set gives way; what the user set is judged as it is.
void add_anomaly(const RuleOptions& options, AnomalyRule& rule) {
  struct Explicit {
    bool high_threshold = false;
    bool samples_min = false;
  };
  const auto given = std::make_shared<Explicit>();
  options.add_enabled(rule.enabled);
  options.add_ratio(options.with_flag("threshold", ": |z| above which it opens"), rule.threshold);
  options.set().add_custom(
      options.yaml_only("high_threshold", ": |z| from which it is HIGH"),
      [&rule, given](Text text) {
        given->high_threshold = true;
        return set_ratio(text, rule.high_threshold);
      },
      rule.high_threshold.to_string());
  options.add_count(options.yaml_only("window", ": earlier transactions that it is scored against"), rule.window);
  options.set().add_custom(
      options.yaml_only("samples_min", ": earlier transactions that it needs"),
      [&rule, given](Text text) {
        given->samples_min = true;
        return set_count(text, rule.samples_min);
      },
      std::to_string(rule.samples_min));
  options.set().add_integer(options.yaml_only("quiet_seconds", ": time without an anomaly after which it resolves"),
                            rule.quiet_seconds, 0, kCountMax);
  options.set().add_check([&rule, given] {
    if (!given->high_threshold) rule.high_threshold = std::max(rule.high_threshold, rule.threshold);
    if (!given->samples_min) rule.samples_min = std::min(rule.samples_min, rule.window);
    return std::vector<std::string>{};
  });
}

// "09:30" or "09:30:15".
std::optional<std::uint32_t> parse_time_of_day(Text text) {
  if (text.size() != 5 && text.size() != 8) return std::nullopt;
  const auto time = parse_timestamp("1970-01-01T" + std::string(text) + (text.size() == 5 ? ":00Z" : "Z"));
  if (!time) return std::nullopt;
  return static_cast<std::uint32_t>(time->micros / kMicrosPerSecond);
}

std::string format_time_of_day(std::uint32_t seconds) {
  return format_timestamp(Timestamp::from_seconds(seconds)).substr(11, 8);
}

// The form of ISO 4217. It also catches what YAML's readers take for a truth: NO.
bool is_currency(Text text) {
  return text.size() == 3 && std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

Allowed set_currency(Text text, std::string& currency) {
  if (!is_currency(text)) return "three capital letters, such as USD";
  currency = text;
  return std::nullopt;
}

std::vector<std::string> rate_problems(const RuleSet& rules) {
  std::vector<std::string> found;
  for (const auto& [currency, rate] : rules.rates) {
    const std::string name = "rules.rates \"" + printable(currency) + "\": ";
    if (!is_currency(currency)) found.push_back(name + "must be three capital letters, such as EUR");
    if (currency == rules.base_currency && rate != Rate::from_whole(1)) {
      found.push_back(name + "is the base currency, whose rate is 1");
    }
  }
  return found;
}

void add_money_and_session(OptionSet& options, RuleSet& rules) {
  options.add_custom(
      {"rules.base_currency", "--base-currency", {"BASE_CURRENCY"}, "Currency of limits and exposures"},
      [&rules](Text text) { return set_currency(text, rules.base_currency); }, rules.base_currency);
  options.add_map({"rules.rates", "--rates", {"CURRENCY_RATES"}, "Base currency per unit, by currency: EUR=1.0842"},
                  [&rules](Text currency, Text text) -> Allowed {
                    const auto rate = Rate::parse(text);
                    if (!rate || rate->units() <= 0) return "a rate above 0 with at most 8 decimal places";
                    rules.rates[std::string(currency)] = *rate;
                    return std::nullopt;
                  });
  options.add_custom(
      {"rules.session_start", "--session-start", {"SESSION_START"}, "Time of day, UTC, at which turnover starts anew"},
      [&rules](Text text) -> Allowed {
        const auto seconds = parse_time_of_day(text);
        if (!seconds) return "a time of day, HH:MM or HH:MM:SS";
        rules.session_start_seconds = *seconds;
        return std::nullopt;
      },
      format_time_of_day(rules.session_start_seconds));
  options.add_check([&rules] { return rate_problems(rules); });
}

Allowed set_velocity_limits(Text text, RuleSet& rules) {
  std::uint32_t limit = 0;
  if (auto allowed = set_count(text, limit)) return allowed;
  rules.client_velocity.limit = rules.symbol_velocity.limit = limit;
  return std::nullopt;
}

Allowed set_anomaly_thresholds(Text text, RuleSet& rules) {
  Ratio threshold;
  if (set_ratio(text, threshold) || threshold.units() <= 0) return "a number above 0 with at most 8 decimal places";
  rules.client_anomaly.threshold = rules.symbol_anomaly.threshold = rules.system_anomaly.threshold = threshold;
  return std::nullopt;
}

// The settings of the original, which knew one threshold for several rules.
void add_joint_thresholds(OptionSet& options, RuleSet& rules) {
  options.add_custom(
      {"", "--velocity-limit", {"TRANSACTION_VELOCITY_THRESHOLD"}, "Velocity limit of both clients and symbols"},
      [&rules](Text text) { return set_velocity_limits(text, rules); }, "");
  options.add_custom(
      {"", "--anomaly-threshold", {"ANOMALY_DETECTION_THRESHOLD"}, "Anomaly threshold of clients, symbols and system"},
      [&rules](Text text) { return set_anomaly_thresholds(text, rules); }, "");
}

}  // namespace

void add_rule_options(OptionSet& options, RuleSet& rules) {
  add_money_and_session(options, rules);
  add_joint_thresholds(options, rules);
  add_exposure({options, "client_exposure", "Client exposure"}, rules.client_exposure, {"CLIENT_EXPOSURE_THRESHOLD"},
               true);
  add_exposure({options, "symbol_exposure", "Symbol exposure"}, rules.symbol_exposure, {"SYMBOL_EXPOSURE_THRESHOLD"},
               true);
  add_exposure({options, "firm_exposure", "Firm exposure"}, rules.firm_exposure, {"FIRM_EXPOSURE_THRESHOLD"}, false);
  add_velocity({options, "client_velocity", "Client velocity"}, rules.client_velocity);
  add_velocity({options, "symbol_velocity", "Symbol velocity"}, rules.symbol_velocity);
  add_anomaly({options, "client_anomaly", "Client anomaly"}, rules.client_anomaly);
  add_anomaly({options, "symbol_anomaly", "Symbol anomaly"}, rules.symbol_anomaly);
  add_anomaly({options, "system_anomaly", "System anomaly"}, rules.system_anomaly);
  options.add_check([&rules] {
    auto found = engine::problems(rules);
    for (auto& problem : found) problem.insert(0, "rules.");
    return found;
  });
}

void add_bounds_options(OptionSet& options, engine::Bounds& bounds) {
  constexpr std::uint64_t kMost = 1'000'000'000;
  options.add_integer({"bounds.clients_max", "--clients-max", {"CLIENTS_MAX"}, "clients; one more is quarantined"},
                      bounds.clients_max, std::uint64_t{1}, kMost);
  options.add_integer({"bounds.symbols_max", "--symbols-max", {"SYMBOLS_MAX"}, "symbols; one more is quarantined"},
                      bounds.symbols_max, std::uint64_t{1}, kMost);
  options.add_integer(
      {"bounds.positions_max", "--positions-max", {"POSITIONS_MAX"}, "positions; one more is quarantined"},
      bounds.positions_max, std::uint64_t{1}, kMost);
}

}  // namespace risk::settings

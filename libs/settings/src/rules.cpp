#include <algorithm>
#include <memory>

#include "risk/base/id.hpp"
#include "risk/base/time_zone.hpp"
#include "risk/engine/rule_table.hpp"
#include "risk/settings/settings.hpp"
#include "setters.hpp"

namespace risk::settings {
namespace {

using engine::Measure;
using engine::RuleSet;
using service::OptionSet;
using Allowed = std::optional<std::string>;
using Text = std::string_view;

Allowed set(Text text, Measure& value) {
  const auto parsed = engine::parse_enum<Measure>(text);
  if (!parsed) return "gross, net, long, short, turnover";
  value = *parsed;
  return std::nullopt;
}

Allowed set(Text text, std::optional<Money>& limit) {
  if (text == "none") {
    limit.reset();
    return std::nullopt;
  }
  Money amount;
  if (const auto allowed = set_money(text, amount)) return *allowed + ", or none";
  limit = amount;
  return std::nullopt;
}

Allowed set(Text text, Money& value) {
  return set_money(text, value);
}
Allowed set(Text text, Ratio& value) {
  return set_ratio(text, value);
}
Allowed set(Text text, std::uint32_t& value) {
  return set_count(text, value);
}

// Where a parameter of a rule is set: "--client-exposure-limit" is the flag of rules.client_exposure.limit.
template <class Rule, class T>
service::OptionSpec spec_of(const engine::BuiltInRule<Rule>& rule, const engine::Parameter<Rule, T>& parameter) {
  const std::string name = std::string(rule.name) + "." + std::string(parameter.name);
  std::string flag;
  std::vector<std::string> env;
  if (parameter.has_flag) {
    flag = "--" + name;
    std::replace_if(
        flag.begin(), flag.end(), [](char c) { return c == '_' || c == '.'; }, '-');
    if (!rule.limit_variable.empty()) env.emplace_back(rule.limit_variable);
  }
  return {"rules." + name, flag, env, std::string(rule.title) + std::string(parameter.help)};
}

template <class Rule, class T>
void add_parameter(OptionSet& options, const engine::BuiltInRule<Rule>& row, Rule& rule,
                   const engine::Parameter<Rule, T>& parameter) {
  T& value = rule.*parameter.member;
  const auto spec = spec_of(row, parameter);
  if constexpr (std::is_same_v<T, bool>) {
    options.add_bool(spec, value);
  } else if constexpr (requires { typename T::mapped_type; }) {
    if (rule.entity_type == engine::EntityType::kFirm) return;
    options.add_map(spec, [&value](Text name, Text text) {
      typename T::mapped_type limit{};
      auto allowed = set(text, limit);
      if (!allowed) value[std::string(name)] = limit;
      return allowed;
    });
  } else if (parameter.may_be_zero) {
    if constexpr (std::is_same_v<T, std::uint32_t>) {
      options.add_custom(
          spec, [&value](Text text) { return set_count(text, value, 0); }, engine::parameter_text(value));
    }
  } else if (parameter.fit == nullptr) {
    options.add_custom(
        spec, [&value](Text text) { return set(text, value); }, engine::parameter_text(value));
  } else {
    const auto is_given = std::make_shared<bool>(false);
    options.add_custom(
        spec,
        [&value, is_given](Text text) {
          *is_given = true;
          return set(text, value);
        },
        engine::parameter_text(value));
    options.add_check([&rule, fit = parameter.fit, is_given] {
      if (!*is_given) fit(rule);
      return std::vector<std::string>{};
    });
  }
}

// "09:30" or "09:30:15".
std::optional<std::uint32_t> parse_time_of_day(Text text) {
  if (text.size() != 5 && text.size() != 8) return std::nullopt;
  const auto time = parse_timestamp("1970-01-01T" + std::string(text) + (text.size() == 5 ? ":00Z" : "Z"));
  if (!time || time->nanos % kNanosPerSecond != 0) return std::nullopt;  // no second 60
  return static_cast<std::uint32_t>(time->seconds());
}

// "09:30", "17:00 America/New_York".
Result<engine::SessionStart> parse_session_start(Text text) {
  const auto blank = std::min(text.find(' '), text.size());
  const auto time_of_day = parse_time_of_day(text.substr(0, blank));
  if (!time_of_day) return Error{"a time of day, HH:MM or HH:MM:SS, and a time zone if it is not UTC"};
  engine::SessionStart start{.time_of_day_seconds = *time_of_day};
  const Text name = text.substr(std::min(blank + 1, text.size()));
  if (name.empty() || name == "UTC") return start;
  const auto zone = TimeZone::find(name);
  if (!zone) return Error{"a time of day and a time zone: " + zone.error().reason};
  start.zone = name;
  for (const auto& change : zone->changes(kTimestampMin, kTimestampMax)) {
    start.changes.push_back({change.from.seconds(), change.offset_seconds});
  }
  return start;
}

std::string format_session_start(const engine::SessionStart& start) {
  return format_timestamp(Timestamp::from_seconds(start.time_of_day_seconds)).substr(11, 8) +
         (start.zone.empty() ? "" : " " + start.zone);
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
  add_base_currency_option(options, rules.base_currency);
  options.add_map({"rules.rates", "--rates", {"CURRENCY_RATES"}, "Base currency per unit, by currency: EUR=1.0842"},
                  [&rules](Text currency, Text text) -> Allowed {
                    const auto rate = Rate::parse(text);
                    if (!rate || rate->units() <= 0) return "a rate above 0 with at most 8 decimal places";
                    rules.rates[std::string(currency)] = *rate;
                    return std::nullopt;
                  });
  options.add_bool({"rules.require_instruments",
                    "--require-instruments",
                    {"REQUIRE_INSTRUMENTS"},
                    "quarantine what is of a symbol without an instrument"},
                   rules.require_instruments);
  options.add_custom(
      {"rules.session_start",
       "--session-start",
       {"SESSION_START"},
       "when a session begins and turnover starts anew: a time of day, UTC or with a time zone (17:00 "
       "America/New_York)"},
      [&rules](Text text) -> Allowed {
        auto start = parse_session_start(text);
        if (!start) return start.error().reason;
        rules.session_start = std::move(start).value();
        return std::nullopt;
      },
      format_session_start(rules.session_start));
  options.add_check([&rules] { return rate_problems(rules); });
}

// The settings of the original, which knew one threshold for all rules of a kind.
void add_joint_thresholds(OptionSet& options, RuleSet& rules) {
  options.add_custom(
      {"", "--velocity-limit", {"TRANSACTION_VELOCITY_THRESHOLD"}, "Velocity limit of both clients and symbols"},
      [&rules](Text text) -> Allowed {
        std::uint32_t limit = 0;
        if (auto allowed = set_count(text, limit)) return allowed;
        for (auto& rule : rules.velocity_rules) rule.limit = limit;
        return std::nullopt;
      },
      "");
  options.add_custom(
      {"", "--anomaly-threshold", {"ANOMALY_DETECTION_THRESHOLD"}, "Anomaly threshold of clients, symbols and system"},
      [&rules](Text text) -> Allowed {
        Ratio threshold;
        if (set_ratio(text, threshold) || threshold.units() <= 0) {
          return "a number above 0 with at most 8 decimal places";
        }
        for (auto& rule : rules.anomaly_rules) rule.threshold = threshold;
        return std::nullopt;
      },
      "");
}

}  // namespace

// Precondition: `rules` holds the rules that are always there and no others.
void add_rule_options(OptionSet& options, RuleSet& rules) {
  add_money_and_session(options, rules);
  add_joint_thresholds(options, rules);
  engine::for_each_kind([&]<class Rule>() {
    auto& list = rules.of<Rule>();
    const auto& table = engine::RuleKind<Rule>::builtin;
    RISK_CHECK(list.size() == table.size());
    for (std::size_t i = 0; i < table.size(); ++i) {
      engine::for_each_parameter<Rule>(
          [&](const auto& parameter) { add_parameter(options, table[i], list[i], parameter); });
    }
  });
  options.add_check([&rules] {
    auto found = engine::problems(rules);
    for (auto& problem : found) problem.insert(0, "rules.");
    return found;
  });
}

void add_base_currency_option(OptionSet& options, std::string& currency) {
  options.add_custom(
      {"rules.base_currency", "--base-currency", {"BASE_CURRENCY"}, "Currency of limits and exposures"},
      [&currency](Text text) { return set_currency(text, currency); }, currency);
}

void add_ahead_max_option(OptionSet& options, std::chrono::milliseconds& ahead_max) {
  options.add_milliseconds({"bounds.ahead_max",
                            "--ahead-max",
                            {"AHEAD_MAX"},
                            "how far the time of an input may be after the clock; one further ahead is quarantined"},
                           ahead_max, std::chrono::milliseconds{0}, std::chrono::hours{24});
}

void add_execution_options(OptionSet& options, engine::ExecutionOptions& executions) {
  options.add_integer({"executions.duplicates_max",
                       "--duplicates-max",
                       {"DUPLICATES_MAX"},
                       "executions remembered in memory, to know duplicates by; older ones are looked up in the store"},
                      executions.remembered_max, std::uint64_t{1'000}, std::uint64_t{10'000'000'000});
  options.add_map({"executions.broker_aliases",
                   "--broker-aliases",
                   {"BROKER_ALIASES"},
                   "other names of brokers, so that an execution that comes by two feeds is one: IB=IBKR"},
                  [&executions](Text alias, Text name) -> Allowed {
                    const auto is_broker = [](Text text) { return !text.empty() && !id_problem(text); };
                    if (!is_broker(alias) || !is_broker(name)) return "an alias and the broker that it stands for";
                    executions.broker_aliases.add(alias, name);
                    return std::nullopt;
                  });
  options.add_check([&executions] {
    std::vector<std::string> found;
    const auto& aliases = executions.broker_aliases.names();
    for (const auto& [alias, name] : aliases) {
      if (!aliases.contains(name)) continue;
      found.push_back("executions.broker_aliases \"" + alias + "\": stands for \"" + name +
                      "\", which is an alias itself");
    }
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

#include "risk/wire/rules.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "risk/base/json.hpp"
#include "risk/base/text.hpp"
#include "risk/engine/rule_table.hpp"

namespace risk::wire {
namespace {

using Json = nlohmann::json;

constexpr const char* kFurtherRules = "further_rules";

// The names of measures in these texts: "GROSS".
std::string upper_case(std::string_view name) {
  std::string text(name);
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return text;
}

// One parameter, left out where it says nothing.
void write(JsonWriter& json, std::string_view name, bool value) {
  if (value) json.member(name, value);
}
void write(JsonWriter& json, std::string_view name, std::uint32_t value) {
  if (value != 0) json.member(name, value);
}
void write(JsonWriter& json, std::string_view name, engine::Measure value) {
  json.member(name, upper_case(to_string(value)));
}
void write(JsonWriter& json, std::string_view name, Ratio value) {
  json.member(name, value.to_string());
}
void write(JsonWriter& json, std::string_view name, const std::optional<Money>& value) {
  if (value) json.member(name, value->to_string());
}
void write_limit(JsonWriter& json, Money value) {
  json.value(value.to_string());
}
void write_limit(JsonWriter& json, Ratio value) {
  json.value(value.to_string());
}
void write_limit(JsonWriter& json, std::uint32_t value) {
  json.value(value);
}
template <class Limit>
void write(JsonWriter& json, std::string_view name, const std::map<std::string, Limit, std::less<>>& limits) {
  if (limits.empty()) return;
  json.key(name);
  json.begin_object();
  for (const auto& [id, limit] : limits) {
    json.key(id);
    write_limit(json, limit);
  }
  json.end_object();
}

template <class Rule>
void write_parameters(JsonWriter& json, const Rule& rule) {
  engine::for_each_parameter<Rule>(
      [&](const auto& parameter) { write(json, parameter.in_store(), rule.*parameter.member); });
}

// What is wrong with a text, caught in decode_rules.
struct BadRules {
  std::string reason;
};

[[noreturn]] void refuse(std::string_view field, const Json& value, const std::string& reason) {
  throw BadRules{std::string(field) + " " + printable(value.dump(-1, ' ', false, Json::error_handler_t::replace)) +
                 ": " + reason};
}

// A number, or one as text.
template <class T>
T read_number(std::string_view field, const Json& value) {
  std::uint64_t number = 0;
  if (value.is_number_unsigned()) {
    number = value.get<std::uint64_t>();
  } else {
    const auto whole =
        value.is_string() ? parse_whole<std::uint64_t>(value.get_ref<const std::string&>()) : std::nullopt;
    if (!whole) refuse(field, value, "not a whole number");
    number = *whole;
  }
  if (number > std::numeric_limits<T>::max()) refuse(field, value, "out of range");
  return static_cast<T>(number);
}

const std::string& read_text(std::string_view field, const Json& value) {
  if (!value.is_string()) refuse(field, value, "not a text");
  return value.get_ref<const std::string&>();
}

const Json& read_object(std::string_view field, const Json& value) {
  if (!value.is_object()) refuse(field, value, "not an object");
  return value;
}

template <class D>
D read_decimal(std::string_view field, const Json& value) {
  const auto parsed = D::parse(read_text(field, value));
  if (!parsed) refuse(field, value, parsed.error().reason);
  return *parsed;
}

void read(std::string_view field, const Json& value, bool& flag) {
  if (!value.is_boolean()) refuse(field, value, "not true or false");
  flag = value.get<bool>();
}
void read(std::string_view field, const Json& value, std::uint32_t& number) {
  number = read_number<std::uint32_t>(field, value);
}
void read(std::string_view field, const Json& value, engine::Measure& measure) {
  std::string name = read_text(field, value);
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  const auto parsed = engine::parse_enum<engine::Measure>(name);
  if (!parsed) refuse(field, value, "unknown");
  measure = *parsed;
}
void read(std::string_view field, const Json& value, Ratio& ratio) {
  ratio = read_decimal<Ratio>(field, value);
}
void read(std::string_view field, const Json& value, Money& limit) {
  limit = read_decimal<Money>(field, value);
}
void read(std::string_view field, const Json& value, std::optional<Money>& limit) {
  limit = read_decimal<Money>(field, value);
}
template <class Limit>
void read(std::string_view field, const Json& value, std::map<std::string, Limit, std::less<>>& limits) {
  for (const auto& [id, limit] : read_object(field, value).items()) read(field, limit, limits[id]);
}

// What a parameter has that is not in the text: false, none or zero where a text leaves that out, else its default.
void read_absent(bool& flag) {
  flag = false;
}
void read_absent(std::optional<Money>& limit) {
  limit.reset();
}
template <class T>
void read_absent(T&) {}

template <class Rule>
void read_rule(const Json& json, Rule& rule) {
  read_object(rule.name, json);
  engine::for_each_parameter<Rule>([&](const auto& parameter) {
    const auto value = json.find(std::string(parameter.in_store()));
    auto& member = rule.*parameter.member;
    if (value != json.end()) {
      read(rule.name + "." + std::string(parameter.in_store()), *value, member);
    } else if constexpr (std::is_same_v<decltype(member), std::uint32_t&>) {
      if (parameter.may_be_zero) member = 0;
    } else {
      read_absent(member);
    }
  });
}

void read_further_rule(const std::string& name, const Json& json, engine::RuleSet& rules) {
  const auto text_of = [&](const char* field) -> const Json& {
    const auto value = read_object(name, json).find(field);
    if (value == json.end()) throw BadRules{name + "." + field + ": is missing"};
    read_text(name + "." + field, *value);
    return *value;
  };
  const Json& kind = text_of("kind");
  const Json& type = text_of("entity_type");
  const auto entity_type = engine::parse_enum<engine::EntityType>(type.get<std::string>());
  if (!entity_type) refuse(name + ".entity_type", type, "unknown");
  bool is_known = false;
  engine::for_each_kind([&]<class Rule>() {
    if (kind.get_ref<const std::string&>() != engine::RuleKind<Rule>::name) return;
    is_known = true;
    Rule& rule = rules.of<Rule>().emplace_back();
    rule.name = name;
    rule.entity_type = *entity_type;
    read_rule(json, rule);
  });
  if (!is_known) refuse(name + ".kind", kind, "unknown");
}

void read_zone_changes(const Json& value, std::vector<engine::ZoneChange>& changes) {
  constexpr const char* kField = "session_zone_changes";
  if (!value.is_array() || value.size() > engine::kZoneChangesMax) refuse(kField, {}, "not a list of changes");
  for (const auto& change : value) {
    const bool is_pair =
        change.is_array() && change.size() == 2 && change[0].is_number_integer() && change[1].is_number_integer();
    if (!is_pair) refuse(kField, change, "not a second and an offset");
    const auto offset = change[1].get<std::int64_t>();
    if (offset <= -kSecondsPerDay || offset >= kSecondsPerDay) refuse(kField, change, "an offset of a day or more");
    changes.push_back({change[0].get<std::int64_t>(), static_cast<std::int32_t>(offset)});
  }
}

engine::RuleSet read_rules(const Json& json) {
  engine::RuleSet rules;
  const auto with = [&](const char* field, const auto& look) {
    const auto value = json.find(field);
    if (value != json.end()) look(*value);
  };
  with("config_version",
       [&](const Json& value) { rules.config_version = read_number<std::uint64_t>("config_version", value); });
  rules.edition = 1;
  with("edition", [&](const Json& value) { rules.edition = read_number<std::uint32_t>("edition", value); });
  with("base_currency", [&](const Json& value) { rules.base_currency = read_text("base_currency", value); });
  with("rates", [&](const Json& value) {
    for (const auto& [currency, rate] : read_object("rates", value).items()) {
      rules.rates[currency] = read_decimal<Rate>("rates", rate);
    }
  });
  with("require_instruments",
       [&](const Json& value) { read("require_instruments", value, rules.require_instruments); });
  with("session_start_seconds", [&](const Json& value) {
    rules.session_start.time_of_day_seconds = read_number<std::uint32_t>("session_start_seconds", value);
  });
  with("session_zone", [&](const Json& value) { rules.session_start.zone = read_text("session_zone", value); });
  with("session_zone_changes", [&](const Json& value) { read_zone_changes(value, rules.session_start.changes); });
  engine::for_each_rule(rules, [&](auto& rule) {
    if (const auto value = json.find(rule.name); value != json.end()) {
      read_rule(*value, rule);
    } else if (const auto* row = engine::builtin_of(rule); row->is_later) {
      rule = absent_rule(*row);
    }
  });
  with(kFurtherRules, [&](const Json& value) {
    for (const auto& [name, rule] : read_object(kFurtherRules, value).items()) read_further_rule(name, rule, rules);
  });
  return rules;
}

}  // namespace

std::string encode(const engine::RuleSet& rules) {
  JsonWriter json;
  json.begin_object();
  json.member("config_version", std::to_string(rules.config_version));
  if (rules.edition != 1) json.member("edition", rules.edition);
  json.member("base_currency", rules.base_currency);
  if (!rules.rates.empty()) {
    json.key("rates");
    json.begin_object();
    for (const auto& [currency, rate] : rules.rates) json.member(currency, rate.to_string());
    json.end_object();
  }
  write(json, "require_instruments", rules.require_instruments);
  const auto& session = rules.session_start;
  if (session.time_of_day_seconds != 0) json.member("session_start_seconds", session.time_of_day_seconds);
  if (!session.zone.empty()) {
    json.member("session_zone", session.zone);
    json.key("session_zone_changes");  // pairs: the second from which on, the offset in seconds
    json.begin_array();
    for (const auto& change : session.changes) {
      json.begin_array();
      json.value(change.from);
      json.value(std::int64_t{change.offset_seconds});
      json.end_array();
    }
    json.end_array();
  }
  bool has_further = false;
  engine::for_each_rule(rules, [&](const auto& rule) {
    if (engine::builtin_of(rule) == nullptr) {
      has_further = true;
      return;
    }
    json.key(rule.name);
    json.begin_object();
    write_parameters(json, rule);
    json.end_object();
  });
  if (has_further) {
    json.key(kFurtherRules);
    json.begin_object();
    engine::for_each_rule(rules, [&]<class Rule>(const Rule& rule) {
      if (engine::builtin_of(rule) != nullptr) return;
      json.key(rule.name);
      json.begin_object();
      json.member("kind", engine::RuleKind<Rule>::name);
      json.member("entity_type", to_string(rule.entity_type));
      write_parameters(json, rule);
      json.end_object();
    });
    json.end_object();
  }
  json.end_object();
  return json.take();
}

Result<engine::RuleSet> decode_rules(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return Error{"not a rule set"};
  try {
    engine::RuleSet rules = read_rules(json);
    const auto found = engine::problems(rules);
    if (!found.empty()) return Error{found.front()};
    return rules;
  } catch (const BadRules& bad) {
    return Error{bad.reason};
  }
}

}  // namespace risk::wire

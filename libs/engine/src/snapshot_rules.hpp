// The rules in a snapshot, as the rule table says them. The format is in SNAPSHOT.md.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "rates.hpp"
#include "risk/base/id.hpp"
#include "risk/engine/rule_table.hpp"
#include "risk/engine/rules.hpp"
#include "snapshot_stream.hpp"

namespace risk::engine {

// Whether version 1 knows the rule. Those and their states stand in fixed places, in the order of the table; every
// other rule, and its states, in fields that come later.
template <class Rule>
bool is_of_version_1(const Rule& rule) {
  const auto* row = builtin_of(rule);
  return row != nullptr && !row->is_later;
}

// A value of each type that a parameter has.
struct RuleValues {
  static void write(SnapshotWriter& out, bool value) { out.number(value ? 1 : 0); }
  static void write(SnapshotWriter& out, std::uint32_t value) { out.number(value); }
  static void write(SnapshotWriter& out, Measure value) { out.number(static_cast<Uint128>(value)); }
  template <class D>
  requires requires(const D& decimal) { decimal.units(); }
  static void write(SnapshotWriter& out, const D& value) { out.signed_number(value.units()); }
  template <class D>
  static void write(SnapshotWriter& out, const std::optional<D>& value) {
    out.number(value ? 1 : 0);
    if (value) write(out, *value);
  }
  template <class T>
  static void write(SnapshotWriter& out, const std::map<std::string, T, std::less<>>& values) {
    out.number(values.size());
    for (const auto& [name, value] : values) {
      out.text(name);
      write(out, value);
    }
  }

  static void read(SnapshotReader& in, const char* what, bool& value) { value = in.flag(what); }
  static void read(SnapshotReader& in, const char* what, std::uint32_t& value) {
    value = in.number<std::uint32_t>(what);
  }
  static void read(SnapshotReader& in, const char* what, Measure& value) {
    value = static_cast<Measure>(in.number<std::uint8_t>(what));
    if (to_string(value) == "UNKNOWN") in.refuse(what, "is none that is known");
  }
  template <class D>
  requires requires(const D& decimal) { decimal.units(); }
  static void read(SnapshotReader& in, const char* what, D& value) { value = D::from_units(in.signed_number(what)); }
  template <class D>
  static void read(SnapshotReader& in, const char* what, std::optional<D>& value) {
    value.reset();
    if (in.flag(what)) read(in, what, value.emplace());
  }
  template <class T>
  static void read(SnapshotReader& in, const char* what, std::map<std::string, T, std::less<>>& values) {
    values.clear();
    for (auto left = in.number<std::uint32_t>(what); left > 0; --left) {
      std::string name = in.text(what, kIdBytesMax);
      if (!values.empty() && name <= values.rbegin()->first) in.refuse(what, "is not in order");
      read(in, what, values[std::move(name)]);
    }
  }
};

// The number of the first field of a record that stands for a later rule. Those below are free for others.
inline constexpr std::uint32_t kLaterRulesFrom = 1'000;
// Of the rules.
inline constexpr std::uint32_t kEditionField = 1;
inline constexpr std::uint32_t kSessionZoneField = 2;
inline constexpr std::uint32_t kRatesField = 3;
inline constexpr std::uint32_t kRequireInstrumentsField = 4;
inline constexpr std::uint32_t kInstrumentsField = 5;

// Where the parameters of a rule stand: of one that version 1 knows those that it knows in fixed places, all others in
// fields.
enum class ParameterPlaces : std::uint8_t { kOfVersion1, kFields };

// Calls look(parameter, field) for each parameter; field 0: it has a fixed place.
template <class Rule>
void for_each_place(ParameterPlaces places, const auto& look) {
  std::uint32_t field = 0;
  for_each_parameter<Rule>([&](const auto& parameter) {
    const bool is_fixed = places == ParameterPlaces::kOfVersion1 && !parameter.is_later;
    look(parameter, is_fixed ? 0 : ++field);
  });
}

// Left out: fields with the default of the kind.
template <class Rule>
void write_parameters(SnapshotWriter& out, const Rule& rule, ParameterPlaces places) {
  static const Rule kDefaults;
  for_each_place<Rule>(places, [&](const auto& parameter, std::uint32_t field) {
    const auto& value = rule.*parameter.member;
    if (field == 0) {
      RuleValues::write(out, value);
    } else if (value != kDefaults.*parameter.member) {
      out.later_text(field, SnapshotWriter::text_of([&](SnapshotWriter& inner) { RuleValues::write(inner, value); }));
    }
  });
  out.end_record();
}

template <class Rule>
void read_parameters(SnapshotReader& in, Rule& rule, ParameterPlaces places) {
  static const Rule kDefaults;
  for_each_place<Rule>(places, [&](const auto& parameter, std::uint32_t field) {
    if (field == 0) {
      RuleValues::read(in, parameter.name.data(), rule.*parameter.member);
    } else {
      rule.*parameter.member = kDefaults.*parameter.member;  // unless a field says otherwise
    }
  });
  in.end_record([&](std::uint32_t field, const SnapshotReader::LaterValue& value) {
    bool is_known = false;
    for_each_place<Rule>(places, [&](const auto& parameter, std::uint32_t known) {
      if (known != field || !value.is_text) return;
      is_known = true;
      in.read_inner(parameter.name.data(), value.text, [&](SnapshotReader& inner) {
        RuleValues::read(inner, parameter.name.data(), rule.*parameter.member);
      });
    });
    return is_known;
  });
}

// Whether the rule is as if it were not there: it is then in no snapshot, unless it has left an alert open.
template <class Rule>
bool is_absent(const Rule& rule) {
  const auto* row = builtin_of(rule);
  return row != nullptr && rule == absent_rule(*row);
}

// The names of the rules that stand in later fields, in the order of these fields. has_states(rule): whether an entity
// has a state of it that is not new.
inline std::vector<std::string> later_rules(const RuleSet& rules, const auto& has_states) {
  std::vector<std::string> names;
  for_each_rule(rules, [&](const auto& rule) {
    if (!is_of_version_1(rule) && (!is_absent(rule) || has_states(rule))) names.push_back(rule.name);
  });
  return names;
}

inline void write_zone(SnapshotWriter& out, const SessionStart& start) {
  out.text(start.zone);
  out.number(start.changes.size());
  for (const ZoneChange& change : start.changes) {
    out.signed_number(change.from);
    out.signed_number(change.offset_seconds);
  }
}

inline void read_zone(SnapshotReader& in, SessionStart& start) {
  start.zone = in.text("zone of the session", kIdBytesMax);
  for (auto left = in.number<std::uint32_t>("changes of a zone", kZoneChangesMax); left > 0; --left) {
    const auto from = in.signed_number("change of a zone");
    start.changes.push_back({from, in.signed_number<std::int32_t>("offset of a zone")});
  }
}

inline void write_rates(SnapshotWriter& out, const Rates::ByCurrency& rates) {
  out.number(rates.size());
  for (const auto& [currency, rate] : rates) {
    out.text(currency);
    out.number(static_cast<Uint128>(rate.rate.units()));
    out.signed_number(rate.at.nanos);
  }
}

inline void read_rates(SnapshotReader& in, Rates::ByCurrency& rates) {
  for (auto left = in.number<std::uint32_t>("rates in force"); left > 0; --left) {
    std::string currency = in.text("currency of a rate", kIdBytesMax);
    if (id_problem(currency) || (!rates.empty() && currency <= rates.rbegin()->first)) {
      in.refuse("currency of a rate", "is no id or not in order");
    }
    const auto rate = Rate::from_units(in.number<std::int64_t>("rate"));
    if (rate.units() == 0) in.refuse("rate", "is zero");
    rates[std::move(currency)] = {rate, {in.signed_number("time of a rate", kOldest.nanos, kTimestampMax.nanos)}};
  }
}

inline void write_instruments(SnapshotWriter& out, const Instruments::BySymbol& instruments) {
  out.number(instruments.size());
  for (const auto& [symbol, terms] : instruments) {
    out.text(symbol);
    out.number(static_cast<Uint128>(terms.multiplier.units()));
    out.text(terms.currency);
    out.number((terms.contract == Contract::kInverse ? 1 : 0) + (terms.allows_negative ? 2 : 0) +
               (terms.expires_at ? 4 : 0));
    if (terms.expires_at) out.signed_number(terms.expires_at->nanos);
  }
}

inline void read_instruments(SnapshotReader& in, Instruments::BySymbol& instruments) {
  for (auto left = in.number<std::uint32_t>("instruments", kInstrumentsMax); left > 0; --left) {
    std::string symbol = in.text("symbol of an instrument", kIdBytesMax);
    if (id_problem(symbol) || (!instruments.empty() && symbol <= instruments.rbegin()->first)) {
      in.refuse("symbol of an instrument", "is no id or not in order");
    }
    Terms terms;
    terms.multiplier = Multiplier::from_units(in.number<std::int64_t>("multiplier"));
    if (terms.multiplier.units() == 0) in.refuse("multiplier", "is zero");
    terms.currency = in.text("currency of an instrument", kIdBytesMax);
    if (!terms.currency.empty() && id_problem(terms.currency)) in.refuse("currency of an instrument", "is no id");
    const auto flags = in.number<std::uint8_t>("flags of an instrument", 7);
    terms.contract = (flags & 1) != 0 ? Contract::kInverse : Contract::kLinear;
    terms.allows_negative = (flags & 2) != 0;
    if ((flags & 4) != 0) terms.expires_at = in.timestamp("end of an instrument");
    instruments.emplace(std::move(symbol), std::move(terms));
  }
}

// What stands with the rules: the rates in force, where they are not those of the rules, and the instruments.
struct Market {
  const Rates& rates;
  const Instruments& instruments;
};
struct LoadedMarket {
  Rates::ByCurrency rates;
  Instruments::BySymbol instruments;
};

// `later`: the rules in later fields.
inline void write_rules(SnapshotWriter& out, const RuleSet& rules, const std::vector<std::string>& later,
                        const Market& market) {
  out.number(rules.config_version);
  out.text(rules.base_currency);
  RuleValues::write(out, rules.rates);
  out.number(rules.session_start.time_of_day_seconds);
  for_each_rule(rules, [&](const auto& rule) {
    if (is_of_version_1(rule)) write_parameters(out, rule, ParameterPlaces::kOfVersion1);
  });
  out.later_number(kEditionField, rules.edition, 1);
  if (!rules.session_start.zone.empty()) {
    out.later_text(kSessionZoneField,
                   SnapshotWriter::text_of([&](SnapshotWriter& inner) { write_zone(inner, rules.session_start); }));
  }
  if (const auto others = market.rates.other_than(rules); !others.empty()) {
    out.later_text(kRatesField, SnapshotWriter::text_of([&](SnapshotWriter& inner) { write_rates(inner, others); }));
  }
  out.later_number(kRequireInstrumentsField, rules.require_instruments ? 1 : 0, 0);
  if (!market.instruments.all().empty()) {
    out.later_text(kInstrumentsField, SnapshotWriter::text_of([&](SnapshotWriter& inner) {
                     write_instruments(inner, market.instruments.all());
                   }));
  }
  std::uint32_t field = kLaterRulesFrom;
  for_each_rule(rules, [&]<class Rule>(const Rule& rule) {
    if (std::find(later.begin(), later.end(), rule.name) == later.end()) return;
    out.later_text(field++, SnapshotWriter::text_of([&](SnapshotWriter& inner) {
                     inner.text(RuleKind<Rule>::name);
                     inner.text(rule.name);
                     inner.number(static_cast<Uint128>(rule.entity_type));
                     write_parameters(inner, rule, ParameterPlaces::kFields);
                   }));
  });
  out.end_record();
}

// `later` is set to the names of the rules in later fields, by field: "" where the kind is not known.
inline RuleSet read_rules(SnapshotReader& in, std::vector<std::string>& later, LoadedMarket& market) {
  RuleSet rules;
  rules.edition = 1;  // unless a field says otherwise
  rules.config_version = in.number("config version");
  rules.base_currency = in.text("base currency", kIdBytesMax);
  RuleValues::read(in, "rates", rules.rates);
  rules.session_start.time_of_day_seconds = in.number<std::uint32_t>("session start");
  for_each_rule(rules, [&](auto& rule) {
    if (is_of_version_1(rule)) {
      read_parameters(in, rule, ParameterPlaces::kOfVersion1);
    } else {
      rule = absent_rule(*builtin_of(rule));  // unless a field says otherwise
    }
  });
  in.end_record([&](std::uint32_t field, const SnapshotReader::LaterValue& value) {
    if (field == kEditionField && !value.is_text) {
      if (value.number > kEdition) in.refuse("edition", "is newer than what is known");
      rules.edition = static_cast<std::uint32_t>(value.number);
      return true;
    }
    if (field == kSessionZoneField && value.is_text) {
      in.read_inner("zone of the session", value.text,
                    [&](SnapshotReader& inner) { read_zone(inner, rules.session_start); });
      return true;
    }
    if (field == kRatesField && value.is_text) {
      in.read_inner("rates in force", value.text, [&](SnapshotReader& inner) { read_rates(inner, market.rates); });
      return true;
    }
    if (field == kRequireInstrumentsField && !value.is_text) {
      if (value.number != 1) in.refuse("whether instruments are required", "is neither yes nor left out");
      rules.require_instruments = true;
      return true;
    }
    if (field == kInstrumentsField && value.is_text) {
      in.read_inner("instruments", value.text,
                    [&](SnapshotReader& inner) { read_instruments(inner, market.instruments); });
      return true;
    }
    if (field < kLaterRulesFrom) return false;
    if (field != kLaterRulesFrom + later.size() || !value.is_text) in.refuse("rule", "is not in order");
    std::string& known = later.emplace_back();
    in.read_inner("rule", value.text, [&](SnapshotReader& inner) {
      const std::string kind = inner.text("kind of a rule", kIdBytesMax);
      for_each_kind([&]<class Rule>() {
        if (kind != RuleKind<Rule>::name) return;
        Rule rule;
        rule.name = inner.text("name of a rule", kIdBytesMax);
        rule.entity_type = static_cast<EntityType>(inner.number<std::uint8_t>("entity type of a rule"));
        if (to_string(rule.entity_type) == "UNKNOWN") inner.refuse("entity type of a rule", "is none that is known");
        read_parameters(inner, rule, ParameterPlaces::kFields);
        known = rule.name;
        auto& list = rules.of<Rule>();
        const auto same = std::find_if(list.begin(), list.end(), [&](const Rule& r) { return r.name == rule.name; });
        if (same != list.end()) {
          *same = std::move(rule);
        } else {
          list.push_back(std::move(rule));
        }
      });
      if (known.empty()) inner.skip();
    });
    return !known.empty();
  });
  return rules;
}

}  // namespace risk::engine

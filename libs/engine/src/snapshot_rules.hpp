// The rules in a snapshot: each function reads or writes the same fields, whichever stream it is given.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "risk/base/id.hpp"
#include "risk/engine/rules.hpp"
#include "snapshot_stream.hpp"

namespace risk::engine {

template <class Stream>
struct RuleFields;

template <>
struct RuleFields<SnapshotWriter> {
  SnapshotWriter& stream;
  template <class T>
  void number(const char*, const T& value) {
    stream.number(static_cast<Uint128>(value));
  }
  template <class D>
  void decimal(const char*, const D& value) {
    stream.signed_number(value.units());
  }
  void text(const char*, const std::string& value) { stream.text(value); }
  void end() { stream.end_record(); }
  template <class D>
  void optional(const char*, const std::optional<D>& value) {
    stream.number(value ? 1 : 0);
    if (value) stream.signed_number(value->units());
  }
  template <class Map>
  void map(const char*, const Map& values, const auto& field) {
    stream.number(values.size());
    for (const auto& [name, value] : values) {
      stream.text(name);
      field(*this, value);
    }
  }
};

template <>
struct RuleFields<SnapshotReader> {
  SnapshotReader& stream;
  template <class T>
  void number(const char* what, T& value) {
    if constexpr (std::is_enum_v<T>) {
      value = static_cast<T>(stream.number<std::underlying_type_t<T>>(what));
      if (to_string(value) == "UNKNOWN") stream.refuse(what, "is none that is known");
    } else if constexpr (std::is_same_v<T, bool>) {
      value = stream.flag(what);
    } else {
      value = stream.number<T>(what);
    }
  }
  template <class D>
  void decimal(const char* what, D& value) {
    value = D::from_units(stream.signed_number(what));
  }
  void text(const char* what, std::string& value) { value = stream.text(what, kIdBytesMax); }
  void end() { stream.end_record(); }
  template <class D>
  void optional(const char* what, std::optional<D>& value) {
    value.reset();
    if (stream.flag(what)) value = D::from_units(stream.signed_number(what));
  }
  template <class Map>
  void map(const char* what, Map& values, const auto& field) {
    values.clear();
    for (auto left = stream.number<std::uint32_t>(what); left > 0; --left) {
      std::string name = stream.text(what, kIdBytesMax);
      if (!values.empty() && name <= values.rbegin()->first) stream.refuse(what, "is not in order");
      field(*this, values[std::move(name)]);
    }
  }
};

inline void exposure_rule(auto& fields, auto& rule) {
  fields.number("exposure rule enabled", rule.enabled);
  fields.number("exposure rule measure", rule.measure);
  fields.optional("exposure limit", rule.limit);
  fields.map("exposure limits", rule.limit_by_entity, [](auto& f, auto& limit) { f.decimal("exposure limit", limit); });
  fields.decimal("critical ratio", rule.critical_ratio);
  fields.decimal("worsened ratio", rule.worsened_ratio);
  fields.decimal("resolved ratio", rule.resolved_ratio);
  fields.end();
}

inline void velocity_rule(auto& fields, auto& rule) {
  fields.number("velocity rule enabled", rule.enabled);
  fields.number("velocity limit", rule.limit);
  fields.map("velocity limits", rule.limit_by_entity, [](auto& f, auto& limit) { f.number("velocity limit", limit); });
  fields.number("velocity window", rule.window_seconds);
  fields.decimal("worsened ratio", rule.worsened_ratio);
  fields.decimal("resolved ratio", rule.resolved_ratio);
  fields.end();
}

inline void anomaly_rule(auto& fields, auto& rule) {
  fields.number("anomaly rule enabled", rule.enabled);
  fields.decimal("anomaly threshold", rule.threshold);
  fields.decimal("anomaly high threshold", rule.high_threshold);
  fields.number("anomaly window", rule.window);
  fields.number("anomaly samples_min", rule.samples_min);
  fields.number("anomaly quiet_seconds", rule.quiet_seconds);
  fields.end();
}

inline void rule_set(auto& fields, auto& rules) {
  fields.number("config version", rules.config_version);
  fields.text("base currency", rules.base_currency);
  fields.map("rates", rules.rates, [](auto& f, auto& rate) { f.decimal("rate", rate); });
  fields.number("session start", rules.session_start_seconds);
  exposure_rule(fields, rules.client_exposure);
  exposure_rule(fields, rules.symbol_exposure);
  exposure_rule(fields, rules.firm_exposure);
  velocity_rule(fields, rules.client_velocity);
  velocity_rule(fields, rules.symbol_velocity);
  anomaly_rule(fields, rules.client_anomaly);
  anomaly_rule(fields, rules.symbol_anomaly);
  anomaly_rule(fields, rules.system_anomaly);
  fields.end();
}

}  // namespace risk::engine

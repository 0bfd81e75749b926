#include "risk/wire/alert.hpp"

#include "alert_message.hpp"
#include "instant.hpp"
#include "risk/engine/rule_table.hpp"

namespace risk::wire {
namespace {

using engine::Figure;

// Every enumeration of the core has the numbers of its message.
template <class T>
bool is_known(int number) {
  return engine::to_string(static_cast<T>(number)) != "UNKNOWN";
}

template <class T>
std::optional<Error> read_enum(const char* field, int number, T& value) {
  if (!is_known<T>(number)) return Error{std::string(field) + " " + std::to_string(number) + ": unknown"};
  value = static_cast<T>(number);
  return std::nullopt;
}

std::optional<Error> read_amount(const char* field, const std::string& text, int places, Int128& amount) {
  const auto notional = Notional::parse(text);
  if (!notional) return Error{std::string(field) + " \"" + printable(text) + "\": " + notional.error().reason};
  Int128 scale = 1;
  for (int i = places; i < kNotionalPlaces; ++i) scale *= 10;
  amount = divide_half_even(notional->units(), scale);
  return std::nullopt;
}

std::optional<Error> read_figure(const char* field, const std::string& text, Figure::Unit unit, Figure& figure) {
  figure.unit = unit;
  return read_amount(field, text, engine::places_of(unit), figure.amount);
}

std::optional<Error> read_notional(const char* field, const std::string& text, Notional& notional) {
  Int128 units = 0;
  const auto error = read_amount(field, text, kNotionalPlaces, units);
  notional = Notional::from_units(units);
  return error;
}

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

std::optional<Error> read_enums(const v1::AlertEvent& message, AlertMessage& value) {
  if (auto error = read_enum("event", message.event(), value.event.type)) return error;
  if (auto error = read_enum("alert_type", message.alert_type(), value.event.alert_type)) return error;
  if (auto error = read_enum("severity", message.severity(), value.event.severity)) return error;
  if (auto error = read_enum("status", message.status(), value.status)) return error;
  if (auto error = read_enum("entity_type", message.entity_type(), value.event.entity_type)) return error;
  if (message.measure() != v1::MEASURE_UNSPECIFIED) {
    if (auto error = read_enum("measure", message.measure(), value.event.measure.emplace())) return error;
  }
  return std::nullopt;
}

std::optional<Error> read_times(const v1::AlertEvent& message, AlertMessage& value) {
  if (auto error = read_instant("at", message.at_us(), message.at_nanos(), value.event.at)) return error;
  if (auto error = read_instant("opened_at", message.opened_at_us(), message.opened_at_nanos(), value.opened_at)) {
    return error;
  }
  if (message.acknowledged_by().empty()) return std::nullopt;
  return read_instant("acknowledged_at", message.acknowledged_at_us(), 0, value.acknowledged_at.emplace());
}

std::optional<Error> read_figures(const v1::AlertEvent& message, engine::AlertEvent& event) {
  const auto unit = engine::unit_of(event.alert_type);
  if (auto error = read_figure("value", message.value(), unit, event.value)) return error;
  if (auto error = read_figure("limit", message.limit(), unit, event.limit)) return error;
  if (auto error = read_figure("peak", message.peak(), unit, event.peak)) return error;
  if (!message.utilisation().empty()) {
    Int128 ratio = 0;
    if (auto error = read_amount("utilisation", message.utilisation(), kEdgePlaces, ratio)) return error;
    event.utilisation_e4 = static_cast<std::int64_t>(ratio);
  }
  for (const auto& contributor : message.contributors()) {
    auto& part = event.contributors.emplace_back();
    part.id = contributor.id();
    if (auto error = read_notional("contributors", contributor.value(), part.value)) return error;
  }
  if (!message.has_anomaly()) return std::nullopt;
  auto& anomaly = event.anomaly.emplace();
  anomaly.sample_count = message.anomaly().sample_count();
  if (auto error = read_notional("anomaly.notional", message.anomaly().notional(), anomaly.notional)) return error;
  if (auto error = read_notional("anomaly.mean", message.anomaly().mean(), anomaly.mean)) return error;
  return read_notional("anomaly.standard_deviation", message.anomaly().standard_deviation(),
                       anomaly.standard_deviation);
}

}  // namespace

void to_message(const AlertMessage& value, v1::AlertEvent& message) {
  const engine::AlertEvent& event = value.event;
  message.set_event_id(value.event_id);
  message.set_alert_id(event.alert_id);
  message.set_event(static_cast<v1::AlertEventType>(event.type));
  message.set_alert_type(static_cast<v1::AlertType>(event.alert_type));
  message.set_severity(static_cast<v1::Severity>(event.severity));
  message.set_status(static_cast<v1::AlertStatus>(value.status));
  message.set_entity_type(static_cast<v1::EntityType>(event.entity_type));
  message.set_entity_id(event.entity_id);
  if (event.measure) message.set_measure(static_cast<v1::Measure>(*event.measure));
  message.set_value(event.value.to_string());
  message.set_limit(event.limit.to_string());
  if (event.utilisation_e4) message.set_utilisation(format_rounded(*event.utilisation_e4, kEdgePlaces, kEdgePlaces));
  message.set_peak(event.peak.to_string());
  message.set_window_seconds(event.window_seconds);
  message.set_config_version(event.config_version);
  message.set_at_us(event.at.micros());
  message.set_at_nanos(event.at.nanos_of_micro());
  message.set_opened_at_us(value.opened_at.micros());
  message.set_opened_at_nanos(value.opened_at.nanos_of_micro());
  message.set_transaction_id(event.transaction_id.value_or(""));
  for (const auto& part : event.contributors) {
    auto& contributor = *message.add_contributors();
    contributor.set_id(part.id);
    contributor.set_value(part.value.to_string());
  }
  if (event.anomaly) {
    auto& anomaly = *message.mutable_anomaly();
    anomaly.set_notional(event.anomaly->notional.to_string());
    anomaly.set_mean(event.anomaly->mean.to_string());
    anomaly.set_standard_deviation(event.anomaly->standard_deviation.to_string());
    anomaly.set_sample_count(event.anomaly->sample_count);
  }
  message.set_message(value.message);
  message.set_actor(value.actor.value_or(""));
  message.set_comment(value.comment.value_or(""));
  message.set_acknowledged_by(value.acknowledged_by.value_or(""));
  if (value.acknowledged_at) message.set_acknowledged_at_us(value.acknowledged_at->micros());
  message.set_assigned_to(value.assigned_to.value_or(""));
}

Result<AlertMessage> to_value(const v1::AlertEvent& message) {
  AlertMessage value;
  if (auto error = read_enums(message, value)) return *error;
  if (auto error = read_times(message, value)) return *error;
  if (auto error = read_figures(message, value.event)) return *error;
  value.event_id = message.event_id();
  value.event.alert_id = message.alert_id();
  value.event.entity_id = message.entity_id();
  value.event.window_seconds = message.window_seconds();
  value.event.config_version = message.config_version();
  value.event.transaction_id = unless_empty(message.transaction_id());
  value.message = message.message();
  value.actor = unless_empty(message.actor());
  value.comment = unless_empty(message.comment());
  value.acknowledged_by = unless_empty(message.acknowledged_by());
  value.assigned_to = unless_empty(message.assigned_to());
  return value;
}

std::string encode(const AlertMessage& message) {
  v1::AlertEvent out;
  to_message(message, out);
  return out.SerializeAsString();
}

Result<AlertMessage> decode_alert(std::string_view payload) {
  v1::AlertEvent message;
  if (!message.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) return Error{"not an AlertEvent"};
  return to_value(message);
}

}  // namespace risk::wire

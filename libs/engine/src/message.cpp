#include <string>

#include "risk/engine/types.hpp"

namespace risk::engine {
namespace {

std::string entity_of(const AlertEvent& event) {
  switch (event.entity_type) {
    case EntityType::kClient:
      return "Client " + event.entity_id;
    case EntityType::kSymbol:
      return "Symbol " + event.entity_id;
    case EntityType::kFirm:
      return "Firm";
  }
  RISK_CHECK(!"an entity type");
}

std::string money(Int128 units, std::string_view base_currency) {
  const bool negative = units < 0;
  const std::string amount = format_grouped(negative ? -units : units, kNotionalPlaces, 2);
  const std::string sign = negative ? "-" : "";
  return base_currency == "USD" ? sign + "$" + amount : std::string(base_currency) + " " + sign + amount;
}

// 12500 -> "125.0%"
std::string percent(std::optional<std::int64_t> ratio_e4) {
  return ratio_e4 ? " (" + format_rounded(*ratio_e4, 2, 1) + "%)" : "";
}

std::string z_score(Int128 z_e4) {
  return format_rounded(z_e4, kEdgePlaces, 2);
}

std::string exposure_text(const AlertEvent& event, std::string_view base_currency) {
  const bool over = event.type == AlertEventType::kResolved;
  const bool back = over && event.value.amount <= event.limit.amount;  // else its rule or limit is gone
  const char* verb = back ? " is back within limit " : over ? " is no longer held against limit " : " exceeds limit ";
  return entity_of(event) + " " + std::string(to_string(*event.measure)) + " exposure " +
         money(event.value.amount, base_currency) + verb + money(event.limit.amount, base_currency) +
         percent(event.utilisation_e4);
}

std::string velocity_text(const AlertEvent& event) {
  const bool back = event.type == AlertEventType::kResolved;
  return entity_of(event) + " made " + event.value.to_string() + " transactions in " +
         std::to_string(event.window_seconds) + " s, " + (back ? "back within limit " : "limit ") +
         event.limit.to_string() + percent(event.utilisation_e4);
}

std::string anomaly_text(const AlertEvent& event, std::string_view base_currency) {
  if (event.type == AlertEventType::kResolved) {
    return entity_of(event) + " transactions are back to their usual size (largest z-score " +
           z_score(event.peak.amount) + ", limit " + z_score(event.limit.amount) + ")";
  }
  std::string text = entity_of(event) + " transaction";
  if (event.anomaly) text += " of " + money(event.anomaly->notional.units(), base_currency);
  text += " is unusual: z-score " + z_score(event.value.amount) + ", limit " + z_score(event.limit.amount);
  if (event.anomaly) {
    text += " (mean of the last " + std::to_string(event.anomaly->sample_count) + ": " +
            money(event.anomaly->mean.units(), base_currency) + ")";
  }
  return text;
}

}  // namespace

std::string alert_message(const AlertEvent& event, std::string_view base_currency) {
  if (event.alert_type == AlertType::kHighTransactionVelocity) return velocity_text(event);
  if (event.alert_type == AlertType::kAnomalyDetected) return anomaly_text(event, base_currency);
  return exposure_text(event, base_currency);
}

}  // namespace risk::engine

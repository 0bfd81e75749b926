#include <string>

#include "alert_text.hpp"
#include "kinds/kinds.hpp"
#include "risk/engine/types.hpp"

namespace risk::engine {

std::string entity_text(const AlertEvent& event) {
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

std::string money_text(Int128 units, std::string_view base_currency) {
  const bool negative = units < 0;
  const std::string amount = format_grouped(negative ? -units : units, kNotionalPlaces, 2);
  const std::string sign = negative ? "-" : "";
  return base_currency == "USD" ? sign + "$" + amount : std::string(base_currency) + " " + sign + amount;
}

std::string percent_text(std::optional<std::int64_t> ratio_e4) {
  return ratio_e4 ? " (" + format_rounded(*ratio_e4, 2, 1) + "%)" : "";
}

std::string z_score_text(Int128 z_e4) {
  return format_rounded(z_e4, kEdgePlaces, 2);
}

std::string alert_message(const AlertEvent& event, std::string_view base_currency) {
  std::string text;
  for_each_kind([&]<class Rule>() {
    if (is_alert_of<Rule>(event.alert_type)) text = KindOf<Rule>::text(event, base_currency);
  });
  return text;
}

}  // namespace risk::engine

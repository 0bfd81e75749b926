// Alert events as a core would give them.
#pragma once

#include "risk/engine/types.hpp"

namespace risk::riskctl {

inline engine::Figure money(std::int64_t whole) {
  return {engine::Figure::Unit::kMoney, Notional::of(Money::from_whole(whole)).units()};
}

// Of a client's exposure of `value`, against a limit of 100.
inline engine::AlertEvent exposure_event(std::uint64_t alert_id, engine::AlertEventType type, const std::string& client,
                                         std::int64_t second, std::int64_t value) {
  engine::AlertEvent event;
  event.alert_id = alert_id;
  event.type = type;
  event.entity_type = engine::EntityType::kClient;
  event.entity_id = client;
  event.measure = engine::Measure::kGross;
  event.value = event.peak = money(value);
  event.limit = money(100);
  event.utilisation_e4 = value * 100;
  event.at = Timestamp::from_seconds(second);
  return event;
}

inline engine::AlertEvent opened(std::uint64_t alert_id, const std::string& client, std::int64_t second,
                                 std::int64_t value = 120) {
  return exposure_event(alert_id, engine::AlertEventType::kOpened, client, second, value);
}

}  // namespace risk::riskctl

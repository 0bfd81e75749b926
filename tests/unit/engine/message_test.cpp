#include "desk.hpp"

using namespace risk;
using namespace risk::engine;

namespace {

AlertEvent exposure_event() {
  AlertEvent event;
  event.alert_type = AlertType::kHighClientExposure;
  event.entity_type = EntityType::kClient;
  event.entity_id = "CLIENT_001";
  event.measure = Measure::kGross;
  event.value = {Figure::Unit::kMoney, Notional::of(Money::from_whole(1'250'000)).units()};
  event.limit = {Figure::Unit::kMoney, Notional::of(Money::from_whole(1'000'000)).units()};
  event.utilisation_e4 = 12'500;
  return event;
}

}  // namespace

TEST_CASE("an exposure alert reads as a person expects") {
  auto event = exposure_event();
  CHECK(alert_message(event, "USD") ==
        "Client CLIENT_001 gross exposure $1,250,000.00 exceeds limit $1,000,000.00 (125.0%)");
  CHECK(alert_message(event, "EUR") ==
        "Client CLIENT_001 gross exposure EUR 1,250,000.00 exceeds limit EUR 1,000,000.00 (125.0%)");
  event.entity_type = EntityType::kFirm;
  event.type = AlertEventType::kResolved;
  CHECK(alert_message(event, "USD") ==
        "Firm gross exposure $1,250,000.00 is no longer held against limit $1,000,000.00 (125.0%)");
  event.value.amount = Notional::of(Money::from_whole(940'000)).units();
  event.utilisation_e4 = 9'400;
  CHECK(alert_message(event, "USD") == "Firm gross exposure $940,000.00 is back within limit $1,000,000.00 (94.0%)");
}

TEST_CASE("velocity and anomaly alerts read as a person expects") {
  AlertEvent event;
  event.alert_type = AlertType::kHighTransactionVelocity;
  event.entity_type = EntityType::kSymbol;
  event.entity_id = "AAPL";
  event.value = {Figure::Unit::kCount, 11};
  event.limit = {Figure::Unit::kCount, 10};
  event.utilisation_e4 = 11'000;
  event.window_seconds = 60;
  CHECK(alert_message(event, "USD") == "Symbol AAPL had 11 orders in 60 s, limit 10 (110.0%)");

  event.alert_type = AlertType::kAnomalyDetected;
  event.value = {Figure::Unit::kZScore, 52'149};
  event.limit = {Figure::Unit::kZScore, 30'000};
  event.anomaly = AnomalyEvidence{Notional::of(Money::from_whole(900)), Notional::of(Money::from_whole(100)), {}, 30};
  CHECK(alert_message(event, "USD") ==
        "Symbol AAPL transaction of $900.00 is unusual: z-score 5.21, limit 3.00 (mean of the last 30: $100.00)");
}

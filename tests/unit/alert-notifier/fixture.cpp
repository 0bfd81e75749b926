#include "fixture.hpp"

#include <cstdlib>
#include <stdexcept>

namespace risk::notifier::test {

wire::AlertMessage exposure_alert(std::uint64_t event_id) {
  using engine::Figure;
  const auto money = [](std::int64_t whole) {
    return Figure{Figure::Unit::kMoney, Notional::of(Money::from_whole(whole)).units()};
  };
  wire::AlertMessage message;
  message.event_id = event_id;
  message.opened_at = *parse_timestamp("2024-09-20T08:36:00Z");
  engine::AlertEvent& event = message.event;
  event.alert_id = 12;
  event.severity = engine::Severity::kCritical;
  event.entity_type = engine::EntityType::kClient;
  event.entity_id = "CLIENT_001";
  event.measure = engine::Measure::kGross;
  event.value = money(1'250'000);
  event.limit = money(1'000'000);
  event.peak = money(1'250'000);
  event.utilisation_e4 = 12'500;
  event.config_version = 3;
  event.at = message.opened_at;
  event.transaction_id = "TX-77";
  event.contributors = {{"AAPL", Notional::of(Money::from_whole(750'000))},
                        {"MSFT", Notional::of(Money::from_whole(500'000))}};
  message.message = engine::alert_message(event, "USD");
  return message;
}

Notification exposure_notification(std::uint64_t event_id) {
  return describe(exposure_alert(event_id), kStream, 1);
}

EmailSettings mail_to(const risk::test::Peer& server) {
  EmailSettings settings;
  settings.server.host = "localhost";
  settings.server.port = server.port();
  settings.server.ca_file = server.certificate();
  settings.from = "risk@example.com";
  settings.to = {"desk@example.com"};
  return settings;
}

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "alert-notifier-test.XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace risk::notifier::test

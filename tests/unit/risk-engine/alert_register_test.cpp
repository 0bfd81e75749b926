#include "risk-engine/alert_register.hpp"

#include "support/catch.hpp"

using namespace risk;
using namespace risk::risk_engine;
using engine::AlertEventType;
using engine::AlertStatus;
using Outcome = wire::CommandReply::Outcome;

namespace {

engine::AlertEvent event_of(std::uint64_t alert_id, AlertEventType type, std::int64_t second) {
  engine::AlertEvent event;
  event.alert_id = alert_id;
  event.type = type;
  event.entity_type = engine::EntityType::kClient;
  event.entity_id = "C";
  event.measure = engine::Measure::kGross;
  event.value = event.peak = {engine::Figure::Unit::kMoney, Notional::of(Money::from_whole(1'250)).units()};
  event.limit = {engine::Figure::Unit::kMoney, Notional::of(Money::from_whole(1'000)).units()};
  event.utilisation_e4 = 12'500;
  event.at = Timestamp::from_seconds(second);
  event.transaction_id = "T1";
  return event;
}

}  // namespace

TEST_CASE("an alert is one row, each of its changes an event with the next id") {
  AlertRegister book("USD", {}, 41);
  book.announce(event_of(1, AlertEventType::kOpened, 10));
  book.announce(event_of(1, AlertEventType::kWorsened, 20));
  const auto changes = book.take();
  REQUIRE(changes.alerts.size() == 1);
  CHECK(changes.alerts[0].opened_at == Timestamp::from_seconds(10));
  CHECK(changes.alerts[0].updated_at == Timestamp::from_seconds(20));
  CHECK(changes.alerts[0].status == AlertStatus::kOpen);
  REQUIRE(changes.events.size() == 2);
  CHECK(changes.events[0].event_id == 42);
  CHECK(changes.events[1].event_id == 43);
  CHECK(changes.events[0].message == "Client C gross exposure $1,250.00 exceeds limit $1,000.00 (125.0%)");
  CHECK(wire::decode_alert(changes.events[1].payload)->event_id == 43);
  CHECK_FALSE(book.has_changes());
  CHECK(book.take().events.empty());
}

TEST_CASE("an acknowledgement says who and when, once") {
  AlertRegister book("USD", {}, 0);
  book.announce(event_of(1, AlertEventType::kOpened, 10));
  const auto reply = book.apply("anna", wire::AcknowledgeAlert{1, "seen"}, Timestamp::from_seconds(30));
  REQUIRE(reply.outcome == Outcome::kDone);
  CHECK(reply.event->acknowledged_by == "anna");
  CHECK(reply.event->comment == "seen");
  CHECK(reply.event->event.type == AlertEventType::kAcknowledged);
  CHECK_FALSE(reply.event->event.transaction_id);

  const auto changes = book.take();
  CHECK(changes.alerts[0].status == AlertStatus::kAcknowledged);
  CHECK(changes.alerts[0].acknowledged_at == Timestamp::from_seconds(30));
  CHECK(changes.alerts[0].latest.type == AlertEventType::kOpened);
  REQUIRE(changes.commands.size() == 1);
  CHECK(changes.commands[0].actor == "anna");
  CHECK(changes.commands[0].old_value == "OPEN");

  const auto again = book.apply("ben", wire::AcknowledgeAlert{1, ""}, Timestamp::from_seconds(40));
  CHECK(again.outcome == Outcome::kConflict);
  CHECK(again.reason == "alert 1 was acknowledged by anna at 1970-01-01T00:00:30.000000Z");
  CHECK_FALSE(book.has_changes());
}

TEST_CASE("assignments and comments are events with their audit trail") {
  AlertRegister book("USD", {}, 0);
  book.announce(event_of(1, AlertEventType::kOpened, 10));
  book.apply("anna", wire::AssignAlert{1, "ben"}, {});
  book.apply("anna", wire::AssignAlert{1, "carl"}, {});
  book.apply("ben", wire::CommentAlert{1, "fat finger"}, {});
  const auto changes = book.take();
  CHECK(changes.alerts[0].assigned_to == "carl");
  CHECK(changes.commands[1].old_value == "ben");
  CHECK(changes.commands[1].new_value == "carl");
  CHECK(changes.events[3].comment == "fat finger");
  CHECK(changes.events[3].actor == "ben");
}

TEST_CASE("a wrong id is told from an alert that is over") {
  AlertRegister book("USD", {}, 0);
  book.announce(event_of(1, AlertEventType::kOpened, 10));
  book.announce(event_of(1, AlertEventType::kResolved, 20));
  CHECK(book.open_count() == 0);
  const auto over = book.apply("anna", wire::CommentAlert{1, "x"}, {});
  CHECK(over.outcome == Outcome::kConflict);
  CHECK(over.reason == "alert 1 is already resolved");
  for (const std::uint64_t id : {0, 2}) {
    const auto missing = book.apply("anna", wire::AcknowledgeAlert{id, ""}, {});
    CHECK(missing.outcome == Outcome::kNotFound);
    CHECK(missing.reason == "there is no alert " + std::to_string(id));
  }
}

TEST_CASE("an alert that was open before a restart is still known, with who acknowledged it") {
  AlertRegister before("USD", {}, 0);
  before.announce(event_of(7, AlertEventType::kOpened, 10));
  before.apply("anna", wire::AcknowledgeAlert{7, ""}, Timestamp::from_seconds(30));
  auto stored = before.take();

  AlertRegister after("USD", std::move(stored.alerts), stored.events.back().event_id);
  after.announce(event_of(7, AlertEventType::kResolved, 50));
  const auto changes = after.take();
  CHECK(changes.events[0].event_id == 3);
  CHECK(changes.alerts[0].acknowledged_by == "anna");
  CHECK(changes.alerts[0].opened_at == Timestamp::from_seconds(10));
  CHECK(changes.alerts[0].resolved_at == Timestamp::from_seconds(50));
}

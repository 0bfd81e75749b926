#include "dashboard-gateway/live/live_model.hpp"

#include "fixture.hpp"
#include "support/catch.hpp"

namespace risk::gateway::test {
namespace {

const LiveModel::SteadyTime kAt;

LiveLoad load_of(std::uint64_t apply_seq, int gross) {
  LiveLoad load;
  load.apply_seq = apply_seq;
  load.clients = {exposure_row("CLIENT_001", gross)};
  load.firm = exposure_row("", gross);
  load.alerts = {alert_row(1)};
  return load;
}

wire::ExposureUpdate update_of(std::uint64_t apply_seq, int gross) {
  wire::ExposureUpdate update;
  update.apply_seq = apply_seq;
  update.clients = {wire::figures(exposure_row("CLIENT_001", gross))};
  update.now = update.clients[0].last_updated;
  return update;
}

std::string gross_in(LiveModel& model) {
  return Json::parse(model.snapshot(1, "{}", kAt))["clients"][0]["gross"].get<std::string>();
}

TEST_CASE("An older reading of the database never overwrites newer figures") {
  LiveModel model("USD", {0});
  model.load(load_of(10, 100), kAt);
  model.apply(update_of(20, 200), kAt);
  model.load(load_of(15, 150), kAt);
  CHECK(gross_in(model) == "200.0000");
  model.load(load_of(25, 250), kAt);
  CHECK(gross_in(model) == "250.0000");
  model.apply(update_of(24, 240), kAt);
  CHECK(gross_in(model) == "250.0000");
  CHECK_FALSE(model.take_discontinuity());
}

TEST_CASE("An engine that does not say what waits leaves what the database said of it") {
  LiveModel model("USD", {0});
  auto load = load_of(10, 100);
  load.waiting = {1, 2, 3, 4};
  model.load(std::move(load), kAt);
  const auto waiting = [&] { return Json::parse(model.snapshot(1, "{}", kAt))["summary"]["waiting"]; };
  const Json loaded = Json::parse(R"({"conflicts":1,"executions":2,"held_prices":3,"adjustments":4})");
  CHECK(waiting() == loaded);
  model.apply(update_of(20, 200), kAt);
  CHECK(waiting() == loaded);
  auto update = update_of(21, 200);
  update.waiting.emplace();
  model.apply(update, kAt);
  CHECK(waiting()["conflicts"] == 0);
}

TEST_CASE("After another engine's history began, the database wins") {
  LiveModel model("USD", {0});
  model.load(load_of(1000, 100), kAt);
  model.apply(update_of(1001, 101), kAt);
  model.expect_another_history();
  model.load(load_of(5, 50), kAt);
  CHECK(gross_in(model) == "50.0000");
  CHECK(model.take_discontinuity());
  model.apply(update_of(6, 60), kAt);
  CHECK(gross_in(model) == "60.0000");
}

TEST_CASE("An engine that started again on the same database is no new beginning") {
  LiveModel model("USD", {0});
  model.load(load_of(10, 100), kAt);
  model.expect_another_history();
  model.load(load_of(12, 120), kAt);
  CHECK_FALSE(model.take_discontinuity());
  CHECK(gross_in(model) == "120.0000");
}

TEST_CASE("Each transaction is shown once and the newest first, in whatever order and however often it comes") {
  const auto applied = [](std::uint64_t apply_seq) {
    wire::AppliedTransaction transaction;
    transaction.apply_seq = apply_seq;
    transaction.notional = "1.0000";
    return transaction;
  };
  LiveModel model("USD", {0});
  model.load(load_of(10, 100), kAt);
  auto update = update_of(12, 120);
  update.transactions = {applied(11), applied(12)};  // as the engine sends them
  model.apply(update, kAt);
  auto load = load_of(13, 130);
  for (const std::uint64_t apply_seq : {13, 12, 11}) {
    store::StoredTransaction stored;
    stored.apply_seq = apply_seq;
    load.transactions.push_back(stored);
  }
  model.load(load, kAt);
  update = update_of(14, 140);
  update.transactions = {applied(12), applied(13), applied(14)};
  model.apply(update, kAt);
  std::vector<std::uint64_t> shown;
  const Json snapshot = Json::parse(model.snapshot(1, "{}", kAt));
  for (const Json& row : snapshot["transactions"]) shown.push_back(row["apply_seq"]);
  CHECK(shown == std::vector<std::uint64_t>{14, 13, 12, 11});
}

TEST_CASE("A delta holds each changed row once, and nothing when nothing changed") {
  LiveModel model("USD", {0});
  model.load(load_of(10, 100), kAt);
  model.forget_changes();
  CHECK_FALSE(model.delta(2, "", kAt));
  model.apply(update_of(11, 110), kAt);
  model.apply(update_of(12, 120), kAt);
  const Json delta = Json::parse(*model.delta(2, "", kAt));
  CHECK(delta["clients"].size() == 1);
  CHECK(delta["clients"][0]["gross"] == "120.0000");
  CHECK_FALSE(delta.contains("alerts"));
  CHECK_FALSE(delta.contains("system"));
  CHECK_FALSE(model.delta(3, "", kAt));
}

TEST_CASE("A row that vanished, or an alert resolved unseen, makes every client start over") {
  LiveModel model("USD", {0});
  model.load(load_of(10, 100), kAt);
  LiveLoad without_client = load_of(11, 100);
  without_client.clients.clear();
  model.load(without_client, kAt);
  CHECK(model.take_discontinuity());
  CHECK_FALSE(model.take_discontinuity());
  LiveLoad without_alert = load_of(12, 100);
  without_alert.alerts.clear();
  model.load(without_alert, kAt);
  CHECK(model.take_discontinuity());
}

TEST_CASE("Events of an alert are applied once and never backwards") {
  LiveModel model("USD", {0});
  model.load(load_of(10, 100), kAt);
  wire::AlertMessage resolved = alert_message(7, 1);
  resolved.status = engine::AlertStatus::kResolved;
  model.apply(resolved);
  model.apply(alert_message(6, 1));
  const Json snapshot = Json::parse(model.snapshot(1, "{}", kAt));
  CHECK(snapshot["alerts"][0]["status"] == "RESOLVED");
  CHECK(snapshot["summary"]["alerts"]["open"] == 0);
}

TEST_CASE("An execution that is taken back says by what, in whichever message that comes") {
  const auto applied = [](std::uint64_t apply_seq, std::uint64_t reverses = 0) {
    wire::AppliedTransaction transaction;
    transaction.apply_seq = apply_seq;
    transaction.notional = "1.0000";
    transaction.reverses = reverses;
    transaction.transaction.transaction_id = "T" + std::to_string(apply_seq);
    if (reverses != 0) transaction.transaction.kind = engine::ExecutionKind::kBust;
    return transaction;
  };
  LiveModel model("USD", {0});
  model.load(load_of(10, 100), kAt);
  auto update = update_of(12, 100);
  update.transactions = {applied(11), applied(12, 11), applied(13)};
  model.apply(update, kAt);
  update.apply_seq = 14;
  update.transactions = {applied(14, 13), applied(15, 2)};
  model.apply(update, kAt);
  std::map<std::string, Json> shown;
  const Json snapshot = Json::parse(model.snapshot(1, "{}", kAt));
  for (const Json& row : snapshot["transactions"]) shown[row["transaction_id"]] = row;
  CHECK(shown["T11"]["reversed_by"] == Json({{"apply_seq", 12}, {"kind", "BUST"}, {"transaction_id", "T12"}}));
  CHECK(shown["T13"]["reversed_by"]["transaction_id"] == "T14");
  CHECK(shown["T12"]["reversed_by"].is_null());
  CHECK(shown["T12"]["reverses"] == 11);
  CHECK(shown["T11"]["reverses"].is_null());
  CHECK(shown["T15"]["reverses"] == 2);
}

TEST_CASE("What a person does to an alert leaves the transaction that tipped it") {
  LiveModel model("USD", {0});
  model.load(load_of(10, 100), kAt);
  wire::AlertMessage acknowledged = alert_message(7, 1);
  acknowledged.event.transaction_id.reset();
  acknowledged.actor = acknowledged.acknowledged_by = "anna";
  acknowledged.status = engine::AlertStatus::kAcknowledged;
  model.apply(acknowledged);
  const Json snapshot = Json::parse(model.snapshot(1, "{}", kAt));
  CHECK(snapshot["alerts"][0]["transaction_id"] == "T-1");
  CHECK(snapshot["alerts"][0]["acknowledged_by"] == "anna");
  CHECK(snapshot["summary"]["alerts"]["acknowledged"] == 1);
}

TEST_CASE("A symbol's mark comes with its figures") {
  LiveModel model("USD", {0});
  LiveLoad load = load_of(10, 100);
  load.symbols = {exposure_row("AAPL", 100)};
  load.symbols[0].mark = Price::parse("187.25").value();
  model.load(load, kAt);
  CHECK(Json::parse(model.snapshot(1, "{}", kAt))["symbols"][0]["mark"] == "187.25");

  wire::ExposureUpdate update = update_of(11, 100);
  update.symbols = {wire::figures(load.symbols[0])};
  update.symbols[0].mark = "190.5";
  model.apply(update, kAt);
  CHECK(Json::parse(model.delta(2, "", kAt).value())["symbols"][0]["mark"] == "190.5");
}

TEST_CASE("Today's counts begin again when now crosses the session's start") {
  LiveModel model("USD", {8 * 3600});
  LiveLoad load = load_of(10, 100);
  load.firm->last_updated = *parse_timestamp("2026-03-02T07:59:59Z");
  load.firm->transaction_count = 40;
  load.opened_today = 3;
  load.transactions_before_today = 30;
  model.load(load, kAt);
  Json summary = Json::parse(model.summary(kAt));
  CHECK(summary["session_started_at"] == "2026-03-01T08:00:00.000000Z");
  CHECK(summary["transactions"]["today"] == 10);
  wire::ExposureUpdate update = update_of(11, 100);
  update.now = *parse_timestamp("2026-03-02T08:00:00Z");
  update.transactions_total = 41;
  model.apply(update, kAt);
  summary = Json::parse(model.summary(kAt));
  CHECK(summary["session_started_at"] == "2026-03-02T08:00:00.000000Z");
  CHECK(summary["transactions"]["today"] == 1);
  CHECK(summary["alerts"]["opened_today"] == 0);
}

}  // namespace
}  // namespace risk::gateway::test

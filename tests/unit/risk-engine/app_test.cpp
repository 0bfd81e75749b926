// The whole service in this process: transactions and database in memory, real sockets on free ports
// for what it publishes and takes.
#include "risk-engine/app.hpp"

#include <functional>

#include "risk/bus/subscriber.hpp"
#include "risk/log/memory.hpp"
#include "risk/store/lease.hpp"
#include "risk/store/memory.hpp"
#include "risk/store/reader.hpp"
#include "support/catch.hpp"

using namespace risk;
using namespace risk::risk_engine;
using namespace std::chrono_literals;

namespace {

// Returns as soon as the condition holds; fails the test when it does not within ten seconds.
void wait_until(const std::function<bool()>& condition) {
  service::StopSource pause;
  for (int i = 0; i < 1'000; ++i) {
    if (condition()) return;
    pause.wait_for(10ms);
  }
  FAIL("waited in vain");
}

struct Mesh {
  Mesh() { start(); }
  ~Mesh() {
    if (app) app->stop();
  }

  Options options() const {
    Options options;
    options.common.health_port = 0;
    options.database.type = store::DatabaseConfig::Type::kMemory;
    options.database.memory = database;
    options.rules.exposure("client_exposure").limit = Money::from_whole(1'000);
    options.publish_port = options.replay_port = options.command_port = 0;
    options.standby_patience = 100ms;
    options.snapshots.interval = snapshot_interval;
    return options;
  }
  void start() {
    context = std::make_unique<service::RunContext>();
    app = std::make_unique<App>(options(), *context, log.source());
    app->start();
    wait_until([&] { return !app->publish_endpoint().empty(); });
    reader = store::open_reader(options().database);
  }

  void trade(int number, const char* quantity) {
    engine::Transaction t;
    t.transaction_id = "T" + std::to_string(number);
    t.executed_at = Timestamp::from_seconds(1'726'821'360 + number);
    t.client_id = ClientId("C");
    t.symbol = Symbol("A");
    t.side = engine::Side::kBuy;
    t.quantity = *Quantity::parse(quantity);
    t.price = *Price::parse("100");
    publisher->append(wire::kTransactionsTopic, wire::encode(t));
  }

  wire::CommandReply ask(const wire::Command& command) {
    bus::RequestClient client(app->command_endpoint());
    const auto answer = client.request(wire::encode(command), 10s);
    REQUIRE(answer);
    return wire::decode_command_reply(*answer).value();
  }

  std::chrono::milliseconds snapshot_interval{1h};
  std::shared_ptr<store::MemoryDatabase> database = store::make_memory_database();
  log::MemoryLog log;
  std::unique_ptr<log::Writer> publisher = log.writer("simulator")({{wire::kTransactionsTopic}}, {});
  std::unique_ptr<service::RunContext> context;
  std::unique_ptr<App> app;
  std::unique_ptr<store::Reader> reader;
};

}  // namespace

TEST_CASE("an execution becomes exposures and an alert in the store, and then on the bus") {
  Mesh mesh;
  std::vector<wire::AlertMessage> heard;
  bus::SubscriberOptions options;
  options.endpoints = {mesh.app->publish_endpoint()};
  options.topics = {wire::kAlertsTopic};
  bus::Subscriber alerts(options, {[&](const bus::Record& record) {
                                     const auto message = wire::decode_alert(record.payload);
                                     REQUIRE(message.ok());
                                     CHECK(record.sequence == message->event_id);
                                     CHECK(mesh.reader->alert(message->event.alert_id));  // stored before it is told
                                     heard.push_back(*message);
                                   },
                                   {},
                                   {}});
  wait_until([&] {
    alerts.poll(10ms);
    return !alerts.streams().empty();
  });
  mesh.trade(1, "11");
  wait_until([&] {
    alerts.poll(10ms);
    return !heard.empty();
  });
  CHECK(heard[0].message == "Client C gross exposure $1,100.00 exceeds limit $1,000.00 (110.0%)");
  const auto row = mesh.reader->client_exposure("C");
  REQUIRE(row);
  CHECK(row->exposure.gross().to_string() == "1100.0000");
}

TEST_CASE("an acknowledgement is answered when it is stored; a wrong id with the reason") {
  Mesh mesh;
  mesh.trade(1, "11");
  wait_until([&] { return mesh.reader->alert(1).has_value(); });
  CHECK(mesh.ask({"anna", wire::AcknowledgeAlert{1, ""}}).outcome == wire::CommandReply::Outcome::kDone);
  CHECK(mesh.reader->alert(1)->acknowledged_by == "anna");
  const auto wrong = mesh.ask({"anna", wire::AcknowledgeAlert{99, ""}});
  CHECK(wrong.outcome == wire::CommandReply::Outcome::kNotFound);
  CHECK(wrong.reason == "there is no alert 99");
  CHECK(mesh.reader->commands(10).size() == 1);
}

TEST_CASE("what a channel did not deliver is answered when it is stored, and only of alerts that are here") {
  Mesh mesh;
  mesh.trade(1, "11");
  wait_until([&] { return mesh.reader->alert(1).has_value(); });
  std::string stream;
  for (const auto& cursor : mesh.reader->cursors()) {
    if (cursor.stream_id == store::kAlertsCursor) stream = cursor.name;
  }
  const wire::DeliveryRecord record{
      "slack", 1, 1, wire::DeliveryRecord::Outcome::kRefused, "status 400", Timestamp::from_micros(1)};
  using Outcome = wire::CommandReply::Outcome;
  // Twice in one command, and once more: a repeat replaces.
  for (int i = 0; i < 2; ++i) {
    CHECK(mesh.ask({"alert-notifier", wire::RecordDeliveries{stream, {record, record}}}).outcome == Outcome::kDone);
  }
  REQUIRE(mesh.reader->undelivered_count() == 1);
  CHECK(mesh.reader->undelivered(1).front().delivery ==
        store::DeliveryRow{"slack", 1, 1, "REFUSED", "status 400", record.at});
  CHECK(mesh.reader->commands(10).empty());

  const auto foreign = mesh.ask({"alert-notifier", wire::RecordDeliveries{std::string(32, '0'), {record}}});
  CHECK(foreign.outcome == Outcome::kNotFound);
  CHECK(foreign.reason == "stream_id " + std::string(32, '0') + ": the alerts here are of stream " + stream);
  wire::DeliveryRecord future = record;
  future.event_id = 99;
  CHECK(mesh.ask({"alert-notifier", wire::RecordDeliveries{stream, {future}}}).reason == "there is no alert event 99");
}

TEST_CASE("a clean-up deletes what is old enough and leaves its trace") {
  Mesh mesh;
  mesh.trade(1, "11");
  mesh.trade(2, "0.01");
  wait_until([&] { return mesh.reader->alert(1).has_value(); });
  const auto reply = mesh.ask({"anna", wire::Cleanup{30}});
  REQUIRE(reply.cleanup);
  CHECK(reply.cleanup->alerts == 0);  // it is open
  CHECK(mesh.reader->alert(1).has_value());
  wait_until([&] { return !mesh.reader->commands(10).empty(); });
  CHECK(mesh.reader->commands(10).front().command == "CLEANUP");
}

TEST_CASE("a stopped engine has stored what it applied, and the next one goes on there") {
  Mesh mesh;
  mesh.trade(1, "5");
  wait_until([&] { return mesh.reader->client_exposure("C").has_value(); });
  mesh.app->stop();
  CHECK_FALSE(mesh.context->failed);
  mesh.start();
  mesh.trade(2, "6");
  wait_until([&] { return mesh.reader->alert(1).has_value(); });
  CHECK(mesh.reader->client_exposure("C")->exposure.gross().to_string() == "1100.0000");
  CHECK(mesh.reader->transactions({}).size() == 2);
}

TEST_CASE("alerts that were raised before a subscriber came are sent to it from the store") {
  Mesh mesh;
  mesh.trade(1, "11");
  wait_until([&] { return mesh.reader->alert(1).has_value(); });
  mesh.app->stop();
  mesh.start();
  std::vector<std::uint64_t> heard;
  bus::SubscriberOptions options;
  options.endpoints = {mesh.app->publish_endpoint()};
  options.topics = {wire::kAlertsTopic};
  bus::Subscriber alerts(options, {[&](const bus::Record& record) { heard.push_back(record.sequence); }, {}, {}});
  wait_until([&] {
    alerts.poll(10ms);
    return !heard.empty();
  });
  CHECK(heard.front() == 1);
}

TEST_CASE("a second engine on the same store waits, says so, and leads when the first has stopped") {
  Mesh mesh;
  mesh.trade(1, "5");
  wait_until([&] { return mesh.reader->client_exposure("C").has_value(); });
  auto options = mesh.options();
  options.standby_patience = 1h;
  service::RunContext context;
  App standby(options, context, mesh.log.source());
  standby.start();
  wait_until([&] { return standby.health().readiness().json.find("standby: risk-engine@") != std::string::npos; });
  CHECK_FALSE(standby.health().readiness().ok);
  CHECK(standby.health().liveness().ok);  // alive, so that nobody starts it again
  CHECK(standby.publish_endpoint().empty());
  mesh.trade(2, "1");
  wait_until([&] { return mesh.reader->transactions({}).size() == 2; });

  mesh.app->stop();
  wait_until([&] { return !standby.publish_endpoint().empty(); });
  mesh.trade(3, "5");
  wait_until([&] { return mesh.reader->alert(1).has_value(); });
  CHECK(mesh.reader->client_exposure("C")->exposure.gross().to_string() == "1100.0000");
  standby.stop();
  CHECK_FALSE(context.failed);
}

TEST_CASE("an engine whose lease was taken while it stood still commits nothing more and ends") {
  Mesh mesh;
  mesh.trade(1, "5");
  wait_until([&] { return mesh.reader->client_exposure("C").has_value(); });
  const auto lease = store::open_lease(mesh.options().database);
  REQUIRE(lease->take_from(lease->state(), "another"));
  mesh.trade(2, "6");
  wait_until([&] { return mesh.context->failed.load(); });
  CHECK(mesh.reader->transactions({}).size() == 1);
  CHECK_FALSE(mesh.app->health().liveness().ok);
}

TEST_CASE("snapshots are stored while transactions come, and a restart begins with the newest") {
  Mesh mesh;
  mesh.snapshot_interval = 1ms;
  mesh.app->stop();
  mesh.start();
  int traded = 0;
  wait_until([&] {
    mesh.trade(++traded, "0.01");
    return mesh.reader->snapshots().size() == 2;
  });
  const auto stored = [&] { return mesh.reader->client_exposure("C")->transaction_count; };
  wait_until([&] { return stored() == static_cast<std::uint64_t>(traded); });
  mesh.app->stop();
  mesh.start();
  mesh.trade(++traded, "0.01");
  wait_until([&] { return stored() == static_cast<std::uint64_t>(traded); });
}

TEST_CASE("a second writer on the same store ends the first one, which writes nothing more") {
  Mesh mesh;
  mesh.trade(1, "5");
  wait_until([&] { return mesh.reader->client_exposure("C").has_value(); });
  store::DatabaseConfig config;
  config.type = store::DatabaseConfig::Type::kMemory;
  config.memory = mesh.database;
  auto other = store::open_store(config);
  Processor processor(other->resume_point(), 0);
  other->replay(0, [&](const store::AppliedInput& input) { processor.restore(input); });
  engine::RuleSet rules;
  processor.start(rules);
  other->commit(processor.take(engine::Core::Scope::kTraded, system_now()).commit);

  mesh.trade(2, "6");
  wait_until([&] { return mesh.context->failed.load(); });
  CHECK(mesh.reader->transactions({}).size() == 1);
  CHECK_FALSE(mesh.app->health().liveness().ok);
}

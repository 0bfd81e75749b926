#include <chrono>

#include "fixture.hpp"
#include "support/catch.hpp"

namespace risk::gateway::test {
namespace {

auto client_with_gross(const std::string& id, const std::string& gross) {
  return [=](const Json& clients) {
    for (const Json& client : clients) {
      if (client["client_id"] == id && client["gross"] == gross) return true;
    }
    return false;
  };
}

TEST_CASE("A client of the stream gets a snapshot, then deltas numbered without a gap") {
  Gateway gateway;
  gateway.wait_ready();
  REQUIRE(gateway.engine.wait_for_gateway());
  StreamClient client(gateway.app->port());
  const Json snapshot = client.read();
  CHECK(snapshot["type"] == "snapshot");
  CHECK(snapshot["clients"].size() == 2);
  CHECK(snapshot["symbols"].size() == 2);
  CHECK(snapshot["alerts"][0]["alert_id"] == 2);
  CHECK(snapshot["transactions"][0]["apply_seq"] == 3);
  CHECK(snapshot["summary"]["firm"]["gross"] == "1650000.0000");
  CHECK(snapshot["system"]["database"]["up"] == true);

  std::uint64_t number = snapshot["number"];
  bool seen = false;
  for (int gross = 1; !seen && gross < 1000; ++gross) {
    gateway.apply({exposure_row("CLIENT_003", gross)});
    const Json delta = client.read();
    CHECK(delta["type"] == "delta");
    CHECK(delta["number"] == ++number);
    if (delta.contains("clients"))
      seen = client_with_gross("CLIENT_003", std::to_string(gross) + ".0000")(delta["clients"]);
  }
  CHECK(seen);
}

TEST_CASE("An alert shows on the page within a second of being stored") {
  Gateway gateway;
  gateway.wait_ready();
  REQUIRE(gateway.engine.wait_for_gateway());
  StreamClient client(gateway.app->port());
  CHECK(client.read()["type"] == "snapshot");
  store::Commit commit;
  commit.alerts = {alert_row(3)};
  test::commit(gateway.database, commit);
  const auto stored = std::chrono::steady_clock::now();
  gateway.engine.publish(alert_message(3, 3));
  const Json delta = client.read_until("alerts", [](const Json& alerts) { return alerts[0]["alert_id"] == 3; });
  CHECK(std::chrono::steady_clock::now() - stored < std::chrono::seconds(1));
  CHECK(delta["summary"]["alerts"]["open"] == 2);
  CHECK(delta["summary"]["alerts"]["opened_today"] == 3);
}

TEST_CASE("An alert event that a clean-up deleted is passed over, and the next one shows") {
  Gateway gateway;
  gateway.wait_ready();
  REQUIRE(gateway.engine.wait_for_gateway());
  StreamClient client(gateway.app->port());
  CHECK(client.read()["type"] == "snapshot");
  store::Commit commit;
  commit.alerts = {alert_row(3)};
  test::commit(gateway.database, commit);
  gateway.engine.publish_deleted_alert();
  gateway.engine.publish(alert_message(4, 3));
  client.read_until("alerts", [](const Json& alerts) { return alerts[0]["alert_id"] == 3; });
  const Reply metrics = HttpClient(gateway.app->port()).request("GET", "/metrics");
  CHECK(metrics.body.find("gateway_bad_records_total 0") != std::string::npos);
}

TEST_CASE("Something comes at least every two seconds, though nothing changes") {
  Gateway gateway([](GatewayOptions& options) {
    options.stream.system_interval = std::chrono::hours(1);
    options.stream.silence_max = std::chrono::milliseconds(300);
  });
  gateway.wait_ready();
  StreamClient client(gateway.app->port());
  std::uint64_t number = client.read()["number"];
  bool empty = false;
  for (int i = 0; i < 20 && !empty; ++i) {
    const Json delta = client.read();
    CHECK(delta["number"] == ++number);
    empty = delta.size() == 2;
  }
  CHECK(empty);
}

TEST_CASE("A client that stalls is closed, and the others get every delta") {
  Gateway gateway([](GatewayOptions& options) {
    options.stream.client_bytes_max = 256 << 10;
    options.stream.close_max = std::chrono::milliseconds(200);
    options.stream.frame_interval = std::chrono::milliseconds(5);
  });
  gateway.wait_ready();
  REQUIRE(gateway.engine.wait_for_gateway());
  StreamClient stalled(gateway.app->port(), {}, 4096);
  StreamClient healthy(gateway.app->port());
  std::uint64_t number = healthy.read()["number"];
  const auto slow_clients = [&] {
    const std::string metrics = gateway.get("/metrics").body;
    return metrics.find("gateway_slow_clients_total 1") != std::string::npos;
  };
  for (int gross = 1; !slow_clients() && gross < 3000; ++gross) {
    std::vector<engine::ExposureRow> rows;
    for (int i = 0; i < 500; ++i) rows.push_back(exposure_row("C" + std::to_string(i), gross));
    gateway.apply(rows);
    const Json delta = healthy.read();
    REQUIRE(delta["number"] == ++number);
  }
  CHECK(slow_clients());
  CHECK(healthy.read()["number"] == ++number);
}

TEST_CASE("A page of another site cannot open the stream") {
  Gateway gateway;
  gateway.wait_ready();
  CHECK(gateway.stream_status("http://evil.example") == 403);
  CHECK(gateway.stream_status("null") == 403);
  CHECK(gateway.stream_status("http://gateway.test") == 101);
  CHECK(gateway.get("/api/v1/stream").status == 426);
}

TEST_CASE("A gateway that stops says so to its clients") {
  Gateway gateway;
  gateway.wait_ready();
  StreamClient client(gateway.app->port());
  client.read();
  std::thread stop([&] { gateway.app->stop(); });
  CHECK(client.read_close_code() == 1001);
  stop.join();
}

}  // namespace
}  // namespace risk::gateway::test

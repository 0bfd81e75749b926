#include "dashboard-gateway/health_checks.hpp"
#include "fixture.hpp"
#include "support/catch.hpp"

namespace risk::gateway::test {
namespace {

Json service_named(const Json& system, const std::string& name) {
  for (const Json& service : system["services"]) {
    if (service["name"] == name) return service;
  }
  return {};
}

// Asks until the service's answer fits.
Json wait_for_service(Gateway& gateway, const std::string& name, const std::function<bool(const Json&)>& fits) {
  HttpClient client(gateway.app->port());
  for (int i = 0; i < 20'000; ++i) {
    const Json service = service_named(client.get("/api/v1/system").json(), name);
    if (fits(service)) return service;
    std::this_thread::yield();
  }
  return {};
}

TEST_CASE("A service's health port tells whether it is up and ready, and why not") {
  service::Health health;
  service::Metrics metrics;
  health.require("smtp", "relay refused the connection");
  auto server = std::make_unique<service::HealthServer>(service::HealthServerOptions{}, health, metrics);
  Gateway gateway([&](GatewayOptions& options) {
    options.notifier_health_url = "http://127.0.0.1:" + std::to_string(server->port()) + "/readyz";
    options.health_interval = std::chrono::milliseconds(10);
  });
  const Json unready = wait_for_service(gateway, "alert-notifier", [](const Json& s) { return s["up"] == true; });
  CHECK(unready["ready"] == false);
  CHECK(unready["detail"] == "smtp: relay refused the connection");
  health.met("smtp");
  const Json ready = wait_for_service(gateway, "alert-notifier", [](const Json& s) { return s["ready"] == true; });
  CHECK(ready["detail"].is_null());
  server.reset();
  const Json down = wait_for_service(gateway, "alert-notifier", [](const Json& s) { return s["up"] == false; });
  CHECK(down["detail"].is_string());
}

TEST_CASE("Engine and simulator are seen through the engine's streams") {
  Gateway gateway;
  gateway.wait_ready();
  REQUIRE(gateway.engine.wait_for_gateway());
  wire::ExposureUpdate update;
  update.apply_seq = 4;
  update.transactions_total = 4;
  update.uncommitted_inputs = 2;
  update.streams = {{std::string(32, 'b'), "simulator@test", 90, 100, 1, true}};
  gateway.engine.publish(update);
  const Json engine = wait_for_service(gateway, "risk-engine", [](const Json& s) { return s["lag"] == 12; });
  CHECK(engine["up"] == true);
  const Json system = gateway.get("/api/v1/system").json();
  CHECK(service_named(system, "simulator")["up"] == true);
  CHECK(service_named(system, "alert-notifier")["up"] == false);
  CHECK(service_named(system, "dashboard-gateway")["ready"] == true);
  bool found = false;
  for (const Json& stream : system["streams"]) {
    if (stream["stream"] != "transactions") continue;
    found = true;
    CHECK(stream["publisher"] == "simulator@test");
    CHECK(stream["lag"] == 10);
    CHECK(stream["gaps"] == 1);
  }
  CHECK(found);
  CHECK(system["database"]["type"] == "memory");
}

TEST_CASE("A health address that cannot be asked is a mistake at the start") {
  CHECK(health_url_problem("http://localhost:9103/readyz") == nullptr);
  CHECK(health_url_problem("http://[::1]:9103") == nullptr);
  CHECK(health_url_problem("") == nullptr);
  CHECK(health_url_problem("https://localhost") != nullptr);
  CHECK(health_url_problem("http://:9103/") != nullptr);
  CHECK(health_url_problem("http://host:port/") != nullptr);
}

}  // namespace
}  // namespace risk::gateway::test

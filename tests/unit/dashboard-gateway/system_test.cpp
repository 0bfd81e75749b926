#include "dashboard-gateway/api/health_answers.hpp"
#include "dashboard-gateway/api/health_checks.hpp"
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

TEST_CASE("Two engines that publish one stream make the gateway unready, with both named") {
  const auto stream = bus::make_stream_id();
  bus::Publisher first{bus::PublisherOptions{}}, twin{bus::PublisherOptions{}};
  for (auto* publisher : {&first, &twin}) publisher->open_stream(wire::kAlertsTopic, stream, 1, 0);
  Gateway gateway([&](GatewayOptions& options) { options.engine.publish = {first.endpoint(), twin.endpoint()}; });
  HttpClient client(gateway.app->port());
  Reply answer;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  do {
    first.service();
    twin.service();
    answer = client.get("/readyz");
  } while (answer.body.find("has two publishers") == std::string::npos && std::chrono::steady_clock::now() < deadline);
  CHECK(answer.status == 503);
  for (const auto& part : {stream.text, first.endpoint(), twin.endpoint()}) {
    CHECK(answer.body.find(part) != std::string::npos);
  }
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
  health.warn("streams", "one is late");
  const Json warned = wait_for_service(gateway, "alert-notifier", [](const Json& s) { return !s["detail"].is_null(); });
  CHECK(warned["ready"] == true);
  CHECK(warned["detail"] == "streams: one is late");
  server.reset();
  const Json down = wait_for_service(gateway, "alert-notifier", [](const Json& s) { return s["up"] == false; });
  CHECK(down["detail"].is_string());
}

TEST_CASE("Of several engines the one that leads makes the service ready, and its standby is shown") {
  service::Health leader, standby;
  service::Metrics metrics;
  standby.require("lease", "standby: risk-engine@a:1 leads, term 1");
  standby.require("recovery", "waits for the lease");
  service::HealthServer first({}, standby, metrics);
  auto second = std::make_unique<service::HealthServer>(service::HealthServerOptions{}, leader, metrics);
  const auto address = [](const service::HealthServer& server) { return "127.0.0.1:" + std::to_string(server.port()); };
  const auto first_at = address(first), second_at = address(*second);
  Gateway gateway([&](GatewayOptions& options) {
    options.engine_health_url = "http://" + first_at + "/readyz,http://" + second_at + "/readyz";
    options.health_interval = std::chrono::milliseconds(10);
  });
  const Json both = wait_for_service(gateway, "risk-engine", [](const Json& s) { return s["ready"] == true; });
  CHECK(both["up"] == true);
  CHECK(both["detail"] == first_at + " is its standby; " + second_at + " is ready");
  second.reset();
  const Json alone = wait_for_service(gateway, "risk-engine", [](const Json& s) { return s["ready"] == false; });
  CHECK(alone["up"] == true);
  CHECK(alone["detail"].get<std::string>().starts_with(
      first_at + ": lease: standby: risk-engine@a:1 leads, term 1; recovery: waits for the lease; " + second_at +
      ": "));
  standby.met("lease");
  standby.met("recovery");
  wait_for_service(gateway, "risk-engine", [&](const Json& s) {
    return s["detail"].is_string() && s["detail"].get<std::string>().starts_with(first_at + " is ready; " + second_at);
  });
}

TEST_CASE("A name that leads to more addresses than somebody listens at is as healthy as those that answer") {
  using State = InstanceAnswer::State;
  const InstanceAnswer ready{"127.0.0.1:9102", State::kReady, ""};
  const InstanceAnswer silent{"[::1]:9102", State::kSilent, "Connection refused"};
  const InstanceAnswer unready{"10.0.0.1:9102", State::kUnready, "database: away"};
  const InstanceAnswer waiting{"10.0.0.2:9102", State::kStandby, "lease: standby: x leads"};
  const auto health = [](const std::vector<std::vector<InstanceAnswer>>& by_name) { return health_of(by_name, {}); };
  CHECK(health({{silent, ready}}).ready);
  CHECK(health({{silent, ready}}).detail.empty());
  CHECK_FALSE(health({{silent, silent}}).up);
  CHECK(health({{silent, silent}}).detail == "Connection refused");
  CHECK(health({{ready}, {silent}}).up);
  CHECK_FALSE(health({{ready}, {silent}}).ready);  // named on its own, so that it is missed
  CHECK(health({{ready, waiting}}).ready);
  CHECK_FALSE(health({{ready, unready}}).ready);
  CHECK_FALSE(health({{waiting, waiting}}).ready);
  CHECK(health({{waiting}}).detail == "lease: standby: x leads");
  CHECK(health({{unready}}).detail == "database: away");
}

TEST_CASE("A health port that answers something else is not ready") {
  using State = InstanceAnswer::State;
  for (const char* body : {"", "gone", "[]", R"({"conditions":7})", R"({"conditions":{"lease":7}})"}) {
    const auto answer = read_answer("a:1", false, body);
    CHECK(answer.state == State::kUnready);
    CHECK(answer.reason == "not ready");
  }
  CHECK(read_answer("a:1", false, R"({"conditions":{"lease":"standby: b leads"}})").state == State::kStandby);
  CHECK(read_answer("a:1", false, R"({"conditions":{"lease":"waits for the database"}})").state == State::kUnready);
}

TEST_CASE("drop-copy is shown with its sessions once it was seen, and they are not logged on while it is away") {
  service::Health health;
  service::Metrics metrics;
  health.require("session prime", "connection refused");
  health.tell("session prime", {{"logged_on", false},
                                {"state", "connection refused"},
                                {"last_sequence", std::uint64_t{17}},
                                {"gaps_asked_for", std::uint64_t{2}},
                                {"fills", std::uint64_t{9}},
                                {"quarantined", std::uint64_t{1}}});
  auto server = std::make_unique<service::HealthServer>(service::HealthServerOptions{}, health, metrics);
  Gateway gateway([&](GatewayOptions& options) {
    options.drop_copy_health_url = "http://127.0.0.1:" + std::to_string(server->port()) + "/readyz";
    options.health_interval = std::chrono::milliseconds(10);
  });
  const Json unready =
      wait_for_service(gateway, "drop-copy", [](const Json& s) { return s.is_object() && s["up"] == true; });
  CHECK(unready["ready"] == false);
  CHECK(unready["detail"] == "session prime: connection refused");
  const Json expected = {{"session", "prime"},  {"logged_on", false},  {"state", "connection refused"},
                         {"last_sequence", 17}, {"gaps_asked_for", 2}, {"fills", 9},
                         {"quarantined", 1}};
  CHECK(gateway.get("/api/v1/system").json()["fix_sessions"] == Json::array({expected}));
  health.met("session prime");
  health.tell("session prime", {{"logged_on", true}, {"state", "logged on"}});
  wait_for_service(gateway, "drop-copy", [](const Json& s) { return s["ready"] == true; });
  CHECK(gateway.get("/api/v1/system").json()["fix_sessions"][0]["logged_on"] == true);
  server.reset();
  wait_for_service(gateway, "drop-copy", [](const Json& s) { return s["up"] == false; });
  const Json gone = gateway.get("/api/v1/system").json()["fix_sessions"];
  REQUIRE(gone.size() == 1);
  CHECK(gone[0]["logged_on"] == false);
  CHECK(gone[0]["state"] == "not known");
}

TEST_CASE("A mesh without drop-copy does not show it, and its streams are not the simulator's") {
  Gateway gateway([](GatewayOptions& options) { options.drop_copy_health_url.clear(); });
  gateway.wait_ready();
  CHECK(service_named(gateway.get("/api/v1/system").json(), "drop-copy").is_null());
  CHECK(gateway.get("/api/v1/system").json()["fix_sessions"] == Json::array());
  REQUIRE(gateway.engine.wait_for_gateway());
  wire::ExposureUpdate update;
  update.apply_seq = 4;
  update.streams = {{std::string(32, 'b'), "drop-copy@test/prime", 90, 100, 1, true, 1'000, 612, 0}};
  gateway.engine.publish(update);
  const Json heard =
      wait_for_service(gateway, "drop-copy", [](const Json& s) { return s.is_object() && s["up"] == true; });
  CHECK(heard["ready"] == true);
  CHECK(service_named(gateway.get("/api/v1/system").json(), "simulator")["up"] == false);
}

TEST_CASE("What a health port says of sessions is taken as far as it can be read") {
  const auto sessions = [](const char* body) { return read_answer("a:1", true, body).sessions; };
  CHECK(sessions("{}").empty());
  CHECK(sessions(R"({"facts":[]})").empty());
  CHECK(sessions(R"({"facts":{"session a":7,"other":{"logged_on":true}}})").empty());
  const auto odd = sessions(R"({"facts":{"session a":{"logged_on":"yes","state":7,"last_sequence":-1,"fills":"x"}}})");
  REQUIRE(odd.size() == 1);
  CHECK(odd[0].name == "a");
  CHECK_FALSE(odd[0].logged_on);
  CHECK(odd[0].last_sequence == 0);
}

TEST_CASE("Engine and simulator are seen through the engine's streams") {
  Gateway gateway;
  gateway.wait_ready();
  REQUIRE(gateway.engine.wait_for_gateway());
  wire::ExposureUpdate update;
  update.apply_seq = 4;
  update.transactions_total = 4;
  update.uncommitted_inputs = 2;
  update.streams = {{std::string(32, 'b'), "simulator@test", 90, 100, 1, true, 1'000, 612, -45'000'000'000}};
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
  CHECK(health_url_problem("http://a:9102/readyz,http://b:9102/readyz") == nullptr);
  CHECK(health_url_problem("http://a:9102/readyz,") != nullptr);
  CHECK(health_url_problem(",http://a:9102/readyz") != nullptr);
  CHECK(health_url_problem("http://a:9102/readyz, https://b") != nullptr);
}

}  // namespace
}  // namespace risk::gateway::test

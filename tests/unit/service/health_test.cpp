#include "risk/service/health.hpp"

#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

#include "support/catch.hpp"
#include "support/tcp_client.hpp"

using namespace risk::service;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;
using risk::test::status_of;
using risk::test::TcpClient;

namespace {

struct Served {
  Health health;
  Metrics metrics;
  std::optional<HealthServer> server;

  explicit Served(const HealthServerOptions& options = {}) { server.emplace(options, health, metrics); }

  std::string ask(const std::string& request) const {
    const TcpClient peer(server->port());
    peer.send(request);
    return peer.read_to_end();
  }
  std::string get(const std::string& path, const std::string& method = "GET") const {
    return ask(method + " " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  }
};

std::string body_of(const std::string& answer) {
  return answer.substr(answer.find("\r\n\r\n") + 4);
}

}  // namespace

TEST_CASE("a thread that owes a beat for longer than is patience with it makes the process dead, until it beats") {
  Health health;
  auto& patient = health.watch("patient", std::chrono::hours{1});
  auto& hasty = health.watch("hasty", std::chrono::milliseconds{0});
  CHECK(health.liveness().ok);  // neither has begun
  patient.beat();
  CHECK(health.liveness().ok);
  hasty.beat();
  while (health.liveness().ok) std::this_thread::yield();
  CHECK(health.liveness().json == R"({"status":"failed","reason":"the hasty thread has stood still for 0 s"})");
  CHECK_FALSE(health.readiness().ok);
  CHECK_THAT(health.readiness().json, ContainsSubstring("the hasty thread has stood still"));
  hasty.rest();
  CHECK(health.liveness().ok);
  CHECK(health.readiness().ok);
}

TEST_CASE("a service is ready when every condition is met, and says which is not") {
  Health health;
  CHECK(health.readiness().ok);
  health.require("database", "connecting");
  health.require("stream", "waiting for the first record");
  CHECK_FALSE(health.readiness().ok);
  health.met("database");
  CHECK(health.readiness().json ==
        R"({"status":"unready","conditions":{"database":"ok","stream":"waiting for the first record"}})");
  health.met("stream");
  CHECK(health.readiness().ok);
  CHECK(health.readiness().json == R"({"status":"ready","conditions":{"database":"ok","stream":"ok"}})");
  health.not_met("database", "");
  CHECK_FALSE(health.readiness().ok);
  CHECK(health.liveness().ok);
}

TEST_CASE("a warning is shown while it lasts, and the service stays ready") {
  Health health;
  health.require("database", "connecting");
  health.met("database");
  health.warn("streams", "");
  health.warn("streams", "one is late");
  health.warn("streams", "two are late: /srv/a.csv");
  CHECK(health.readiness().ok);
  CHECK(health.readiness().json ==
        R"({"status":"ready","conditions":{"database":"ok"},"warnings":{"streams":"two are late: a.csv"}})");
  CHECK(health.liveness().ok);
  health.warn("streams", "");
  CHECK(health.readiness().json == R"({"status":"ready","conditions":{"database":"ok"}})");
}

TEST_CASE("facts about a thing are shown in their order, the last ones told, and judge nothing") {
  Health health;
  health.tell("session b", {{"logged_on", false}, {"last_sequence", std::uint64_t{0}}});
  health.tell("session a", {{"logged_on", false}});
  health.tell("session a", {{"logged_on", true}, {"last_sequence", std::uint64_t{17}}, {"why", "of /srv/a"}});
  CHECK(health.readiness().ok);
  CHECK(health.readiness().json ==
        R"({"status":"ready","conditions":{},"facts":{"session a":{"logged_on":true,"last_sequence":17,"why":"of a"},)"
        R"("session b":{"logged_on":false,"last_sequence":0}}})");
}

TEST_CASE("a failed service is neither alive nor ready, and the first reason stays") {
  Health health;
  health.fail("writer thread died");
  health.fail("then everything else");
  CHECK_FALSE(health.liveness().ok);
  CHECK(health.liveness().json == R"({"status":"failed","reason":"writer thread died"})");
  CHECK_FALSE(health.readiness().ok);
  CHECK_THAT(health.readiness().json, ContainsSubstring("writer thread died"));
}

TEST_CASE("who asks how a service is learns the names of its files, not where they lie") {
  Health health;
  const auto told = [&health](const std::string& reason) {
    health.require("disk", reason);
    const auto json = health.readiness().json;
    const std::string before = R"({"status":"unready","conditions":{"disk":")";
    CHECK(json.rfind(before, 0) == 0);
    return json.substr(before.size(), json.size() - before.size() - 3);
  };
  CHECK(told("cannot open /srv/desk a/risk.db: No space") == "cannot open desk risk.db: No space");
  CHECK(told("'/srv/journal/': is full") == "'journal/': is full");
  CHECK(told("var/journal/000001.seg: is damaged") == "000001.seg: is damaged");
  CHECK(told("path=/a/b (/c/d,../e/f)") == "path=b (d,f)");
  CHECK(told("tcp://10.0.0.1:5561 does not answer") == "tcp://10.0.0.1:5561 does not answer");
  CHECK(told("12 / 13") == "12 / 13");
  health.fail("/srv/desk/risk.db: gone");
  CHECK(health.liveness().json == R"({"status":"failed","reason":"risk.db: gone"})");
  CHECK_THAT(health.readiness().json, ContainsSubstring(R"("failure":"risk.db: gone")"));
}

TEST_CASE("reasons of any bytes stay valid JSON") {
  Health health;
  health.not_met("a\"b\n\x01", "say \"\\\n\xFF\xE2\x80\xA8 " + std::string(1, '\0'));
  health.fail("\"}\xC0");
  CHECK(nlohmann::json::accept(health.readiness().json));
  CHECK(nlohmann::json::accept(health.liveness().json));
}

TEST_CASE("health, readiness and metrics are served over HTTP") {
  Served served;
  CHECK_THAT(served.get("/healthz"), StartsWith("HTTP/1.1 200 OK\r\n"));
  CHECK_THAT(served.get("/readyz?verbose=1"), StartsWith("HTTP/1.1 200 OK\r\n"));
  served.metrics.counter("alerts_total", "Alerts").add();
  const auto metrics = served.get("/metrics");
  CHECK_THAT(metrics, ContainsSubstring("Content-Type: text/plain; version=0.0.4"));
  CHECK_THAT(metrics, ContainsSubstring("\nalerts_total 1\n"));

  for (int i = 0; i < 3; ++i) served.get("/metrics");
  CHECK_THAT(served.get("/metrics"), ContainsSubstring("\nhttp_requests_total{server=\"health\"} 7\n"));

  served.health.require("database", "connecting");
  const auto unready = served.get("/readyz");
  CHECK_THAT(unready, StartsWith("HTTP/1.1 503 "));
  CHECK(nlohmann::json::parse(body_of(unready)).at("conditions").at("database") == "connecting");
  served.health.fail("dead");
  CHECK_THAT(served.get("/healthz"), StartsWith("HTTP/1.1 503 "));
}

TEST_CASE("HEAD has the header of GET and no body") {
  const Served served;
  const auto answer = served.get("/healthz", "HEAD");
  CHECK_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  CHECK_THAT(answer, ContainsSubstring("Content-Length: 19\r\n"));
  CHECK(body_of(answer).empty());
}

TEST_CASE("other paths are 404, other methods 405, both plain text") {
  const Served served;
  CHECK_THAT(served.get("/"), StartsWith("HTTP/1.1 404 "));
  CHECK_THAT(served.get("/healthz/"), StartsWith("HTTP/1.1 404 "));
  CHECK_THAT(served.get("/../etc/passwd"), ContainsSubstring("Content-Type: text/plain"));
  const auto refused = served.get("/healthz", "DELETE");
  CHECK_THAT(refused, StartsWith("HTTP/1.1 405 "));
  CHECK_THAT(refused, ContainsSubstring("Allow: GET, HEAD\r\n"));
  CHECK_THAT(served.ask("POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
             StartsWith("HTTP/1.1 405 "));
}

TEST_CASE("a connection may carry several requests, but none after a body") {
  const Served served;
  const TcpClient peer(served.server->port());
  for (int i = 0; i < 3; ++i) {
    peer.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK_THAT(peer.read_answer(), StartsWith("HTTP/1.1 200 OK\r\n"));
  }
  peer.send("GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 27\r\n\r\n");
  const auto rest = peer.read_to_end();
  CHECK_THAT(rest, ContainsSubstring("Connection: close\r\n"));
}

TEST_CASE("what is too large or not HTTP is refused and cut off") {
  const Served served;
  CHECK_THAT(served.ask("GET /healthz HTTP/1.1\r\nX: " + std::string(8000, 'x') + std::string(600, 'y')),
             StartsWith("HTTP/1.1 431 "));
  CHECK_THAT(served.ask("\x16\x03\x01\x02 not HTTP\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  CHECK_THAT(served.get("/healthz"), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_CASE("no part of a request can be sent without end") {
  constexpr std::size_t kSendMax = 64 << 20;
  constexpr std::size_t kReadMax = 100 << 10;
  const std::string post = "POST /healthz HTTP/1.1\r\nHost: localhost\r\n";
  const std::string chunked = post + "Transfer-Encoding: chunked\r\n\r\n";
  const std::pair<std::string, std::string> endless[] = {{"GET /", "x"},
                                                         {"GET / HTTP/1.1\r\n", "X: y\r\n"},
                                                         {post + "Content-Length: 99999999\r\n\r\n", "x"},
                                                         {chunked, "0"},
                                                         {chunked + "0;", "x"},
                                                         {chunked + "0\r\n", "X: y\r\n"}};
  for (const auto& [begin, again] : endless) {
    INFO(begin);
    const Served served;
    const TcpClient client(served.server->port());
    client.send(begin);
    CHECK(client.send_endlessly(again, kSendMax) < kSendMax);
    // One scrape after the other, until the connection above is over and counted.
    std::string line;
    for (int i = 0; i < 100 && line.empty(); ++i) {
      const auto metrics = served.get("/metrics");
      const auto at = metrics.find("\nhttp_received_bytes_total{server=\"health\"} ");
      if (metrics.find("\nhttp_connections{server=\"health\"} 1\n") != std::string::npos) line = metrics.substr(at + 1);
    }
    REQUIRE_FALSE(line.empty());
    CHECK(std::stod(line.substr(line.find(' '))) < kReadMax);
  }
}

TEST_CASE("a page of another site cannot read health through a name of its own") {
  HealthServerOptions options;
  options.allowed_hosts = {"risk.example"};
  const Served served(options);
  const auto status = [&](const std::string& host) {
    return status_of(served.ask("GET /readyz HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n"));
  };
  // As curl on this machine, Prometheus by address, the gateway by a service's name, and what is configured.
  for (const char* host : {"localhost:9102", "127.0.0.1", "risk-engine:9102", "risk.example"})
    CHECK(status(host) == 200);
  for (const char* host : {"evil.example", "risk-engine.evil.example", "192.0.2.1"}) CHECK(status(host) == 421);
  CHECK(status("a, b") == 400);
  const auto refused = served.ask("GET /readyz HTTP/1.1\r\nHost: evil.example\r\n\r\n");
  CHECK_THAT(refused, ContainsSubstring("Content-Type: application/problem+json"));
  CHECK(nlohmann::json::parse(body_of(refused)).at("detail") == "host: 'evil.example' is not a name of this server");
}

TEST_CASE("silent peers neither stall the others nor pile up, and are cut off") {
  HealthServerOptions options;
  options.header_max = std::chrono::milliseconds(300);
  const Served served(options);
  const TcpClient slow(served.server->port());
  slow.send("GET /healthz HTTP/1.1\r\nHost");
  {
    std::vector<std::unique_ptr<TcpClient>> silent;
    for (int i = 0; i < 30; ++i) silent.push_back(std::make_unique<TcpClient>(served.server->port()));
    CHECK_THAT(served.get("/healthz"), StartsWith("HTTP/1.1 200 OK\r\n"));
    for (int i = 0; i < 60; ++i) silent.push_back(std::make_unique<TcpClient>(served.server->port()));
    silent.back()->send("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    CHECK(silent.back()->read_to_end().empty());  // one too many: no answer
    const TcpClient elsewhere(served.server->port(), "127.0.0.2");
    elsewhere.send("GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    CHECK_THAT(elsewhere.read_to_end(),
               ContainsSubstring("http_connections_refused_total{reason=\"address\",server=\"health\"}"));
  }
  CHECK(slow.read_to_end().empty());  // returns only when the server hangs up
}

TEST_CASE("a port in use is named when the server cannot start") {
  Served served;
  HealthServerOptions same;
  same.port = served.server->port();
  const auto port = std::to_string(same.port);
  CHECK_THROWS_WITH(HealthServer(same, served.health, served.metrics),
                    "cannot serve health on 127.0.0.1:" + port + ": port " + port + " is in use");
  HealthServerOptions elsewhere;
  elsewhere.address = "192.0.2.1";
  CHECK_THROWS_WITH(HealthServer(elsewhere, served.health, served.metrics), ContainsSubstring("192.0.2.1"));
}

TEST_CASE("a failing refresh is a 500, not the end of the server") {
  Served served;
  served.metrics.before_scrape([] { throw std::runtime_error("gone"); });
  CHECK_THAT(served.get("/metrics"), StartsWith("HTTP/1.1 500 "));
  CHECK_THAT(served.get("/healthz"), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_CASE("a server stops with connections open") {
  std::optional<Served> served(std::in_place);
  const TcpClient idle(served->server->port());
  idle.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
  idle.read_answer();
  served.reset();
  CHECK(idle.read_to_end().empty());
}

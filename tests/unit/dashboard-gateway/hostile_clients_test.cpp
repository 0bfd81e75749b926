// What a client that means harm does to the page: names of its own, input without end, everything for itself.
#include <future>

#include "fixture.hpp"
#include "risk/service/health.hpp"
#include "support/catch.hpp"
#include "support/tcp_client.hpp"

using risk::test::status_of;
using risk::test::TcpClient;

namespace risk::gateway::test {
namespace {

constexpr std::size_t kSendMax = 64 << 20;

std::string upgrade_request(const std::string& host, const std::string& origin) {
  return "GET /api/v1/stream HTTP/1.1\r\nHost: " + host + "\r\nOrigin: http://" + origin +
         "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
}

// A masked frame; the mask is zero.
std::string frame(int first_byte, const std::string& content) {
  std::string text{static_cast<char>(first_byte), static_cast<char>(0x80 | content.size())};
  return text + std::string(4, '\0') + content;
}
constexpr int kFin = 0x80, kText = 1, kContinuation = 0, kPing = 9, kPong = 10;

// The close code of the frames that a server sent; 0 when there is none.
int close_code(std::string_view stream) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(stream[i]); };
  while (stream.size() >= 2) {
    std::size_t size = byte(1), header = 2;
    if (size > 125) {
      const std::size_t bytes = size == 126 ? 2 : 8;
      header += bytes;
      if (stream.size() < header) return 0;
      size = 0;
      for (std::size_t i = 2; i < header; ++i) size = size << 8 | byte(i);
    }
    if (stream.size() < header + size) return 0;
    if ((byte(0) & 0x0F) == 8) return byte(header) << 8 | byte(header + 1);
    stream.remove_prefix(header + size);
  }
  return 0;
}

double metric(HttpClient& client, const std::string& name) {
  const std::string metrics = client.get("/metrics").body;
  const std::size_t at = metrics.find("\n" + name + " ");
  return at == std::string::npos ? -1 : std::stod(metrics.substr(at + name.size() + 2));
}

bool wait_for_metric(HttpClient& client, const std::string& name, double value) {
  for (int i = 0; i < 10'000; ++i) {
    if (metric(client, name) == value) return true;
    std::this_thread::yield();
  }
  return false;
}

constexpr char kReceived[] = "http_received_bytes_total{server=\"dashboard\"}";
constexpr char kConnections[] = "http_connections{server=\"dashboard\"}";

}  // namespace

TEST_CASE("A page whose name was rebound to this host can neither read nor act") {
  Gateway gateway;
  gateway.wait_ready();
  bool asked = false;
  gateway.engine.answer([&](const wire::Command&) {
    asked = true;
    return wire::CommandReply{};
  });
  HttpClient client(gateway.app->port());
  for (const char* host : {"evil.example:8501", "evil.example", "gateway.test.evil.example", "10.9.8.7"}) {
    INFO(host);
    const Headers headers{
        {"Host", host}, {"Origin", std::string("http://") + host}, {"Content-Type", "application/json"}};
    const Reply refused =
        HttpClient(gateway.app->port()).request("POST", "/api/v1/alerts/2/ack", headers, R"({"user":"anna"})");
    CHECK(refused.status == 421);
    CHECK(refused.headers.at("content-type") == "application/problem+json");
    CHECK(refused.json()["title"] == "Misdirected Request");
    CHECK(refused.detail().find(host) != std::string::npos);
    for (const char* path : {"/api/v1/summary", "/", "/metrics", "/readyz", "/openapi.json"}) {
      CHECK(HttpClient(gateway.app->port()).request("GET", path, headers).status == 421);
    }
    const TcpClient stream(gateway.app->port());
    stream.send(upgrade_request(host, host));
    CHECK(status_of(stream.read_to_end()) == 421);
  }
  CHECK_FALSE(asked);
  for (const char* host : {"localhost", "risk.localhost:1", "127.0.0.1", "[::1]:8501", "gateway.test"}) {
    INFO(host);
    CHECK(client.request("GET", "/api/v1/summary", {{"Host", host}}).status == 200);
    const TcpClient stream(gateway.app->port());
    stream.send(upgrade_request(host, host));
    CHECK(stream.read_answer().find("101 Switching Protocols") != std::string::npos);
  }
}

TEST_CASE("What a client sends without end is read up to a bound, and the page goes on") {
  const std::string post =
      "POST /api/v1/alerts/2/ack HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
  const std::string chunked = post + "Transfer-Encoding: chunked\r\n\r\n";
  const std::pair<std::string, std::string> endless[] = {{"GET /", "x"},
                                                         {"GET / HTTP/1.1\r\n", "X: y\r\n"},
                                                         {post + "Content-Length: 99999999\r\n\r\n", "x"},
                                                         {chunked, "1\r\nx\r\n"},
                                                         {chunked, "0"},
                                                         {chunked + "1;", "x"},
                                                         {chunked + "0\r\n", "X: y\r\n"}};
  Gateway gateway;
  HttpClient asking(gateway.app->port());
  for (const auto& [begin, again] : endless) {
    INFO(begin + again);
    const double before = metric(asking, kReceived);
    const TcpClient client(gateway.app->port());
    client.send(begin);
    CHECK(client.send_endlessly(again, kSendMax) < kSendMax);
    REQUIRE(wait_for_metric(asking, kConnections, 1));      // ours
    CHECK(metric(asking, kReceived) - before < 400 << 10);  // the questions, and one refused request
  }
}

TEST_CASE("A WebSocket client that sends without end is closed and counted, whatever it sends") {
  const struct {
    const char* what;
    std::string begin;
    std::string again;
    int code;
  } rows[] = {{"pings", "", frame(kFin | kPing, ""), 1008},
              {"pings with content", "", frame(kFin | kPing, std::string(100, 'x')), 1008},
              {"pongs", "", frame(kFin | kPong, ""), 1008},
              {"messages", "", frame(kFin | kText, "x"), 1008},
              {"empty fragments", frame(kText, ""), frame(kContinuation, ""), 1008},
              {"one message in fragments", frame(kText, "x"), frame(kContinuation, std::string(100, 'x')), 1009}};
  for (const auto& row : rows) {
    INFO(row.what);
    Gateway gateway([](GatewayOptions& options) { options.stream.close_max = std::chrono::milliseconds(300); });
    gateway.wait_ready();
    HttpClient asking(gateway.app->port());
    const TcpClient client(gateway.app->port());
    client.send(upgrade_request("localhost", "localhost"));
    REQUIRE(client.read_answer().find("101") != std::string::npos);
    auto received = std::async(std::launch::async, [&] { return client.read_to_end(); });
    client.send(row.begin);
    CHECK(client.send_endlessly(row.again, kSendMax) < kSendMax);
    CHECK(close_code(received.get()) == row.code);
    CHECK(wait_for_metric(asking, "gateway_websocket_clients", 0));
    CHECK(metric(asking, "gateway_flooding_clients_total") == (row.code == 1008 ? 1 : 0));
  }
}

TEST_CASE("A WebSocket client that pings as the protocol has it stays") {
  Gateway gateway;
  gateway.wait_ready();
  const TcpClient client(gateway.app->port());
  client.send(upgrade_request("localhost", "localhost"));
  CHECK(client.read_answer().find("101") != std::string::npos);
  for (int i = 0; i < 100; ++i) client.send(frame(kFin | kPing, "are you there?"));
  HttpClient asking(gateway.app->port());
  StreamClient other(gateway.app->port());
  for (int i = 0; i < 5; ++i) other.read();
  CHECK(metric(asking, "gateway_websocket_clients") == 2);
  CHECK(metric(asking, "gateway_flooding_clients_total") == 0);
}

TEST_CASE("Half requests and live streams of one address leave the page to the others") {
  Gateway gateway([](GatewayOptions& options) { options.connections_per_address = 20; });
  gateway.wait_ready();
  std::vector<TcpClient> held;
  for (int i = 0; i < 200; ++i) {
    held.emplace_back(gateway.app->port(), "127.0.0.3");
    held.back().send(i < 15 ? upgrade_request("localhost", "localhost") : "GET / HTTP/1.1\r\nHost");
  }
  for (int i = 20; i < 200; ++i) CHECK(held[static_cast<std::size_t>(i)].read_to_end().empty());
  HttpClient asking(gateway.app->port());
  CHECK(asking.get("/api/v1/summary").status == 200);
  CHECK(metric(asking, "http_connections_refused_total{reason=\"address\",server=\"dashboard\"}") == 180);
  CHECK(metric(asking, "gateway_websocket_clients") == 15);
  held.clear();
  REQUIRE(wait_for_metric(asking, "gateway_websocket_clients", 0));
  CHECK(wait_for_metric(asking, kConnections, 1));
  const TcpClient again(gateway.app->port(), "127.0.0.3");
  again.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  CHECK(status_of(again.read_to_end()) == 200);
}

TEST_CASE("Snapshots that an address does not take do not pile up, and other addresses get theirs") {
  Gateway gateway([](GatewayOptions& options) {
    options.stream.address_snapshot_bytes_max = 1;
    options.stream.pong_max = std::chrono::minutes(1);  // the first one must not be gone when the second comes
  });
  gateway.wait_ready();
  REQUIRE(gateway.engine.wait_for_gateway());
  for (int batch = 0; batch < 60; ++batch) {
    std::vector<engine::ExposureRow> rows;
    for (int i = 0; i < 500; ++i) rows.push_back(exposure_row("C" + std::to_string(500 * batch + i), 1));
    gateway.apply(rows);
  }
  StreamClient watching(gateway.app->port());
  std::size_t clients = watching.read()["clients"].size();
  while (clients < 30'000) clients += watching.read().value("clients", Json::array()).size();
  const auto is_told_of = [&](const std::string& client) {
    const auto rows = watching.read().value("clients", Json::array());
    return std::any_of(rows.begin(), rows.end(), [&](const Json& row) { return row["client_id"] == client; });
  };

  // Neither reads more than its kernel takes; the second comes after a delta, and so would keep a snapshot of its own.
  const TcpClient first(gateway.app->port(), "127.0.0.3");
  first.send(upgrade_request("localhost", "localhost"));
  CHECK(first.read_answer().find("101") != std::string::npos);
  HttpClient asking(gateway.app->port());
  REQUIRE(wait_for_metric(asking, "gateway_websocket_clients", 2));  // the first one has its snapshot
  gateway.apply({exposure_row("LATER", 1)});
  while (!is_told_of("LATER")) {
  }
  const TcpClient second(gateway.app->port(), "127.0.0.3");
  second.send(upgrade_request("localhost", "localhost"));
  CHECK(second.read_answer().find("101") != std::string::npos);
  CHECK(close_code(second.read_to_end()) == 1013);

  const TcpClient elsewhere(gateway.app->port(), "127.0.0.4");
  elsewhere.send(upgrade_request("localhost", "localhost"));
  CHECK(elsewhere.read_answer().find("101") != std::string::npos);
  CHECK_FALSE(elsewhere.hung_up_within(std::chrono::seconds(10)));
}

TEST_CASE("A service that is asked for its health on an IPv6 address is asked by a name that it takes") {
  service::Health health;
  service::Metrics metrics;
  service::HealthServerOptions options;
  options.address = "::1";
  const service::HealthServer server(options, health, metrics);
  Gateway gateway([&](GatewayOptions& given) {
    given.notifier_health_url = "http://[::1]:" + std::to_string(server.port()) + "/readyz";
    given.health_interval = std::chrono::milliseconds(10);
  });
  HttpClient client(gateway.app->port());
  bool ready = false;
  for (int i = 0; i < 20'000 && !ready; ++i) {
    const Json system = client.get("/api/v1/system").json();
    for (const Json& service : system["services"]) {
      if (service["name"] == "alert-notifier") ready = service["ready"] == true;
    }
  }
  CHECK(ready);
}

}  // namespace risk::gateway::test

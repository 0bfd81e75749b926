#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "fixture.hpp"
#include "support/catch.hpp"

namespace risk::gateway::test {
namespace {

namespace fs = std::filesystem;

// A built page in a folder of its own, next to a file that must never be served.
class Page {
 public:
  Page() {
    std::string name = (fs::temp_directory_path() / "gateway-page-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no folder for the page");
    folder_ = name;
    fs::create_directories(root() / "assets");
    write(root() / "index.html", "<!doctype html><title>Risk</title>");
    write(root() / "assets" / "index-4f3a.js", "export {};");
    write(folder_ / "secret.txt", "secret");
    fs::create_symlink(folder_ / "secret.txt", root() / "link.txt");
  }
  ~Page() { fs::remove_all(folder_); }
  fs::path root() const { return folder_ / "dist"; }

 private:
  static void write(const fs::path& file, const std::string& text) { std::ofstream(file) << text; }
  fs::path folder_;
};

TEST_CASE("The page is served with its types, its caching and its security headers") {
  const Page page;
  Gateway gateway([&](GatewayOptions& options) { options.web_root = page.root().string(); });
  const Reply index = gateway.get("/");
  CHECK(index.status == 200);
  CHECK(index.body == "<!doctype html><title>Risk</title>");
  CHECK(index.headers.at("content-type") == "text/html; charset=utf-8");
  CHECK(index.headers.at("cache-control") == "no-cache");
  CHECK(index.headers.at("x-content-type-options") == "nosniff");
  CHECK(index.headers.at("referrer-policy") == "no-referrer");
  CHECK_THAT(index.headers.at("content-security-policy"), Catch::Matchers::ContainsSubstring("default-src 'self'"));
  CHECK_THAT(index.headers.at("content-security-policy"), Catch::Matchers::ContainsSubstring("frame-ancestors 'none'"));

  const Reply script = gateway.get("/assets/index-4f3a.js");
  CHECK(script.status == 200);
  CHECK(script.headers.at("content-type") == "text/javascript; charset=utf-8");
  CHECK(script.headers.at("cache-control") == "public, max-age=31536000, immutable");
}

TEST_CASE("No path leads out of the page's folder") {
  const Page page;
  Gateway gateway([&](GatewayOptions& options) { options.web_root = page.root().string(); });
  for (const char* path : {"/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/assets/../../secret.txt",
                           "/link.txt", "//secret.txt", "/assets", "/%00", "/index.html%00", "/etc/passwd"}) {
    INFO(path);
    const Reply reply = gateway.get(path);
    CHECK(reply.status == 404);
    CHECK(reply.body.find("secret\n") == std::string::npos);
  }
}

TEST_CASE("Without a built page the API works all the same") {
  Gateway gateway;
  CHECK(gateway.get("/").status == 404);
  CHECK(gateway.get("/healthz").status == 200);
}

TEST_CASE("HEAD gives the header of GET and no body, and the connection goes on") {
  Gateway gateway;
  HttpClient client(gateway.app->port());
  const Reply get = client.get("/openapi.json");
  const Reply head = client.request("HEAD", "/openapi.json");
  CHECK(head.status == 200);
  CHECK(head.body.empty());
  CHECK(head.headers.at("content-length") == std::to_string(get.body.size()));
  CHECK(client.get("/healthz").status == 200);
}

TEST_CASE("A method that a path does not have gives 405 with Allow") {
  Gateway gateway;
  HttpClient client(gateway.app->port());
  const Reply write = client.request("DELETE", "/api/v1/alerts");
  CHECK(write.status == 405);
  CHECK(write.headers.at("allow") == "GET, HEAD");
  CHECK(write.headers.at("content-type") == "application/problem+json");
  CHECK(client.get("/api/v1/alerts/1/ack").headers.at("allow") == "POST");
  CHECK(client.request("POST", "/api/v1/alerts/stats").headers.at("allow") == "GET, HEAD");
  CHECK(client.request("POST", "/").status == 405);
}

TEST_CASE("A path that is not there gives a problem detail that names it") {
  Gateway gateway;
  const Reply reply = gateway.get("/api/v1/nothing?x=1");
  CHECK(reply.status == 404);
  CHECK(reply.headers.at("content-type") == "application/problem+json");
  CHECK(reply.json() == Json{{"type", "about:blank"},
                             {"title", "Not Found"},
                             {"status", 404},
                             {"detail", "there is no such path"},
                             {"instance", "/api/v1/nothing"}});
}

TEST_CASE("What is too large or no HTTP is refused") {
  Gateway gateway;
  const Headers json{{"Content-Type", "application/json"}};
  HttpClient body(gateway.app->port());
  CHECK(body.request("POST", "/api/v1/alerts/2/ack", json, std::string(100'000, 'x')).status == 413);
  HttpClient header(gateway.app->port());
  CHECK(header.request("GET", "/healthz", {{"X-Long", std::string(20'000, 'x')}}).status == 431);
  HttpClient garbage(gateway.app->port());
  CHECK(garbage.request("G{T", "/healthz").status == 400);
}

TEST_CASE("Health, readiness and metrics tell how the gateway does") {
  Gateway gateway;
  gateway.wait_ready();
  HttpClient client(gateway.app->port());
  CHECK(client.get("/healthz").status == 200);
  CHECK(client.get("/readyz").json()["conditions"]["database"] == "ok");
  CHECK(client.get("/api/v1/alerts/2").status == 200);
  CHECK(client.get("/api/v1/alerts/99").status == 404);
  const Reply metrics = client.get("/metrics");
  CHECK(metrics.headers.at("content-type").starts_with("text/plain"));
  for (const char* line : {"gateway_requests_total{route=\"/api/v1/alerts/{id}\",status=\"404\"} 1",
                           "gateway_requests_total{route=\"/api/v1/alerts/{id}\",status=\"200\"} 1",
                           "gateway_request_duration_seconds_bucket", "gateway_websocket_clients",
                           "gateway_live_lag_seconds", "gateway_frames_sent_total", "gateway_database_errors_total"}) {
    INFO(line);
    CHECK(metrics.body.find(line) != std::string::npos);
  }
  CHECK(metrics.body.find("alerts/2") == std::string::npos);
}

TEST_CASE("A port that is in use stops the start and is named") {
  Gateway gateway;
  GatewayOptions second;
  second.port = gateway.app->port();
  second.database = memory_config(gateway.database);
  service::RunContext context;
  GatewayApp app(second, context);
  CHECK_THROWS_WITH(app.start(), Catch::Matchers::ContainsSubstring(std::to_string(second.port)));
}

}  // namespace
}  // namespace risk::gateway::test

#include <atomic>
#include <filesystem>
#include <future>

#include "dashboard-gateway/api/database_pool.hpp"
#include "fixture.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

namespace risk::gateway::test {
namespace {

// A SQLite database with one client, whose gross exposure is `gross`.
store::DatabaseConfig make_sqlite(const std::string& path, int gross) {
  store::DatabaseConfig config;
  config.sqlite_path = path;
  const auto store = store::open_store(config);
  store->migrate();
  store::Commit commit;
  commit.client_exposures = {exposure_row("CLIENT_001", gross)};
  commit.firm_exposure = exposure_row("", gross);
  store->commit(commit);
  return config;
}

TEST_CASE("A gateway that starts before its database says why, and works when it appears") {
  const auto database = make_database();
  std::atomic<bool> there{false};
  const OpenReader open = [&]() -> std::unique_ptr<store::Reader> {
    if (!there) throw store::StoreUnavailable("connection refused");
    return store::open_reader(memory_config(database));
  };
  Gateway gateway({}, open);
  CHECK(gateway.get("/healthz").status == 200);
  const Reply ready = gateway.get("/readyz");
  CHECK(ready.status == 503);
  CHECK(gateway.get("/api/v1/summary").status == 503);
  const Reply alerts = gateway.get("/api/v1/alerts");
  CHECK(alerts.status == 503);
  CHECK(alerts.detail() == "the database is not available: connection refused");
  CHECK(gateway.stream_status("") == 503);

  there = true;
  gateway.wait_ready();
  CHECK(gateway.get("/api/v1/summary").status == 200);
  Reply later = gateway.get("/api/v1/alerts");
  while (later.status == 503) later = gateway.get("/api/v1/alerts");
  CHECK(later.json()["items"].size() == 2);
}

TEST_CASE("Who asks while the database is away learns the file's name, not where it lies") {
  Gateway gateway({}, []() -> std::unique_ptr<store::Reader> {
    throw store::StoreUnavailable("cannot open '/srv/desk/risk.db': unable to open database file");
  });
  const std::string told = "cannot open 'risk.db': unable to open database file";
  Reply alerts = gateway.get("/api/v1/alerts");
  CHECK(alerts.detail() == "the database is not available: " + told);
  Reply ready = gateway.get("/readyz");
  while (ready.body.find("not read yet") != std::string::npos) ready = gateway.get("/readyz");
  CHECK(ready.body.find(told) != std::string::npos);
  for (const char* path : {"/readyz", "/healthz", "/metrics", "/api/v1/alerts", "/api/v1/system"}) {
    CHECK(gateway.get(path).body.find("/srv") == std::string::npos);
  }
}

TEST_CASE("A live feed that has died ends the gateway with its reason") {
  const OpenReader open = []() -> std::unique_ptr<store::Reader> { throw std::runtime_error("out of order"); };
  Gateway gateway({}, open);
  gateway.context.stop.wait();
  CHECK(gateway.context.failed);
  CHECK(gateway.context.stop.reason() == "the live feed ended: out of order");
  CHECK(gateway.get("/readyz").status == 503);
}

TEST_CASE("When the queue to the database is full, the next request gets 503 at once") {
  service::Metrics metrics;
  const auto database = make_database();
  DatabasePoolOptions options;
  options.threads = 1;
  options.jobs_queued_max = 1;
  DatabasePool pool(
      options, [&] { return store::open_reader(memory_config(database)); }, metrics);
  std::promise<void> running;
  std::promise<void> release;
  std::promise<int> first;
  std::promise<int> second;
  pool.submit(
      [&](store::Reader&) {
        running.set_value();
        release.get_future().wait();
        return json_response("{}");
      },
      "/a", [&](const HttpResponse& response) { first.set_value(response.status); });
  running.get_future().wait();
  pool.submit([](store::Reader&) { return json_response("{}"); }, "/b",
              [&](const HttpResponse& response) { second.set_value(response.status); });
  int third = 0;
  pool.submit([](store::Reader&) { return json_response("{}"); }, "/c",
              [&](const HttpResponse& response) { third = response.status; });
  CHECK(third == 503);
  release.set_value();
  CHECK(first.get_future().get() == 200);
  CHECK(second.get_future().get() == 200);
}

TEST_CASE("A question that fails is 500 and leaves the pool working") {
  service::Metrics metrics;
  const auto database = make_database();
  DatabasePool pool(
      {}, [&] { return store::open_reader(memory_config(database)); }, metrics);
  const auto status = [&](DatabasePool::Job job) {
    std::promise<int> done;
    pool.submit(std::move(job), "/x", [&](const HttpResponse& response) { done.set_value(response.status); });
    return done.get_future().get();
  };
  CHECK(status([](store::Reader&) -> HttpResponse { throw store::StoreError("syntax"); }) == 500);
  CHECK(status([](store::Reader&) -> HttpResponse { throw store::StoreUnavailable("gone"); }) == 503);
  pool.stop();
  CHECK(status([](store::Reader&) { return json_response("{}"); }) == 503);
}

TEST_CASE("When another file takes the place of the database, page and questions show what is in that one") {
  const risk::test::TemporaryFolder folder;
  const auto config = make_sqlite(folder / "risk.db", 5);
  make_sqlite(folder / "other.db", 7);
  Gateway gateway([&](GatewayOptions& options) {
    options.database = config;
    options.engine.publish = {"tcp://127.0.0.1:1"};  // an engine that starts makes it read anew anyway
    options.feed.refresh_interval = std::chrono::milliseconds(10);
  });
  gateway.wait_ready();
  const auto asked = [&] {
    const Reply reply = gateway.get("/api/v1/exposures/clients/CLIENT_001");
    return reply.status == 200 ? reply.json()["exposure"]["gross"].get<std::string>() : "";
  };
  const auto shown = [&] {
    return StreamClient(gateway.app->port()).read()["summary"]["firm"]["gross"].get<std::string>();
  };
  CHECK(asked() == "5.0000");
  CHECK(shown() == "5.0000");
  std::filesystem::rename(folder / "other.db", folder / "risk.db");
  for (int i = 0; i < 2'000 && (asked() != "7.0000" || shown() != "7.0000"); ++i) std::this_thread::yield();
  CHECK(asked() == "7.0000");
  CHECK(shown() == "7.0000");
}

}  // namespace
}  // namespace risk::gateway::test

#include "dashboard-gateway/app.hpp"

#include <sys/resource.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>
#include <thread>
#include <vector>

#include "dashboard-gateway/health_checks.hpp"
#include "dashboard-gateway/http_server.hpp"
#include "dashboard-gateway/routes.hpp"
#include "dashboard-gateway/upgrade.hpp"
#include "risk/service/log.hpp"

namespace risk::gateway {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

constexpr char kEngine[] = "risk-engine";
constexpr int kIoThreads = 2;
constexpr milliseconds kStopTime{5000};

const char* type_name(store::DatabaseConfig::Type type) {
  switch (type) {
    case store::DatabaseConfig::Type::kSqlite:
      return "sqlite";
    case store::DatabaseConfig::Type::kPostgresql:
      return "postgresql";
    case store::DatabaseConfig::Type::kMemory:
      break;
  }
  return "memory";
}

// A thousand clients need more descriptors than a shell grants by default.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

// In the order of need: what stands further down uses what stands above it.
class GatewayApp::Impl {
 public:
  Impl(GatewayOptions options, OpenReader open_reader)
      : options_(std::move(options)),
        open_reader_(std::move(open_reader)),
        model_(options_.rules.base_currency, options_.rules.session_start_seconds),
        status_(type_name(options_.database.type)),
        router_(metrics_) {
    if (!open_reader_) open_reader_ = [this] { return store::open_reader(options_.database); };
  }

  ~Impl() { stop(); }

  void start() {
    raise_descriptor_limit();
    files_.emplace(options_.web_root);
    if (files_->empty()) service::log_warning("no page to serve", {{"web_root", options_.web_root}});
    metrics_.before_scrape([this] { refresh_metrics(); });

    database_.emplace(options_.pool, open_reader_, metrics_);
    CommandsOptions commands{options_.engine.command, options_.command_timeout};
    commands.curve = options_.curve.client_of(kEngine);
    commands_.emplace(std::move(commands));
    add_routes(router_, {*database_, *commands_, model_, status_, health_, metrics_, *files_, options_.rules});
    hub_.emplace(io_, options_.stream, model_, status_, metrics_);
    server_.emplace(io_, server_options(), server_handlers());
    if (options_.common.health_port != 0) {
      health_server_.emplace(service::HealthServerOptions{options_.common.health_address, options_.common.health_port,
                                                          options_.common.health_allowed_hosts},
                             health_, metrics_);
    }
    LiveFeedOptions feed = options_.feed;
    feed.engine_endpoints = options_.engine.publish;
    feed.curve = options_.curve.client_of(kEngine);
    feed_.emplace(feed, LiveFeedParts{model_, status_, health_, metrics_}, open_reader_);
    checks_.emplace(health_options(), status_);
    work_.emplace(io_.get_executor());
    for (int i = 0; i < kIoThreads; ++i) threads_.emplace_back([this] { io_.run(); });
    service::log_info("listening", {{"address", options_.address}, {"port", server_->port()}});
  }

  // First those who ask, then those who answer, so that every request on its way still gets its answer.
  void stop() {
    if (server_) server_->stop(kStopTime);
    if (hub_) hub_->stop(kStopTime);
    checks_.reset();
    feed_.reset();
    commands_.reset();
    if (database_) database_->stop();
    health_server_.reset();
    work_.reset();
    io_.stop();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

  std::uint16_t port() const { return server_->port(); }

 private:
  HttpServerOptions server_options() const {
    HttpServerOptions server;
    server.address = options_.address;
    server.port = options_.port;
    return server;
  }

  HttpServerHandlers server_handlers() {
    HttpServerHandlers handlers;
    handlers.on_request = [this](HttpRequest request, Respond respond) {
      router_.dispatch(std::move(request), std::move(respond));
    };
    handlers.refuse_upgrade = [this](const HttpRequest& request) {
      return refuse_stream(request, model_, hub_->full());
    };
    handlers.on_upgrade = [this](Upgrade upgrade) { hub_->add(std::move(upgrade)); };
    return handlers;
  }

  HealthChecksOptions health_options() const {
    HealthChecksOptions checks;
    checks.targets = {{"simulator", options_.simulator_health_url},
                      {kEngine, options_.engine_health_url},
                      {"alert-notifier", options_.notifier_health_url}};
    checks.interval = options_.health_interval;
    return checks;
  }

  void refresh_metrics() {
    const auto now = model_.now();
    if (!now) return;
    metrics_.gauge("gateway_live_lag_seconds", "Wall clock minus the engine's now of the figures shown.")
        .set(static_cast<double>(system_now().micros - now->micros) / kMicrosPerSecond);
  }

  const GatewayOptions options_;
  OpenReader open_reader_;
  service::Health health_;
  service::Metrics metrics_;
  LiveModel model_;
  SystemStatus status_;
  Router router_;
  std::optional<StaticFiles> files_;
  asio::io_context io_;
  std::optional<DatabasePool> database_;
  std::optional<Commands> commands_;
  std::optional<WebSocketHub> hub_;
  std::optional<HttpServer> server_;
  std::optional<service::HealthServer> health_server_;
  std::optional<LiveFeed> feed_;
  std::optional<HealthChecks> checks_;
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work_;
  std::vector<std::thread> threads_;
};

GatewayApp::GatewayApp(GatewayOptions options, OpenReader open_reader)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(open_reader))) {}

GatewayApp::~GatewayApp() = default;

void GatewayApp::start() {
  impl_->start();
}

void GatewayApp::stop() {
  impl_->stop();
}

std::uint16_t GatewayApp::port() const {
  return impl_->port();
}

}  // namespace risk::gateway

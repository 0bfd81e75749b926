#include "dashboard-gateway/app.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>
#include <thread>
#include <vector>

#include "dashboard-gateway/api/health_checks.hpp"
#include "dashboard-gateway/api/routes.hpp"
#include "risk/http/server.hpp"
#include "risk/service/http_report.hpp"
#include "risk/service/log.hpp"
#include "risk/settings/log.hpp"

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

// A thousand clients need more descriptors than a shell grants by default. Returns how many there are.
std::size_t raise_descriptor_limit() {
  constexpr std::size_t kUnknown = 1024;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return kUnknown;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<std::size_t>(limit.rlim_cur);
}

}  // namespace

// In the order of need: what stands further down uses what stands above it.
class GatewayApp::Impl {
 public:
  Impl(GatewayOptions options, service::RunContext& context, OpenReader open_reader)
      : options_(std::move(options)),
        context_(context),
        open_reader_(std::move(open_reader)),
        model_(options_.rules.base_currency, options_.rules.session_start),
        status_(type_name(options_.database.type)),
        router_(metrics_) {
    if (!open_reader_) open_reader_ = [this] { return store::open_reader(options_.database); };
  }

  ~Impl() { stop(); }

  void start() {
    share_descriptors(raise_descriptor_limit());
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
    service::report_http(metrics_, "dashboard", server_->counters());
    hub_->set_on_flood([told = server_->refusal_sink()](const std::string& address) {
      told(http::RefusalReason::kWebSocketFlood, address);
    });
    if (options_.common.health_port != 0) {
      health_server_.emplace(service::HealthServerOptions{options_.common.health_address, options_.common.health_port,
                                                          options_.common.health_allowed_hosts},
                             health_, metrics_);
    }
    LiveFeedOptions feed = options_.feed;
    feed.engines = settings::source_at(options_.engine.publish, options_.curve, kEngine);
    const auto on_death = [this](const std::string& reason) {
      health_.fail(reason);
      context_.fail(reason);
    };
    feed_.emplace(feed, LiveFeedParts{model_, status_, health_, metrics_, on_death}, open_reader_);
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
    if (commands_) commands_->stop();
    if (database_) database_->stop();
    health_server_.reset();
    work_.reset();
    io_.stop();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

  std::uint16_t port() const { return server_->port(); }

 private:
  // Clients never take the descriptors that the database, the bus and the files need.
  void share_descriptors(std::size_t descriptors) {
    connections_max_ = std::min(connections_max_, descriptors / 4);
    options_.stream.clients_max = std::min(options_.stream.clients_max, descriptors / 2);
  }

  http::ServerOptions server_options() const {
    http::ServerOptions server;
    server.address = options_.address;
    server.port = options_.port;
    server.hosts.allowed = options_.allowed_hosts;
    server.connections_max = connections_max_;
    // Half of all is for others, also where descriptors are few. 0 is no bound.
    if (options_.connections_per_address != 0) {
      const auto half = std::max<std::size_t>(1, connections_max_ / 2);
      server.peer.connections_max = std::min<std::size_t>(options_.connections_per_address, half);
      server.peer.requests_at_once_max = std::max<std::size_t>(1, server.peer.connections_max / 8);
    }
    server.peer.requests_per_second_max = options_.requests_per_address;
    return server;
  }

  http::ServerHandlers server_handlers() {
    http::ServerHandlers handlers;
    handlers.on_request = [this](HttpRequest request, Respond respond) {
      router_.dispatch(std::move(request), std::move(respond));
    };
    handlers.on_refusal = [](const http::Refusal& refusal, const std::string& path) {
      return problem(refusal.status, refusal.detail, path);
    };
    handlers.on_warning = service::log_http_warnings("dashboard");
    handlers.refuse_upgrade = [this](const HttpRequest& request) {
      return refuse_stream(request, model_, hub_->full());
    };
    handlers.on_upgrade = [this](http::Upgrade upgrade) { hub_->add(std::move(upgrade)); };
    return handlers;
  }

  HealthChecksOptions health_options() const {
    HealthChecksOptions checks;
    checks.targets = {{"simulator", options_.simulator_health_url},
                      {kDropCopy, options_.drop_copy_health_url},
                      {kEngine, options_.engine_health_url},
                      {"alert-notifier", options_.notifier_health_url}};
    checks.interval = options_.health_interval;
    return checks;
  }

  void refresh_metrics() {
    const auto now = model_.now();
    if (!now) return;
    metrics_.gauge("gateway_live_lag_seconds", "Wall clock minus the engine's now of the figures shown.")
        .set(static_cast<double>(system_now().micros() - now->micros()) / kMicrosPerSecond);
  }

  GatewayOptions options_;
  std::size_t connections_max_ = http::ServerOptions{}.connections_max;
  service::RunContext& context_;
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
  std::optional<http::Server> server_;
  std::optional<service::HealthServer> health_server_;
  std::optional<LiveFeed> feed_;
  std::optional<HealthChecks> checks_;
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work_;
  std::vector<std::thread> threads_;
};

GatewayApp::GatewayApp(GatewayOptions options, service::RunContext& context, OpenReader open_reader)
    : impl_(std::make_unique<Impl>(std::move(options), context, std::move(open_reader))) {}

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

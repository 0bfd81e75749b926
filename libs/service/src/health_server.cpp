#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <thread>

#include "risk/http/server.hpp"
#include "risk/service/health.hpp"
#include "risk/service/http_report.hpp"
#include "risk/service/log.hpp"

namespace risk::service {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

struct Sources {
  const Health& health;
  const Metrics& metrics;
};

http::Response plain(int status, std::string text) {
  http::Response response;
  response.status = status;
  response.content_type = "text/plain; charset=utf-8";
  response.body = std::make_shared<const std::string>(std::move(text));
  return response;
}

http::Response report(const Health::Report& report) {
  http::Response response;
  response.status = report.ok ? 200 : 503;
  response.body = std::make_shared<const std::string>(report.json + "\n");
  return response;
}

http::Response scrape(const Metrics& metrics) {
  try {
    http::Response response = plain(200, metrics.scrape());
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    return response;
  } catch (const std::exception& error) {
    log_error("cannot collect metrics", {{"reason", error.what()}});
    return plain(500, "cannot collect metrics\n");
  }
}

http::Response answer(const http::Request& request, const Sources& sources) {
  const bool known = request.path == "/healthz" || request.path == "/readyz" || request.path == "/metrics";
  if (!known) return plain(404, "not found\n");
  if (request.method != "GET") {
    http::Response refused = plain(405, "GET and HEAD only\n");
    refused.headers.emplace_back("Allow", "GET, HEAD");
    return refused;
  }
  if (request.path == "/healthz") return report(sources.health.liveness());
  if (request.path == "/readyz") return report(sources.health.readiness());
  return scrape(sources.metrics);
}

// Those who ask are few and ask little: everything is tighter than the dashboard's.
http::ServerOptions server_options(const HealthServerOptions& options) {
  http::ServerOptions server;
  server.purpose = "health";
  server.address = options.address;
  server.port = options.port;
  server.hosts.allowed = options.allowed_hosts;
  server.hosts.names_without_dot = true;               // a scraper's, in a network of containers
  server.limits = {4 << 10, 8 << 10, 50, 0, 1 << 10};  // no body: nothing here wants one
  server.connections_max = 256;
  server.peer = {32, 200, 16 << 20};
  server.header_max = server.request_max = options.header_max;
  server.idle_max = milliseconds{30'000};
  server.write_max = milliseconds{5'000};
  return server;
}

}  // namespace

class HealthServer::Impl {
 public:
  Impl(const HealthServerOptions& options, const Health& health, Metrics& metrics)
      : server_(context_, server_options(options), handlers({health, metrics})) {
    report_http(metrics, "health", server_.counters());
    thread_ = std::thread([this] { context_.run(); });
    log_info("serving health and metrics", {{"address", options.address}, {"port", port()}});
  }

  ~Impl() {
    context_.stop();
    thread_.join();
  }

  std::uint16_t port() const { return server_.port(); }

 private:
  static http::ServerHandlers handlers(const Sources& sources) {
    http::ServerHandlers handlers;
    handlers.on_request = [sources](const http::Request& request, const http::Respond& respond) {
      respond(answer(request, sources));
    };
    handlers.on_refusal = [](const http::Refusal& refusal, const std::string& path) {
      return problem_response(refusal.status, refusal.detail, path);
    };
    handlers.on_warning = log_http_warnings("health");
    return handlers;
  }

  asio::io_context context_{1};
  const asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
  http::Server server_;
  std::thread thread_;
};

HealthServer::HealthServer(const HealthServerOptions& options, const Health& health, Metrics& metrics)
    : impl_(std::make_unique<Impl>(options, health, metrics)) {}
HealthServer::~HealthServer() = default;

std::uint16_t HealthServer::port() const {
  return impl_->port();
}

}  // namespace risk::service

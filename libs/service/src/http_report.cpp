#include "risk/service/http_report.hpp"

#include <vector>

#include "risk/base/json.hpp"
#include "risk/service/log.hpp"

namespace risk::service {
namespace {

using Count = std::atomic<std::uint64_t>;

// A counter of Metrics that follows one of the server's.
class Follower {
 public:
  Follower(Counter& shown, const Count& counted) : shown_(shown), counted_(counted) {}

  void follow() {
    const std::uint64_t now = counted_;
    shown_.add(static_cast<double>(now - followed_));
    followed_ = now;
  }

 private:
  Counter& shown_;
  const Count& counted_;
  std::uint64_t followed_ = 0;
};

std::vector<Follower> followers(Metrics& metrics, const std::string& server, const http::Counters& counters) {
  const auto counter = [&](const char* name, const char* help, Labels labels = {}) -> Counter& {
    labels["server"] = server;
    return metrics.counter(name, help, labels);
  };
  const char* refused_connections = "HTTP connections closed at once: their address has its share, or all are taken.";
  std::vector<Follower> all{
      {counter("http_received_bytes_total", "Bytes read from HTTP clients."), counters.bytes_read},
      {counter("http_requests_total", "HTTP requests that came in whole."), counters.requests},
      {counter("http_requests_slowed_total", "HTTP requests that waited: their address sends too many."),
       counters.requests_slowed},
      {counter("http_requests_timed_out_total", "HTTP requests that did not come in in time."), counters.timeouts},
      {counter("http_connections_refused_total", refused_connections, {{"reason", "address"}}),
       counters.refused_of_address},
      {counter("http_connections_refused_total", refused_connections, {{"reason", "all"}}), counters.refused_of_all},
      {counter("http_accept_failures_total", "Failures to accept an HTTP connection."), counters.accept_failures}};
  for (std::size_t i = 0; i < http::kRefusalStatuses.size(); ++i) {
    const Labels status{{"status", std::to_string(http::kRefusalStatuses[i])}};
    all.emplace_back(counter("http_requests_refused_total", "HTTP requests refused before any handler.", status),
                     counters.refused_requests[i]);
  }
  return all;
}

}  // namespace

http::Response problem_response(int status, std::string_view detail, std::string_view path) {
  JsonWriter json(0, JsonText::kAscii);
  json.begin_object();
  json.member("type", "about:blank");
  json.member("title", http::reason_phrase(status));
  json.member("status", static_cast<std::uint32_t>(status));
  json.member("detail", detail);
  if (!path.empty()) json.member("instance", path);
  json.end_object();
  http::Response response;
  response.status = status;
  response.content_type = "application/problem+json";
  response.body = std::make_shared<const std::string>(json.take());
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

std::function<void(const http::Warning&)> log_http_warnings(std::string server) {
  return [server = std::move(server)](const http::Warning& warning) {
    log_warning(warning.message, {{"server", server},
                                  {"latest_address", warning.address},
                                  {"latest", warning.detail},
                                  {"count", warning.count}});
  };
}

void report_http(Metrics& metrics, const std::string& server, const std::shared_ptr<const http::Counters>& counters) {
  Gauge& connections = metrics.gauge("http_connections", "Open HTTP connections.", {{"server", server}});
  // Shared, because a scrape calls a copy of the function.
  const auto following = std::make_shared<std::vector<Follower>>(followers(metrics, server, *counters));
  metrics.before_scrape([&connections, counters, following] {
    connections.set(static_cast<double>(counters->connections));
    for (Follower& follower : *following) follower.follow();
  });
}

}  // namespace risk::service

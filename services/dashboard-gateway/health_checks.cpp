#include "dashboard-gateway/health_checks.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "risk/base/id.hpp"

namespace risk::gateway {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;

struct Url {
  std::string host;
  std::string port = "80";
  std::string path = "/";
};

std::optional<Url> parse_url(std::string_view text) {
  constexpr std::string_view kScheme = "http://";
  if (!text.starts_with(kScheme)) return std::nullopt;
  text.remove_prefix(kScheme.size());
  Url url;
  const std::size_t slash = std::min(text.find('/'), text.size());
  if (slash < text.size()) url.path = text.substr(slash);
  const std::string_view authority = text.substr(0, slash);
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.rfind(':');
  const bool has_port = colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  url.host = authority.substr(0, has_port ? colon : authority.size());
  if (has_port) url.port = authority.substr(colon + 1);
  if (url.host.starts_with('[')) url.host = url.host.substr(1, url.host.size() - 2);
  const bool digits = url.port.find_first_not_of("0123456789") == std::string::npos;
  if (url.host.empty() || url.port.empty() || !digits || url.port.size() > 5) return std::nullopt;
  return url;
}

// {"status":"unready","conditions":{"database":"connection refused"}} as a sentence.
std::string reason_in(const std::string& body) {
  const auto json = nlohmann::json::parse(body, nullptr, false);
  if (!json.is_object() || !json.contains("conditions") || !json["conditions"].is_object()) return "not ready";
  std::string reason;
  for (const auto& [condition, state] : json["conditions"].items()) {
    if (!state.is_string() || state == "ok") continue;
    reason += (reason.empty() ? "" : "; ") + condition + ": " + state.get<std::string>();
  }
  return reason.empty() ? "not ready" : printable(reason);
}

// One question to one service, from resolving its name to its answer or the reason why there is none.
class Probe : public std::enable_shared_from_this<Probe> {
 public:
  using Done = std::function<void(HealthAnswer)>;

  Probe(asio::io_context& io, Url url, std::chrono::milliseconds timeout, Done done)
      : url_(std::move(url)), resolver_(io), stream_(io), timeout_(timeout), done_(std::move(done)) {}

  void start() {
    resolver_.async_resolve(url_.host, url_.port,
                            [self = shared_from_this()](beast::error_code error, tcp::resolver::results_type found) {
                              if (error) return self->fail(error);
                              self->connect(found);
                            });
  }

 private:
  void connect(const tcp::resolver::results_type& found) {
    stream_.expires_after(timeout_);
    stream_.async_connect(found, [self = shared_from_this()](beast::error_code error, const tcp::endpoint&) {
      if (error) return self->fail(error);
      self->ask();
    });
  }

  void ask() {
    request_.method(http::verb::get);
    request_.target(url_.path);
    request_.version(11);
    request_.set(http::field::host, url_.host + ":" + url_.port);
    request_.set(http::field::connection, "close");
    parser_.body_limit(64 << 10);
    http::async_write(stream_, request_, [self = shared_from_this()](beast::error_code error, std::size_t) {
      if (error) return self->fail(error);
      http::async_read(self->stream_, self->buffer_, self->parser_, [self](beast::error_code read_error, std::size_t) {
        if (read_error) return self->fail(read_error);
        self->answered();
      });
    });
  }

  void answered() {
    const auto& response = parser_.get();
    const bool ready = response.result() == http::status::ok;
    done_({true, ready, ready ? "" : reason_in(response.body()), system_now()});
  }

  void fail(beast::error_code error) {
    const std::string reason = error == beast::error::timeout ? "no answer in time" : error.message();
    done_({false, false, reason, system_now()});
  }

  const Url url_;
  tcp::resolver resolver_;
  beast::tcp_stream stream_;
  const std::chrono::milliseconds timeout_;
  const Done done_;
  http::request<http::empty_body> request_;
  http::response_parser<http::string_body> parser_;
  beast::flat_buffer buffer_;
};

}  // namespace

class HealthChecks::Impl {
 public:
  Impl(HealthChecksOptions options, SystemStatus& status) : options_(std::move(options)), status_(status), timer_(io_) {
    check();
    thread_ = std::thread([this] { io_.run(); });
  }

  ~Impl() {
    io_.stop();
    thread_.join();
  }

 private:
  void check() {
    for (const HealthTarget& target : options_.targets) {
      if (target.url.empty()) continue;
      const auto tell = [this, &target](HealthAnswer answer) { status_.set_health(target.service, std::move(answer)); };
      std::make_shared<Probe>(io_, *parse_url(target.url), options_.timeout, tell)->start();
    }
    timer_.expires_after(options_.interval);
    timer_.async_wait([this](beast::error_code error) {
      if (!error) check();
    });
  }

  const HealthChecksOptions options_;
  SystemStatus& status_;
  asio::io_context io_;
  asio::steady_timer timer_;
  std::thread thread_;
};

const char* health_url_problem(const std::string& url) {
  return url.empty() || parse_url(url) ? nullptr : "an address such as http://localhost:9103/readyz";
}

HealthChecks::HealthChecks(HealthChecksOptions options, SystemStatus& status)
    : impl_(std::make_unique<Impl>(std::move(options), status)) {}

HealthChecks::~HealthChecks() = default;

}  // namespace risk::gateway

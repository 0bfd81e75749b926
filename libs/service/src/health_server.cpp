#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <optional>
#include <thread>

#include "risk/service/health.hpp"
#include "risk/service/log.hpp"

namespace risk::service {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;
using Response = http::response<http::string_body>;

constexpr std::uint32_t kHeaderBytesMax = 8 * 1024;
constexpr std::size_t kSessionsMax = 64;
constexpr std::chrono::seconds kPeerTimeout{5};  // to send a whole request, and to take the whole answer
constexpr std::chrono::milliseconds kAcceptPause{100};

struct Sources {
  const Health& health;
  const Metrics& metrics;
};

void answer_plain(Response& response, http::status status, std::string text) {
  response.result(status);
  response.set(http::field::content_type, "text/plain; charset=utf-8");
  response.body() = std::move(text);
}

void answer_report(Response& response, const Health::Report& report) {
  response.result(report.ok ? http::status::ok : http::status::service_unavailable);
  response.set(http::field::content_type, "application/json");
  response.body() = report.json + "\n";
}

void answer(Response& response, const http::request<http::empty_body>& request, const Sources& sources) {
  const auto path = request.target().substr(0, request.target().find('?'));
  const bool known = path == "/healthz" || path == "/readyz" || path == "/metrics";
  if (!known) return answer_plain(response, http::status::not_found, "not found\n");
  if (request.method() != http::verb::get && request.method() != http::verb::head) {
    response.set(http::field::allow, "GET, HEAD");
    return answer_plain(response, http::status::method_not_allowed, "GET and HEAD only\n");
  }
  if (path == "/healthz") return answer_report(response, sources.health.liveness());
  if (path == "/readyz") return answer_report(response, sources.health.readiness());
  try {
    answer_plain(response, http::status::ok, sources.metrics.scrape());
    response.set(http::field::content_type, "text/plain; version=0.0.4; charset=utf-8");
  } catch (const std::exception& error) {
    log_error("cannot collect metrics", {{"reason", error.what()}});
    answer_plain(response, http::status::internal_server_error, "cannot collect metrics\n");
  }
}

// One connection; lives in its own handlers.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, const Sources& sources, std::size_t& sessions)
      : stream_(std::move(socket)), sources_(sources), sessions_(sessions) {
    ++sessions_;
  }
  ~Session() { --sessions_; }

  void read() {
    parser_.emplace();
    parser_->header_limit(kHeaderBytesMax);
    stream_.expires_after(kPeerTimeout);
    http::async_read_header(
        stream_, buffer_, *parser_,
        [self = shared_from_this()](beast::error_code failure, std::size_t) { self->on_read(failure); });
  }

 private:
  void on_read(beast::error_code failure) {
    response_ = {};
    if (!failure) {
      const auto& request = parser_->get();
      answer(response_, request, sources_);
      response_.version(request.version());
      // A body is never read, so whatever follows it is not a request.
      return write(request.method() == http::verb::head, request.keep_alive() && parser_->is_done());
    }
    if (failure == http::error::header_limit || failure == http::error::buffer_overflow) {
      answer_plain(response_, http::status::request_header_fields_too_large, "header too large\n");
      return write(false, false);
    }
    if (is_malformed(failure)) {
      answer_plain(response_, http::status::bad_request, "not an HTTP request\n");
      return write(false, false);
    }
    // Gone, or too slow.
  }

  static bool is_malformed(beast::error_code failure) {
    const beast::error_code of_http = http::error::bad_method;
    return failure.category() == of_http.category() && failure != http::error::end_of_stream &&
           failure != http::error::partial_message;
  }

  void write(bool header_only, bool keep_alive) {
    response_.keep_alive(keep_alive);
    response_.prepare_payload();
    stream_.expires_after(kPeerTimeout);
    auto after = [self = shared_from_this()](beast::error_code failure, std::size_t) { self->on_write(failure); };
    serializer_.emplace(response_);
    if (header_only) return http::async_write_header(stream_, *serializer_, std::move(after));
    http::async_write(stream_, *serializer_, std::move(after));
  }

  void on_write(beast::error_code failure) {
    if (!failure && response_.keep_alive()) return read();
    beast::error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
  }

  beast::tcp_stream stream_;
  beast::flat_buffer buffer_{kHeaderBytesMax + 1024};
  std::optional<http::request_parser<http::empty_body>> parser_;
  Response response_;
  std::optional<http::response_serializer<http::string_body>> serializer_;
  const Sources& sources_;
  std::size_t& sessions_;  // of the server's one thread
};

}  // namespace

class HealthServer::Impl {
 public:
  Impl(const HealthServerOptions& options, const Sources& sources) : sources_(sources) {
    try {
      listen(options);
    } catch (const boost::system::system_error& error) {
      const auto port = std::to_string(options.port);
      const auto reason =
          error.code() == asio::error::address_in_use ? "port " + port + " is in use" : error.code().message();
      throw std::runtime_error("cannot serve health on " + options.address + ":" + port + ": " + reason);
    }
    accept();
    thread_ = std::thread([this] { context_.run(); });
    log_info("serving health and metrics", {{"address", options.address}, {"port", port()}});
  }

  ~Impl() {
    context_.stop();
    thread_.join();
  }

  std::uint16_t port() const { return port_; }

 private:
  void listen(const HealthServerOptions& options) {
    tcp::resolver resolver(context_);
    const auto found = resolver.resolve(options.address, std::to_string(options.port), tcp::resolver::passive);
    const tcp::endpoint endpoint = *found.begin();
    acceptor_.open(endpoint.protocol());
    acceptor_.set_option(asio::socket_base::reuse_address(true));
    acceptor_.bind(endpoint);
    acceptor_.listen();
    port_ = acceptor_.local_endpoint().port();
  }

  void accept() {
    acceptor_.async_accept([this](beast::error_code failure, tcp::socket socket) {
      if (failure) return accept_later();
      if (sessions_ < kSessionsMax) std::make_shared<Session>(std::move(socket), sources_, sessions_)->read();
      accept();
    });
  }

  // Out of descriptors, most likely: trying again at once would spin.
  void accept_later() {
    pause_.expires_after(kAcceptPause);
    pause_.async_wait([this](beast::error_code failure) {
      if (!failure) accept();
    });
  }

  std::size_t sessions_ = 0;  // before context_: its destruction ends the last sessions, which count themselves off
  Sources sources_;
  asio::io_context context_{1};
  tcp::acceptor acceptor_{context_};
  asio::steady_timer pause_{context_};
  std::uint16_t port_ = 0;
  std::thread thread_;
};

HealthServer::HealthServer(const HealthServerOptions& options, const Health& health, const Metrics& metrics)
    : impl_(std::make_unique<Impl>(options, Sources{health, metrics})) {}
HealthServer::~HealthServer() = default;

std::uint16_t HealthServer::port() const {
  return impl_->port();
}

}  // namespace risk::service

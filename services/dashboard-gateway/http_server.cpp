#include "dashboard-gateway/http_server.hpp"

#include <atomic>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <condition_variable>
#include <mutex>
#include <sstream>
#include <stdexcept>

#include "dashboard-gateway/upgrade.hpp"
#include "risk/service/log.hpp"

namespace risk::gateway {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;

std::string text_of(beast::string_view view) {
  return {view.data(), view.size()};
}

// Requests being answered; stop() waits for none.
class Pending {
 public:
  void begin() {
    std::lock_guard lock(mutex_);
    ++count_;
  }
  void end() {
    std::lock_guard lock(mutex_);
    --count_;
    changed_.notify_all();
  }
  void wait_none(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, time, [this] { return count_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t count_ = 0;
};

struct Shared {
  HttpServerOptions options;
  HttpServerHandlers handlers;
  Pending pending;
  std::atomic<std::size_t> connections{0};
  std::atomic<bool> stopping{false};
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, std::shared_ptr<Shared> shared)
      : stream_(std::move(socket)), shared_(std::move(shared)) {
    ++shared_->connections;
  }
  ~Connection() {
    --shared_->connections;
    if (answering_) shared_->pending.end();
  }

  void start() {
    asio::dispatch(stream_.get_executor(), [self = shared_from_this()] { self->read(); });
  }

 private:
  void read() {
    parser_.emplace();
    parser_->header_limit(shared_->options.header_bytes_max);
    parser_->body_limit(shared_->options.body_bytes_max);
    stream_.expires_after(shared_->options.idle_max);
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](beast::error_code error, std::size_t) { self->on_read(error); });
  }

  void on_read(beast::error_code error) {
    if (error == http::error::end_of_stream) return shut_down();
    if (error == beast::error::timeout || error == asio::error::operation_aborted) return;
    if (error.category() == http::make_error_code(http::error::bad_method).category()) return refuse(error);
    if (error) return;  // the connection is gone
    begin_answer();

    auto request = parser_->release();
    HttpRequest plain = plain_request(request);
    keep_alive_ = request.keep_alive() && !shared_->stopping;
    version_ = request.version();
    if (beast::websocket::is_upgrade(request)) {
      auto refusal = shared_->handlers.refuse_upgrade(plain);
      if (refusal) return write(std::move(*refusal));
      return hand_over(request);
    }
    shared_->handlers.on_request(std::move(plain), [self = shared_from_this()](HttpResponse response) {
      asio::post(self->stream_.get_executor(),
                 [self, response = std::move(response)]() mutable { self->write(std::move(response)); });
    });
  }

  void hand_over(const http::request<http::string_body>& request) {
    std::ostringstream header;
    header << request.base();
    tcp::socket socket = stream_.release_socket();
    beast::error_code error;
    const bool ipv6 = socket.local_endpoint(error).protocol() == tcp::v6();
    const int descriptor = error ? -1 : socket.release(error);
    if (error) return;  // the client has gone
    shared_->handlers.on_upgrade(Upgrade(descriptor, ipv6, header.str()));
  }

  HttpRequest plain_request(const http::request<http::string_body>& request) {
    HttpRequest plain;
    head_ = request.method() == http::verb::head;
    plain.method = head_ ? "GET" : text_of(request.method_string());
    const std::string target = text_of(request.target());
    const std::size_t question = std::min(target.find('?'), target.size());
    plain.path = target.substr(0, question);
    plain.query = target.substr(std::min(target.size(), question + 1));
    plain.host = text_of(request[http::field::host]);
    plain.origin = text_of(request[http::field::origin]);
    plain.content_type = text_of(request[http::field::content_type]);
    plain.body = request.body();
    return plain;
  }

  // What is not HTTP, or more of it than anyone may send.
  void refuse(beast::error_code error) {
    begin_answer();
    keep_alive_ = false;
    if (error == http::error::header_limit) return write(problem(431, "the header is too large", ""));
    if (error == http::error::body_limit) return write(problem(413, "the body is too large", ""));
    write(problem(400, "not an HTTP request: " + error.message(), ""));
  }

  void write(HttpResponse response) {
    body_ = std::move(response.body);
    message_.emplace();
    message_->version(version_);
    message_->result(static_cast<unsigned>(response.status));
    message_->keep_alive(keep_alive_);
    message_->set(http::field::content_type, response.content_type);
    message_->set("X-Content-Type-Options", "nosniff");
    message_->set("X-Frame-Options", "DENY");
    message_->set("Referrer-Policy", "no-referrer");
    message_->set("Cross-Origin-Resource-Policy", "same-origin");
    for (const auto& [name, value] : response.headers) message_->set(name, value);
    message_->content_length(body_->size());
    if (!head_) message_->body() = beast::span<const char>(body_->data(), body_->size());
    stream_.expires_after(shared_->options.write_max);
    auto written = [self = shared_from_this()](beast::error_code error, std::size_t) { self->on_written(error); };
    if (!head_) return http::async_write(stream_, *message_, std::move(written));
    header_.emplace(*message_);
    header_->split(true);
    http::async_write_header(stream_, *header_, std::move(written));
  }

  void on_written(beast::error_code error) {
    header_.reset();
    message_.reset();
    body_.reset();
    end_answer();
    if (error) return;
    if (!keep_alive_) return shut_down();
    read();
  }

  void shut_down() {
    beast::error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
  }

  void begin_answer() {
    answering_ = true;
    shared_->pending.begin();
  }
  void end_answer() {
    answering_ = false;
    shared_->pending.end();
  }

  using Message = http::response<http::span_body<const char>>;

  beast::tcp_stream stream_;
  const std::shared_ptr<Shared> shared_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  std::optional<Message> message_;
  std::optional<http::response_serializer<http::span_body<const char>>> header_;
  std::shared_ptr<const std::string> body_;
  unsigned version_ = 11;
  bool head_ = false;
  bool keep_alive_ = true;
  bool answering_ = false;
};

}  // namespace

class HttpServer::Impl : public std::enable_shared_from_this<HttpServer::Impl> {
 public:
  Impl(asio::io_context& io, const HttpServerOptions& options, HttpServerHandlers handlers)
      : io_(io), acceptor_(asio::make_strand(io)), retry_(acceptor_.get_executor()), shared_(new Shared) {
    shared_->options = options;
    shared_->handlers = std::move(handlers);
    listen();
  }

  void start() {
    asio::dispatch(acceptor_.get_executor(), [self = shared_from_this()] { self->accept(); });
  }

  std::uint16_t port() const { return port_; }

  void stop(std::chrono::milliseconds time) {
    if (!shared_->stopping.exchange(true)) {
      asio::post(acceptor_.get_executor(), [self = shared_from_this()] {
        beast::error_code ignored;
        self->acceptor_.close(ignored);
        self->retry_.cancel();
      });
    }
    shared_->pending.wait_none(time);
  }

 private:
  void listen() {
    const std::string where = shared_->options.address + " port " + std::to_string(shared_->options.port);
    beast::error_code error;
    const auto address =
        asio::ip::make_address(shared_->options.address == "localhost" ? "127.0.0.1" : shared_->options.address, error);
    if (error) throw std::runtime_error("cannot listen on " + where + ": not an IP address");
    const tcp::endpoint endpoint(address, shared_->options.port);
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error == asio::error::address_in_use) {
      throw std::runtime_error("cannot listen on " + where + ": port " + std::to_string(endpoint.port()) +
                               " is in use");
    }
    if (error) throw std::runtime_error("cannot listen on " + where + ": " + error.message());
    port_ = acceptor_.local_endpoint().port();
  }

  void accept() {
    acceptor_.async_accept(asio::make_strand(io_),
                           [self = shared_from_this()](beast::error_code error, tcp::socket socket) {
                             self->on_accept(error, std::move(socket));
                           });
  }

  void on_accept(beast::error_code error, tcp::socket socket) {
    if (shared_->stopping || error == asio::error::operation_aborted) return;
    if (error) {
      // No descriptors left, most likely: at once again would only burn the processor.
      service::log_warning("cannot accept a connection", {{"reason", std::string_view(error.message())}});
      retry_.expires_after(std::chrono::milliseconds(100));
      return retry_.async_wait([self = shared_from_this()](beast::error_code stopped) {
        if (!stopped) self->accept();
      });
    }
    if (shared_->connections < shared_->options.connections_max) {
      beast::error_code ignored;
      socket.set_option(tcp::no_delay(true), ignored);
      std::make_shared<Connection>(std::move(socket), shared_)->start();
    }
    accept();
  }

  asio::io_context& io_;
  tcp::acceptor acceptor_;
  asio::steady_timer retry_;
  std::uint16_t port_ = 0;
  const std::shared_ptr<Shared> shared_;
};

HttpServer::HttpServer(asio::io_context& io, const HttpServerOptions& options, HttpServerHandlers handlers)
    : impl_(std::make_shared<Impl>(io, options, std::move(handlers))) {
  impl_->start();
}

HttpServer::~HttpServer() {
  stop(std::chrono::milliseconds(0));
}

std::uint16_t HttpServer::port() const {
  return impl_->port();
}

void HttpServer::stop(std::chrono::milliseconds time) {
  impl_->stop(time);
}

}  // namespace risk::gateway

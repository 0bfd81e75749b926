#include "dashboard-gateway/live/websocket_client.hpp"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <chrono>
#include <deque>
#include <limits>
#include <utility>

namespace risk::gateway {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace beast_http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using asio::ip::tcp;

constexpr std::size_t kMessageBytesMax = 1024;
constexpr std::uint32_t kHeaderBytesMax = 64 << 10;  // the HTTP server has judged it already
constexpr std::size_t kReadBytes = 4096;

// What a client may send, as Beast asks before and tells after each read of the socket. It sees every byte, also those
// of frames that Beast answers or passes over by itself: pings, pongs, fragments without content.
class InputAllowance {
 public:
  InputAllowance(std::size_t bytes_max, std::size_t bytes_per_second, std::function<void()> on_exceeded)
      : bytes_max_(static_cast<double>(bytes_max)),
        bytes_per_second_(static_cast<double>(bytes_per_second)),
        on_exceeded_(std::move(on_exceeded)),
        left_(bytes_max_) {}

 private:
  friend class beast::rate_policy_access;
  using Clock = std::chrono::steady_clock;

  // None, then Beast reads a byte a second, which is as good as nothing.
  std::size_t available_read_bytes() const { return exceeded_ ? 0 : kReadBytes; }
  static std::size_t available_write_bytes() { return std::numeric_limits<std::size_t>::max(); }
  static void transfer_write_bytes(std::size_t) {}
  static void on_timer() {}

  void transfer_read_bytes(std::size_t bytes) {
    const auto now = Clock::now();
    const std::chrono::duration<double> passed = now - std::exchange(counted_, now);
    left_ = std::min(bytes_max_, left_ + passed.count() * bytes_per_second_) - static_cast<double>(bytes);
    if (left_ < 0 && !std::exchange(exceeded_, true)) on_exceeded_();
  }

  double bytes_max_;
  double bytes_per_second_;
  std::function<void()> on_exceeded_;
  double left_;
  Clock::time_point counted_ = Clock::now();
  bool exceeded_ = false;
};

using Stream = beast::basic_stream<tcp, asio::any_io_executor, InputAllowance>;

tcp::socket adopt(asio::io_context& io, http::Upgrade& upgrade) {
  return {asio::make_strand(io), upgrade.ipv6() ? tcp::v6() : tcp::v4(), upgrade.release()};
}

beast_http::request<beast_http::string_body> parsed(const std::string& text) {
  beast_http::request_parser<beast_http::string_body> parser;
  parser.header_limit(kHeaderBytesMax);
  beast::error_code error;
  parser.eager(true);
  parser.put(asio::buffer(text), error);
  return parser.release();
}

// Everything happens on the strand of its socket.
class Client final : public WebSocketClient, public std::enable_shared_from_this<Client> {
 public:
  Client(asio::io_context& io, http::Upgrade upgrade, WebSocketClientOptions options, Handlers handlers)
      : lease_(upgrade.lease()),
        socket_(InputAllowance(options.input_bytes_max, options.input_bytes_per_second_max, [this] { exceeded(); }),
                adopt(io, upgrade)),
        request_(parsed(upgrade.request())),
        options_(options),
        handlers_(std::move(handlers)),
        deadline_(socket_.get_executor()) {}

  void start() {
    asio::dispatch(socket_.get_executor(), [self = shared_from_this()] {
      self->socket_.set_option(
          websocket::stream_base::timeout{self->options_.close_max, self->options_.pong_max, true});
      self->socket_.read_message_max(kMessageBytesMax);
      self->socket_.auto_fragment(false);
      self->socket_.text(true);
      self->socket_.async_accept(self->request_, [self](beast::error_code error) { self->accepted(error); });
    });
  }

  void send_snapshot(Frame frame) override {
    asio::post(socket_.get_executor(),
               [self = shared_from_this(), frame = std::move(frame)]() mutable { self->enqueue(std::move(frame), 0); });
  }

  void send(Frame frame) override {
    asio::post(socket_.get_executor(), [self = shared_from_this(), frame = std::move(frame)]() mutable {
      const std::size_t size = frame->size();
      if (self->bytes_ + size <= self->options_.bytes_max) return self->enqueue(std::move(frame), size);
      if (!self->closing_) self->handlers_.on_slow();
      self->do_close(kCloseTooSlow);
    });
  }

  void close(std::uint16_t code) override {
    asio::post(socket_.get_executor(), [self = shared_from_this(), code] { self->do_close(code); });
  }

 private:
  void accepted(beast::error_code error) {
    if (error) return;
    open_ = true;
    handlers_.on_open(shared_from_this());
    read();
  }

  // Reading is what answers pings and notices that the client has gone.
  void read() {
    socket_.async_read(received_, [self = shared_from_this()](beast::error_code error, std::size_t) {
      if (error) return self->gone();
      self->received_.clear();
      self->read();
    });
  }

  // In the middle of a read: closing comes after it.
  void exceeded() {
    asio::post(socket_.get_executor(), [self = shared_from_this()] {
      if (self->closing_ || !self->open_) return;
      self->handlers_.on_flood();
      self->do_close(kCloseFlood);
    });
  }

  void enqueue(Frame frame, std::size_t counted) {
    if (!open_ || closing_) return;
    bytes_ += counted;
    queue_.push_back({std::move(frame), counted});
    if (queue_.size() == 1) write();
  }

  void write() {
    socket_.async_write(asio::buffer(*queue_.front().frame),
                        [self = shared_from_this()](beast::error_code error, std::size_t) {
                          if (error) return self->gone();
                          self->bytes_ -= self->queue_.front().counted;
                          self->queue_.pop_front();
                          if (!self->queue_.empty()) self->write();
                        });
  }

  void do_close(std::uint16_t code) {
    if (closing_ || !open_) return;
    closing_ = true;
    while (queue_.size() > 1) queue_.pop_back();
    deadline_.expires_after(options_.close_max);
    deadline_.async_wait([self = shared_from_this()](beast::error_code stopped) {
      if (!stopped) beast::get_lowest_layer(self->socket_).close();
    });
    socket_.async_close(websocket::close_code(code), [self = shared_from_this()](beast::error_code) { self->gone(); });
  }

  void gone() {
    deadline_.cancel();
    if (!std::exchange(open_, false)) return;
    beast::get_lowest_layer(socket_).close();
    handlers_.on_gone(this);
  }

  struct Queued {
    Frame frame;
    std::size_t counted;  // of bytes_
  };

  const std::shared_ptr<void> lease_;  // of the connection's address
  websocket::stream<Stream> socket_;
  const beast_http::request<beast_http::string_body> request_;
  const WebSocketClientOptions options_;
  const Handlers handlers_;
  asio::steady_timer deadline_;
  beast::flat_buffer received_{2 * kMessageBytesMax};
  std::deque<Queued> queue_;  // the first one is being written
  std::size_t bytes_ = 0;
  bool open_ = false;
  bool closing_ = false;
};

}  // namespace

void open_websocket(asio::io_context& io, http::Upgrade upgrade, WebSocketClientOptions options,
                    WebSocketClient::Handlers handlers) {
  std::make_shared<Client>(io, std::move(upgrade), options, std::move(handlers))->start();
}

}  // namespace risk::gateway

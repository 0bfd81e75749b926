#include "connection.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/write.hpp>

namespace risk::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Clock = std::chrono::steady_clock;
using ErrorCode = boost::system::error_code;

constexpr std::size_t kReadBytes = 4096;
constexpr std::size_t kSlowestBytesPerSecond = 32 << 10;  // so slow may who takes a long answer be
// After the last answer the client's rest is read and thrown away for so long: closing at once would reset the
// connection, and the client might never see the answer (RFC 9112 9.6).
constexpr std::size_t kLingerBytesMax = 64 << 10;
constexpr std::chrono::milliseconds kLingerMax{2000};
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(asio::io_context& io, Accepted accepted, std::shared_ptr<Shared> shared)
      : socket_(asio::make_strand(io), accepted.ipv6 ? tcp::v6() : tcp::v4(), accepted.descriptor),
        deadline_(socket_.get_executor()),
        pace_(socket_.get_executor()),
        shared_(std::move(shared)),
        ipv6_(accepted.ipv6),
        local_address_(std::move(accepted.local_address)),
        remote_address_(std::move(accepted.remote_address)),
        peer_(peer_of(remote_address_)),
        lease_(std::move(accepted.lease)),
        parser_(shared_->options.limits, [this](const Request& request) { return judge(request); }) {
    ++shared_->counters->connections;
  }
  ~Connection() {
    --shared_->counters->connections;
    if (answering_) shared_->pending.end();
  }

  void start() {
    asio::dispatch(socket_.get_executor(), [self = shared_from_this()] {
      self->set_deadline(Clock::now() + self->shared_->options.header_max);
      self->read();
    });
  }

 private:
  // --- Time

  void set_deadline(Clock::time_point at) {
    due_ = at;
    deadline_.expires_at(at);
    deadline_.async_wait([self = shared_from_this()](ErrorCode stopped) {
      // The wait may have been over before the deadline was moved.
      if (!stopped && self->due_ && *self->due_ <= Clock::now()) self->on_deadline();
    });
  }

  void clear_deadline() {
    due_.reset();
    deadline_.cancel();
  }

  void on_deadline() {
    if (reading_ && parser_.started()) {
      ++shared_->counters->timeouts;
      shared_->note(RefusalReason::kSlowRequest, remote_address_);
    }
    close();
  }

  void close() {
    clear_deadline();
    ErrorCode ignored;
    socket_.close(ignored);
  }

  // --- Reading

  void read() {
    reading_ = true;
    socket_.async_read_some(asio::buffer(buffer_), [self = shared_from_this()](ErrorCode error, std::size_t bytes) {
      self->on_read(error, bytes);
    });
  }

  void on_read(ErrorCode error, std::size_t bytes) {
    if (error) return close();
    shared_->counters->bytes_read += bytes;
    unread_ = std::string_view(buffer_.data(), bytes);
    process();
  }

  // Goes on with what was read already, and reads more when that is not a whole request.
  void process() {
    const bool had_begun = parser_.started();
    const bool had_header = parser_.header_complete();
    unread_.remove_prefix(parser_.feed(unread_));
    if (parser_.refusal()) return refuse(*parser_.refusal());
    if (parser_.complete()) return on_request();
    if (parser_.started() && !had_begun && answered_) set_deadline(Clock::now() + shared_->options.header_max);
    if (parser_.header_complete() && !had_header) set_deadline(Clock::now() + shared_->options.request_max);
    if (parser_.expects_continue() && !continued_) return send_continue();
    read();
  }

  void send_continue() {
    continued_ = true;
    asio::async_write(socket_, asio::buffer(kContinue), [self = shared_from_this()](ErrorCode error, std::size_t) {
      if (error) return self->close();
      self->read();
    });
  }

  std::optional<Refusal> judge(const Request& request) {
    // Only HTTP/1.0 may come without a Host, and no browser speaks that.
    if (request.host.empty() || shared_->hosts.allows(request.host, local_address_)) return std::nullopt;
    shared_->note(RefusalReason::kForeignHost, remote_address_, request.host);
    return Refusal{421, "host: '" + request.host + "' is not a name of this server"};
  }

  // --- Answering

  void on_request() {
    begin_answer();
    ++shared_->counters->requests;
    const auto wait = shared_->peers.pace(peer_, Clock::now());
    if (wait.count() == 0) return hand_out();
    ++shared_->counters->requests_slowed;
    shared_->note(RefusalReason::kSlowed, remote_address_);
    pace_.expires_after(wait);
    pace_.async_wait([self = shared_from_this()](ErrorCode stopped) {
      if (!stopped) self->hand_out();
    });
  }

  void hand_out() {
    head_only_ = parser_.is_head();
    const std::string header = parser_.header();
    Request request = parser_.take();
    if (head_only_) request.method = "GET";
    keep_alive_ = request.keep_alive && !shared_->stopping;
    if (request.upgrade && shared_->handlers.on_upgrade) return upgrade(request, header);
    const std::string path = request.path;
    request_lease_ = shared_->peers.begin_request(peer_);
    if (!request_lease_) return turn_away(path);
    shared_->handlers.on_request(std::move(request), [self = shared_from_this(), path](Response response) {
      asio::post(self->socket_.get_executor(),
                 [self, path, response = std::move(response)]() mutable { self->answer(std::move(response), path); });
    });
  }

  void upgrade(const Request& request, const std::string& header) {
    if (auto refusal = shared_->handlers.refuse_upgrade(request)) return write(std::move(*refusal));
    if (!unread_.empty()) {
      return refuse({400, "upgrade: bytes follow the request before it is answered"}, request.path);
    }
    clear_deadline();
    ErrorCode error;
    const int descriptor = socket_.release(error);
    if (error) return close();
    shared_->handlers.on_upgrade(Upgrade(descriptor, ipv6_, header, remote_address_, std::move(lease_)));
  }

  void refuse(const Refusal& refusal, const std::string& path = "") {
    begin_answer();
    shared_->counters->count_refused(refusal.status);
    keep_alive_ = false;
    head_only_ = head_only_ || parser_.is_head();
    write(shared_->handlers.on_refusal(refusal, path));
  }

  // One address must not have everybody who answers at work for it.
  void turn_away(const std::string& path) {
    ++shared_->counters->requests_slowed;
    shared_->note(RefusalReason::kSlowed, remote_address_);
    write(shared_->handlers.on_refusal({503, "as many requests of this address as may be are being answered"}, path));
  }

  void answer(Response response, const std::string& path) {
    const bool is_shared = response.body.use_count() > 1;  // a file of the page is there once for all
    answer_lease_ = shared_->peers.hold_answer(peer_, is_shared ? 0 : response.body->size());
    if (answer_lease_) return write(std::move(response));
    refuse({503, "too many answers wait for this address to take them"}, path);
  }

  void write(Response response) {
    body_ = std::move(response.body);
    response.body = body_;
    header_ = header_text(response, keep_alive_);
    set_deadline(Clock::now() + time_to_take(body_->size()));
    const auto body = head_only_ ? asio::const_buffer() : asio::buffer(*body_);
    asio::async_write(socket_, std::array<asio::const_buffer, 2>{asio::buffer(header_), body},
                      [self = shared_from_this()](ErrorCode error, std::size_t) { self->on_written(error); });
  }

  // A long answer may take longer on a slow line, but not for ever.
  std::chrono::milliseconds time_to_take(std::size_t bytes) const {
    const std::chrono::milliseconds least = shared_->options.write_max;
    return least + std::min<std::chrono::milliseconds>(4 * least, std::chrono::seconds(bytes / kSlowestBytesPerSecond));
  }

  void on_written(ErrorCode error) {
    header_.clear();
    body_.reset();
    answer_lease_.reset();
    request_lease_.reset();
    end_answer();
    if (error) return close();
    if (!keep_alive_) return shut_down();
    answered_ = true;
    continued_ = false;
    head_only_ = false;
    set_deadline(Clock::now() + (unread_.empty() ? shared_->options.idle_max : shared_->options.header_max));
    if (unread_.empty()) return read();
    // Not from here: a client that sends many requests ahead must not keep this thread.
    asio::post(socket_.get_executor(), [self = shared_from_this()] { self->process(); });
  }

  void begin_answer() {
    reading_ = false;
    clear_deadline();
    if (answering_) return;
    answering_ = true;
    shared_->pending.begin();
  }
  void end_answer() {
    answering_ = false;
    shared_->pending.end();
  }

  // --- The end

  void shut_down() {
    ErrorCode error;
    socket_.shutdown(tcp::socket::shutdown_send, error);
    if (error) return close();
    set_deadline(Clock::now() + kLingerMax);
    linger();
  }

  void linger() {
    socket_.async_read_some(asio::buffer(buffer_), [self = shared_from_this()](ErrorCode error, std::size_t bytes) {
      self->shared_->counters->bytes_read += bytes;
      self->lingered_ += bytes;
      if (error || self->lingered_ > kLingerBytesMax) return self->close();
      self->linger();
    });
  }

  tcp::socket socket_;
  asio::steady_timer deadline_;
  asio::steady_timer pace_;
  std::optional<Clock::time_point> due_;
  const std::shared_ptr<Shared> shared_;
  const bool ipv6_;
  const std::string local_address_;
  const std::string remote_address_;
  const std::string peer_;
  Peers::Lease lease_;

  std::array<char, kReadBytes> buffer_;
  std::string_view unread_;  // of buffer_: what came behind the request that is being answered
  RequestParser parser_;
  std::string header_;
  std::shared_ptr<const std::string> body_;
  Peers::Lease answer_lease_;
  Peers::Lease request_lease_;
  std::size_t lingered_ = 0;
  bool reading_ = false;
  bool answering_ = false;
  bool answered_ = false;  // at least one request
  bool continued_ = false;
  bool head_only_ = false;
  bool keep_alive_ = true;
};

}  // namespace

void serve_connection(asio::io_context& io, Accepted accepted, std::shared_ptr<Shared> shared) {
  std::make_shared<Connection>(io, std::move(accepted), std::move(shared))->start();
}

}  // namespace risk::http

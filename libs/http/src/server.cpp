#include "risk/http/server.hpp"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <stdexcept>

#include "connection.hpp"

namespace risk::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Clock = std::chrono::steady_clock;
using ErrorCode = boost::system::error_code;

constexpr std::chrono::milliseconds kAcceptPause{100};
constexpr std::chrono::seconds kSweepInterval{5};

tcp::endpoint resolve(asio::io_context& io, const ServerOptions& options, ErrorCode& error) {
  const auto address = asio::ip::make_address(options.address == "localhost" ? "127.0.0.1" : options.address, error);
  if (!error) return {address, options.port};
  tcp::resolver resolver(io);
  const auto found = resolver.resolve(options.address, std::to_string(options.port), tcp::resolver::passive, error);
  return error ? tcp::endpoint() : found.begin()->endpoint();
}

}  // namespace

class Server::Impl : public std::enable_shared_from_this<Server::Impl> {
 public:
  Impl(asio::io_context& io, const ServerOptions& options, ServerHandlers handlers)
      : io_(io),
        acceptor_(asio::make_strand(io)),
        retry_(acceptor_.get_executor()),
        sweep_(acceptor_.get_executor()),
        shared_(std::make_shared<Shared>(options, std::move(handlers))) {
    listen();
  }

  void start() {
    asio::dispatch(acceptor_.get_executor(), [self = shared_from_this()] {
      self->accept();
      self->sweep_later();
    });
  }

  std::uint16_t port() const { return port_; }
  const std::shared_ptr<Shared>& shared() const { return shared_; }

  void stop(std::chrono::milliseconds time) {
    if (!shared_->stopping.exchange(true)) {
      asio::post(acceptor_.get_executor(), [self = shared_from_this()] {
        ErrorCode ignored;
        self->acceptor_.close(ignored);
        self->retry_.cancel();
        self->sweep_.cancel();
      });
    }
    shared_->pending.wait_none(time);
  }

 private:
  void listen() {
    const ServerOptions& options = shared_->options;
    ErrorCode error;
    const tcp::endpoint endpoint = resolve(io_, options, error);
    if (!error) acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (!error) port_ = acceptor_.local_endpoint(error).port();
    if (!error) return;
    const auto port = std::to_string(options.port);
    const auto reason = error == asio::error::address_in_use ? "port " + port + " is in use" : error.message();
    throw std::runtime_error("cannot serve " + options.purpose + " on " + options.address + ":" + port + ": " + reason);
  }

  void accept() {
    acceptor_.async_accept(io_, [self = shared_from_this()](ErrorCode error, tcp::socket socket) {
      self->on_accept(error, std::move(socket));
    });
  }

  void on_accept(ErrorCode error, tcp::socket socket) {
    if (shared_->stopping || error == asio::error::operation_aborted) return;
    if (error) return accept_later(error);
    take(std::move(socket));
    accept();
  }

  // Out of descriptors, most likely: trying again at once would only burn the processor.
  void accept_later(ErrorCode error) {
    ++shared_->counters->accept_failures;
    shared_->note(RefusalReason::kCannotAccept, "", error.message());
    retry_.expires_after(kAcceptPause);
    retry_.async_wait([self = shared_from_this()](ErrorCode stopped) {
      if (!stopped) self->accept();
    });
  }

  void take(tcp::socket socket) {
    ErrorCode error;
    const auto remote = socket.remote_endpoint(error);
    if (error) return;  // gone already
    const auto local = socket.local_endpoint(error);
    if (error) return;
    Accepted accepted{-1, local.protocol() == tcp::v6(), local.address().to_string(), remote.address().to_string(), {}};
    accepted.lease = shared_->peers.admit(peer_of(accepted.remote_address), Clock::now());
    if (!accepted.lease) {
      ++shared_->counters->refused_of_address;
      return shared_->note(RefusalReason::kAddressFull, accepted.remote_address);
    }
    if (shared_->counters->connections >= shared_->options.connections_max) {
      ++shared_->counters->refused_of_all;
      return shared_->note(RefusalReason::kAllFull, accepted.remote_address);
    }
    socket.set_option(tcp::no_delay(true), error);
    accepted.descriptor = socket.release(error);
    if (error) return;
    serve_connection(io_, std::move(accepted), shared_);
  }

  // What keeps happening is told when its minute is over, also when it has stopped by then.
  void sweep_later() {
    sweep_.expires_after(kSweepInterval);
    sweep_.async_wait([self = shared_from_this()](ErrorCode stopped) {
      if (stopped || self->shared_->stopping) return;
      for (const Warning& warning : self->shared_->refusals.due(Clock::now())) self->shared_->warn(warning);
      self->sweep_later();
    });
  }

  asio::io_context& io_;
  tcp::acceptor acceptor_;
  asio::steady_timer retry_;
  asio::steady_timer sweep_;
  std::uint16_t port_ = 0;
  const std::shared_ptr<Shared> shared_;
};

Server::Server(asio::io_context& io, const ServerOptions& options, ServerHandlers handlers)
    : impl_(std::make_shared<Impl>(io, options, std::move(handlers))) {
  impl_->start();
}

Server::~Server() {
  stop(std::chrono::milliseconds(0));
}

std::uint16_t Server::port() const {
  return impl_->port();
}

std::shared_ptr<const Counters> Server::counters() const {
  return impl_->shared()->counters;
}

std::function<void(RefusalReason, const std::string&)> Server::refusal_sink() const {
  return
      [shared = impl_->shared()](RefusalReason reason, const std::string& address) { shared->note(reason, address); };
}

void Server::stop(std::chrono::milliseconds time) {
  impl_->stop(time);
}

}  // namespace risk::http

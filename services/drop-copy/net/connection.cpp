#include "drop-copy/net/connection.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "risk/base/os.hpp"

namespace risk::drop_copy {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kUnsentBytesMax = std::size_t{1} << 20;
constexpr std::chrono::seconds kConnectTimeMax{10};  // of one address
constexpr int kBacklog = 64;

struct Address {
  sockaddr_storage bytes{};
  socklen_t size = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&bytes); }
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&bytes); }
};

std::string shown_address(const Address& address) {
  char host[NI_MAXHOST] = "", port[NI_MAXSERV] = "";
  if (::getnameinfo(address.get(), address.size, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "an address of another kind";
  }
  const bool is_ipv6 = std::strchr(host, ':') != nullptr;
  return (is_ipv6 ? "[" + std::string(host) + "]" : std::string(host)) + ":" + port;
}

Result<std::vector<Address>> look_up(const std::string& host, std::uint16_t port, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failure = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (failure != 0) return Error{failure == EAI_SYSTEM ? errno_text(errno) : std::string(::gai_strerror(failure))};
  std::vector<Address> addresses;
  for (const auto* entry = found; entry != nullptr; entry = entry->ai_next) {
    auto& address = addresses.emplace_back();
    std::memcpy(&address.bytes, entry->ai_addr, entry->ai_addrlen);
    address.size = entry->ai_addrlen;
  }
  ::freeaddrinfo(found);
  return addresses;
}

Descriptor new_socket(const Address& address) {
  return Descriptor(::socket(address.get()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

void send_at_once(int fd) {
  const int on = 1;
  (void)::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

}  // namespace

// --- a connection

Result<std::string_view> Connection::read(std::size_t bytes_max) {
  read_.resize(bytes_max);
  const auto count = ::recv(socket_.get(), read_.data(), bytes_max, 0);
  if (count > 0) return std::string_view(read_).substr(0, static_cast<std::size_t>(count));
  if (count == 0) return Error{"the peer has closed it"};
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return std::string_view();
  return Error{errno_text(errno)};
}

bool Connection::send(std::string_view bytes) {
  unsent_.append(bytes);
  std::size_t sent = 0;
  while (sent < unsent_.size()) {
    const auto count = ::send(socket_.get(), unsent_.data() + sent, unsent_.size() - sent, MSG_NOSIGNAL);
    if (count >= 0) {
      sent += static_cast<std::size_t>(count);
    } else if (errno != EINTR) {
      if (errno != EAGAIN && errno != EWOULDBLOCK) return false;
      break;
    }
  }
  unsent_.erase(0, sent);
  return unsent_.size() <= kUnsentBytesMax;
}

// --- listening

Listener::Listener(const std::string& host, std::uint16_t port) {
  const std::string where = host + ", port " + std::to_string(port);
  const auto addresses = look_up(host, port, AI_PASSIVE);
  if (!addresses) throw std::runtime_error("cannot listen on " + where + ": " + addresses.error().reason);
  auto address = addresses->front();
  socket_ = new_socket(address);
  const int on = 1;
  if (!socket_.is_open() || ::setsockopt(socket_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::bind(socket_.get(), address.get(), address.size) != 0 || ::listen(socket_.get(), kBacklog) != 0 ||
      ::getsockname(socket_.get(), address.get(), &address.size) != 0) {
    const auto why = errno == EADDRINUSE ? std::string("it is in use") : errno_text(errno);
    throw std::runtime_error("cannot listen on " + where + ": " + why);
  }
  port_ = ntohs(address.bytes.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(address.bytes).sin6_port
                                                    : reinterpret_cast<const sockaddr_in&>(address.bytes).sin_port);
}

std::optional<Connection> Listener::accept() {
  Address address;
  address.size = sizeof address.bytes;
  Descriptor socket(::accept4(socket_.get(), address.get(), &address.size, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!socket.is_open()) return std::nullopt;
  send_at_once(socket.get());
  return Connection(std::move(socket), shown_address(address));
}

// --- connecting

class Dialling::Impl {
 public:
  Impl(const std::string& host, std::uint16_t port) {
    auto numeric = look_up(host, port, AI_NUMERICHOST);
    if (numeric) {
      lookup->addresses = std::move(numeric);
      return;
    }
    std::thread([host, port, lookup = lookup] {
      auto found = look_up(host, port, 0);
      const std::lock_guard lock(lookup->mutex);
      lookup->addresses = std::move(found);
    }).detach();
  }

  std::optional<Result<std::unique_ptr<Connection>>> step() {
    using Outcome = Result<std::unique_ptr<Connection>>;
    if (!addresses) {
      const std::lock_guard lock(lookup->mutex);
      if (!lookup->addresses) return std::nullopt;
      if (!*lookup->addresses)
        return Outcome(Error{"its name cannot be resolved: " + lookup->addresses->error().reason});
      addresses = **lookup->addresses;
    }
    for (;;) {
      if (!socket.is_open()) {
        if (next == addresses->size()) return Outcome(Error{why.empty() ? "its name has no address" : why});
        if (!begin((*addresses)[next++])) continue;
      }
      if (!is_over()) return std::nullopt;
      int error = 0;
      socklen_t size = sizeof error;
      if (::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
      if (error == 0 && !timed_out) {
        send_at_once(socket.get());
        return Outcome(std::make_unique<Connection>(std::move(socket), shown_address((*addresses)[next - 1])));
      }
      why = timed_out ? "no answer in 10 s" : errno_text(error);
      socket.reset();
    }
  }

  int fd() const { return socket.get(); }

 private:
  struct Lookup {
    std::mutex mutex;
    std::optional<Result<std::vector<Address>>> addresses;  // nothing: it goes on
  };

  bool begin(const Address& address) {
    timed_out = false;
    socket = new_socket(address);
    if (socket.is_open()) {
      deadline = Clock::now() + kConnectTimeMax;
      if (::connect(socket.get(), address.get(), address.size) == 0 || errno == EINPROGRESS) return true;
    }
    why = errno_text(errno);
    socket.reset();
    return false;
  }
  bool is_over() {
    pollfd item{socket.get(), POLLOUT, 0};
    if (::poll(&item, 1, 0) > 0) return true;
    timed_out = Clock::now() >= deadline;
    return timed_out;
  }

  const std::shared_ptr<Lookup> lookup = std::make_shared<Lookup>();
  std::optional<std::vector<Address>> addresses;
  std::size_t next = 0;  // address to try
  Descriptor socket;
  Clock::time_point deadline{};
  bool timed_out = false;
  std::string why;  // the last address did not work
};

Dialling::Dialling(std::string host, std::uint16_t port) : impl_(std::make_unique<Impl>(host, port)) {}
Dialling::~Dialling() = default;
Dialling::Dialling(Dialling&&) noexcept = default;
Dialling& Dialling::operator=(Dialling&&) noexcept = default;
int Dialling::fd() const {
  return impl_->fd();
}
std::optional<Result<std::unique_ptr<Connection>>> Dialling::step() {
  return impl_->step();
}

}  // namespace risk::drop_copy

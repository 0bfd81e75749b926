#include "support/tcp_client.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <stdexcept>
#include <utility>

namespace risk::test {
namespace {

sockaddr_in endpoint(const char* address, std::uint16_t port) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_port = htons(port);
  inet_pton(AF_INET, address, &result.sin_addr);
  return result;
}

}  // namespace

TcpClient::TcpClient(const char* own_address) : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const sockaddr_in own = endpoint(own_address, 0);
  if (bind(socket_, reinterpret_cast<const sockaddr*>(&own), sizeof own) != 0) {
    close(socket_);
    throw std::runtime_error(std::string("cannot bind ") + own_address);
  }
}

TcpClient::TcpClient(std::uint16_t port, const char* own_address) : TcpClient(own_address) {
  connect(port);
}

TcpClient::~TcpClient() {
  if (socket_ >= 0) close(socket_);
}

TcpClient::TcpClient(TcpClient&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}

void TcpClient::connect(std::uint16_t port) const {
  const sockaddr_in peer = endpoint("127.0.0.1", port);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&peer), sizeof peer) != 0) {
    throw std::runtime_error("cannot connect");
  }
}

void TcpClient::send(std::string_view text) const {
  while (!text.empty()) {
    const auto sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::size_t TcpClient::send_endlessly(std::string_view again, std::size_t bytes_max) const {
  std::string many;
  while (many.size() < 4096) many += again;
  std::size_t total = 0;
  while (total < bytes_max) {
    const auto sent = ::send(socket_, many.data(), many.size(), MSG_NOSIGNAL);
    if (sent <= 0) break;
    total += static_cast<std::size_t>(sent);
  }
  return total;
}

std::string TcpClient::read_to_end() const {
  std::string all;
  char part[4096];
  for (ssize_t size; (size = recv(socket_, part, sizeof part, 0)) > 0;)
    all.append(part, static_cast<std::size_t>(size));
  return all;
}

std::string TcpClient::read_answer() const {
  std::string all;
  char c;
  while (all.find("\r\n\r\n") == std::string::npos && recv(socket_, &c, 1, 0) == 1) all.push_back(c);
  constexpr std::string_view kLength = "Content-Length: ";
  const auto length = all.find(kLength);
  if (length == std::string::npos) return all;
  for (auto left = std::stoul(all.substr(length + kLength.size())); left > 0 && recv(socket_, &c, 1, 0) == 1; --left) {
    all.push_back(c);
  }
  return all;
}

bool TcpClient::hung_up_within(std::chrono::milliseconds time) const {
  pollfd waiting{socket_, POLLIN, 0};
  if (poll(&waiting, 1, static_cast<int>(time.count())) <= 0) return false;
  char c;
  return recv(socket_, &c, 1, MSG_PEEK | MSG_DONTWAIT) <= 0;
}

int status_of(std::string_view answer) {
  constexpr std::string_view kVersion = "HTTP/1.1 ";
  int status = 0;
  if (answer.starts_with(kVersion))
    std::from_chars(answer.data() + kVersion.size(), answer.data() + answer.size(), status);
  return status;
}

}  // namespace risk::test

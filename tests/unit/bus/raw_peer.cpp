#include "raw_peer.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <stdexcept>
#include <utility>

namespace risk::bus::test {
namespace {

void set_timeout(int fd, int option, int seconds) {
  const timeval time{seconds, 0};
  ::setsockopt(fd, SOL_SOCKET, option, &time, sizeof time);
}

std::string big_endian(std::uint64_t number, int bytes) {
  std::string text;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) text += static_cast<char>(number >> shift & 0xff);
  return text;
}

std::string greeting() {
  std::string bytes = "\xff" + std::string(8, '\0') + "\x7f" + std::string("\x03\0", 2) + "NULL";
  bytes.resize(64, '\0');
  return bytes;
}

std::string ready(const std::string& socket_type) {
  const std::string body = "\x05READY\x0bSocket-Type" + big_endian(socket_type.size(), 4) + socket_type;
  return std::string("\x04") + static_cast<char>(body.size()) + body;
}

}  // namespace

RawPeer::RawPeer(const std::string& endpoint, const std::string& socket_type)
    : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1))));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("cannot connect to " + endpoint);
  }
  set_timeout(fd_, SO_SNDTIMEO, 5);
  set_timeout(fd_, SO_RCVTIMEO, 10);
  if (!socket_type.empty()) shake_hands(socket_type);
}

// Nothing may be sent before the other end has said that it is ready.
void RawPeer::shake_hands(const std::string& socket_type) {
  send(greeting() + ready(socket_type));
  constexpr std::size_t kHeadBytes = 2;
  const auto head = receive(greeting().size() + kHeadBytes);
  if (!head.empty()) receive(static_cast<unsigned char>(head.back()));
}

// "" when the other end hangs up, or says nothing for ten seconds.
std::string RawPeer::receive(std::size_t bytes) {
  std::string received(bytes, '\0');
  const auto got = ::recv(fd_, received.data(), bytes, MSG_WAITALL);
  return got == static_cast<ssize_t>(bytes) ? received : "";
}

RawPeer::~RawPeer() {
  if (fd_ >= 0) ::close(fd_);
}

RawPeer::RawPeer(RawPeer&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

std::string RawPeer::part(std::string_view bytes, bool more) {
  const bool is_long = bytes.size() > 255;
  const char flags = static_cast<char>((more ? 1 : 0) | (is_long ? 2 : 0));
  return flags + big_endian(bytes.size(), is_long ? 8 : 1) + std::string(bytes);
}

bool RawPeer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

RawListener::RawListener() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(fd_, 8) != 0) {
    throw std::runtime_error("cannot listen");
  }
}

RawListener::~RawListener() {
  ::close(fd_);
}

std::string RawListener::endpoint() const {
  sockaddr_in address{};
  socklen_t length = sizeof address;
  ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &length);
  return "tcp://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
}

RawPeer RawListener::accept(const std::string& socket_type) {
  RawPeer peer(::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC));
  set_timeout(peer.fd_, SO_SNDTIMEO, 5);
  set_timeout(peer.fd_, SO_RCVTIMEO, 10);
  peer.shake_hands(socket_type);
  return peer;
}

bool RawPeer::is_hung_up_on() {
  char block[4096];
  for (;;) {
    const auto got = ::recv(fd_, block, sizeof block, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got == 0) return true;
    if (got < 0) return errno != EAGAIN && errno != EWOULDBLOCK;
  }
}

}  // namespace risk::bus::test

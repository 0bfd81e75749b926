#include "transport/tcp.hpp"

#include <arpa/inet.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>

#include "risk/base/descriptor.hpp"

namespace risk::bus {
namespace {

struct End {
  std::string address;
  std::uint16_t port = 0;
  std::string bytes;
};

using GetName = int (*)(int, sockaddr*, socklen_t*);

std::optional<End> end_of(int fd, GetName get_name) {
  sockaddr_storage name{};
  socklen_t length = sizeof name;
  if (get_name(fd, reinterpret_cast<sockaddr*>(&name), &length) != 0) return std::nullopt;
  char text[INET6_ADDRSTRLEN] = "";
  End end;
  end.bytes.assign(reinterpret_cast<const char*>(&name), length);
  if (name.ss_family == AF_INET) {
    const auto& address = reinterpret_cast<const sockaddr_in&>(name);
    ::inet_ntop(AF_INET, &address.sin_addr, text, sizeof text);
    end.port = ntohs(address.sin_port);
  } else if (name.ss_family == AF_INET6) {
    const auto& address = reinterpret_cast<const sockaddr_in6&>(name);
    ::inet_ntop(AF_INET6, &address.sin6_addr, text, sizeof text);
    end.port = ntohs(address.sin6_port);
  } else {
    return std::nullopt;
  }
  end.address = text;
  return end;
}

}  // namespace

std::optional<ConnectionEnds> ends_of(int fd) {
  const auto here = end_of(fd, &::getsockname), there = end_of(fd, &::getpeername);
  if (!here || !there) return std::nullopt;
  return ConnectionEnds{here->port, there->address, here->bytes + there->bytes};
}

std::optional<std::uint64_t> bytes_received(int fd) {
  tcp_info info{};
  socklen_t length = sizeof info;
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return std::nullopt;
  if (length < offsetof(tcp_info, tcpi_bytes_received) + sizeof info.tcpi_bytes_received) return std::nullopt;
  return info.tcpi_bytes_received;
}

bool shut_down(int fd, const ConnectionEnds& ends) {
  const Descriptor held(::dup(fd));
  if (!held.is_open() || ends_of(held.get()) != ends) return false;
  ::shutdown(held.get(), SHUT_RDWR);
  return true;
}

}  // namespace risk::bus

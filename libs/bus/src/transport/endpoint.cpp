#include "transport/endpoint.hpp"

#include <arpa/inet.h>

#include <cerrno>
#include <charconv>
#include <optional>
#include <zmq.hpp>

#include "risk/bus/message.hpp"

namespace risk::bus {
namespace {

[[noreturn]] void refuse(std::string_view endpoint, std::string_view why) {
  throw BusError("endpoint '" + std::string(endpoint) + "': " + std::string(why));
}

bool is_ipv4_address(const std::string& host) {
  in_addr address;
  return ::inet_pton(AF_INET, host.c_str(), &address) == 1;
}

bool is_ipv6_address(const std::string& host) {
  in6_addr address;
  return ::inet_pton(AF_INET6, host.substr(0, host.find('%')).c_str(), &address) == 1;  // %: a scope, fe80::1%eth0
}

Endpoint parse(std::string_view text) {
  constexpr std::string_view kScheme = "tcp://";
  if (text.substr(0, kScheme.size()) != kScheme) refuse(text, "must be tcp://HOST:PORT");
  const auto rest = text.substr(kScheme.size());
  const auto colon = rest.rfind(':');
  if (colon == rest.npos || colon == 0) refuse(text, "must be tcp://HOST:PORT");

  Endpoint endpoint;
  auto host = rest.substr(0, colon);
  if (host.front() == '[' && host.back() == ']') {
    endpoint.host = host.substr(1, host.size() - 2);
    if (!is_ipv6_address(endpoint.host)) refuse(text, "no IPv6 address in the brackets");
  } else {
    endpoint.host = host;
    if (endpoint.host.find_first_of(":/[] ;") != host.npos) {
      refuse(text, "must be tcp://HOST:PORT, an IPv6 address in brackets");
    }
  }

  const auto port = rest.substr(colon + 1);
  if (port == "*") return endpoint;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
  if (error != std::errc{} || end != port.data() + port.size()) refuse(text, "port must be 0 to 65535");
  return endpoint;
}

}  // namespace

bool Endpoint::is_numeric() const {
  return is_ipv4_address(host) || is_ipv6_address(host);
}

bool Endpoint::is_loopback() const {
  if (host == "localhost" || (is_ipv4_address(host) && host.substr(0, 4) == "127.")) return true;
  in6_addr address;  // which can be written in many ways
  if (::inet_pton(AF_INET6, host.c_str(), &address) != 1) return false;
  return IN6_IS_ADDR_LOOPBACK(&address) || (IN6_IS_ADDR_V4MAPPED(&address) && address.s6_addr[12] == 127);
}

std::string Endpoint::text() const {
  return "tcp://" + (is_ipv6() ? "[" + host + "]" : host) + ":" + (port == 0 ? "*" : std::to_string(port));
}

Endpoint parse_connect_endpoint(std::string_view text) {
  auto endpoint = parse(text);
  if (endpoint.host == "*") refuse(text, "needs a host to connect to");
  if (endpoint.port == 0) refuse(text, "needs a port to connect to");
  return endpoint;
}

std::string bind_socket(zmq::socket_t& socket, const std::string& text, bool allow_plaintext) {
  auto endpoint = parse(text);
  if (!allow_plaintext && !endpoint.is_loopback()) {
    throw BusError("cannot bind " + text +
                   ": beyond loopback everyone on the network could read it; encrypt it with BUS_CURVE_DIRECTORY "
                   "(curve_directory), or allow it with BUS_ALLOW_PLAINTEXT=true (allow_plaintext)");
  }
  if (endpoint.host == "localhost") endpoint.host = "127.0.0.1";
  if (endpoint.is_ipv6()) socket.set(zmq::sockopt::ipv6, true);
  try {
    socket.bind(endpoint.text());
  } catch (const zmq::error_t& error) {
    std::string why = error.what();
    if (error.num() == EADDRINUSE) why = "port " + std::to_string(endpoint.port) + " is in use";
    if (error.num() == EADDRNOTAVAIL || error.num() == ENODEV) {
      why = endpoint.host + " is not an address of this machine";
    }
    throw BusError("cannot bind " + text + ": " + why);
  }
  return socket.get(zmq::sockopt::last_endpoint);
}

void set_common_options(zmq::socket_t& socket, std::size_t message_bytes_max) {
  socket.set(zmq::sockopt::linger, 0);
  socket.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(message_bytes_max));
  socket.set(zmq::sockopt::reconnect_ivl, 100);
  socket.set(zmq::sockopt::reconnect_ivl_max, 2000);
  socket.set(zmq::sockopt::handshake_ivl, 5000);
  // ZeroMQ's own heartbeats stay off: see "Connections" in the README.
  socket.set(zmq::sockopt::tcp_keepalive, 1);
  socket.set(zmq::sockopt::tcp_keepalive_idle, 15);
  socket.set(zmq::sockopt::tcp_keepalive_intvl, 5);
  socket.set(zmq::sockopt::tcp_keepalive_cnt, 3);
}

}  // namespace risk::bus

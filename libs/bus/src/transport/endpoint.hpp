// Endpoints as text: tcp://HOST:PORT, tcp://[IPV6]:PORT.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace zmq {
class socket_t;
}  // namespace zmq

namespace risk::bus {

struct Endpoint {
  std::string host;        // without brackets
  std::uint16_t port = 0;  // 0 where a free one is wanted

  bool is_ipv6() const { return host.find(':') != host.npos; }
  bool is_numeric() const;  // an address, not a name
  bool is_loopback() const;
  std::string text() const;  // "tcp://[::1]:5551"

  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

// Throws BusError: not tcp://HOST:PORT, port out of range (or missing: only a bind may have * or 0), host *.
Endpoint parse_connect_endpoint(std::string_view text);

// Binds and returns the endpoint with its real port. Throws BusError: as parse, the port is in use, the address is not
// this machine's, plaintext beyond loopback that is not allowed.
std::string bind_socket(zmq::socket_t& socket, const std::string& endpoint, bool allow_plaintext);

// What every socket of the bus has: keep-alives, reconnecting, bounded messages, no lingering.
void set_common_options(zmq::socket_t& socket, std::size_t message_bytes_max);

}  // namespace risk::bus

// An authority "host[:port]" (RFC 3986 3.2), and addresses as bytes.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace risk::http {

struct Authority {
  std::string host;  // in lower case, an IPv6 address without brackets; "" when there is only a port, or nothing
  bool is_ipv6 = false;
};
// No value: not valid; user information is not (RFC 9110 4.2.4).
std::optional<Authority> parse_authority(std::string_view text);

// An IPv4 address is kept as the IPv6 one that it maps to, so that either way of writing it is the same.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};

  bool is_ipv4() const;
  bool is_loopback() const;
  friend bool operator==(const IpAddress&, const IpAddress&) = default;
};
// Of "127.0.0.1", "::1", "fe80::1%eth0"; the zone does not count.
std::optional<IpAddress> parse_ip(std::string_view text);

}  // namespace risk::http

// What the kernel knows of a TCP connection, by its descriptor, which is libzmq's: it may be closed, and be another
// connection's, at any time. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace risk::bus {

struct ConnectionEnds {
  std::uint16_t port_here = 0;
  std::string peer_address;  // "10.0.0.7"
  std::string bytes;         // tell this connection from any other

  friend bool operator==(const ConnectionEnds&, const ConnectionEnds&) = default;
};

// Nothing: the descriptor is no connection (any more).
std::optional<ConnectionEnds> ends_of(int fd);

// Bytes that came over it so far. Nothing: it is no connection, or the kernel does not count.
std::optional<std::uint64_t> bytes_received(int fd);

// Both ways: libzmq reads the end, and lets go of all that it holds for the connection. False: the descriptor is not
// that connection any more, and nothing is touched, whoever has its number now.
bool shut_down(int fd, const ConnectionEnds& ends);

// What a message takes on the wire beside its bytes, at most: its head, and encryption.
inline constexpr std::uint64_t kWireOverheadBytes = 64;

}  // namespace risk::bus

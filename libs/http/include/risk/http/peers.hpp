// What each remote address holds of a server: connections, and a pace of requests. One address is one IPv4 address, or
// a network of 64 bits of IPv6, which is what one customer gets. Nobody can take so much that others find nothing left.
//
// Time is an input. Any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace risk::http {

struct PeerLimits {
  std::size_t connections_max = 0;            // of one address; 0: no bound
  std::uint32_t requests_per_second_max = 0;  // of one address, after as many at once; 0: no bound
  std::size_t answer_bytes_max = 0;           // on their way to one address; 0: no bound
  std::size_t requests_at_once_max = 0;       // of one address that are being answered; 0: no bound
};

// How an address is counted: "192.0.2.7" of itself and of "::ffff:192.0.2.7", "2001:db8:1:2::/64" of what lies in it.
std::string peer_of(std::string_view address);

class Peers {
 public:
  using Instant = std::chrono::steady_clock::time_point;

  explicit Peers(const PeerLimits& limits);
  ~Peers();

  // A connection counts for its peer until the last copy of the lease is gone; nothing when the peer has its share.
  using Lease = std::shared_ptr<void>;
  Lease admit(const std::string& peer, Instant now);

  // How long the next request of this peer has to wait; it counts from now on.
  std::chrono::nanoseconds pace(const std::string& peer, Instant now);

  // A request is being answered until the lease is gone; nothing when the peer has its share.
  Lease begin_request(const std::string& peer);

  // Bytes of an answer count until the lease is gone; nothing when too many wait already, unless these are the only.
  Lease hold_answer(const std::string& peer, std::size_t bytes);

  std::size_t known() const;  // peers that are remembered

 private:
  class Table;
  std::shared_ptr<Table> table_;
};

}  // namespace risk::http

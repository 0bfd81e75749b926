#include "risk/http/peers.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <mutex>
#include <unordered_map>

#include "host.hpp"

namespace risk::http {
namespace {

using std::chrono::nanoseconds;

constexpr std::size_t kNetworkBytes = 8;  // of IPv6: 64 bits
constexpr std::size_t kSweepFrom = 1024;

}  // namespace

std::string peer_of(std::string_view address) {
  auto ip = parse_ip(address);
  if (!ip) return std::string(address);
  char text[INET6_ADDRSTRLEN] = {};
  if (ip->is_ipv4()) {
    inet_ntop(AF_INET, ip->bytes.data() + 12, text, sizeof text);
    return text;
  }
  std::fill(ip->bytes.begin() + kNetworkBytes, ip->bytes.end(), std::uint8_t{0});
  inet_ntop(AF_INET6, ip->bytes.data(), text, sizeof text);
  return std::string(text) + "/64";
}

class Peers::Table : public std::enable_shared_from_this<Table> {
 public:
  explicit Table(const PeerLimits& limits) : limits_(limits) {}

  Lease admit(const std::string& name, Instant now) {
    const std::lock_guard lock(mutex_);
    if (peers_.size() >= kSweepFrom) forget_idle(now);
    Peer& peer = peers_[name];
    if (limits_.connections_max != 0 && peer.connections >= limits_.connections_max) return nullptr;
    ++peer.connections;
    return lease(name, [](Peer& mine) { --mine.connections; });
  }

  nanoseconds pace(const std::string& name, Instant now) {
    if (limits_.requests_per_second_max == 0) return nanoseconds{0};
    const std::lock_guard lock(mutex_);
    const nanoseconds interval = nanoseconds{std::chrono::seconds{1}} / limits_.requests_per_second_max;
    Peer& peer = peers_[name];
    // Each request takes an interval of a second that may lie ahead: who has one second ahead waits.
    peer.busy_until = std::max(peer.busy_until, now) + interval;
    return std::max(nanoseconds{0}, nanoseconds{peer.busy_until - now} - nanoseconds{std::chrono::seconds{1}});
  }

  Lease hold_answer(const std::string& name, std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    Peer& peer = peers_[name];
    const bool too_much = peer.answer_bytes != 0 && peer.answer_bytes + bytes > limits_.answer_bytes_max;
    if (limits_.answer_bytes_max != 0 && too_much) return nullptr;
    peer.answer_bytes += bytes;
    return lease(name, [bytes](Peer& mine) { mine.answer_bytes -= bytes; });
  }

  Lease begin_request(const std::string& name) {
    const std::lock_guard lock(mutex_);
    Peer& peer = peers_[name];
    if (limits_.requests_at_once_max != 0 && peer.requests >= limits_.requests_at_once_max) return nullptr;
    ++peer.requests;
    return lease(name, [](Peer& mine) { --mine.requests; });
  }

  std::size_t known() const {
    const std::lock_guard lock(mutex_);
    return peers_.size();
  }

 private:
  struct Peer {
    std::size_t connections = 0;
    std::size_t answer_bytes = 0;
    std::size_t requests = 0;
    Instant busy_until{};

    bool holds_nothing() const { return connections == 0 && answer_bytes == 0 && requests == 0; }
  };

  template <class Return>
  Lease lease(const std::string& name, Return give_back) {
    return Lease(this, [self = shared_from_this(), name, give_back](void*) {
      const std::lock_guard lock(self->mutex_);
      const auto peer = self->peers_.find(name);
      if (peer == self->peers_.end()) return;  // it held an answer of no bytes, and nothing else any more
      give_back(peer->second);
      // Whose pace is counted is forgotten later, by forget_idle().
      if (peer->second.holds_nothing() && peer->second.busy_until == Instant{}) self->peers_.erase(peer);
    });
  }

  void forget_idle(Instant now) {
    std::erase_if(peers_, [&](const auto& entry) {
      const Peer& peer = entry.second;
      return peer.holds_nothing() && peer.busy_until <= now;
    });
  }

  const PeerLimits limits_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Peer> peers_;
};

Peers::Peers(const PeerLimits& limits) : table_(std::make_shared<Table>(limits)) {}
Peers::~Peers() = default;

Peers::Lease Peers::admit(const std::string& peer, Instant now) {
  return table_->admit(peer, now);
}
std::chrono::nanoseconds Peers::pace(const std::string& peer, Instant now) {
  return table_->pace(peer, now);
}
Peers::Lease Peers::begin_request(const std::string& peer) {
  return table_->begin_request(peer);
}
Peers::Lease Peers::hold_answer(const std::string& peer, std::size_t bytes) {
  return table_->hold_answer(peer, bytes);
}
std::size_t Peers::known() const {
  return table_->known();
}

}  // namespace risk::http

// Bounds what the peers of a binding socket make this process hold. libzmq bounds the bytes of a part and the messages
// of a queue; it does not bound the parts of a message, which no queue counts until the last one came, nor
// subscriptions, nor connections. The guard knows each connection by its descriptor, from the socket's events, asks the
// kernel how much came over it, and shuts down those that send without end or are too many.
//
// Invariants
//   1. A connection that sent more than unread_bytes_max beyond what note_read() was told is shut down within kTick.
//   2. At most peers_max connections stay, of one address at most peers_per_address_max.
//   3. No other descriptor is touched: what is shut down is the connection that was accepted, between the same ends.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "risk/base/throttle.hpp"
#include "transport/tcp.hpp"
#include "transport/wake_up.hpp"

namespace zmq {
class context_t;
class message_t;
class socket_t;
}  // namespace zmq

namespace risk::bus {

struct PeerLimits {
  std::uint64_t unread_bytes_max = std::uint64_t{64} << 10;
  std::size_t peers_max = 256;
  std::size_t peers_per_address_max = 64;
};

class PeerGuard {
 public:
  static constexpr std::chrono::milliseconds kTick{20};
  // Told at most once a minute for the same address and reason; on the guard's thread. May be empty.
  using OnDropped = std::function<void(const std::string& what)>;

  // Call before the socket binds; `name` is one that no other watched socket of the context has had. The socket must
  // outlive the guard, and be left alone while the guard is made and destroyed. Throws BusError.
  PeerGuard(zmq::context_t& context, zmq::socket_t& socket, const std::string& name, const PeerLimits& limits,
            OnDropped on_dropped);
  ~PeerGuard();

  // Call when the socket is bound to this port.
  void start(std::uint16_t port);

  // The application has a whole message that came over the socket. What comes from a peer that speaks a protocol before
  // ZMTP 3 counts as unread: libzmq does not say from whom it came, and no honest peer is so old. Any thread.
  void note_read(zmq::message_t& last_part, std::size_t message_bytes);

  std::uint64_t dropped() const { return dropped_; }  // any thread

 private:
  struct Peer {
    ConnectionEnds ends;
    std::uint64_t read = 0;
    bool is_dropped = false;
  };

  void run();
  void note_events();
  void note_accepted(int fd);
  void judge_all();
  void drop(int fd, Peer& peer, const std::string& why);

  zmq::socket_t& socket_;
  std::unique_ptr<zmq::socket_t> events_;
  const PeerLimits limits_;
  const OnDropped on_dropped_;
  std::uint16_t port_ = 0;
  std::atomic<std::uint64_t> dropped_ = 0;
  Throttle told_;
  std::mutex mutex_;  // guards peers_
  std::map<int, Peer> peers_;
  WakeUp stop_;
  std::thread thread_;
};

}  // namespace risk::bus

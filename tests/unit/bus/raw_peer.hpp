// A peer that speaks ZMTP 3.0 without libzmq, so that it can do what no honest peer does.
#pragma once

#include <string>
#include <string_view>

namespace risk::bus::test {

class RawPeer {
 public:
  // Connects to an endpoint of 127.0.0.1. Without `socket_type` it stays silent; with one ("SUB", "DEALER") it shakes
  // hands.
  explicit RawPeer(const std::string& endpoint, const std::string& socket_type = "");
  ~RawPeer();
  RawPeer(RawPeer&& other) noexcept;
  RawPeer(const RawPeer&) = delete;

  // A part of a message as it goes over the wire.
  static std::string part(std::string_view bytes, bool more = false);

  // False: the other end has hung up, or takes nothing for five seconds.
  bool send(std::string_view bytes);
  // Whether the other end hangs up within ten seconds. Reads what comes meanwhile.
  bool is_hung_up_on();

 private:
  friend class RawListener;
  explicit RawPeer(int fd) : fd_(fd) {}
  void shake_hands(const std::string& socket_type);
  std::string receive(std::size_t bytes);

  int fd_;
};

// Waits for whoever connects, on a free port of 127.0.0.1.
class RawListener {
 public:
  RawListener();
  ~RawListener();
  RawListener(const RawListener&) = delete;

  std::string endpoint() const;
  // The next one that comes, after a handshake as `socket_type`.
  RawPeer accept(const std::string& socket_type);

 private:
  int fd_;
};

}  // namespace risk::bus::test

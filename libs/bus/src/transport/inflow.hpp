// What comes over a connection that this process has opened, against what was read of it: a peer that sends parts of a
// message without end fills libzmq's memory, and no queue counts them. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "transport/tcp.hpp"

namespace risk::bus {

class Inflow {
 public:
  // For a queue of so many messages, of ordinary size. Where they are larger, the connection is cut a little early:
  // what is dropped with it is asked for again.
  explicit Inflow(std::uint64_t messages_queued_max)
      : unread_bytes_max_(kUnreadBytesMin + messages_queued_max * kMessageBytes) {}

  void note_connected(int fd) {
    fd_ = fd;
    ends_ = ends_of(fd);
    read_ = 0;
  }
  void note_read(std::size_t bytes) { read_ += bytes + kWireOverheadBytes; }

  // Shuts a connection down over which more came than may wait to be read. Returns whether it did.
  bool cut_if_endless() {
    if (!ends_ || ends_of(fd_) != ends_) return false;
    const auto received = bytes_received(fd_);
    if (!received || *received <= read_ + unread_bytes_max_) return false;
    const bool was_there = shut_down(fd_, *ends_);
    ends_.reset();
    return was_there;
  }

 private:
  static constexpr std::uint64_t kUnreadBytesMin = std::uint64_t{16} << 20;  // two messages of the largest size
  static constexpr std::uint64_t kMessageBytes = std::uint64_t{64} << 10;

  std::uint64_t unread_bytes_max_;
  int fd_ = -1;
  std::optional<ConnectionEnds> ends_;
  std::uint64_t read_ = 0;
};

}  // namespace risk::bus

// TCP connections that never make their thread wait: bytes in, bytes out, and what a poll() should look for.
// Threads: one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "risk/base/descriptor.hpp"
#include "risk/base/result.hpp"

namespace risk::drop_copy {

class Connection {
 public:
  // Of a socket that is connected and does not block.
  Connection(Descriptor socket, std::string peer) : socket_(std::move(socket)), peer_(std::move(peer)) {}

  int fd() const { return socket_.get(); }
  const std::string& peer() const { return peer_; }  // "127.0.0.1:4711"

  // Up to `bytes_max` that have come. Error: the connection is over, and why.
  Result<std::string_view> read(std::size_t bytes_max);
  // Sends, or keeps what cannot be sent yet. False: the connection is over, or a peer that does not read has too much
  // waiting for it.
  bool send(std::string_view bytes);
  bool has_unsent() const { return !unsent_.empty(); }
  bool send_unsent() { return send({}); }

 private:
  Descriptor socket_;
  std::string peer_;
  std::string unsent_;
  std::string read_;
};

// Listens on an address and port. Throws std::runtime_error naming both and the reason.
class Listener {
 public:
  Listener(const std::string& host, std::uint16_t port);  // port 0 takes a free one

  int fd() const { return socket_.get(); }
  std::uint16_t port() const { return port_; }
  // Nothing: nobody waits.
  std::optional<Connection> accept();

 private:
  Descriptor socket_;
  std::uint16_t port_ = 0;
};

// Connects to HOST:PORT, once: looks the name up in a thread of its own, for that takes as long as it likes, then tries
// one address after the other. A lookup that is not over when this goes is left alone.
class Dialling {
 public:
  Dialling(std::string host, std::uint16_t port);
  ~Dialling();
  Dialling(Dialling&&) noexcept;
  Dialling& operator=(Dialling&&) noexcept;

  // What to poll for writing; below 0: nothing, call step() again soon.
  int fd() const;
  // Nothing: it goes on. A connection; or why there is none: "connection refused".
  std::optional<Result<std::unique_ptr<Connection>>> step();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace risk::drop_copy

// A connection on its way from HTTP to WebSocket: the socket and the request that asked for it.
#pragma once

#include <unistd.h>

#include <string>
#include <utility>

namespace risk::gateway {

class Upgrade {
 public:
  // Takes the descriptor of a connected TCP socket.
  Upgrade(int descriptor, bool ipv6, std::string request)
      : descriptor_(descriptor), ipv6_(ipv6), request_(std::move(request)) {}
  Upgrade(Upgrade&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)), ipv6_(other.ipv6_), request_(std::move(other.request_)) {}
  Upgrade& operator=(Upgrade&&) = delete;
  ~Upgrade() {
    if (descriptor_ >= 0) close(descriptor_);
  }

  int release() { return std::exchange(descriptor_, -1); }
  bool ipv6() const { return ipv6_; }
  const std::string& request() const { return request_; }  // its header as it goes over the wire

 private:
  int descriptor_;
  bool ipv6_;
  std::string request_;
};

}  // namespace risk::gateway

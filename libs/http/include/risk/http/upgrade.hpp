// A connection on its way from HTTP to WebSocket: the socket and the request that asked for it.
#pragma once

#include <unistd.h>

#include <memory>
#include <string>
#include <utility>

namespace risk::http {

class Upgrade {
 public:
  // Takes the descriptor of a connected TCP socket. `lease` counts it for its address for as long as it lives.
  Upgrade(int descriptor, bool ipv6, std::string request, std::string address, std::shared_ptr<void> lease)
      : descriptor_(descriptor),
        ipv6_(ipv6),
        request_(std::move(request)),
        address_(std::move(address)),
        lease_(std::move(lease)) {}
  Upgrade(Upgrade&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)),
        ipv6_(other.ipv6_),
        request_(std::move(other.request_)),
        address_(std::move(other.address_)),
        lease_(std::move(other.lease_)) {}
  Upgrade& operator=(Upgrade&&) = delete;
  ~Upgrade() {
    if (descriptor_ >= 0) close(descriptor_);
  }

  int release() { return std::exchange(descriptor_, -1); }
  bool ipv6() const { return ipv6_; }
  const std::string& request() const { return request_; }  // its header as it came over the wire
  const std::string& address() const { return address_; }  // of the peer
  // Whoever releases the descriptor keeps this as long.
  const std::shared_ptr<void>& lease() const { return lease_; }

 private:
  int descriptor_;
  bool ipv6_;
  std::string request_;
  std::string address_;
  std::shared_ptr<void> lease_;
};

}  // namespace risk::http

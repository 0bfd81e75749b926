// What a server has done and seen since its start. Any thread may read while it runs.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace risk::http {

// The statuses that the server itself refuses requests with, before any handler.
inline constexpr std::array<int, 9> kRefusalStatuses{400, 413, 414, 417, 421, 431, 501, 503, 505};

struct Counters {
  std::atomic<std::uint64_t> connections{0};  // open now, without those that became WebSockets
  std::atomic<std::uint64_t> bytes_read{0};
  std::atomic<std::uint64_t> requests{0};            // that were complete
  std::atomic<std::uint64_t> requests_slowed{0};     // that waited because their address sends too many
  std::atomic<std::uint64_t> refused_of_address{0};  // connections closed at once: their address has its share
  std::atomic<std::uint64_t> refused_of_all{0};      // and: there are too many in all
  std::atomic<std::uint64_t> timeouts{0};            // requests that did not come in in time
  std::atomic<std::uint64_t> accept_failures{0};     // no descriptors left, most likely
  std::array<std::atomic<std::uint64_t>, kRefusalStatuses.size()> refused_requests{};  // by kRefusalStatuses

  void count_refused(int status) {
    for (std::size_t i = 0; i < kRefusalStatuses.size(); ++i) {
      if (kRefusalStatuses[i] == status) ++refused_requests[i];
    }
  }
};

}  // namespace risk::http

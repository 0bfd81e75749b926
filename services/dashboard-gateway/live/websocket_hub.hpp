// The live stream's clients: each gets a snapshot, then the numbered deltas that all share. A frame is written once
// into memory and sent from there to everyone; a client keeps at most `client_bytes_max` waiting for it, and one that
// takes its frames too slowly is closed with 1013, so that it never holds up the others. One that sends more than a
// client has to (pings without end, say) is closed with 1008.
//
// Invariants
//   1. The snapshot a client gets as number N contains everything of the deltas up to N; the next it gets is N+1.
//   2. Deltas go out at most every `frame_interval`, and something goes out at least every `silence_max`.
//   3. When the model says that its past is void, one number is left out: every client comes back for a snapshot.
//
// Any thread may call anything. `model` and `status` must outlive the hub and the run of the io_context.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

#include "dashboard-gateway/api/system_status.hpp"
#include "dashboard-gateway/live/live_model.hpp"
#include "risk/http/upgrade.hpp"
#include "risk/service/metrics.hpp"

namespace boost::asio {
class io_context;
}

namespace risk::gateway {

struct WebSocketHubOptions {
  std::chrono::milliseconds frame_interval{100};
  std::chrono::milliseconds silence_max{2000};
  std::chrono::milliseconds system_interval{1000};    // how often the state of the mesh goes along
  std::chrono::milliseconds pong_max{20'000};         // without a sign of life from a client
  std::chrono::milliseconds close_max{2000};          // for a client that is being closed
  std::size_t client_bytes_max = 8 << 20;             // waiting for one client, its snapshot not counted
  std::size_t address_snapshot_bytes_max = 64 << 20;  // of different snapshots that one address has not taken yet
  std::size_t client_input_bytes_max = 16 << 10;      // that a client may send at once
  std::size_t client_input_bytes_per_second_max = 1 << 10;
  std::size_t clients_max = 10'000;
};

class WebSocketHub {
 public:
  // Told which addresses flood; may be set until the first add().
  using OnFlood = std::function<void(const std::string& address)>;

  WebSocketHub(boost::asio::io_context& io, const WebSocketHubOptions& options, LiveModel& model, SystemStatus& status,
               service::Metrics& metrics);
  ~WebSocketHub();

  void set_on_flood(OnFlood on_flood);

  // Precondition: model.loaded().
  void add(http::Upgrade upgrade);
  bool full() const;
  std::size_t clients() const;

  // Closes every client with 1001 and sends no more. Returns when all are gone or the time is over; the io_context must
  // still run. Idempotent.
  void stop(std::chrono::milliseconds time);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace risk::gateway

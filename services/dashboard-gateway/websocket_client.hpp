// One client of the live stream. Any thread may call it; it lives as long as its connection or its last holder.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "dashboard-gateway/upgrade.hpp"

namespace boost::asio {
class io_context;
}

namespace risk::gateway {

using Frame = std::shared_ptr<const std::string>;

inline constexpr std::uint16_t kCloseGoingAway = 1001;
inline constexpr std::uint16_t kCloseTooSlow = 1013;

struct WebSocketClientOptions {
  std::chrono::milliseconds pong_max;
  std::chrono::milliseconds close_max;
  std::size_t bytes_max;  // of frames that wait, the snapshot not counted
};

class WebSocketClient {
 public:
  struct Handlers {
    std::function<void(std::shared_ptr<WebSocketClient>)> on_open;
    std::function<void(WebSocketClient*)> on_gone;  // once, if it was open
    std::function<void()> on_slow;                  // it is closed for being too slow
  };

  virtual ~WebSocketClient() = default;
  virtual void send_snapshot(Frame frame) = 0;
  // Closes the client with kCloseTooSlow when too much waits for it already.
  virtual void send(Frame frame) = 0;
  // The frame on its way goes first; if it does not get through in time, the connection is cut.
  virtual void close(std::uint16_t code) = 0;
};

// Answers the upgrade. The handlers run on the threads of `io`.
void open_websocket(boost::asio::io_context& io, Upgrade upgrade, WebSocketClientOptions options,
                    WebSocketClient::Handlers handlers);

}  // namespace risk::gateway

// One client of the live stream. Any thread may call it; it lives as long as its connection or its last holder.
//
// A client has nothing to say, but for the protocol's own pongs and a close. What it sends is bounded in size (a
// message), in number (all bytes, whatever frames they make) and in what it costs: who floods is closed with
// kCloseFlood, and not read from any more.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "risk/http/upgrade.hpp"

namespace boost::asio {
class io_context;
}

namespace risk::gateway {

using Frame = std::shared_ptr<const std::string>;

inline constexpr std::uint16_t kCloseGoingAway = 1001;
inline constexpr std::uint16_t kCloseFlood = 1008;
inline constexpr std::uint16_t kCloseTooSlow = 1013;

struct WebSocketClientOptions {
  std::chrono::milliseconds pong_max;
  std::chrono::milliseconds close_max;
  std::size_t bytes_max;                   // of frames that wait, the snapshot not counted
  std::size_t input_bytes_max;             // that the client may send at once: messages, fragments, pings, pongs
  std::size_t input_bytes_per_second_max;  // that become available again
};

class WebSocketClient {
 public:
  struct Handlers {
    std::function<void(std::shared_ptr<WebSocketClient>)> on_open;
    std::function<void(WebSocketClient*)> on_gone;  // once, if it was open
    std::function<void()> on_slow;                  // it is closed for being too slow
    std::function<void()> on_flood;                 // it is closed for sending too much
  };

  virtual ~WebSocketClient() = default;
  virtual void send_snapshot(Frame frame) = 0;
  // Closes the client with kCloseTooSlow when too much waits for it already.
  virtual void send(Frame frame) = 0;
  // The frame on its way goes first; if it does not get through in time, the connection is cut.
  virtual void close(std::uint16_t code) = 0;
};

// Answers the upgrade. The handlers run on the threads of `io`.
void open_websocket(boost::asio::io_context& io, http::Upgrade upgrade, WebSocketClientOptions options,
                    WebSocketClient::Handlers handlers);

}  // namespace risk::gateway

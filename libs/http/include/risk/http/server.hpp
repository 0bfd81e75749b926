// HTTP/1.1 on one port: reads requests within bounds, hands them to a handler, writes the answers, keeps connections
// alive, and passes WebSocket upgrades on. One request of a connection at a time: what a client sends ahead waits in
// the kernel, but for one buffer.
//
// Bounds, so that no client can take memory, descriptors or time from the others:
//   - of one request: ParserLimits; with buffers, a connection never holds more than their sum and 8 KiB
//   - of one address: connections, requests a second, bytes of answers on their way (PeerLimits)
//   - of all: connections_max
//   - of time: `header_max` from the accept, or from a later request's first byte, to the end of the header; then
//     `request_max` to the end of the body; `idle_max` between requests; `write_max` for an answer to go out (a long
//     one up to five times that)
// What exceeds one of them is refused or cut off, counted (Counters) and told once a minute (on_warning).
//
// The handlers given are called on the threads that run the io_context; a response may come from any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "risk/http/counters.hpp"
#include "risk/http/host.hpp"
#include "risk/http/message.hpp"
#include "risk/http/peers.hpp"
#include "risk/http/refusal_log.hpp"
#include "risk/http/request_parser.hpp"
#include "risk/http/upgrade.hpp"

namespace boost::asio {
class io_context;
}

namespace risk::http {

struct ServerOptions {
  std::string purpose = "HTTP";       // of what the port is: "cannot serve HTTP on …"
  std::string address = "127.0.0.1";  // an IP address, or a name that resolves to one
  std::uint16_t port = 0;             // 0 takes a free one
  ParserLimits limits;
  HostRules hosts;                     // bind_address is set from `address`
  std::size_t connections_max = 2048;  // what comes beyond is closed at once; WebSockets do not count
  PeerLimits peer{256, 500, 64 << 20};
  std::chrono::milliseconds header_max{10'000};
  std::chrono::milliseconds request_max{30'000};
  std::chrono::milliseconds idle_max{60'000};
  std::chrono::milliseconds write_max{30'000};
};

// All but those that say so must be set. None may throw.
struct ServerHandlers {
  std::function<void(Request, Respond)> on_request;
  // The answer to what the server refuses itself. `path` is "" when it is not known.
  std::function<Response(const Refusal&, const std::string& path)> on_refusal;
  // Why an upgrade of this request is refused, or nothing; may both be empty: such a request is then one like any
  // other.
  std::function<std::optional<Response>(const Request&)> refuse_upgrade;
  std::function<void(Upgrade)> on_upgrade;
  std::function<void(const Warning&)> on_warning;  // may be empty
};

class Server {
 public:
  // Binds and accepts. Throws std::runtime_error naming address, port and reason.
  Server(boost::asio::io_context& io, const ServerOptions& options, ServerHandlers handlers);
  ~Server();

  std::uint16_t port() const;
  // Outlive the server for whoever holds them.
  std::shared_ptr<const Counters> counters() const;
  // For what a user of upgraded connections has to tell; as if the server had noted it itself. Any thread.
  std::function<void(RefusalReason, const std::string& address)> refusal_sink() const;

  // Accepts no more, and waits until the requests on their way are answered or the time is over. The io_context must
  // still run. Idempotent.
  void stop(std::chrono::milliseconds time);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace risk::http

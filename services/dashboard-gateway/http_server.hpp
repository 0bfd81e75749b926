// HTTP/1.1 on one port: reads requests within limits, hands them to the router, writes the answers, keeps connections
// alive, and passes WebSocket upgrades on. One request of a connection at a time.
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

#include "dashboard-gateway/http.hpp"

namespace boost::asio {
class io_context;
}

namespace risk::gateway {

class Upgrade;  // upgrade.hpp

struct HttpServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0 takes a free one
  std::uint32_t header_bytes_max = 16 << 10;
  std::size_t body_bytes_max = 64 << 10;
  std::size_t connections_max = 4096;           // what comes beyond is closed at once; WebSockets do not count
  std::chrono::milliseconds idle_max{60'000};   // between requests, and for one to come in
  std::chrono::milliseconds write_max{30'000};  // for an answer to go out
};

struct HttpServerHandlers {
  std::function<void(HttpRequest, Respond)> on_request;
  // Why an upgrade of this path is refused, or nothing.
  std::function<std::optional<HttpResponse>(const HttpRequest&)> refuse_upgrade;
  std::function<void(Upgrade)> on_upgrade;
};

class HttpServer {
 public:
  // Binds and accepts. Throws std::runtime_error naming address, port and reason.
  HttpServer(boost::asio::io_context& io, const HttpServerOptions& options, HttpServerHandlers handlers);
  ~HttpServer();

  std::uint16_t port() const;

  // Accepts no more, and waits until the requests on their way are answered or the time is over. The io_context must
  // still run. Idempotent.
  void stop(std::chrono::milliseconds time);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace risk::gateway

// Requests and replies, for commands to the engine: one reply a request, matched by a number, no retry of its own.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "risk/bus/curve.hpp"
#include "risk/bus/message.hpp"

namespace risk::bus {

struct RequestServerOptions {
  std::string endpoint = "tcp://127.0.0.1:*";
  bool allow_plaintext = false;        // needed to bind beyond loopback without `curve`
  std::optional<CurveServer> curve{};  // nothing: no encryption, everyone may ask
};

// Answers requests one after the other on a thread of its own. `handle` runs on that thread and may block; what it
// throws must not leave it.
class RequestServer {
 public:
  using Handler = std::function<std::string(std::string_view request)>;

  // Binds and starts. Throws BusError.
  RequestServer(RequestServerOptions options, Handler handle);
  ~RequestServer();  // stops, waits for the thread

  std::string endpoint() const;  // as bound, with the real port

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// Threads: one at a time.
class RequestClient {
 public:
  // Throws BusError on an endpoint that cannot be parsed and on what is no key.
  explicit RequestClient(std::string endpoint, std::optional<CurveClient> curve = std::nullopt);
  ~RequestClient();

  // No value: no reply within the timeout (nobody there, or too slow), or the server will not have us, which may show
  // earlier. A late reply is dropped.
  std::optional<std::string> request(std::string_view request, std::chrono::milliseconds timeout);

  // Why the last request without a reply had none, as far as its handshake shows, to go on from the server's name:
  // "refuses our key …: it is not on its allow-list". "" where it shows nothing.
  std::string why_unreachable() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace risk::bus

// Requests and replies, for commands to the engine: one reply a request, matched by a number, no retry of its own.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "risk/bus/curve.hpp"
#include "risk/bus/message.hpp"

namespace risk::bus {

struct RequestServerOptions {
  std::string endpoint = "tcp://127.0.0.1:*";
  bool allow_plaintext = false;        // needed to bind beyond loopback without `curve`
  std::optional<CurveServer> curve{};  // nothing: no encryption, everyone may ask
  // A client that sends a longer one is disconnected. At most kFrameBytesMax less 24 bytes.
  std::size_t request_bytes_max = 64 << 10;
  // A peer that is cut off: for the log. Of a thread of the server's own. May be empty.
  std::function<void(const std::string& problem)> on_problem{};
  // The thread has died: nobody is answered any more. That thread's. Empty: the exception that killed it ends the
  // process.
  std::function<void(const std::string& reason)> on_death{};
};

// Answers requests one after the other on a thread of its own. `handle` runs on that thread and may block; what it
// throws is the thread's death.
class RequestServer {
 public:
  using Handler = std::function<std::string(std::string_view request)>;

  // Binds and starts. Throws BusError.
  RequestServer(RequestServerOptions options, Handler handle);
  ~RequestServer();  // stops, waits for the thread

  std::string endpoint() const;  // as bound, with the real port
  // Connections that were cut off, because they were too many or sent without end. Any thread.
  std::uint64_t dropped_peers() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// Asks one of several servers of which one at a time listens: an engine, or the standby that took over. A request goes
// to one to which a connection is up, the first in the order given, and to no other afterwards: never to two. A name
// stands for every address it resolves to, again and again.
//
// Threads: one at a time.
class RequestClient {
 public:
  // The addresses of a name; no value: they cannot be known now.
  using LookUp = std::function<std::optional<std::vector<std::string>>(const std::string& host)>;

  // Throws BusError on an endpoint that cannot be parsed and on what is no key. All servers have the same key. Without
  // `look_up` this machine's resolver is asked. Precondition: at least one endpoint.
  explicit RequestClient(const std::vector<std::string>& endpoints, std::optional<CurveClient> curve = std::nullopt,
                         LookUp look_up = {});
  explicit RequestClient(const std::string& endpoint, std::optional<CurveClient> curve = std::nullopt);
  ~RequestClient();

  // Waits for a connection to come up and then for the reply. No value: no reply within the timeout (nobody there, or
  // too slow), or no server will have us, which may show earlier. A late reply is dropped.
  std::optional<std::string> request(std::string_view request, std::chrono::milliseconds timeout);

  // What is known of a server that gave no reply.
  struct Unanswered {
    std::string endpoint;
    // To go on from the server's name: "cannot be reached", "did not answer in time", "refuses our key …: it is not on
    // its allow-list".
    std::string reason;
    bool was_asked = false;  // it may have carried the request out, or still do so
  };
  // Of every server, why the last request had no reply; empty after a reply.
  std::vector<Unanswered> unanswered() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// For a person, of servers that `name` means: "the engine at tcp://a:5563 cannot be reached; the engine at …".
std::string in_words(const std::vector<RequestClient::Unanswered>& servers, std::string_view name);

}  // namespace risk::bus

// A server on a free port, with a handler that says what it was asked.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "risk/http/server.hpp"
#include "support/tcp_client.hpp"

namespace risk::http::test {

using risk::test::status_of;
using risk::test::TcpClient;

class Served {
 public:
  explicit Served(const std::function<void(ServerOptions&)>& adjust = {},
                  std::function<void(Request, Respond)> on_request = {});
  ~Served();

  std::uint16_t port() const { return server_.port(); }
  const Counters& counters() const { return *counters_; }
  Server& server() { return server_; }

  // The paths that reached the handler, and the upgrades with "ws:" before them.
  std::vector<std::string> seen() const;
  std::vector<std::string> warnings() const;  // "message|address|detail"

  // Sends it all and reads until the server hangs up.
  std::string ask(std::string_view bytes) const;

 private:
  static ServerOptions options(const std::function<void(ServerOptions&)>& adjust);
  ServerHandlers handlers(std::function<void(Request, Respond)> on_request);
  void see(std::string what);

  mutable std::mutex mutex_;
  std::vector<std::string> seen_;
  std::vector<std::string> warnings_;
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{io_.get_executor()};
  Server server_;
  std::shared_ptr<const Counters> counters_ = server_.counters();
  std::thread threads_[2];
};

// Waits for what becomes true by itself; false when it has not after ten seconds.
bool wait_until(const std::function<bool()>& condition);

Response text_response(std::string text);

}  // namespace risk::http::test

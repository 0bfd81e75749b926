// The scripted peers of tests/support (smtp_server.py, http_sink.py): started on a port of their own, read by what they
// announce. One thread at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/child_process.hpp"

namespace risk::test {

class Peer {
 public:
  // Starts tests/support/`script` and waits until it is bound. Throws std::runtime_error.
  explicit Peer(const std::string& script, std::vector<std::string> arguments = {});

  std::uint16_t port() const { return port_; }
  std::string certificate() const { return certificate_; }  // a file; "" without TLS

  // With --wait: from here on it takes connections.
  void listen();

  // The next event of this kind; earlier ones of other kinds are passed over. Throws when it does not come.
  nlohmann::json next(const std::string& event, std::chrono::milliseconds timeout = std::chrono::seconds(20));
  // Every event of this kind until `timeout` brings no more.
  std::vector<nlohmann::json> rest(const std::string& event, std::chrono::milliseconds timeout);

 private:
  ChildProcess process_;
  std::uint16_t port_ = 0;
  std::string certificate_;
};

}  // namespace risk::test

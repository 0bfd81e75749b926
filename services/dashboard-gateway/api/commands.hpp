// What people do to alerts: sent to the engine, which alone writes, one after the other from a thread of its own.
//
// Threads: submit() may be called from any; the outcome comes on the thread of this class.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "risk/bus/curve.hpp"
#include "risk/service/repeated_log.hpp"
#include "risk/wire/control.hpp"

namespace risk::bus {
class RequestClient;
}

namespace risk::gateway {

struct CommandsOptions {
  std::vector<std::string> endpoints;  // command ports: the engine's, and its standbys'
  std::chrono::milliseconds timeout{5000};
  std::size_t queued_max = 64;
  std::optional<bus::CurveClient> curve{};
};

class Commands {
 public:
  using Done = std::function<void(wire::CommandReply)>;

  // Throws bus::BusError on an endpoint that cannot be parsed and on what is no key.
  explicit Commands(CommandsOptions options);
  ~Commands();  // stop()

  // The engine's reply; UNAVAILABLE with the reason when it does not come within the timeout, which counts from now,
  // or when too many wait already. UNAVAILABLE without a reply leaves open whether the engine did it.
  void submit(wire::Command command, Done done);

  // Ends the thread after the command on its way; the others are answered UNAVAILABLE. Idempotent.
  void stop();

 private:
  struct Task {
    wire::Command command;
    Done done;
    std::chrono::steady_clock::time_point deadline;
  };
  void work();

  const CommandsOptions options_;
  const std::unique_ptr<bus::RequestClient> client_;  // the thread's, once it runs
  service::RepeatedLog not_done_log_{service::LogLevel::kWarning, "command not done"};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> tasks_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace risk::gateway

// What every main() shares: signals in, ordered shutdown out.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "risk/service/log.hpp"
#include "risk/service/options.hpp"

namespace risk::service {

// Asks a running app to stop, from any thread, and lets any thread wait for it. The first reason stays.
class StopSource {
 public:
  void request_stop(std::string reason);
  bool stop_requested() const;
  std::string reason() const;
  // Returns true as soon as a stop is requested, false when the time is over.
  bool wait_for(std::chrono::milliseconds time) const;
  void wait() const;

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::optional<std::string> reason_;
};

// Named teardown steps, last in first out, each logged with its time, all under one deadline: a step that starts after
// it is told to hurry by a remaining time of zero. A step that throws is logged and does not keep the others from
// running. Idempotent. One thread.
class Teardown {
 public:
  using Step = std::function<void(std::chrono::milliseconds remaining)>;
  void push(std::string name, Step step);
  void run(std::chrono::milliseconds deadline);
  ~Teardown();  // runs what is left, with a deadline of 5 s

 private:
  struct Named {
    std::string name;
    Step step;
  };
  std::vector<Named> steps_;
};

// Options every service has: --log-level (LOG_LEVEL), --log-format (LOG_FORMAT: text, json), --health-address
// (HEALTH_ADDRESS), --health-port (HEALTH_PORT), --health-allowed-hosts (HEALTH_ALLOWED_HOSTS); in YAML log.level,
// log.format, health.address, health.port, health.allowed_hosts.
struct CommonOptions {
  LogOptions log;
  std::string health_address = "127.0.0.1";
  std::uint16_t health_port = 0;
  std::vector<std::string> health_allowed_hosts;
};
void add_common_options(OptionSet& options, CommonOptions& common);

// What is wrong with hosts that an option `key` names ("gateway.allowed_hosts a.b:80: allowed are …"), for add_check().
std::vector<std::string> host_mistakes(const std::string& key, const std::vector<std::string>& hosts);

// A service as main() sees it. start() returns when everything runs; stop() is idempotent.
class App {
 public:
  virtual ~App() = default;
  virtual void start() = 0;
  virtual void stop() = 0;
};

// Blocks SIGINT and SIGTERM (and ignores SIGPIPE) for this thread and those it makes, starts logging, makes and starts
// the app, waits for a signal or stop.request_stop(), stops the app. A second signal ends the process at once with
// status 130. Returns the exit status: 0 after an ordered stop, 1 after an exception (logged with its message). An app
// that fails while it runs calls fail(): then also 1. An exception that leaves a thread is logged and ends the process
// by SIGABRT.
struct RunContext {
  StopSource stop;
  std::atomic<bool> failed{false};
  void fail(std::string reason) {
    failed = true;
    stop.request_stop(std::move(reason));
  }
};
int run(const LogOptions& log, const std::function<std::unique_ptr<App>(RunContext&)>& make_app);

}  // namespace risk::service

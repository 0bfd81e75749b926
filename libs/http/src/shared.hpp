// What a server and its connections share. Any thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include "risk/http/server.hpp"

namespace risk::http {

// Requests being answered; stop() waits for none.
class Pending {
 public:
  void begin() {
    std::lock_guard lock(mutex_);
    ++count_;
  }
  void end() {
    std::lock_guard lock(mutex_);
    --count_;
    changed_.notify_all();
  }
  void wait_none(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, time, [this] { return count_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t count_ = 0;
};

struct Shared {
  Shared(const ServerOptions& given, ServerHandlers handlers_given)
      : options(given), handlers(std::move(handlers_given)), hosts(rules_of(given)), peers(given.peer) {}

  static HostRules rules_of(const ServerOptions& options) {
    HostRules rules = options.hosts;
    rules.bind_address = options.address;
    return rules;
  }

  void note(RefusalReason reason, const std::string& address, const std::string& detail = "") {
    const auto warning = refusals.note(reason, address, detail, std::chrono::steady_clock::now());
    if (warning) warn(*warning);
  }
  void warn(const Warning& warning) {
    if (handlers.on_warning) handlers.on_warning(warning);
  }

  const ServerOptions options;
  const ServerHandlers handlers;
  const HostPolicy hosts;
  Peers peers;
  RefusalLog refusals;
  const std::shared_ptr<Counters> counters = std::make_shared<Counters>();
  Pending pending;
  std::atomic<bool> stopping{false};
};

}  // namespace risk::http

// Health: is the process alive (/healthz), is it ready to do its work (/readyz), and if not, why. Reasons go to the log
// as they are; who asks over HTTP is told them without the folders of the files they name. Any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "risk/service/metrics.hpp"

namespace risk {
class JsonWriter;
}

namespace risk::service {

// The sign of life of a thread that the process cannot do without: it beats at each of its turns. Before the first beat
// and after rest() it is not waited for, as while it waits for something that takes as long as it likes: a database, a
// file.
class Pulse {
 public:
  Pulse(std::string thread, std::chrono::milliseconds patience) : thread_(std::move(thread)), patience_(patience) {}
  void beat();
  void rest();

 private:
  friend class Health;
  std::string problem() const;  // "": none

  const std::string thread_;
  const std::chrono::milliseconds patience_;
  std::atomic<std::chrono::steady_clock::rep> beat_at_{0};  // 0: at rest
};

// The conditions a service needs to be ready, by name: "database", "transactions stream". Unready until all are met.
class Health {
 public:
  // Declares a condition, not met: `reason` says what it waits for.
  void require(const std::string& condition, const std::string& reason);
  void met(const std::string& condition);
  void not_met(const std::string& condition, const std::string& reason);  // logs the change
  // Something about the condition that people should see, though the service is ready: it stands under "warnings" of
  // /readyz, and its coming and going in the log. "": no more.
  void warn(const std::string& condition, const std::string& warning);
  // What is so of a thing of the service now, for people: the state of a feed's session. It stands under "facts" of
  // /readyz, in the given order, and judges nothing.
  using Fact = std::variant<bool, std::uint64_t, std::string>;
  using Facts = std::vector<std::pair<std::string, Fact>>;
  void tell(const std::string& thing, Facts facts);
  // Something the process cannot live with (a dead thread): /healthz fails from here on.
  void fail(const std::string& reason);
  // Declares a thread: while it owes a beat for longer than `patience`, /healthz fails. "applying": as people know it.
  // The pulse lives as long as this does.
  Pulse& watch(const std::string& thread, std::chrono::milliseconds patience = std::chrono::seconds{60});

  struct Report {
    bool ok = false;
    // {"status":"ready","conditions":{"database":"ok"}} or "unready" with the reasons; "warnings" and "facts" where
    // there are some
    std::string json;
  };
  Report liveness() const;
  Report readiness() const;

 private:
  // Precondition of both: the mutex is held.
  std::string failure() const;  // "": none
  void write_facts(JsonWriter& json) const;

  mutable std::mutex mutex_;
  std::map<std::string, std::string> unmet_;     // condition to reason; "" when met
  std::map<std::string, std::string> warnings_;  // condition to warning
  std::map<std::string, Facts> facts_;           // by thing
  std::string failure_;
  std::list<Pulse> pulses_;
};

struct HealthServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0 takes a free one
  // Answered beside localhost, the addresses of this end, and names without a dot (http::HostRules).
  std::vector<std::string> allowed_hosts{};
  std::chrono::milliseconds header_max{10'000};  // for a whole request to come in
};

// GET and HEAD of /healthz, /readyz, /metrics over HTTP on a thread of its own: 200, or 503 with the reasons. Slow,
// oversized and excess requests are cut off, at tighter bounds than http::ServerOptions' own. Its counters stand in
// `metrics`. `health` and `metrics` must outlive it.
class HealthServer {
 public:
  // Binds and starts. Throws std::runtime_error naming address, port and reason ("port 9102 is in use").
  HealthServer(const HealthServerOptions& options, const Health& health, Metrics& metrics);
  ~HealthServer();

  std::uint16_t port() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace risk::service

// Of several engines on one database one leads: it holds the lease, applies and writes; the others wait for it to go.
//
// A leader that dies frees the lease at once. One that has stopped, and beats no more, has it taken from it: whatever
// it writes when it wakes is refused by the database, and it ends.
//
// Threads: wait() is the caller's; from then on a thread of its own beats.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "risk/service/run.hpp"
#include "risk/store/lease.hpp"

namespace risk::risk_engine {

struct LeadershipOptions {
  store::DatabaseConfig database;
  std::string holder;  // who we are, for people: "risk-engine@host:4711"
  std::chrono::milliseconds ask_interval{200};
  std::chrono::milliseconds beat_interval{500};
  // A leader whose beat stands still for so long has stopped. On SQLite a beat waits for a commit, at most for the busy
  // timeout of its connection (kBusyTimeoutMs of store, 5 s): this must be longer, or a leader that waits is replaced.
  std::chrono::milliseconds patience{8'000};
};

// Told on the beating thread.
struct LeadershipEvents {
  // Once: another has taken the lease, or its database is lost. The process must end.
  std::function<void(const std::string& reason)> lost;
  // The lease cannot be shown, and that it can again. The writer learns of it only when there is something to write.
  std::function<void(const std::string& reason)> away;
  std::function<void()> back;
};

class Leadership {
 public:
  Leadership(LeadershipOptions options, LeadershipEvents events);
  ~Leadership();  // gives the lease back

  // Waits until this process leads, and returns its term; nothing when `stop` says so first. `waiting` is told who
  // leads meanwhile, again and again. Throws StoreError, but for a database that is away: that is waited for.
  std::optional<std::uint64_t> wait(const std::function<bool()>& stop,
                                    const std::function<void(const std::string& why)>& waiting);

 private:
  using Clock = std::chrono::steady_clock;

  std::optional<std::uint64_t> ask(std::string& why);
  void beat();
  // False: another has the lease.
  bool beat_once();

  const LeadershipOptions options_;
  const LeadershipEvents events_;
  std::unique_ptr<store::Lease> lease_;
  std::uint64_t term_ = 0;
  store::LeaseState seen_;  // the leader's, and since when it is like this
  Clock::time_point seen_at_{};
  service::StopSource stopping_;
  std::thread thread_;
};

}  // namespace risk::risk_engine

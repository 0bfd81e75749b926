// Keeps snapshots of the core in the store, so that a restart need not apply all history again. A forked child has the
// core as it stood and saves it, chunk by chunk, into a pipe; the writing thread stores a chunk between two commits.
// The applying thread is held up by the fork, which copies page tables, and by the copy of each page that it changes
// while the child lives: at most as much memory again as the core has.
//
// Threads: is_due() and begin() are the applying thread's, write_next() the writing thread's while is_running(), and
// the rest any.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "risk/engine/core.hpp"
#include "risk/service/metrics.hpp"
#include "risk/store/store.hpp"

namespace risk::risk_engine {

struct SnapshotterOptions {
  std::chrono::milliseconds interval{60'000};  // between two, while inputs come
  std::uint64_t inputs_max = 500'000;          // to apply again after a restart: then one is made before its time
  // From the beginning of one to that of the next that is made for its inputs: the applying thread copies each page
  // that changes while one is saved, which at full speed was a tenth of its time. Above 100,000 inputs a second more
  // than inputs_max are then applied again.
  std::chrono::milliseconds pause{5'000};
  // Days whose inputs are kept beyond what a recovery needs; 0 keeps all.
  std::uint32_t retention_days = 0;
};

class Snapshotter {
 public:
  // `stored_seq` is that of the snapshot that recovery began with, 0 without one. `metrics` must outlive it.
  Snapshotter(const SnapshotterOptions& options, std::uint64_t stored_seq, service::Metrics& metrics);
  ~Snapshotter();  // gives up what is not stored

  bool is_due(std::uint64_t apply_seq) const;
  // Forks. What is in `core` must be in the store before write_next() is called. A system that allows no more processes
  // is logged and tried again later. Precondition: !is_running().
  void begin(const engine::Core& core, std::uint64_t apply_seq, Timestamp wall);

  bool is_running() const { return running_; }
  // Stores the next chunk, or waits some milliseconds for it. After the last one the snapshot counts. May be called
  // again after it threw StoreUnavailable. What else goes wrong costs the snapshot alone, but for StoreConflict
  // and StoreLost.
  // What became of old inputs, when a snapshot is complete.
  std::optional<store::DroppedDays> write_next(store::Store& store);

 private:
  using Clock = std::chrono::steady_clock;

  bool fill(std::size_t bytes);  // reads from the pipe until so many are there; false: not yet
  std::optional<store::DroppedDays> write(store::Store& store);
  std::optional<store::DroppedDays> finish(store::Store& store);
  void give_up(const std::string& why);
  void end();

  const SnapshotterOptions options_;
  service::Histogram& stall_seconds_;
  service::Counter& stored_;
  service::Gauge& bytes_;
  Clock::time_point begun_at_ = Clock::now();
  std::uint64_t begun_seq_;
  std::atomic<bool> running_ = false;

  // Of the one that is being stored.
  pid_t child_ = -1;
  int pipe_ = -1;
  std::string received_;
  store::SnapshotInfo info_;
};

}  // namespace risk::risk_engine

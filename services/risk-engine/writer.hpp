// The thread that writes: takes one batch at a time, commits it, and only then publishes what came of it. When the
// database is away it tries again, on a new connection, until it is back; nothing is published meanwhile.
//
// Threads: submit(), idle() and the rest of the public side are the applying thread's, but for
// broadcaster().set_status(), which any may call.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "risk-engine/broadcaster.hpp"
#include "risk-engine/processor.hpp"
#include "risk/store/store.hpp"

namespace risk::risk_engine {

struct WriterOptions {
  store::DatabaseConfig database;
  std::uint64_t term = 0;  // of the lease under which it writes
  std::chrono::milliseconds retry_min{200};
  std::chrono::milliseconds retry_max{5000};
};

struct WriterEvents {
  std::function<void()> idle;                             // a batch is done: the next may come
  std::function<void(const std::string& reason)> away;    // the database cannot be reached; told at each attempt
  std::function<void()> back;                             // it was away and answers again
  std::function<void()> turn;                             // at each turn of the thread: it lives
  std::function<void()> waits;                            // from here to the next turn for the database
  std::function<void(const std::string& reason)> failed;  // nothing can be written any more: the process must end
  std::function<void(double seconds, const store::Commit& commit)> committed;
};

// What to do when a batch is stored, such as answering the person who asked for it.
using OnStored = std::function<void()>;

class Writer {
 public:
  // Takes over the open store, which writes under the term already. Runs until stop().
  Writer(WriterOptions options, std::unique_ptr<store::Store> store, std::unique_ptr<Broadcaster> broadcaster,
         WriterEvents events);
  ~Writer();

  bool idle() const { return idle_; }
  // Returns as soon as it is idle or has failed, or when the time is over; whether it is idle.
  bool wait_idle(std::chrono::milliseconds time);
  // Precondition: idle().
  void submit(Batch batch, std::vector<OnStored> on_stored);
  // The emptied inputs of the last batch that was written, for the next: a commit's inputs are tens of
  // megabytes under load, and fresh memory costs more than filling it. Precondition: idle().
  store::AppliedInputs take_spent();
  // Runs on the writing thread between batches, with the store. Precondition: idle().
  void run(std::function<void(store::Store&)> job);

  Broadcaster& broadcaster() { return *broadcaster_; }

  // Writes what was submitted (not longer than `timeout` if the database is away), closes the log, ends the thread.
  // Idempotent.
  void stop(std::chrono::milliseconds timeout);

 private:
  struct Work {
    std::optional<Batch> batch;
    std::vector<OnStored> on_stored;
    std::function<void(store::Store&)> job;
  };

  void loop();
  void carry_out(Work& work);
  // Runs `action` until the database lets it, opening new connections. False: told to stop first.
  bool persist(const std::function<void(store::Store&)>& action, const Batch* batch);
  // After a connection was lost during a commit: was it stored?
  bool is_stored(const Batch& batch);
  bool give_up() const;

  const WriterOptions options_;
  const WriterEvents events_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Broadcaster> broadcaster_;

  std::atomic<bool> idle_{true};
  store::AppliedInputs spent_;  // the writing thread's while not idle
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Work> work_;
  bool stopping_ = false;
  bool failed_ = false;  // the thread has ended on an error
  std::chrono::steady_clock::time_point give_up_at_{};
  std::thread thread_;
};

}  // namespace risk::risk_engine

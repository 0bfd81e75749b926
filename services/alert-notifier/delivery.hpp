// A channel's own queue and thread: what comes in is delivered in order, each notification tried until it is taken, is
// refused for good or too old. A channel that is down holds up no other.
//
// Invariants
//   1. Events leave in the order they came; none is tried before the one ahead of it is done.
//   2. An event's position is told as done after it was delivered or given up, never before, and in order.
//   3. Nothing is dropped. Who queues asks for room first, so that about queue_max wait: what came in one frame of the
//      bus is not split.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <stop_token>
#include <thread>

#include "alert-notifier/channels/channel.hpp"
#include "alert-notifier/retry.hpp"
#include "alert-notifier/state_file.hpp"
#include "risk/service/metrics.hpp"

namespace risk::notifier {

using SteadyTime = std::chrono::steady_clock::time_point;

struct DeliveryOptions {
  std::uint64_t queue_max = 10'000;
  RetryPolicy retry;
  std::uint64_t jitter_seed = 0;
  std::function<SteadyTime()> now = std::chrono::steady_clock::now;
};

// An event of the engine's stream, in its place. Without a notification nobody is told of it.
struct Event {
  Position position;
  std::optional<Notification> notification;
};

class Delivery {
 public:
  // Everything up to the position is done for good. On the delivery's thread.
  using Done = std::function<void(const Position&)>;

  // Starts the thread. `metrics` must outlive it.
  Delivery(std::unique_ptr<Channel> channel, DeliveryOptions options, service::Metrics& metrics, Done done);
  ~Delivery();  // stops at once

  std::string_view channel() const { return channel_->name(); }

  // Waits up to `timeout` for room in the queue; returns how many events fit. Any thread.
  std::size_t wait_for_room(std::chrono::milliseconds timeout);
  // Any thread. Precondition: begin_stop() was not called.
  void enqueue(Event event);

  // What waits is still tried, at once and then more often, but nothing new is taken.
  void begin_stop();
  // Waits for the queue to empty, until `deadline`, logs how much is left and ends the thread. Idempotent.
  void end_stop(SteadyTime deadline);

 private:
  struct Waiting {
    Event event;
    SteadyTime since;
  };
  struct Gauges {
    service::Counter& sent;
    service::Counter& failed;
    service::Counter& retries;
    service::Gauge& queue_length;
    service::Gauge& failing;
    service::Histogram& delivery_seconds;
  };
  static Gauges make_gauges(service::Metrics& metrics, const std::string& channel);

  void run();
  std::optional<Waiting> next();
  bool deliver(const Notification& notification, SteadyTime since);  // false: cancelled before it was done
  bool is_stopping() const;
  bool wait_before_retry(const Outcome& outcome, std::chrono::milliseconds wait, bool tried_since_stop);
  void log_left() const;
  double jitter();

  const std::unique_ptr<Channel> channel_;
  const DeliveryOptions options_;
  const Done told_done_;
  Gauges gauges_;
  std::mt19937_64 random_;  // of the thread
  std::stop_source cancel_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Waiting> queue_;
  bool stopping_ = false;
  bool done_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace risk::notifier

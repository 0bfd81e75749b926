// A channel's own queue and thread: what comes in is delivered in order, each notification tried until it is taken, is
// refused for good or too old. A channel that is down holds up no other.
//
// Invariants
//   1. Notifications leave in the order they came; none is tried before the one ahead of it is done.
//   2. At most queue_max wait. When one more comes the oldest is dropped, counted and logged.
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
#include "risk/service/metrics.hpp"

namespace risk::notifier {

using SteadyTime = std::chrono::steady_clock::time_point;

struct DeliveryOptions {
  std::uint64_t queue_max = 10'000;
  RetryPolicy retry;
  std::uint64_t jitter_seed = 0;
  std::function<SteadyTime()> now = std::chrono::steady_clock::now;
};

class Delivery {
 public:
  // Starts the thread. `metrics` must outlive it.
  Delivery(std::unique_ptr<Channel> channel, DeliveryOptions options, service::Metrics& metrics);
  ~Delivery();  // stops at once

  // Any thread. Precondition: begin_stop() was not called.
  void enqueue(const Notification& notification);

  // What waits is still tried, at once and then more often, but nothing new is taken.
  void begin_stop();
  // Waits for the queue to empty, until `deadline`, logs what is left and ends the thread. Idempotent.
  void end_stop(SteadyTime deadline);

 private:
  struct Waiting {
    Notification notification;
    SteadyTime since;
  };
  struct Gauges {
    service::Counter& sent;
    service::Counter& failed;
    service::Counter& retries;
    service::Counter& dropped;
    service::Gauge& queue_length;
    service::Gauge& failing;
    service::Histogram& delivery_seconds;
  };
  static Gauges make_gauges(service::Metrics& metrics, const std::string& channel);

  void run();
  std::optional<Waiting> next();
  bool deliver(const Waiting& waiting);  // false: cancelled before it was done
  bool is_stopping() const;
  bool wait_before_retry(const Outcome& outcome, std::chrono::milliseconds wait, bool tried_since_stop);
  void drop_oldest();
  void log_left() const;
  double jitter();

  const std::unique_ptr<Channel> channel_;
  const DeliveryOptions options_;
  Gauges gauges_;
  std::mt19937_64 random_;  // of the thread
  std::stop_source cancel_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Waiting> queue_;
  bool stopping_ = false;
  bool done_ = false;
  std::uint64_t dropped_unsaid_ = 0;
  std::optional<SteadyTime> drop_said_at_;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace risk::notifier

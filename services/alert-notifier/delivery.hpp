// A channel's own queue and thread, at the channel's own pace: the most urgent goes first, and what a channel cannot
// take now is tried again until it can. A channel that is down holds up no other.
//
// Invariants
//   1. Nothing is dropped: an event is delivered by itself, counted in a summary that was delivered, or kept as
//      undelivered. Who queues asks for room first, so that about queue_max wait: what came together from the log is
//      not split.
//   2. Only what is about one message ends that message: a channel that takes nothing loses nothing. A message that is
//      refused is replaced by a plain notice: if the channel takes that, the message was at fault, else the channel is.
//   3. An event's position is told as done after that, never before.
//   4. Two attempts start at least `interval` apart.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "alert-notifier/backlog.hpp"
#include "alert-notifier/channels/channel.hpp"
#include "alert-notifier/retry.hpp"
#include "alert-notifier/undelivered.hpp"
#include "risk/service/health.hpp"
#include "risk/service/metrics.hpp"

namespace risk::notifier {

struct DeliveryOptions {
  std::uint64_t queue_max = 10'000;
  std::chrono::milliseconds interval{0};  // between the starts of two attempts
  std::uint64_t summary_above = 0;        // more events than this go as one summary; 0: never
  RetryPolicy retry;
  std::uint64_t jitter_seed = 0;
  std::function<SteadyTime()> now = std::chrono::steady_clock::now;
};

// What it works with, and tells. All must outlive it.
struct DeliveryParts {
  service::Metrics& metrics;
  service::Health& health;
  // So far is done for good. On the delivery's thread.
  std::function<void(const Progress&)> done;
  // Keeps it, then calls `kept`, on any thread, also later; never after the delivery's end.
  std::function<void(Undelivered, std::function<void()> kept)> keep;
};

class Delivery {
 public:
  // Starts the thread.
  Delivery(std::unique_ptr<Channel> channel, DeliveryOptions options, DeliveryParts parts);
  ~Delivery();  // stops at once

  std::string_view channel() const { return channel_->name(); }
  // What it says of its channel in Health.
  static std::string condition(std::string_view channel);

  // Waits up to `timeout` for room in the queue; returns how many events fit. Any thread.
  std::size_t wait_for_room(std::chrono::milliseconds timeout);
  // Any thread. Precondition: begin_stop() was not called.
  void enqueue(Event event);

  // What waits is still tried, at once and then more often, but nothing new is taken.
  void begin_stop();
  // Waits for the queue to empty, until `deadline`, logs how much is left and ends the thread. Idempotent.
  void end_stop(SteadyTime deadline);

 private:
  struct Gauges {
    service::Counter& sent;
    service::Counter& summarised;
    service::Counter& failed;
    service::Counter& retries;
    service::Gauge& queue_length;
    service::Gauge& failing;
    service::Histogram& delivery_seconds;
  };
  static Gauges make_gauges(service::Metrics& metrics, const std::string& channel);

  // What became of a turn.
  struct Result {
    Outcome outcome;
    bool in_its_place = false;  // what was delivered is a notice that says so
    std::string refusal;        // why the whole message was not taken, if it was not
  };

  void run();
  std::optional<Turn> next_turn();  // waits for it; nothing: the thread ends
  void tell_progress(std::unique_lock<std::mutex>& lock);
  std::chrono::milliseconds time_left() const;  // until the next attempt may start; at most 0: now
  Result deliver(const Turn& turn);
  Outcome attempt(const Notification& notification);
  void settle_delivered(const Turn& turn, const Result& result);
  void settle_failed(const Turn& turn, const Outcome& outcome);
  void keep(Ticket event, wire::DeliveryRecord::Outcome outcome, const std::string& answer);
  void show_broken(const std::string& cause);  // "": it works
  bool is_cancelled() const { return cancel_.stop_requested(); }
  void log_left() const;
  double jitter();

  const std::unique_ptr<Channel> channel_;
  const DeliveryOptions options_;
  const DeliveryParts parts_;
  const std::string condition_;
  Gauges gauges_;
  service::Pulse& pulse_;  // beats while it sends or notes
  std::stop_source cancel_;

  // Of the thread.
  std::mt19937_64 random_;
  unsigned failures_ = 0;              // in a row
  std::string broken_cause_;           // "" while the channel works
  std::optional<SteadyTime> sent_at_;  // the start of the last attempt

  mutable std::mutex mutex_;  // guards the rest
  std::condition_variable changed_;
  Backlog backlog_;
  std::optional<SteadyTime> paused_until_;
  bool may_hurry_ = true;  // a stop ends the pause: it is not the peer's wish
  bool stopping_ = false;
  bool began_while_stopping_ = false;  // the newest attempt
  bool done_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace risk::notifier

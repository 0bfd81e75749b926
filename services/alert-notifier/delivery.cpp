#include "alert-notifier/delivery.hpp"

#include <algorithm>

#include "risk/base/check.hpp"
#include "risk/service/log.hpp"

namespace risk::notifier {

using std::chrono::milliseconds;

Delivery::Delivery(std::unique_ptr<Channel> channel, DeliveryOptions options, service::Metrics& metrics, Done done)
    : channel_(std::move(channel)),
      options_(std::move(options)),
      told_done_(std::move(done)),
      gauges_(make_gauges(metrics, std::string(channel_->name()))),
      random_(options_.jitter_seed) {
  RISK_CHECK(options_.queue_max > 0 && told_done_);
  thread_ = std::thread([this] { run(); });
}

Delivery::~Delivery() {
  begin_stop();
  end_stop(options_.now());
}

Delivery::Gauges Delivery::make_gauges(service::Metrics& metrics, const std::string& channel) {
  const service::Labels labels{{"channel", channel}};
  return {metrics.counter("notifier_sent_total", "Notifications that a channel took", labels),
          metrics.counter("notifier_failed_total", "Notifications given up or refused", labels),
          metrics.counter("notifier_retries_total", "Attempts that failed and are made again", labels),
          metrics.gauge("notifier_queue_length", "Alert events that wait", labels),
          metrics.gauge("notifier_channel_failing", "1 while the newest attempt has failed", labels),
          metrics.histogram("notifier_delivery_seconds", "From a notification's arrival to its delivery",
                            {0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800}, labels)};
}

std::size_t Delivery::wait_for_room(milliseconds timeout) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, timeout, [this] { return queue_.size() < options_.queue_max; });
  return queue_.size() < options_.queue_max ? options_.queue_max - queue_.size() : 0;
}

void Delivery::enqueue(Event event) {
  const std::lock_guard lock(mutex_);
  RISK_CHECK(!stopping_);
  // Of events in a row that nobody is told of, the last one's turn is the turn of all.
  const bool joins_last = !event.notification && !queue_.empty() && !queue_.back().event.notification &&
                          queue_.back().event.position.stream == event.position.stream;
  if (joins_last) queue_.pop_back();
  queue_.push_back({std::move(event), options_.now()});
  gauges_.queue_length.set(static_cast<double>(queue_.size()));
  changed_.notify_all();
}

void Delivery::begin_stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
}

void Delivery::end_stop(SteadyTime deadline) {
  if (!thread_.joinable()) return;
  {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, deadline - options_.now(), [this] { return done_; });
    cancel_.request_stop();
    changed_.notify_all();
  }
  thread_.join();
  log_left();
}

void Delivery::log_left() const {
  const auto left = std::count_if(queue_.begin(), queue_.end(),
                                  [](const Waiting& waiting) { return waiting.event.notification.has_value(); });
  if (left > 0) service::log_warning("alerts wait for the next start", {{"channel", channel()}, {"count", left}});
}

void Delivery::run() {
  while (auto waiting = next()) {
    const Event& event = waiting->event;
    if (!event.notification || deliver(*event.notification, waiting->since)) {
      told_done_(event.position);
      continue;
    }
    const std::lock_guard lock(mutex_);
    queue_.push_front(std::move(*waiting));
    break;
  }
  const std::lock_guard lock(mutex_);
  done_ = true;
  changed_.notify_all();
}

std::optional<Delivery::Waiting> Delivery::next() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
  if (queue_.empty() || cancel_.stop_requested()) return std::nullopt;
  Waiting waiting = std::move(queue_.front());
  queue_.pop_front();
  gauges_.queue_length.set(static_cast<double>(queue_.size()));
  changed_.notify_all();
  return waiting;
}

bool Delivery::deliver(const Notification& notification, SteadyTime since) {
  const SteadyTime first_attempt = options_.now();
  for (unsigned attempts = 1;; ++attempts) {
    const bool stopping = is_stopping();
    const Outcome outcome = channel_->send(notification, cancel_.get_token());
    const bool delivered = outcome.kind == Outcome::Kind::kDelivered;
    gauges_.failing.set(delivered ? 0 : 1);
    if (delivered) {
      gauges_.sent.add();
      gauges_.delivery_seconds.observe(std::chrono::duration<double>(options_.now() - since).count());
      service::log_info("alert delivered",
                        {{"channel", channel_->name()}, {"key", notification.event_key}, {"attempts", attempts}});
      if (!outcome.reason.empty()) {
        service::log_warning(
            "alert not delivered to all",
            {{"channel", channel_->name()}, {"key", notification.event_key}, {"reason", outcome.reason}});
      }
      return true;
    }
    if (cancel_.stop_requested()) return false;

    const auto age = std::chrono::duration_cast<milliseconds>(options_.now() - first_attempt);
    const RetryDecision decision = decide_retry(options_.retry, outcome, attempts, age, jitter());
    if (!decision.wait) {
      gauges_.failed.add();
      service::log_error("alert given up", {{"channel", channel_->name()},
                                            {"key", notification.event_key},
                                            {"alert", notification.message},
                                            {"attempts", attempts},
                                            {"why", decision.reason},
                                            {"reason", outcome.reason}});
      return true;
    }
    gauges_.retries.add();
    service::log_warning("delivery failed, will be tried again", {{"channel", channel_->name()},
                                                                  {"key", notification.event_key},
                                                                  {"attempts", attempts},
                                                                  {"wait_ms", decision.wait->count()},
                                                                  {"why", decision.reason},
                                                                  {"reason", outcome.reason}});
    if (!wait_before_retry(outcome, *decision.wait, stopping)) return false;
  }
}

bool Delivery::is_stopping() const {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

// Returns false when cancelled. A stop shortens the wait, unless the peer asked for it.
bool Delivery::wait_before_retry(const Outcome& outcome, milliseconds wait, bool tried_since_stop) {
  std::unique_lock lock(mutex_);
  const bool may_hurry = !outcome.wait_wanted;
  if (may_hurry && tried_since_stop) wait = std::min(wait, options_.retry.first_wait);
  changed_.wait_for(lock, wait,
                    [&] { return cancel_.stop_requested() || (may_hurry && stopping_ && !tried_since_stop); });
  return !cancel_.stop_requested();
}

double Delivery::jitter() {
  return static_cast<double>(random_() >> 11) * 0x1p-53;
}

}  // namespace risk::notifier

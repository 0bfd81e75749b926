#include "alert-notifier/delivery.hpp"

#include <algorithm>

#include "alert-notifier/summary.hpp"
#include "risk/base/check.hpp"
#include "risk/service/log.hpp"

namespace risk::notifier {

using std::chrono::milliseconds;

Delivery::Delivery(std::unique_ptr<Channel> channel, DeliveryOptions options, DeliveryParts parts)
    : channel_(std::move(channel)),
      options_(std::move(options)),
      parts_(std::move(parts)),
      condition_(condition(channel_->name())),
      gauges_(make_gauges(parts_.metrics, std::string(channel_->name()))),
      pulse_(parts_.health.watch("delivering to " + std::string(channel_->name()))),
      random_(options_.jitter_seed),
      backlog_(options_.summary_above) {
  RISK_CHECK(options_.queue_max > 0 && parts_.done && parts_.keep);
  parts_.health.require(condition_, "not started");
  parts_.health.met(condition_);
  thread_ = std::thread([this] { run(); });
}

Delivery::~Delivery() {
  begin_stop();
  end_stop(options_.now());
}

std::string Delivery::condition(std::string_view channel) {
  return "channel " + std::string(channel);
}

Delivery::Gauges Delivery::make_gauges(service::Metrics& metrics, const std::string& channel) {
  const service::Labels labels{{"channel", channel}};
  return {metrics.counter("notifier_sent_total", "Notifications that a channel took", labels),
          metrics.counter("notifier_summarised_total", "Alert events told in a summary that a channel took", labels),
          metrics.counter("notifier_failed_total", "Alert events that are undelivered for good", labels),
          metrics.counter("notifier_retries_total", "Attempts that failed and are made again", labels),
          metrics.gauge("notifier_queue_length", "Alert events that wait", labels),
          metrics.gauge("notifier_channel_failing", "1 while the newest attempt has failed", labels),
          metrics.histogram("notifier_delivery_seconds", "From a notification's arrival to its delivery",
                            {0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800}, labels)};
}

std::size_t Delivery::wait_for_room(milliseconds timeout) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, timeout, [this] { return backlog_.size() < options_.queue_max; });
  return backlog_.size() < options_.queue_max ? options_.queue_max - backlog_.size() : 0;
}

void Delivery::enqueue(Event event) {
  const std::lock_guard lock(mutex_);
  RISK_CHECK(!stopping_);
  backlog_.add(std::move(event), options_.now());
  gauges_.queue_length.set(static_cast<double>(backlog_.size()));
  changed_.notify_all();
}

void Delivery::begin_stop() {
  const std::lock_guard lock(mutex_);
  if (may_hurry_ && !stopping_) paused_until_.reset();
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
  const std::lock_guard lock(mutex_);
  const auto left = backlog_.untold();
  if (left > 0) service::log_warning("alerts wait for the next start", {{"channel", channel()}, {"count", left}});
}

void Delivery::run() {
  while (auto turn = next_turn()) {
    const Result result = deliver(*turn);
    if (result.outcome.kind == Outcome::Kind::kDelivered) {
      settle_delivered(*turn, result);
    } else {
      settle_failed(*turn, result.outcome);
    }
  }
  const std::lock_guard lock(mutex_);
  done_ = true;
  changed_.notify_all();
}

std::optional<Turn> Delivery::next_turn() {
  std::unique_lock lock(mutex_);
  for (;;) {
    tell_progress(lock);
    const auto is_over = [this] { return is_cancelled() || (stopping_ && backlog_.untold() == 0); };
    const auto may_send = [this] { return backlog_.waiting() > 0 && time_left() <= milliseconds(0); };
    if (is_over()) return std::nullopt;
    if (may_send()) return backlog_.next();
    const bool had_waiting = backlog_.waiting() > 0;
    const auto woken = [&] {
      return is_over() || may_send() || backlog_.can_advance() || (backlog_.waiting() > 0) != had_waiting;
    };
    if (had_waiting) {
      changed_.wait_for(lock, time_left(), woken);
    } else {
      changed_.wait(lock, woken);
    }
  }
}

// Whoever notes it may take as long as a disk does: the lock is not held meanwhile.
void Delivery::tell_progress(std::unique_lock<std::mutex>& lock) {
  while (backlog_.can_advance()) {
    const auto progress = backlog_.advance();
    gauges_.queue_length.set(static_cast<double>(backlog_.size()));
    changed_.notify_all();
    lock.unlock();
    pulse_.beat();
    for (const auto& of_stream : progress) parts_.done(of_stream);
    pulse_.rest();
    lock.lock();
  }
}

milliseconds Delivery::time_left() const {
  const SteadyTime now = options_.now();
  SteadyTime next = paused_until_.value_or(now);
  if (sent_at_) next = std::max(next, *sent_at_ + options_.interval);
  return std::chrono::ceil<milliseconds>(next - now);
}

// A message that is refused is tried in fewer words, and then a plain notice in its place: a channel that takes the
// notice works, and it was the message; one that does not is broken, and the message waits.
Delivery::Result Delivery::deliver(const Turn& turn) {
  Result result{attempt(turn.message), false, ""};
  if (result.outcome.kind != Outcome::Kind::kRefused) return result;
  result.refusal = result.outcome.reason;
  result.outcome = attempt(shortened(turn.message));
  if (result.outcome.kind != Outcome::Kind::kRefused) return result;
  result.refusal = result.outcome.reason;
  result.outcome = attempt(notice_of(turn.message));
  result.in_its_place = true;
  if (result.outcome.kind == Outcome::Kind::kRefused) {
    result.outcome.kind = Outcome::Kind::kTryAgain;
    result.outcome.reason = "refuses even a plain notice: " + result.outcome.reason;
  }
  return result;
}

Outcome Delivery::attempt(const Notification& notification) {
  {
    std::unique_lock lock(mutex_);
    const auto until = options_.interval.count() > 0 && sent_at_ ? *sent_at_ + options_.interval - options_.now()
                                                                 : SteadyTime::duration(0);
    changed_.wait_for(lock, until, [this] { return is_cancelled(); });
  }
  if (is_cancelled()) return {Outcome::Kind::kTryAgain, "the notifier is stopping", {}};
  {
    const std::lock_guard lock(mutex_);
    began_while_stopping_ = stopping_;
  }
  sent_at_ = options_.now();
  pulse_.beat();
  Outcome outcome = channel_->send(notification, cancel_.get_token());
  pulse_.rest();
  return outcome;
}

void Delivery::settle_delivered(const Turn& turn, const Result& result) {
  const std::string& partly = result.outcome.reason;
  failures_ = 0;
  show_broken("");
  if (partly.empty()) {
    parts_.health.met(condition_);
  } else {
    parts_.health.not_met(condition_, "delivers, but " + partly);
  }
  gauges_.sent.add();
  if (turn.is_summary()) gauges_.summarised.add(static_cast<double>(turn.events.size()));
  gauges_.delivery_seconds.observe(std::chrono::duration<double>(options_.now() - turn.since).count());
  service::log_info(turn.is_summary() ? "alerts delivered in a summary" : "alert delivered",
                    {{"channel", channel_->name()}, {"key", turn.message.event_key}, {"events", turn.events.size()}});
  if (!turn.is_summary() && (result.in_its_place || !partly.empty())) {
    using enum wire::DeliveryRecord::Outcome;
    return keep(turn.events.front(), partly.empty() ? kRefused : kPartly, partly.empty() ? result.refusal : partly);
  }
  if (!result.refusal.empty()) {
    service::log_warning("alert delivered in fewer words: the channel refused the whole",
                         {{"channel", channel_->name()}, {"key", turn.message.event_key}, {"reason", result.refusal}});
  }
  const std::lock_guard lock(mutex_);
  for (const auto event : turn.events) backlog_.done(event);
}

void Delivery::settle_failed(const Turn& turn, const Outcome& outcome) {
  std::vector<Ticket> given_up;
  {
    const std::lock_guard lock(mutex_);
    for (const auto event : turn.events) backlog_.put_back(event);
    if (is_cancelled()) return;
    ++failures_;
    milliseconds wait = retry_wait(options_.retry, outcome, failures_, jitter());
    may_hurry_ = !outcome.wait_wanted;
    // The stop came during the attempt: as if it had come in the pause after it, which it ends.
    if (stopping_ && may_hurry_) wait = began_while_stopping_ ? std::min(wait, options_.retry.first_wait) : wait.zero();
    const SteadyTime now = options_.now();
    paused_until_ = now + wait;
    given_up = backlog_.take_out(now - options_.retry.give_up_after);
    service::log_warning("delivery failed, will be tried again", {{"channel", channel_->name()},
                                                                  {"key", turn.message.event_key},
                                                                  {"events", turn.events.size()},
                                                                  {"failures", failures_},
                                                                  {"wait_ms", wait.count()},
                                                                  {"reason", outcome.reason}});
  }
  gauges_.retries.add();
  show_broken(outcome.cause);
  parts_.health.not_met(condition_, outcome.reason);
  for (const auto event : given_up) keep(event, wire::DeliveryRecord::Outcome::kGivenUp, outcome.reason);
}

void Delivery::keep(Ticket event, wire::DeliveryRecord::Outcome outcome, const std::string& answer) {
  Undelivered undelivered;
  {
    const std::lock_guard lock(mutex_);
    const Notification& notification = backlog_.notification(event);
    service::log_error("alert undelivered", {{"channel", channel_->name()},
                                             {"key", notification.event_key},
                                             {"alert", notification.message},
                                             {"outcome", to_string(outcome)},
                                             {"reason", answer}});
    undelivered.stream = notification.of.stream;
    undelivered.record = {std::string(channel_->name()),
                          notification.of.event_id,
                          notification.of.alert_id,
                          outcome,
                          answer,
                          system_now()};
  }
  gauges_.failed.add();
  parts_.keep(std::move(undelivered), [this, event] {
    const std::lock_guard lock(mutex_);
    backlog_.done(event);
    changed_.notify_all();
  });
}

void Delivery::show_broken(const std::string& cause) {
  gauges_.failing.set(cause.empty() ? 0 : 1);
  if (cause == broken_cause_) return;
  const auto show = [this](const std::string& reason, double value) {
    if (reason.empty()) return;
    parts_.metrics
        .gauge("notifier_channel_broken", "1 for the reason why the newest attempt has failed",
               {{"channel", std::string(channel_->name())}, {"reason", reason}})
        .set(value);
  };
  show(broken_cause_, 0);
  show(cause, 1);
  broken_cause_ = cause;
}

double Delivery::jitter() {
  return static_cast<double>(random_() >> 11) * 0x1p-53;
}

}  // namespace risk::notifier

// A delivery at work in a test: its channels, watched, and what it tells.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "alert-notifier/channels/slack.hpp"
#include "alert-notifier/delivery.hpp"
#include "engine_end.hpp"
#include "fixture.hpp"

namespace risk::notifier::test {

using namespace std::chrono_literals;
using risk::test::Peer;

inline constexpr auto kSoon = 20s;

inline DeliveryOptions quick() {
  DeliveryOptions options;
  options.retry.first_wait = 5ms;
  options.retry.longest_wait = 20ms;
  return options;
}

inline Event event(std::uint64_t id) {
  return {{log::StreamId{kStream}, 1, id}, exposure_notification(id)};
}

// What a delivery works with.
struct Bench {
  service::Metrics metrics;
  service::Health health;

  DeliveryParts parts(std::function<void(const Progress&)> done = [](const Progress&) {}) {
    return {metrics, health, std::move(done), [this](Undelivered undelivered, std::function<void()> done_with) {
              {
                const std::lock_guard lock(mutex_);
                kept_.push_back(std::move(undelivered));
              }
              done_with();
            }};
  }
  std::vector<Undelivered> kept() const {
    const std::lock_guard lock(mutex_);
    return kept_;
  }
  std::string readiness() const { return health.readiness().json; }

 private:
  mutable std::mutex mutex_;
  std::vector<Undelivered> kept_;
};

// Lets a test see and wait for what a channel does.
class Watch {
 public:
  void note(const std::string& key, const Outcome& outcome) {
    const std::lock_guard lock(mutex_);
    ++attempts_;
    if (outcome.kind == Outcome::Kind::kDelivered) delivered_.push_back(key);
    changed_.notify_all();
  }
  bool wait_for_attempts(unsigned count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kSoon, [&] { return attempts_ >= count; });
  }
  bool wait_for_delivered(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kSoon, [&] { return delivered_.size() >= count; });
  }
  std::vector<std::string> delivered() const {
    const std::lock_guard lock(mutex_);
    return delivered_;
  }
  unsigned attempts() const {
    const std::lock_guard lock(mutex_);
    return attempts_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  unsigned attempts_ = 0;
  std::vector<std::string> delivered_;
};

// A real channel, watched.
class Watched : public Channel {
 public:
  Watched(std::unique_ptr<Channel> inner, Watch& watch) : inner_(std::move(inner)), watch_(watch) {}
  std::string_view name() const override { return inner_->name(); }
  Outcome send(const Notification& notification, std::stop_token cancel) override {
    const Outcome outcome = inner_->send(notification, std::move(cancel));
    watch_.note(notification.event_key, outcome);
    return outcome;
  }

 private:
  std::unique_ptr<Channel> inner_;
  Watch& watch_;
};

// A channel that a test opens: until then an attempt blocks, or fails.
class Gate : public Channel {
 public:
  std::string_view name() const override { return "gate"; }
  Outcome send(const Notification&, std::stop_token cancel) override {
    std::unique_lock lock(mutex_);
    const std::stop_callback wake(cancel, [this] { changed_.notify_all(); });
    changed_.wait(lock, [&] { return open_ || cancel.stop_requested(); });
    return {cancel.stop_requested() ? Outcome::Kind::kTryAgain : Outcome::Kind::kDelivered, "", {}};
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool open_ = false;
};

class Down : public Channel {
 public:
  std::string_view name() const override { return "down"; }
  Outcome send(const Notification&, std::stop_token) override { return {Outcome::Kind::kTryAgain, "down", {}}; }
};

template <class T, class... Arguments>
std::unique_ptr<Channel> watched(Watch& watch, Arguments&&... arguments) {
  return std::make_unique<Watched>(std::make_unique<T>(std::forward<Arguments>(arguments)...), watch);
}

inline Secret webhook(const Peer& sink) {
  return Secret("http://127.0.0.1:" + std::to_string(sink.port()) + "/services/T/B/tokentokentoken");
}

inline double counted(service::Metrics& metrics, const std::string& name, const std::string& channel) {
  return metrics.counter(name, "", {{"channel", channel}}).value();
}

}  // namespace risk::notifier::test

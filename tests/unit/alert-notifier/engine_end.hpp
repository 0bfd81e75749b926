// The engine's end of the alert stream, with a past, for tests.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "risk/bus/log.hpp"
#include "risk/wire/alert.hpp"

namespace risk::notifier::test {

// Everything that was ever published, as the engine's database has it.
class Past : public log::History {
 public:
  const log::StreamId stream = log::make_stream_id();

  void add(std::string payload) {
    const std::lock_guard lock(mutex_);
    payloads_.push_back(std::move(payload));
  }
  log::Position last() const {
    const std::lock_guard lock(mutex_);
    return {stream, 1, payloads_.size()};
  }
  Kept kept() override { return {1, last().fields().sequence}; }
  void read(std::uint64_t from, std::size_t, const Take& take) override {
    const std::lock_guard lock(mutex_);
    for (; from <= payloads_.size(); ++from) {
      const std::string_view payload = payloads_[from - 1];
      take(from, {&payload, 1});
    }
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> payloads_;
};

// Publishes, and beats on a thread of its own as the engine does.
class Engine {
 public:
  explicit Engine(std::shared_ptr<Past> past = std::make_shared<Past>(), std::string endpoint = "tcp://127.0.0.1:*")
      : past_(std::move(past)),
        writer_(bus::open_writer(options(std::move(endpoint)), {{wire::kAlertsTopic, past_->last(), past_}}, {})) {
    beats_ = std::jthread([this](std::stop_token stop) {
      std::unique_lock lock(mutex_);
      while (!stop.stop_requested()) {
        writer_->service();
        stopped_.wait_for(lock, stop, std::chrono::milliseconds(5), [] { return false; });
      }
    });
  }

  std::string endpoint() const { return writer_->address(); }
  bool is_heard() {
    const std::lock_guard lock(mutex_);
    return writer_->wait_for_reader(wire::kAlertsTopic, std::chrono::seconds(20));
  }
  void tell(const wire::AlertMessage& message) { tell(wire::encode(message)); }
  void tell(const std::string& payload) {
    const std::lock_guard lock(mutex_);
    past_->add(payload);
    writer_->append(wire::kAlertsTopic, payload);
    writer_->flush();
  }

 private:
  static bus::PublisherOptions options(std::string endpoint) {
    bus::PublisherOptions options;
    options.endpoint = std::move(endpoint);
    options.replay_endpoint = "tcp://127.0.0.1:*";
    options.heartbeat_interval = std::chrono::milliseconds(10);
    return options;
  }
  std::shared_ptr<Past> past_;
  std::mutex mutex_;
  std::condition_variable_any stopped_;
  std::unique_ptr<log::Writer> writer_;
  std::jthread beats_;  // last: it uses the above
};

// Waits for a condition; false when that takes too long.
template <class Condition>
bool until(Condition done) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace risk::notifier::test

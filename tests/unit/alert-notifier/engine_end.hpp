// The engine's end of the alert stream, with a past, for tests.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "risk/bus/publisher.hpp"
#include "risk/wire/alert.hpp"

namespace risk::notifier::test {

// Everything that was ever published, as the engine's database has it.
class Past : public bus::ReplaySource {
 public:
  const bus::StreamId stream = bus::make_stream_id();

  void add(std::string payload) {
    const std::lock_guard lock(mutex_);
    payloads_.push_back(std::move(payload));
  }
  std::uint64_t last() const {
    const std::lock_guard lock(mutex_);
    return payloads_.size();
  }
  bus::Extent extent(std::uint64_t) override { return {1, last(), false}; }
  void read(std::uint64_t, std::uint64_t from, std::size_t, const std::function<void(const bus::Run&)>& take) override {
    const std::lock_guard lock(mutex_);
    for (; from <= payloads_.size(); ++from) {
      const std::string& payload = payloads_[from - 1];
      std::string record;
      for (int shift = 0; shift < 32; shift += 8) record += static_cast<char>(payload.size() >> shift & 0xff);
      record += payload;
      take({from, 1, record});
    }
  }
  void committed(std::string_view, std::uint64_t, std::uint64_t) override {}

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> payloads_;
};

// Publishes, and beats on a thread of its own as the engine does.
class Engine {
 public:
  explicit Engine(std::shared_ptr<Past> past = std::make_shared<Past>(), std::string endpoint = "tcp://127.0.0.1:*")
      : past_(std::move(past)), publisher_(options(std::move(endpoint))) {
    publisher_.open_stream(wire::kAlertsTopic, past_->stream, 1, past_->last(), past_);
    beats_ = std::jthread([this](std::stop_token stop) {
      std::unique_lock lock(mutex_);
      while (!stop.stop_requested()) {
        publisher_.service();
        stopped_.wait_for(lock, stop, std::chrono::milliseconds(5), [] { return false; });
      }
    });
  }

  std::string endpoint() const { return publisher_.endpoint(); }
  bool is_heard() {
    const std::lock_guard lock(mutex_);
    return publisher_.wait_for_subscriber(wire::kAlertsTopic, std::chrono::seconds(20));
  }
  void tell(const wire::AlertMessage& message) { tell(wire::encode(message)); }
  void tell(const std::string& payload) {
    const std::lock_guard lock(mutex_);
    past_->add(payload);
    publisher_.publish(wire::kAlertsTopic, payload);
    publisher_.flush();
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
  bus::Publisher publisher_;
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

// The rate of a growing total over the last ten seconds. Threads: one at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>

namespace risk::gateway {

class RateMeter {
 public:
  using Time = std::chrono::steady_clock::time_point;

  void add(Time time, std::uint64_t total) {
    if (!samples_.empty() && total < samples_.back().total) samples_.clear();  // a new count has begun
    // One sample a second is enough, and bounds the memory.
    if (samples_.size() >= 2 && time - samples_[samples_.size() - 2].time < std::chrono::seconds(1)) {
      samples_.back() = {time, total};
    } else {
      samples_.push_back({time, total});
    }
    drop_old(time);
  }

  double per_second(Time now) {
    drop_old(now);
    if (samples_.size() < 2) return 0;
    const std::chrono::duration<double> span = now - samples_.front().time;
    if (span.count() <= 0) return 0;
    return static_cast<double>(samples_.back().total - samples_.front().total) / span.count();
  }

 private:
  struct Sample {
    Time time;
    std::uint64_t total;
  };
  // The newest sample older than the window stays as its left edge.
  void drop_old(Time now) {
    while (samples_.size() >= 2 && now - samples_[1].time >= kWindow) samples_.pop_front();
  }

  static constexpr std::chrono::seconds kWindow{10};
  std::deque<Sample> samples_;
};

}  // namespace risk::gateway

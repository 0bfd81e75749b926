// How the clocks of the transaction streams stand to each other. A stream whose clock runs ahead makes the executions
// of all others late; which one it is shows in how far each has come. Since this process started.
//
// Threads: one at a time.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "risk/base/timestamp.hpp"

namespace risk::risk_engine {

class StreamClock {
 public:
  static constexpr std::size_t kRecent = 1'000;

  // A warning of a stream that sends no more would last for ever.
  static constexpr std::int64_t kSilentSeconds = 600;

  // An execution that was applied at `wall`, by the engine's clock.
  void note(Timestamp executed_at, bool late, Timestamp wall);

  std::uint32_t recent() const { return recent_; }            // of its executions: at most kRecent
  std::uint32_t recent_late() const { return recent_late_; }  // of those
  // More than half of kRecent were late, and the last of them came not long before `wall`.
  bool is_late(Timestamp wall) const {
    return recent_late_ > kRecent / 2 && wall.seconds() - noted_at_.seconds() <= kSilentSeconds;
  }
  std::optional<Timestamp> latest() const { return latest_; }

 private:
  std::bitset<kRecent> late_;
  std::uint32_t next_ = 0;  // the oldest of late_, once there are kRecent
  std::uint32_t recent_ = 0;
  std::uint32_t recent_late_ = 0;
  std::optional<Timestamp> latest_;  // executed_at
  Timestamp noted_at_;               // the last, by the engine's clock
};

class StreamClocks {
 public:
  StreamClock& of(std::string_view stream_id);
  const StreamClock* find(std::string_view stream_id) const;
  // How far the stream's latest execution is after the latest of all other streams, in nanoseconds; below 0 where one
  // of them is further. None: one of the two has no execution yet.
  std::optional<std::int64_t> lead_of(std::string_view stream_id) const;

 private:
  std::map<std::string, StreamClock, std::less<>> by_stream_;
};

}  // namespace risk::risk_engine

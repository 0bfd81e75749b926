// Keeps what happens again and again from flooding a log: each thing is let through at once the first time, then once
// an interval, with how often it was kept back in between. Peers choose what happens and how often, so memory is
// bounded, too.
//
// Time is an input; `now` never goes backwards. Threads: one at a time.
//
// Invariants:
//   1. At most kKeysMax things are remembered; while that many wait for their interval, others are not let through.
//   2. What was kept back is counted until it is said, unless its place is needed after its interval is over.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace risk {

class Throttle {
 public:
  using Instant = std::chrono::steady_clock::time_point;
  using Interval = std::chrono::steady_clock::duration;
  static constexpr std::chrono::minutes kInterval{1};
  static constexpr std::size_t kKeysMax = 256;

  explicit Throttle(Interval interval = kInterval) : interval_(interval) {}

  // Something happened. A value: let it through now; it is how often `key` was kept back since it was let through
  // last. No value: it is kept back.
  std::optional<std::uint64_t> admit(std::string_view key, Instant now);

  // As admit(), of what was kept back and could be let through by now, though it does not happen again. No value:
  // nothing of `key` was, or its interval is not over.
  std::optional<std::uint64_t> take_due(std::string_view key, Instant now);

  // How often `key` was kept back since it was let through last.
  std::uint64_t kept_back(std::string_view key) const;

 private:
  struct Entry {
    Instant admitted;
    std::uint64_t kept_back = 0;
  };
  bool is_over(const Entry& entry, Instant now) const { return now - entry.admitted >= interval_; }

  Interval interval_;
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace risk

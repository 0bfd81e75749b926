// What happens again and again is told once a minute, each thing for itself.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>

namespace risk::bus {

class OnceAMinute {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::minutes kInterval{1};
  // Peers choose what is told of them: while so many wait for their minute, others go untold.
  static constexpr std::size_t kRememberedMax = 256;

  // Whether to tell it now.
  bool admits(const std::string& what, Clock::time_point now) {
    std::erase_if(told_, [now](const auto& entry) { return now - entry.second >= kInterval; });
    return told_.size() < kRememberedMax && told_.emplace(what, now).second;
  }

 private:
  std::map<std::string, Clock::time_point> told_;
};

}  // namespace risk::bus

// Who else publishes a stream: instances of a publisher that are refused. Two of one stream come of a copied journal,
// when both copies are published from. Pure; at most kRivalsMax are remembered, for a peer may invent them.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace risk::bus {

inline constexpr std::size_t kRivalsMax = 8;
inline constexpr std::chrono::minutes kTellInterval{1};  // what is refused again and again is told so often

struct Rival {
  using Instant = std::chrono::steady_clock::time_point;

  std::uint64_t instance = 0;
  std::string why;
  // By what it says of a record: it is refused from then on. Otherwise it may be the next one, when the first is gone.
  bool is_proven_other = false;
  Instant since{}, heard{};
  std::string publisher, from;
  std::optional<Instant> told{};
};

class Rivals {
 public:
  using Instant = Rival::Instant;

  Rival* find(std::uint64_t instance) {
    const auto found = std::find_if(all_.begin(), all_.end(), [&](const Rival& r) { return r.instance == instance; });
    return found == all_.end() ? nullptr : &*found;
  }

  Rival& note(std::uint64_t instance, const std::string& why, Instant now) {
    if (auto* known = find(instance)) {
      known->why = why;
      return *known;
    }
    if (all_.size() >= kRivalsMax) {
      all_.erase(
          std::min_element(all_.begin(), all_.end(), [](const auto& a, const auto& b) { return a.heard < b.heard; }));
    }
    all_.push_back({instance, why, false, now, now, {}, {}, {}});
    return all_.back();
  }

  void forget(std::uint64_t instance) {
    std::erase_if(all_, [&](const Rival& rival) { return rival.instance == instance; });
  }

  // The one that is there now beyond doubt. A publisher that has moved to another address is a rival of what was before
  // for as long as that counts as heard, which is `silence_max` after its last word: not yet beyond doubt.
  const Rival* heard(Instant now, std::chrono::milliseconds silence_max) const {
    const auto is_there = [&](const Rival& rival) {
      return now - rival.heard <= 2 * silence_max && (rival.is_proven_other || rival.heard - rival.since > silence_max);
    };
    const auto found = std::find_if(all_.begin(), all_.end(), is_there);
    return found == all_.end() ? nullptr : &*found;
  }

 private:
  std::vector<Rival> all_;
};

}  // namespace risk::bus

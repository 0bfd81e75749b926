// The clients who hold most of a symbol, so that an alert names them without a look at every holder.
//
// Invariant: once found, whoever is not listed holds `floor` or less, by the magnitude that the measure counts.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "risk/engine/types.hpp"

namespace risk::engine {

// The part of a position that a measure counts, without its sign.
inline std::uint64_t counted_magnitude(std::int64_t quantity_units, Measure measure) {
  const auto units = static_cast<std::uint64_t>(quantity_units);
  switch (measure) {
    case Measure::kLong:
      return quantity_units > 0 ? units : 0;
    case Measure::kShort:
      return quantity_units < 0 ? -units : 0;
    case Measure::kTurnover:
      return 0;
    default:
      return quantity_units < 0 ? -units : units;
  }
}

class TopHolders {
 public:
  struct Holder {
    std::uint32_t client;
    std::uint64_t held;
  };

  bool found(Measure measure) const { return found_ && measure_ == measure; }
  const std::vector<std::uint32_t>& clients() const { return clients_; }
  std::uint64_t floor() const { return floor_; }

  // From everyone who holds the symbol, in any order. before(a, b): the order of clients who hold the same.
  void find(std::vector<Holder> all, Measure measure, const auto& before) {
    const auto more = [&](const Holder& a, const Holder& b) {
      return a.held != b.held ? a.held > b.held : before(a.client, b.client);
    };
    const auto kept = static_cast<std::ptrdiff_t>(std::min(all.size(), kFound));
    std::nth_element(all.begin(), all.begin() + kept, all.end(), more);
    floor_ = 0;
    for (auto rest = all.begin() + kept; rest != all.end(); ++rest) floor_ = std::max(floor_, rest->held);
    clients_.clear();
    for (auto leader = all.begin(); leader != all.begin() + kept; ++leader) clients_.push_back(leader->client);
    measure_ = measure;
    found_ = true;
  }

  // A holder who is not listed holds more than the floor now. False: there is no more room, nothing is found any more.
  bool add(std::uint32_t client) {
    found_ = clients_.size() < kListed;
    if (found_) clients_.push_back(client);
    return found_;
  }

 private:
  friend struct Internals;
  static constexpr std::size_t kFound = 64;
  static constexpr std::size_t kListed = 192;

  std::vector<std::uint32_t> clients_;
  std::uint64_t floor_ = 0;
  Measure measure_ = Measure::kGross;
  bool found_ = false;
};

}  // namespace risk::engine

// What the velocity and anomaly rules remember of an entity.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "risk/engine/types.hpp"
#include "uint256.hpp"

namespace risk::engine {

// The transactions of the last 60 slots, exact at any rate in constant memory.
class VelocityWindow {
 public:
  static constexpr std::int64_t kSlots = 60;

  // The slot of an instant: floor(t / (window / 60)) since the epoch.
  static std::int64_t slot_of(Timestamp time, std::uint32_t window_seconds);

  // Counts a transaction of `slot` unless it lies before the window that ends at `now_slot`. Precondition: slot <=
  // now_slot, and now_slot never falls from call to call.
  void add(std::int64_t slot, std::int64_t now_slot);
  std::uint64_t count(std::int64_t now_slot);

 private:
  void advance(std::int64_t now_slot);

  std::array<std::uint32_t, kSlots> counts_{};
  std::uint64_t total_ = 0;
  std::optional<std::int64_t> newest_;
};

// How far a notional is from the previous ones.
struct ZScore {
  double magnitude = 0;  // |z|; rounded once, from exact sums
  AnomalyEvidence evidence;
};

// The previous notionals of an entity, in cents, with exact sums.
class AnomalyWindow {
 public:
  // No score: fewer than samples_min, or no deviation.
  std::optional<ZScore> score(Notional notional, std::uint32_t samples_min) const;
  // Adds the notional and forgets all but the newest `window`.
  void add(Notional notional, std::uint32_t window);
  // Forgets all but the newest `window`.
  void trim(std::uint32_t window);

 private:
  void forget_oldest();

  std::vector<Int128> cents_;  // a ring once it is full
  std::size_t oldest_ = 0;
  Int128 sum_ = 0;
  Uint256 sum_of_squares_;
};

}  // namespace risk::engine

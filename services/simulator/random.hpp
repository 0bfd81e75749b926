// Random numbers that are the same on every platform for the same seed: xoshiro256** seeded by splitmix64, and integer
// arithmetic alone. A value: a copy draws the same numbers.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "risk/base/check.hpp"

namespace risk::simulator {

class Random {
 public:
  explicit Random(std::uint64_t seed) {
    for (auto& word : state_) word = splitmix(seed);
  }

  std::uint64_t next() {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  // 0 to bound - 1; the bias of the multiplication is below bound / 2^64. Precondition: bound > 0.
  std::uint64_t below(std::uint64_t bound) {
    RISK_CHECK(bound > 0);
    return static_cast<std::uint64_t>((static_cast<Uint128>(next()) * bound) >> 64);
  }

  // low to high. Precondition: low <= high.
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low) + 1));
  }

  // True with probability `share` / 2^32.
  bool chance(std::uint64_t share) { return (next() >> 32) < share; }

 private:
  __extension__ typedef unsigned __int128 Uint128;

  static std::uint64_t splitmix(std::uint64_t& seed) {
    std::uint64_t z = (seed += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  std::array<std::uint64_t, 4> state_{};
};

// A probability (0 to 1) as Random::chance takes it.
inline std::uint64_t share_of(double probability) {
  return static_cast<std::uint64_t>(probability * 4'294'967'296.0);
}

}  // namespace risk::simulator

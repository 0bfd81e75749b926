// SipHash-1-3 of an id (Aumasson, Bernstein: "SipHash: a fast short-input PRF", 2012): with a secret key nobody outside
// can choose ids that collide.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "risk/engine/core.hpp"

namespace risk::engine {

inline std::uint64_t id_hash(std::string_view id, const HashKey& key) {
  std::uint64_t v0 = key.k0 ^ 0x736f6d6570736575U, v1 = key.k1 ^ 0x646f72616e646f6dU;
  std::uint64_t v2 = key.k0 ^ 0x6c7967656e657261U, v3 = key.k1 ^ 0x7465646279746573U;
  const auto round = [&]() __attribute__((always_inline)) {
    v0 += v1, v1 = std::rotl(v1, 13), v1 ^= v0, v0 = std::rotl(v0, 32);
    v2 += v3, v3 = std::rotl(v3, 16), v3 ^= v2;
    v0 += v3, v3 = std::rotl(v3, 21), v3 ^= v0;
    v2 += v1, v1 = std::rotl(v1, 17), v1 ^= v2, v2 = std::rotl(v2, 32);
  };
  const auto absorb = [&](std::uint64_t word) __attribute__((always_inline)) {
    v3 ^= word;
    round();
    v0 ^= word;
  };
  const char* at = id.data();
  std::size_t left = id.size();
  for (; left >= 8; at += 8, left -= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, 8);
    absorb(word);
  }
  std::uint64_t last = 0;
  if (id.size() >= 8) {
    if (left != 0) {
      std::memcpy(&last, at + left - 8, 8);  // the last bytes at the top, some before them below
      last >>= 64 - 8 * left;
    }
  } else {
    for (std::size_t i = 0; i < left; ++i) last |= std::uint64_t{static_cast<unsigned char>(at[i])} << (8 * i);
  }
  last |= std::uint64_t{id.size()} << 56;
  absorb(last);
  v2 ^= 0xff;
  round(), round(), round();
  return v0 ^ v1 ^ v2 ^ v3;
}

}  // namespace risk::engine

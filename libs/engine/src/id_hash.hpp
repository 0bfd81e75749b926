// SipHash-1-3 of an id (Aumasson, Bernstein: "SipHash: a fast short-input PRF", 2012): with a secret key nobody outside
// can choose ids that collide.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "risk/engine/core.hpp"

namespace risk::engine {

// The 128 bits of SipHash's longer output; `low` alone is not id_hash of the same text.
struct Hash128 {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
};

namespace detail {

class SipHash {
 public:
  explicit SipHash(const HashKey& key)
      : v0_(key.k0 ^ 0x736f6d6570736575U),
        v1_(key.k1 ^ 0x646f72616e646f6dU),
        v2_(key.k0 ^ 0x6c7967656e657261U),
        v3_(key.k1 ^ 0x7465646279746573U) {}

  [[gnu::always_inline]] void round() {
    v0_ += v1_, v1_ = std::rotl(v1_, 13), v1_ ^= v0_, v0_ = std::rotl(v0_, 32);
    v2_ += v3_, v3_ = std::rotl(v3_, 16), v3_ ^= v2_;
    v0_ += v3_, v3_ = std::rotl(v3_, 21), v3_ ^= v0_;
    v2_ += v1_, v1_ = std::rotl(v1_, 17), v1_ ^= v2_, v2_ = std::rotl(v2_, 32);
  }
  [[gnu::always_inline]] void absorb(std::uint64_t word) {
    v3_ ^= word;
    round();
    v0_ ^= word;
  }
  [[gnu::always_inline]] void absorb(std::string_view id) {
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
  }
  [[gnu::always_inline]] std::uint64_t finish() {
    round(), round(), round();
    return v0_ ^ v1_ ^ v2_ ^ v3_;
  }

  std::uint64_t v0_, v1_, v2_, v3_;
};

}  // namespace detail

inline std::uint64_t id_hash(std::string_view id, const HashKey& key) {
  detail::SipHash hash(key);
  hash.absorb(id);
  hash.v2_ ^= 0xff;
  return hash.finish();
}

inline Hash128 id_hash_128(std::string_view id, const HashKey& key) {
  detail::SipHash hash(key);
  hash.v1_ ^= 0xee;
  hash.absorb(id);
  hash.v2_ ^= 0xee;
  const auto low = hash.finish();
  hash.v1_ ^= 0xdd;
  return {low, hash.finish()};
}

}  // namespace risk::engine

// The ids that nearly all ids are, recognised eight bytes at a time.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "risk/base/id.hpp"

namespace risk::engine {

// 1 to kIdBytesMax printable ASCII characters. False says nothing: id_problem() decides.
inline bool is_plain_id(std::string_view text) {
  constexpr std::uint64_t kOnes = 0x0101010101010101, kTops = 0x8080808080808080;
  // A byte below 0x20, 0x7f or above (Hacker's Delight, 6-1: has-less and has-zero).
  const auto has_other = [](std::uint64_t bytes) {
    const std::uint64_t controls = (bytes - kOnes * 0x20) & ~bytes;
    const std::uint64_t deletes = ((bytes ^ kOnes * 0x7f) - kOnes) & ~(bytes ^ kOnes * 0x7f);
    return ((controls | deletes | bytes) & kTops) != 0;
  };
  if (text.empty() || text.size() > kIdBytesMax) return false;
  std::uint64_t word = 0;
  if (text.size() < 8) {
    word = kOnes * 0x20;
    for (std::size_t i = 0; i < text.size(); ++i) {
      word = word << 8 | static_cast<unsigned char>(text[i]);
    }
    return !has_other(word);
  }
  std::uint64_t others = 0;
  for (std::size_t at = 0; at + 8 < text.size(); at += 8) {
    std::memcpy(&word, text.data() + at, 8);
    others |= has_other(word) ? 1 : 0;
  }
  std::memcpy(&word, text.data() + text.size() - 8, 8);  // the last eight, some of them again
  return others == 0 && !has_other(word);
}

}  // namespace risk::engine

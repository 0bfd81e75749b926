// The checksum of what a session keeps on disk: FNV-1a, against torn and flipped bytes, not against people.
#pragma once

#include <cstdint>
#include <string_view>

namespace risk::drop_copy {

constexpr std::uint64_t checksum(std::string_view text) {
  std::uint64_t hash = 14'695'981'039'346'656'037ULL;
  for (const char byte : text) hash = (hash ^ static_cast<unsigned char>(byte)) * 1'099'511'628'211ULL;
  return hash;
}

}  // namespace risk::drop_copy

// A core's snapshot as its chunks, and back.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "risk/engine/core.hpp"

namespace risk::engine {

using Chunks = std::vector<std::string>;

inline Chunks save(const Core& core) {
  Chunks chunks;
  core.save([&](std::string_view chunk) { chunks.emplace_back(chunk); });
  return chunks;
}

inline Result<Core> load(const Chunks& chunks, HashKey key = {}, const Tuning& tuning = {}) {
  std::size_t next = 0;
  return Core::load(
      [&]() -> std::optional<std::string> {
        if (next == chunks.size()) return std::nullopt;
        return chunks[next++];
      },
      key, tuning);
}

}  // namespace risk::engine

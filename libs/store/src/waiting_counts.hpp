// Which count of Waiting a row of the quarantine that waits is in.
#pragma once

#include <cstdint>
#include <optional>

#include "risk/store/reader.hpp"

namespace risk::store {

// Null: in none.
inline std::uint64_t* count_of(Waiting& waiting, std::optional<QuarantineKind> kind) {
  if (kind == QuarantineKind::kConflict) return &waiting.conflicts;
  if (kind == QuarantineKind::kAwaiting) return &waiting.executions;
  return kind == QuarantineKind::kHeld ? &waiting.held_prices : nullptr;
}

}  // namespace risk::store

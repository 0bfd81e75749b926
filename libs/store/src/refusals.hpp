// What every database refuses in the same words.
#pragma once

#include <optional>
#include <string>

#include "risk/store/errors.hpp"
#include "risk/store/rows.hpp"

namespace risk::store {

[[noreturn]] inline void throw_moved(const CursorStep& step) {
  throw StoreConflict("the cursor of stream " + step.to.stream_id + " is not at " + std::to_string(step.from) +
                      " of epoch " + std::to_string(step.from_epoch) + ": another writer has moved it");
}

// A replay came to input `missing`, which was committed and is not stored any more; `first` is the next that is.
[[noreturn]] inline void throw_dropped(std::uint64_t missing, std::optional<std::uint64_t> first) {
  throw StoreError("input " + std::to_string(missing) + " is no longer stored: " +
                   (first ? "the first that is, is " + std::to_string(*first) : "none after it is"));
}

}  // namespace risk::store

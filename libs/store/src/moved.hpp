// What a stale writer is told, by every database alike.
#pragma once

#include <string>

#include "risk/store/errors.hpp"
#include "risk/store/rows.hpp"

namespace risk::store {

[[noreturn]] inline void throw_moved(const CursorStep& step) {
  throw StoreConflict("the cursor of stream " + step.to.stream_id + " is not at " + std::to_string(step.from) +
                      " of epoch " + std::to_string(step.from_epoch) + ": another writer has moved it");
}

}  // namespace risk::store

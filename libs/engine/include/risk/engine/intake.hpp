// What is judged of an input before it becomes one: nothing of it is in the core, whose inputs are those that passed.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "risk/base/timestamp.hpp"
#include "risk/engine/types.hpp"

namespace risk::engine {

// The clocks at which an input was received.
struct ReceivedAt {
  Timestamp here;                      // the engine's
  std::optional<Timestamp> publisher;  // none: it did not say
};

// Why an instant that would move now must not: it is more than `ahead_max_nanos` after a clock, and one wrong clock
// would move everybody's time. `now` is that of the core. Nothing: it may.
std::optional<Rejection> ahead_of_clock(std::string_view field, Timestamp instant, std::optional<Timestamp> now,
                                        const ReceivedAt& received_at, std::int64_t ahead_max_nanos);

}  // namespace risk::engine

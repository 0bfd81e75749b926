#include "risk/engine/intake.hpp"

#include <string>

namespace risk::engine {

std::optional<Rejection> ahead_of_clock(std::string_view field, Timestamp instant, std::optional<Timestamp> now,
                                        const ReceivedAt& received_at, std::int64_t ahead_max_nanos) {
  const auto is_ahead_of = [&](Timestamp clock) {
    return instant > clock && Int128{instant.nanos} - clock.nanos > ahead_max_nanos;
  };
  const auto reject = [&](const char* whose, Timestamp clock) {
    return Rejection{std::string(field), format_timestamp(instant),
                     std::string("ahead of the ") + whose + " clock, which was at " + format_timestamp(clock)};
  };
  if (now && instant <= *now) return std::nullopt;
  if (is_ahead_of(received_at.here)) return reject("engine's", received_at.here);
  if (received_at.publisher && is_ahead_of(*received_at.publisher)) {
    return reject("publisher's", *received_at.publisher);
  }
  return std::nullopt;
}

}  // namespace risk::engine

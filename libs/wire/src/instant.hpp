// An instant in a message: whole microseconds in one field, as in every release, and in another the nanoseconds since,
// so that a program from before there were nanoseconds reads it to the microsecond.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "risk/base/result.hpp"
#include "risk/base/timestamp.hpp"

namespace risk::wire {

inline std::optional<Error> read_instant(const char* field, std::int64_t micros, std::uint32_t nanos,
                                         Timestamp& value) {
  const auto time = timestamp_of(micros, nanos);
  if (!time) {
    return Error{std::string(field) + " " + std::to_string(micros) + " us, " + std::to_string(nanos) +
                 " ns: out of range"};
  }
  value = *time;
  return std::nullopt;
}

}  // namespace risk::wire

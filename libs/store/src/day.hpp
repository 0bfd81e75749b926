// A day in UTC: what the inputs of a commit are kept by.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "risk/base/timestamp.hpp"

namespace risk::store {

struct Day {
  std::int32_t since_epoch = 0;  // whole days since 1970-01-01

  // Throws StoreError outside the years 1678 to 2261.
  static Day of(Timestamp time);
  std::string text() const;  // "2026-11-25"

  // The latest instant that an execution committed on this day can have been taken for, for its clock may be ahead by
  // as much as a setting allows, a day. One of a clock that was further ahead, as no engine takes any more, is no
  // measure of time.
  Timestamp latest_execution() const;

  friend auto operator<=>(Day, Day) = default;
};

}  // namespace risk::store

// The executions of the last 60 slots, exact at any rate in constant memory.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <memory>

#include "fetch.hpp"
#include "risk/base/decimal.hpp"
#include "risk/base/timestamp.hpp"

namespace risk::engine {

// Which slot an instant lies in: floor(t / (window / 60)) since the epoch. Remembers the last answer, for most instants
// lie in the slot of the one before.
class SlotClock {
 public:
  explicit SlotClock(std::uint32_t window_seconds) : thirds_per_slot_(std::int64_t{window_seconds} * 50'000'000) {}

  RISK_HOT std::int64_t slot_of(Timestamp time) {
    if (time.nanos < begin_ || time.nanos >= end_) [[unlikely]]
      move_to(time);
    return slot_;
  }
  // The first instant of a slot; of one beyond all time the last of 64 bits.
  Timestamp start_of(std::int64_t slot) const {
    const Int128 thirds = Int128{slot} * thirds_per_slot_;
    const Int128 start = thirds / 3 + (thirds % 3 > 0 ? 1 : 0);
    constexpr Int128 kLast = std::numeric_limits<std::int64_t>::max();
    return {static_cast<std::int64_t>(std::clamp(start, -kLast, kLast))};
  }

 private:
  RISK_COLD void move_to(Timestamp time) {
    // A slot is a third of 50,000,000 x window nanoseconds; instants in thirds of one need more than 64 bits.
    const Int128 thirds = Int128{3} * time.nanos;
    slot_ = static_cast<std::int64_t>(thirds / thirds_per_slot_ - (thirds % thirds_per_slot_ < 0 ? 1 : 0));
    begin_ = start_of(slot_).nanos;
    end_ = start_of(slot_ + 1).nanos;
  }

  std::int64_t thirds_per_slot_;
  std::int64_t slot_ = 0;
  std::int64_t begin_ = 0;  // of that slot, in nanoseconds
  std::int64_t end_ = 0;
};

class VelocityWindow {
 public:
  static constexpr int kSlots = 60;

  // Counts an execution of `slot` unless it lies before the window that ends at `now_slot`. Preconditions: slot <=
  // now_slot, and now_slot never falls from call to call.
  void add(std::int64_t slot, std::int64_t now_slot) {
    advance(now_slot);
    const std::int64_t age = now_slot - slot;
    if (age >= kSlots) return;
    increment(place_before(static_cast<int>(age)));
    ++total_;
  }

  std::uint64_t count(std::int64_t now_slot) {
    advance(now_slot);
    return total_;
  }

  // The count of one slot, and of the slot `age` before the newest, which is at newest_slot(). None: nothing counted.
  std::uint64_t count_at(std::int64_t slot) const {
    const std::int64_t age = newest_slot_ - slot;
    return age >= 0 && age < kSlots ? count_before(static_cast<int>(age)) : 0;
  }
  std::int64_t newest_slot() const { return newest_slot_; }
  std::uint64_t count_before(int age) const { return occupied(place_before(age)) ? counted(place_before(age)) : 0; }
  bool empty() const { return total_ == 0; }
  // Puts a count back. Precondition: as add(), into a window that has nothing of this slot.
  void restore(std::int64_t slot, std::int64_t newest_slot, std::uint64_t count);

 private:
  friend struct Internals;
  using WideCounts = std::array<std::uint64_t, kSlots>;

  int place_before(int age) const { return newest_place_ - age + (age > newest_place_ ? kSlots : 0); }
  bool occupied(int place) const { return (occupied_ >> place & 1) != 0; }
  std::uint64_t counted(int place) const {
    const auto at = static_cast<std::size_t>(place);
    return wide_ ? (*wide_)[at] : counts_[at];
  }

  void advance(std::int64_t now_slot) {
    const std::int64_t steps = now_slot - newest_slot_;
    if (steps > 0) forget(steps);
  }
  void forget(std::int64_t steps);
  void increment(int place) {
    const auto at = static_cast<std::size_t>(place);
    if (!wide_ && occupied(place) && counts_[at] == 0xff) widen();
    if (wide_) {
      (*wide_)[at] = occupied(place) ? (*wide_)[at] + 1 : 1;
    } else {
      counts_[at] = occupied(place) ? static_cast<std::uint8_t>(counts_[at] + 1) : std::uint8_t{1};
    }
    occupied_ |= std::uint64_t{1} << place;
  }
  void widen();

  std::int64_t newest_slot_ = INT64_MIN / 2;
  std::uint64_t occupied_ = 0;  // places whose count is above zero; the count of the others means nothing
  std::uint64_t total_ = 0;
  std::unique_ptr<WideCounts> wide_;  // in place of counts_ once a slot held more than 255
  std::array<std::uint8_t, kSlots> counts_{};
  std::int32_t newest_place_ = 0;
};

}  // namespace risk::engine

#include "velocity_window.hpp"

#include <bit>

namespace risk::engine {

void VelocityWindow::forget(std::int64_t steps) {
  newest_slot_ += steps;
  if (steps >= kSlots) {
    occupied_ = 0;
    total_ = 0;
    return;
  }
  if (occupied_ != 0) {
    // The places after the newest hold the oldest slots; those passed over are to be used anew.
    constexpr std::uint64_t kAll = (std::uint64_t{1} << kSlots) - 1;
    const std::uint64_t passed = (std::uint64_t{1} << steps) - 1;
    const int first = newest_place_ + 1 == kSlots ? 0 : newest_place_ + 1;
    const std::uint64_t places = (passed << first | passed >> (kSlots - first)) & kAll;
    for (std::uint64_t gone = occupied_ & places; gone != 0; gone &= gone - 1) {
      total_ -= counted(std::countr_zero(gone));
    }
    occupied_ &= ~places;
  }
  newest_place_ = static_cast<std::int32_t>((newest_place_ + steps) % kSlots);
}

void VelocityWindow::widen() {
  wide_ = std::make_unique<WideCounts>();
  for (std::size_t i = 0; i < counts_.size(); ++i) (*wide_)[i] = counts_[i];
}

void VelocityWindow::restore(std::int64_t slot, std::int64_t newest_slot, std::uint64_t count) {
  advance(newest_slot);
  const int place = place_before(static_cast<int>(newest_slot_ - slot));
  if (count > 0xff && !wide_) widen();
  if (wide_) {
    (*wide_)[static_cast<std::size_t>(place)] = count;
  } else {
    counts_[static_cast<std::size_t>(place)] = static_cast<std::uint8_t>(count);
  }
  occupied_ |= std::uint64_t{1} << place;
  total_ += count;
}

}  // namespace risk::engine

#include "windows.hpp"

#include <algorithm>
#include <cmath>

namespace risk::engine {
namespace {

constexpr Int128 kUnitsPerCent = 100'000'000'000'000;  // 10^(16 - 2)

std::size_t index_of(std::int64_t slot) {
  const std::int64_t rest = slot % VelocityWindow::kSlots;
  return static_cast<std::size_t>(rest < 0 ? rest + VelocityWindow::kSlots : rest);
}

// sum / count in units of 10^-16, rounded half to even, without leaving 128 bits on the way.
Notional mean_of(Int128 sum_cents, std::uint32_t count) {
  const Int128 whole = sum_cents / count;
  const Int128 rest = sum_cents % count;
  return Notional::from_units(whole * kUnitsPerCent + divide_half_even(rest * kUnitsPerCent, count));
}

// An approximate figure for people, to 4 places.
Notional from_cents(double cents) {
  constexpr double kLargest = 1.7e38 / 1e12;
  const double units_e4 = std::min(std::nearbyint(cents * 100), kLargest);
  return Notional::from_units(static_cast<Int128>(units_e4) * 1'000'000'000'000);
}

}  // namespace

std::int64_t VelocityWindow::slot_of(Timestamp time, std::uint32_t window_seconds) {
  const Int128 window_micros = Int128{window_seconds} * kMicrosPerSecond;
  const Int128 scaled = Int128{time.micros} * kSlots;
  const Int128 slot = scaled / window_micros;
  return static_cast<std::int64_t>(scaled % window_micros < 0 ? slot - 1 : slot);
}

void VelocityWindow::advance(std::int64_t now_slot) {
  if (newest_ && *newest_ >= now_slot) return;
  if (!newest_ || now_slot - *newest_ >= kSlots) {
    counts_.fill(0);
    total_ = 0;
  } else {
    for (std::int64_t slot = *newest_ + 1; slot <= now_slot; ++slot) {
      total_ -= counts_[index_of(slot)];
      counts_[index_of(slot)] = 0;
    }
  }
  newest_ = now_slot;
}

void VelocityWindow::add(std::int64_t slot, std::int64_t now_slot) {
  advance(now_slot);
  if (slot <= now_slot - kSlots) return;
  ++counts_[index_of(slot)];
  ++total_;
}

std::uint64_t VelocityWindow::count(std::int64_t now_slot) {
  advance(now_slot);
  return total_;
}

std::optional<ZScore> AnomalyWindow::score(Notional notional, std::uint32_t samples_min) const {
  if (cents_.size() < samples_min) return std::nullopt;
  // With n samples, z = (x - S/n) / sqrt(Q/n - (S/n)^2) = (n x - S) / sqrt(n Q - S^2), of which only the last step
  // rounds.
  const auto n = static_cast<std::uint32_t>(cents_.size());
  const Uint256 deviation = sum_of_squares_ * n - square(static_cast<Uint128>(sum_));
  if (deviation.is_zero()) return std::nullopt;
  const Int128 distance = divide_half_even(notional.units(), kUnitsPerCent) * n - sum_;
  const double root = std::sqrt(deviation.to_double());
  ZScore score;
  score.magnitude = static_cast<double>(distance < 0 ? -distance : distance) / root;
  score.evidence = {notional, mean_of(sum_, n), from_cents(root / n), n};
  return score;
}

void AnomalyWindow::forget_oldest() {
  const Int128 cents = cents_[oldest_];
  sum_ -= cents;
  sum_of_squares_ = sum_of_squares_ - square(static_cast<Uint128>(cents));
}

void AnomalyWindow::trim(std::uint32_t window) {
  if (cents_.size() == window || (cents_.size() < window && oldest_ == 0)) return;
  std::rotate(cents_.begin(), cents_.begin() + static_cast<std::ptrdiff_t>(oldest_), cents_.end());
  oldest_ = 0;
  while (cents_.size() > window) {
    forget_oldest();
    cents_.erase(cents_.begin());
  }
}

void AnomalyWindow::add(Notional notional, std::uint32_t window) {
  trim(window);
  const Int128 cents = divide_half_even(notional.units(), kUnitsPerCent);
  if (cents_.size() < window) {
    cents_.push_back(cents);
  } else {
    forget_oldest();
    cents_[oldest_] = cents;
    oldest_ = (oldest_ + 1) % cents_.size();
  }
  sum_ += cents;
  sum_of_squares_ = sum_of_squares_ + square(static_cast<Uint128>(cents));
}

}  // namespace risk::engine

#include "anomaly_window.hpp"

#include <algorithm>
#include <cmath>

namespace risk::engine {
namespace {

constexpr std::int64_t kUnitsPerCent = 100'000'000'000'000;    // 10^(16 - 2)
constexpr Int128 kUnitsPerE4 = 1'000'000'000'000;              // 10^(16 - 4)
constexpr Int128 kEstimatedMax = Int128{kUnitsPerCent} << 50;  // up to here an estimate is off by one at most

Uint128 unsigned_units(Ratio ratio) {
  return static_cast<Uint128>(ratio.units());
}

// 1 or -1 where estimates tell which is larger, none where they are too near each other.
std::optional<int> compare(double a, double b) {
  constexpr double kNear = 1e-9;
  if (std::abs(a - b) <= kNear * std::max(a, b)) return std::nullopt;
  return a > b ? 1 : -1;
}

}  // namespace

double estimate_of(Ratio ratio) {
  return static_cast<double>(ratio.units()) / static_cast<double>(kDecimalScale);
}

Uint128 to_cents(Notional notional) {
  const Int128 units = notional.units();
  if (units >= kEstimatedMax) return static_cast<Uint128>(divide_half_even(units, kUnitsPerCent));
  // A division of 128 bits is slow: estimate, then put the estimate right by its remainder, which fits 64 bits.
  auto cents = static_cast<std::int64_t>(approximate(units) / static_cast<double>(kUnitsPerCent));
  auto rest = static_cast<std::int64_t>(static_cast<std::uint64_t>(units) -
                                        static_cast<std::uint64_t>(cents) * static_cast<std::uint64_t>(kUnitsPerCent));
  for (; rest < 0; rest += kUnitsPerCent) --cents;
  for (; rest >= kUnitsPerCent; rest -= kUnitsPerCent) ++cents;
  const bool up = rest > kUnitsPerCent / 2 || (rest == kUnitsPerCent / 2 && cents % 2 == 1);
  return static_cast<Uint128>(cents + (up ? 1 : 0));
}

ZScore ZScore::of(Uint128 distance, const Wide& deviation) {
  return {distance, deviation, static_cast<double>(distance) / std::sqrt(deviation.to_double())};
}

bool ZScore::above(Ratio threshold) const {
  if (const auto clear = compare(estimate, estimate_of(threshold))) return *clear > 0;
  return square(distance) * square(static_cast<Uint128>(kDecimalScale)) > square(unsigned_units(threshold)) * deviation;
}

bool ZScore::at_least(Ratio threshold) const {
  if (const auto clear = compare(estimate, estimate_of(threshold))) return *clear > 0;
  return square(distance) * square(static_cast<Uint128>(kDecimalScale)) >=
         square(unsigned_units(threshold)) * deviation;
}

bool ZScore::above(const ZScore& other) const {
  if (const auto clear = compare(estimate, other.estimate)) return *clear > 0;
  return square(distance) * other.deviation > square(other.distance) * deviation;
}

Int128 ZScore::e4() const {
  return rounded_root(square(distance) * square(Uint128{10'000}), deviation);
}

Wide AnomalyWindow::deviation() const {
  if (!wide_) return size_ * squares_ - Uint128{sum_} * sum_;
  return wide_->squares * Wide(size_) - square(wide_->sum);
}

std::optional<ZScore> AnomalyWindow::exact_anomaly(Uint128 cents, const AnomalyRule& rule) const {
  const Wide deviation = this->deviation();
  if (deviation.is_zero()) return std::nullopt;
  const Uint128 scaled = cents * size_;
  const ZScore score = ZScore::of(scaled > sum() ? scaled - sum() : sum() - scaled, deviation);
  if (!score.above(rule.threshold)) return std::nullopt;
  return score;
}

AnomalyEvidence AnomalyWindow::evidence(Notional notional) const {
  // A cent is 100 units of 10^-4.
  const Int128 mean_e4 = divide_half_even(static_cast<Int128>(sum() * 100), size_);
  const Int128 deviation_e4 = rounded_root(deviation() * square(Uint128{100}), square(Uint128{size_}));
  return {notional, Notional::from_units(mean_e4 * kUnitsPerE4), Notional::from_units(deviation_e4 * kUnitsPerE4),
          size_};
}

std::vector<Uint128> AnomalyWindow::samples() const {
  if (wide_) return wide_->cents;
  std::vector<Uint128> all(size_);
  for (std::size_t i = 0; i < size_; ++i) all[i] = sample((oldest_ + i) % size_);
  return all;
}

void AnomalyWindow::add_slowly(Uint128 cents, std::uint32_t window, Pool& pool) {
  trim(window, pool);
  if (!wide_ && cents >= kNarrowMax) widen(pool);
  if (wide_) {
    if (size_ == window) {
      wide_->sum -= wide_->cents.front();
      wide_->squares = wide_->squares - square(wide_->cents.front());
      wide_->cents.erase(wide_->cents.begin());
    } else {
      ++size_;
    }
    wide_->cents.push_back(cents);
    wide_->sum += cents;
    wide_->squares = wide_->squares + square(cents);
    return;
  }
  const bool needs_64_bit = is_64_bit_ || cents > 0xffff'ffff;
  const bool full = size_ == capacity_ && size_ < window;
  if (full || needs_64_bit != is_64_bit_ || capacity_ > window) {
    const std::size_t grown = !full ? capacity_ : capacity_ == 0 ? kCapacityFirst : window;
    lay_out(std::min<std::size_t>(grown, window), needs_64_bit, pool);
  }
  if (size_ == window) return replace_oldest(static_cast<std::uint64_t>(cents));
  set_sample(size_++, static_cast<std::uint64_t>(cents));
  sum_ += static_cast<std::uint64_t>(cents);
  squares_ += cents * cents;
}

void AnomalyWindow::trim(std::uint32_t window, Pool& pool) {
  if (size_ > window) {
    const auto kept = samples();
    release(pool);
    for (auto cents = kept.end() - static_cast<std::ptrdiff_t>(window); cents != kept.end(); ++cents) {
      add_slowly(*cents, window, pool);
    }
  } else if (!wide_ && size_ < window && oldest_ != 0) {
    lay_out(capacity_, is_64_bit_, pool);  // it was full, and is to grow from its end
  }
}

void AnomalyWindow::lay_out(std::size_t capacity, bool is_64_bit, Pool& pool) {
  AnomalyWindow laid_out;
  laid_out.is_64_bit_ = is_64_bit;
  laid_out.capacity_ = static_cast<std::uint16_t>(capacity);
  laid_out.samples_ = is_64_bit ? static_cast<void*>(pool.allocate<std::uint64_t>(capacity))
                                : static_cast<void*>(pool.allocate<std::uint32_t>(capacity));
  laid_out.sum_ = sum_;
  laid_out.squares_ = squares_;
  for (const Uint128 cents : samples()) laid_out.set_sample(laid_out.size_++, static_cast<std::uint64_t>(cents));
  release(pool);
  *this = std::move(laid_out);
}

void AnomalyWindow::release(Pool& pool) {
  if (is_64_bit_) {
    pool.release(static_cast<std::uint64_t*>(samples_), capacity_);
  } else {
    pool.release(static_cast<std::uint32_t*>(samples_), capacity_);
  }
  *this = {};
}

void AnomalyWindow::widen(Pool& pool) {
  auto wide = std::make_unique<WideSamples>();
  wide->cents = samples();
  wide->sum = sum_;
  wide->squares = squares_;
  const std::uint16_t size = size_;
  release(pool);
  wide_ = std::move(wide);
  size_ = size;
}

}  // namespace risk::engine

// The previous notionals of an entity, in cents, with exact sums, and how far a new one is from them.
//
// With n samples of sum S and sum of squares Q, z = (x - S/n) / sqrt(Q/n - (S/n)^2) = (n x - S) / sqrt(n Q - S^2):
// distance and deviation are whole numbers, and z is compared by its square, so that nothing rounds.
//
// Samples take 4 bytes each, 8 from the first above 42.9 million, 16 from the first above 90 trillion.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "fetch.hpp"
#include "pool.hpp"
#include "risk/engine/rules.hpp"
#include "risk/engine/types.hpp"
#include "wide.hpp"

namespace risk::engine {

// Half to even. Precondition: notional >= 0.
Uint128 to_cents(Notional notional);

// Within a rounding.
double estimate_of(Ratio ratio);

// |z| as the fraction distance / sqrt(deviation). deviation > 0.
struct ZScore {
  Uint128 distance = 0;
  Wide deviation;
  double estimate = 0;  // of |z|, off by less than one part in 10^12

  bool above(Ratio threshold) const;     // |z| > threshold
  bool at_least(Ratio threshold) const;  // |z| >= threshold
  bool above(const ZScore& other) const;
  Int128 e4() const;  // |z| scaled 10^4, half to even

  static ZScore of(Uint128 distance, const Wide& deviation);
};

class AnomalyWindow {
 public:
  // The score of a notional if it is above the rule's threshold. None also: too few samples, or no deviation.
  std::optional<ZScore> anomaly(Uint128 cents, const AnomalyRule& rule, double threshold_squared) const {
    if (size_ < rule.samples_min || size_ == 0) return std::nullopt;
    if (!wide_ && cents < kNarrowMax) {
      // Far from the threshold an estimate decides: it is off by less than one part in 10^12.
      const auto distance =
          static_cast<double>(static_cast<std::int64_t>(size_ * static_cast<std::uint64_t>(cents) - sum_));
      const double deviation = approximate(static_cast<Int128>(size_ * squares_ - Uint128{sum_} * sum_));
      if (distance * distance <= deviation * threshold_squared * (1 - 1e-12)) return std::nullopt;
    }
    return exact_anomaly(cents, rule);
  }

  // What a score was judged against.
  AnomalyEvidence evidence(Notional notional) const;

  // Adds the notional and forgets all but the newest `window`.
  void add(Uint128 cents, std::uint32_t window, Pool& pool) {
    if (size_ == window && capacity_ == window && !wide_ && cents <= sample_max()) {
      replace_oldest(static_cast<std::uint64_t>(cents));
    } else {
      add_slowly(cents, window, pool);
    }
  }
  // Forgets all but the newest `window`.
  void trim(std::uint32_t window, Pool& pool);

  RISK_FETCHES void fetch_oldest() const { fetch(static_cast<const std::byte*>(samples_) + oldest_ * sample_bytes()); }

  std::vector<Uint128> samples() const;  // in cents, oldest first
  bool empty() const { return size_ == 0 && !wide_; }

 private:
  friend struct Internals;
  struct WideSamples {
    std::vector<Uint128> cents;  // oldest first
    Uint128 sum = 0;
    Wide squares;
  };
  // With samples below 2^53, n x - S fits 64 bits and n Q - S^2 fits 126 up to n = 1,000.
  static constexpr std::uint64_t kNarrowMax = std::uint64_t{1} << 53;
  // Small until it has been seen that the entity trades; then at once what the window needs, for a block that is
  // outgrown may find no other use.
  static constexpr std::size_t kCapacityFirst = 16;

  std::size_t sample_bytes() const { return is_64_bit_ ? 8 : 4; }
  std::uint64_t sample_max() const { return is_64_bit_ ? kNarrowMax - 1 : 0xffff'ffff; }
  std::uint64_t sample(std::size_t at) const {
    return is_64_bit_ ? static_cast<const std::uint64_t*>(samples_)[at]
                      : static_cast<const std::uint32_t*>(samples_)[at];
  }
  void set_sample(std::size_t at, std::uint64_t cents) {
    if (is_64_bit_) {
      static_cast<std::uint64_t*>(samples_)[at] = cents;
    } else {
      static_cast<std::uint32_t*>(samples_)[at] = static_cast<std::uint32_t>(cents);
    }
  }
  void replace_oldest(std::uint64_t cents) {
    const std::uint64_t gone = sample(oldest_);
    set_sample(oldest_, cents);
    oldest_ = oldest_ + 1 == size_ ? std::uint16_t{0} : static_cast<std::uint16_t>(oldest_ + 1);
    sum_ += cents - gone;
    squares_ += Uint128{cents} * cents - Uint128{gone} * gone;
  }

  Wide deviation() const;
  Uint128 sum() const { return wide_ ? wide_->sum : sum_; }
  std::optional<ZScore> exact_anomaly(Uint128 cents, const AnomalyRule& rule) const;
  void add_slowly(Uint128 cents, std::uint32_t window, Pool& pool);
  // Gives the samples a block of another size or width, oldest first.
  void lay_out(std::size_t capacity, bool is_64_bit, Pool& pool);
  void release(Pool& pool);
  void widen(Pool& pool);

  void* samples_ = nullptr;  // a ring once it is full; unused when wide_
  std::uint64_t sum_ = 0;
  Uint128 squares_ = 0;
  std::unique_ptr<WideSamples> wide_;
  std::uint16_t size_ = 0;
  std::uint16_t oldest_ = 0;
  std::uint16_t capacity_ = 0;
  bool is_64_bit_ = false;
};

}  // namespace risk::engine

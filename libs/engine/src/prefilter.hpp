// Tells for which clients an exposure need not be valued because it cannot have reached its limit. Clients far from
// their limits, nearly all of them, then cost neither a walk through their positions at their own trades nor a look at
// a sweep. The prefilter decides nothing else: whoever it does not clear is valued exactly.
//
// Each symbol has a reference price, each client a bound on the value of its positions at the references. Bounds are
// kept divided by a common scale, so that raising all of them is one multiplication.
//
// Invariants
//   1. mark <= reference x rise, for each symbol.
//   2. sum of |quantity| x reference <= bound x scale, for each client.
//   3. Hence its gross exposure <= bound x scale x rise; so is every other measure but turnover.
//   4. A client's bound / limit is kept, and is at most the maximum of its block.
//
// A price that rises a little raises `rise` for all; one that leaps moves its reference, and the bounds of its holders
// with it, unless they are many: then it too raises `rise`. A reference may be lowered at any time. Each result is
// rounded up by more than a double can have lost.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "fetch.hpp"
#include "risk/base/decimal.hpp"

namespace risk::engine {

class Prefilter {
 public:
  static constexpr std::size_t kBlock = 64;  // clients that share a maximum

  void add_symbol(Price mark) { references_by_key_.push_back(up(units(mark))); }
  void add_client(std::size_t clients) {
    if (clients <= ratios_.size()) return;
    ratios_.resize(ratios_.size() + kBlock);
    block_max_.push_back(0);
  }

  // By the key of a holding; an empty slot's is 0.
  double reference(std::uint32_t key) const { return references_by_key_[key]; }

  // A bound after one of its quantities has changed, after it was raised, and from the value at the references.
  double moved(double bound, std::uint32_t symbol, std::int64_t from_units, std::int64_t to_units) const {
    const double per_unit = references_by_key_[symbol + 1] / scale_;
    const double from = magnitude(from_units) * per_unit, to = magnitude(to_units) * per_unit;
    return std::max(bound + (to - from), 0.0) + (bound + from + to) * kSlack;
  }
  static double raised(double bound, double by) { return up(bound + up(by)); }
  // A sum of doubles loses up to half a unit in the last place with each of its terms.
  double from_total(double at_references, std::size_t terms) const {
    return at_references * (1 + kSlack * static_cast<double>(terms + 4)) / scale_;
  }

  // The mark of a symbol has moved. Returns by how much more each unit of |quantity| now counts in the bounds of its
  // holders; above zero only with few of them.
  double follow(std::uint32_t symbol, Price mark, bool has_few_holders) {
    double& reference = references_by_key_[symbol + 1];
    const double price = up(units(mark));
    if (price <= reference * rise_) return 0;
    const double rise = up(price / reference);
    if (rise <= kRiseMax || !has_few_holders) {
      rise_ = std::max(rise_, rise);
      return 0;
    }
    const double leap = price - reference;
    reference = price;
    return up(leap) / scale_;
  }

  // Far enough above its mark to make bounds useless.
  bool is_stale(std::uint32_t key, std::int64_t mark_units) const {
    return references_by_key_[key] > kStaleRatio * units(mark_units);
  }
  void lower(std::uint32_t key, std::int64_t mark_units) {
    references_by_key_[key] = std::min(references_by_key_[key], up(units(mark_units)));
  }

  // Whether prices have risen so far that too few clients are cleared.
  bool is_worn() const { return rise_ > kWornFrom; }
  // Takes the marks, by key, as references, unless prices that rose have fallen again. Returns what every bound has to
  // be multiplied with, nearly always 1.
  double renew(const std::int64_t* mark_units) {
    double needed = 1;
    for (std::size_t key = 1; key < references_by_key_.size(); ++key) {
      needed = std::max(needed, up(up(units(mark_units[key])) / references_by_key_[key]));
    }
    rise_ = std::min(rise_, needed);
    if (!is_worn()) return 1;
    scale_ = up(scale_ * rise_);
    rise_ = 1;
    for (std::size_t key = 1; key < references_by_key_.size(); ++key) {
      references_by_key_[key] = up(units(mark_units[key]));
    }
    return scale_ < kScaleMax ? 1 : up(std::exchange(scale_, 1));
  }

  // Whether an exposure is below its limit for certain; `inverse_limit` is 1 / limit, rounded up, 0 without a limit.
  bool clears(double bound, double inverse_limit) const { return bound * inverse_limit * factor() < kCertain; }
  double at_references(double bound) const { return bound * scale_; }
  double gross_max(double bound) const { return up(bound * factor()); }

  void note(std::uint32_t client, double bound, double inverse_limit) {
    const double ratio = bound * inverse_limit;
    ratios_[client] = ratio;
    block_max_[client / kBlock] = std::max(block_max_[client / kBlock], ratio);
  }
  RISK_FETCHES void fetch_ratio(std::uint32_t client) const { fetch(&ratios_[client]); }
  // Calls look(client) for each client that is not cleared.
  void visit_uncleared(const auto& look) {
    const double limit = kCertain / factor();
    for (std::size_t block = 0; block < block_max_.size(); ++block) {
      if (block_max_[block] < limit) continue;
      double most = 0;
      for (std::size_t client = block * kBlock; client < (block + 1) * kBlock; ++client) {
        if (ratios_[client] >= limit) look(static_cast<std::uint32_t>(client));
        most = std::max(most, ratios_[client]);
      }
      block_max_[block] = most;
    }
  }

  static double inverse(Int128 limit) { return up(1 / static_cast<double>(limit)); }

 private:
  friend struct Internals;
  static constexpr double kSlack = 0x1p-50;  // eight times what one operation can lose
  static constexpr double kCertain = 1 - 0x1p-40;
  static constexpr double kRiseMax = 1.05;
  static constexpr double kWornFrom = 1.1;
  static constexpr double kStaleRatio = 1.05;
  static constexpr double kScaleMax = 0x1p200;

  static double up(double value) { return value + value * kSlack; }
  // A reference is above zero, so that a price that was zero can rise above it by a ratio.
  static double units(Price price) { return units(price.units()); }
  static double units(std::int64_t price_units) { return static_cast<double>(std::max<std::int64_t>(price_units, 1)); }
  static double magnitude(std::int64_t value) {
    return value < 0 ? -static_cast<double>(value) : static_cast<double>(value);
  }
  double factor() const { return scale_ * rise_; }

  std::vector<double> references_by_key_{0};  // in units of 10^-8
  std::vector<double> ratios_;                // by client: bound / limit
  std::vector<double> block_max_;             // of each kBlock of them, or more
  double scale_ = 1;
  double rise_ = 1;
};

}  // namespace risk::engine

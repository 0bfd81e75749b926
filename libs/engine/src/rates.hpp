// What a unit of each currency is worth in base currency: the rates in force, which begin as those of the rules.
//
// Invariants
//   1. The base currency's rate is 1, and no ExchangeRate changes it.
//   2. A currency keeps its number. One that has a rate is never without one again, for marks may be in it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "instruments.hpp"
#include "risk/engine/rules.hpp"

namespace risk::engine {

using CurrencyIndex = std::uint32_t;
inline constexpr CurrencyIndex kNoCurrency = ~CurrencyIndex{0};

// Before every instant that an input can have: of a price of an opening position, and of a rate of the rules.
inline constexpr Timestamp kOldest{kTimestampMin.nanos - 1};

class Rates {
 public:
  struct InForce {
    Rate rate;
    Timestamp at = kOldest;  // kOldest: of the rules, or of rules before them

    friend bool operator==(const InForce&, const InForce&) = default;
  };
  using ByCurrency = std::map<std::string, InForce, std::less<>>;

  explicit Rates(const RuleSet& rules) {
    base_ = add(rules.base_currency, {kOne});
    for (const auto& [currency, rate] : rules.rates) {
      if (currency != rules.base_currency) add(currency, {rate});
    }
  }

  CurrencyIndex base() const { return base_; }
  // "": the base currency. kNoCurrency: it has no rate.
  CurrencyIndex find(std::string_view currency) const {
    if (currency.empty()) return base_;
    const auto found = index_by_name_.find(currency);
    return found == index_by_name_.end() ? kNoCurrency : found->second;
  }
  const std::string& name(CurrencyIndex currency) const { return names_[currency]; }
  const InForce& operator[](CurrencyIndex currency) const { return in_force_[currency]; }
  std::size_t size() const { return in_force_.size(); }
  // Of exchange rates: rules may name more, as many as a person writes.
  static constexpr std::size_t kCurrenciesMax = 1'000;
  bool is_full() const { return size() >= kCurrenciesMax; }

  // Precondition: it is not the base currency.
  CurrencyIndex set(std::string_view currency, const InForce& rate) {
    const CurrencyIndex index = find(currency);
    if (index == kNoCurrency) return add(currency, rate);
    in_force_[index] = rate;
    return index;
  }

  // What one unit is worth at a price in the currency: rounded once, half to even. Nothing: its magnitude is more than
  // 63 bits hold. Of kNoCurrency the price is that value itself. `terms` null: those of a symbol without an instrument.
  std::optional<Price> unit_value(Price price, CurrencyIndex currency, const Terms* terms) const {
    if (currency == kNoCurrency) return price;
    const bool is_price = currency == base_ && (terms == nullptr || terms->is_plain());
    if (is_price && price.units() != std::numeric_limits<std::int64_t>::min()) return price;
    return unit_value_at(in_force_[currency].rate, price, terms);
  }
  static std::optional<Price> unit_value_at(Rate rate, Price price, const Terms* terms) {
    if (terms == nullptr) return convert(price, Multiplier::from_whole(1), rate);
    const bool is_inverse = terms->contract == Contract::kInverse;
    return convert(is_inverse ? Price::from_whole(1) : price, terms->multiplier, rate);
  }

  // Those in force that are not as these rules say from the start.
  ByCurrency other_than(const RuleSet& rules) const {
    ByCurrency others;
    for (const auto& [currency, index] : index_by_name_) {
      if (index == base_) continue;
      const auto configured = rules.rates.find(currency);
      if (configured != rules.rates.end() && in_force_[index] == InForce{configured->second}) continue;
      others.emplace(currency, in_force_[index]);
    }
    return others;
  }

 private:
  static constexpr Rate kOne = Rate::from_units(kDecimalScale);

  CurrencyIndex add(std::string_view currency, const InForce& rate) {
    const auto index = static_cast<CurrencyIndex>(in_force_.size());
    index_by_name_.emplace(currency, index);
    names_.emplace_back(currency);
    in_force_.push_back(rate);
    return index;
  }

  std::vector<InForce> in_force_;
  std::map<std::string, CurrencyIndex, std::less<>> index_by_name_;
  std::vector<std::string> names_;
  CurrencyIndex base_ = 0;
};

}  // namespace risk::engine

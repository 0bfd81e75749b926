#include "simulator/scenario/currencies.hpp"

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "risk/base/check.hpp"

namespace risk::simulator {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

struct Currency {
  const char* name;
  std::int64_t dollar_units;    // that one is worth in the middle, of 10^-8
  std::int64_t period_seconds;  // of its way up and down; 0: it goes none
};
constexpr Currency kCurrencies[] = {
    {"USD", 100'000'000, 0}, {"EUR", 108'000'000, 480}, {"GBP", 127'000'000, 660}, {"JPY", 670'000, 780}};
constexpr std::int64_t kSwingPpm = 5'000;    // each way
constexpr std::int64_t kNoisePpm = 200;      // the same
constexpr seconds kBetweenRates{5};          // of any currency
constexpr std::int64_t kQuietSeconds = 300;  // before and after midnight

struct KnownListing {
  const char* symbol;
  const char* market;
  const char* currency;
  std::int64_t anchor;
  const char* name;
};
constexpr KnownListing kListings[] = {
    {"SAP.DE", "XETRA", "EUR", 210, "SAP"},      {"AIR.PA", "EURONEXT", "EUR", 150, "Airbus"},
    {"AZN.L", "LSE", "GBP", 120, "AstraZeneca"}, {"SHEL.L", "LSE", "GBP", 28, "Shell"},
    {"7203.T", "TSE", "JPY", 2'800, "Toyota"},   {"6758.T", "TSE", "JPY", 3'100, "Sony"},
};

std::vector<Listing> list_all() {
  std::vector<Listing> listings;
  for (const auto& known : kListings) {
    const std::int64_t cents = known.anchor * 100;
    listings.push_back({.symbol = Symbol(known.symbol),
                        .market = known.market,
                        .anchor_cents = cents,
                        .price_cents = cents,
                        .currency = known.currency});
  }
  return listings;
}

std::int64_t second_of_day(Timestamp time) {
  const std::int64_t second = time.seconds();
  return second - floor_divide(second, kSecondsPerDay) * kSecondsPerDay;
}

const Currency* find(std::string_view name) {
  const auto* const found =
      std::find_if(std::begin(kCurrencies), std::end(kCurrencies), [&](const auto& each) { return each.name == name; });
  return found == std::end(kCurrencies) ? nullptr : found;
}

// What a unit is worth in dollars, of 10^-14: the same for every run.
Int128 dollars_at(const Currency& currency, std::int64_t slot) {
  constexpr std::int64_t kOne = 1'000'000;
  if (currency.period_seconds == 0) return Int128{currency.dollar_units} * kOne;
  const std::int64_t slots = currency.period_seconds / kBetweenRates.count();
  const std::int64_t height = std::abs(2 * (slot % slots) - slots);  // 0 to slots, up and down
  const std::int64_t noise = Random(static_cast<std::uint64_t>(slot)).between(-kNoisePpm, kNoisePpm);
  return Int128{currency.dollar_units} * (kOne - kSwingPpm + 2 * kSwingPpm * height / slots + noise);
}

Rate rate_at(const Currency& currency, const Currency& base, Timestamp time) {
  const std::int64_t slot = floor_divide(time.seconds(), kBetweenRates.count());
  const Int128 units = divide_half_even(dollars_at(currency, slot) * kDecimalScale, dollars_at(base, slot));
  return Rate::from_units(static_cast<std::int64_t>(units));
}

}  // namespace

bool Currencies::is_base(std::string_view currency) {
  return find(currency) != nullptr;
}

std::string Currencies::bases() {
  std::string text;
  for (const auto& currency : kCurrencies) text.append(text.empty() ? "" : ", ").append(currency.name);
  return text;
}

Currencies::Currencies(const Setting& setting, std::string_view base_currency)
    : Part(setting, list_all(), {.symbol_count = std::size(kListings)}), base_(base_currency), next_(kBetweenRates) {
  RISK_CHECK(is_base(base_));
  for (const auto& currency : kCurrencies) {
    if (currency.name != base_) others_.push_back(currency.name);
  }
  for (const auto& currency : others_) add_rate(nanoseconds{0}, currency);
  for (const auto& known : kListings) {
    engine::Instrument instrument{.symbol = Symbol(known.symbol)};
    instrument.currency = known.currency;
    instrument.name = known.name;
    instrument.asset_class = "equity";
    agenda_.add(nanoseconds{0}, std::move(instrument));
  }
}

void Currencies::act() {
  const std::int64_t second = second_of_day(agenda_.instant_of(next_));
  const bool is_quiet = second < kQuietSeconds || second >= kSecondsPerDay - kQuietSeconds;
  if (!is_quiet) add_rate(next_, others_[acts_ % others_.size()]);
  ++acts_;
  next_ += kBetweenRates;
}

void Currencies::add_rate(nanoseconds at, const std::string& currency) {
  const Timestamp now = agenda_.instant_of(at);
  const Timestamp day = Timestamp::from_seconds(now.seconds() - second_of_day(now));
  agenda_.add(at, engine::ExchangeRate{currency, rate_at(*find(currency), *find(base_), now), day});
}

}  // namespace risk::simulator

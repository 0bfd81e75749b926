#include "simulator/scenario/currencies.hpp"

#include <cstdlib>
#include <iterator>

namespace risk::simulator {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

struct Currency {
  const char* name;
  std::int64_t rate_units;      // in the middle, of 10^-8
  std::int64_t period_seconds;  // of its way up and down
};
constexpr Currency kCurrencies[] = {{"EUR", 108'000'000, 480}, {"GBP", 127'000'000, 660}, {"JPY", 670'000, 780}};
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

// The same for every run.
Rate rate_at(const Currency& currency, Timestamp time) {
  const std::int64_t slot = floor_divide(time.seconds(), kBetweenRates.count());
  const std::int64_t slots = currency.period_seconds / kBetweenRates.count();
  const std::int64_t height = std::abs(2 * (slot % slots) - slots);  // 0 to slots, up and down
  const std::int64_t noise = Random(static_cast<std::uint64_t>(slot)).between(-kNoisePpm, kNoisePpm);
  const std::int64_t ppm = 1'000'000 - kSwingPpm + 2 * kSwingPpm * height / slots + noise;
  return Rate::from_units(currency.rate_units * ppm / 1'000'000);
}

}  // namespace

Currencies::Currencies(const Setting& setting)
    : Part(setting, list_all(), {.symbol_count = std::size(kListings)}), next_(kBetweenRates) {
  for (std::size_t i = 0; i < std::size(kCurrencies); ++i) add_rate(nanoseconds{0}, i);
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
  if (!is_quiet) add_rate(next_, acts_ % std::size(kCurrencies));
  ++acts_;
  next_ += kBetweenRates;
}

void Currencies::add_rate(nanoseconds at, std::size_t currency) {
  const Timestamp now = agenda_.instant_of(at);
  const Timestamp day = Timestamp::from_seconds(now.seconds() - second_of_day(now));
  agenda_.add(at, engine::ExchangeRate{kCurrencies[currency].name, rate_at(kCurrencies[currency], now), day});
}

}  // namespace risk::simulator

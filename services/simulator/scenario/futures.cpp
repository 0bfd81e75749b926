#include "simulator/scenario/futures.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace risk::simulator {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

struct Product {
  const char* root;
  const char* market;
  const char* name;
  std::int64_t multiplier;
  std::int64_t anchor;
  bool allows_negative;
  std::string_view months;  // their letters
  std::int64_t years;       // after so many, which are 80 hours, the first is listed again
  std::int64_t offset;      // seconds by which it expires after others
};
constexpr Product kProducts[] = {
    {"MES", "CME", "Micro E-mini S&P 500", 5, 6'000, false, "HMUZ", 300, 0},
    {"CL", "NYMEX", "Crude oil", 1'000, 75, true, "FGHJKMNQUVXZ", 100, 120},
};
constexpr std::int64_t kMonthSeconds = 240;  // that a contract is in front
constexpr std::int64_t kFirstYear = 2'000;
constexpr seconds kLastTrade{2};  // before the expiry

std::vector<Listing> list_all() {
  std::vector<Listing> listings;
  for (const auto& product : kProducts) {
    const std::int64_t cents = product.anchor * 100;
    listings.push_back(
        {.symbol = Symbol(product.root), .market = product.market, .anchor_cents = cents, .price_cents = cents});
  }
  return listings;
}

std::int64_t draw_contracts(Random& random) {
  return random.below(4) == 0 ? 2 : 1;
}

}  // namespace

Futures::Futures(const Setting& setting)
    : Part(setting, list_all(),
           {.symbol_count = std::size(kProducts), .open_per_symbol = 2, .draw_size = draw_contracts}),
      expiries_(std::size(kProducts)) {
  for (std::size_t i = 0; i < std::size(kProducts); ++i) roll(nanoseconds{0}, i);
}

nanoseconds Futures::next_act() const {
  return *std::min_element(expiries_.begin(), expiries_.end());
}

void Futures::act() {
  const auto due = std::min_element(expiries_.begin(), expiries_.end());
  roll(*due, static_cast<std::size_t>(due - expiries_.begin()));
}

bool Futures::trade(nanoseconds now, engine::Transaction& transaction) {
  return now < next_act() - kLastTrade && Part::trade(now, transaction);
}

void Futures::roll(nanoseconds at, std::size_t index) {
  const Product& product = kProducts[index];
  const Timestamp now = agenda_.instant_of(at);
  const std::int64_t month = floor_divide(now.seconds() - product.offset, kMonthSeconds);
  const auto months = static_cast<std::int64_t>(product.months.size());
  const std::int64_t year = kFirstYear + month / months % product.years;
  engine::Instrument instrument{
      .symbol = Symbol(product.root + std::string(1, product.months[static_cast<std::size_t>(month % months)]) +
                       std::to_string(year))};
  instrument.multiplier = Multiplier::from_whole(product.multiplier);
  instrument.currency = "USD";
  instrument.expires_at = Timestamp::from_seconds((month + 1) * kMonthSeconds + product.offset);
  instrument.allows_negative = product.allows_negative;
  instrument.name = product.name;
  instrument.asset_class = "future";

  listings_[index].symbol = instrument.symbol;
  flow_.drop(static_cast<std::uint32_t>(index));  // the engine has closed them
  expiries_[index] = at + nanoseconds{instrument.expires_at->nanos - now.nanos};
  agenda_.add(at, std::move(instrument));
}

}  // namespace risk::simulator

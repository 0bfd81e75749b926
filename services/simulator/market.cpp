#include "simulator/market.hpp"

#include <algorithm>
#include <cstdio>
#include <iterator>

namespace risk::simulator {
namespace {

struct KnownListing {
  const char* symbol;
  const char* market;
  std::int64_t anchor_dollars;
};
constexpr KnownListing kKnownListings[] = {
    {"AAPL", "NASDAQ", 190},  {"MSFT", "NASDAQ", 410}, {"NVDA", "NASDAQ", 480}, {"AMZN", "NASDAQ", 180},
    {"GOOGL", "NASDAQ", 160}, {"META", "NASDAQ", 510}, {"TSLA", "NASDAQ", 240}, {"BRK.B", "NYSE", 440},
    {"JPM", "NYSE", 200},     {"V", "NYSE", 280},      {"UNH", "NYSE", 560},    {"XOM", "NYSE", 115},
    {"MA", "NYSE", 480},      {"JNJ", "NYSE", 155},    {"PG", "NYSE", 165},     {"HD", "NYSE", 370},
    {"COST", "NASDAQ", 850},  {"AVGO", "NASDAQ", 165}, {"MRK", "NYSE", 115},    {"ADBE", "NASDAQ", 520},
};

// The quantile function of sizes, linear between its points: up to `permille` of the draws are up to `shares`.
struct Quantile {
  std::int64_t permille;
  std::int64_t shares;
};
constexpr Quantile kSizes[] = {{0, 0},    {100, 2},   {200, 5},   {350, 10},  {500, 20},   {600, 28},   {700, 40},
                               {800, 62}, {900, 100}, {950, 200}, {990, 448}, {999, 1000}, {1000, 3000}};

}  // namespace

Popularity::Popularity(std::size_t count) {
  constexpr std::uint64_t kOne = std::uint64_t{1} << 36;
  std::uint64_t sum = 0;
  for (std::size_t rank = 1; rank <= count; ++rank) weight_up_to_.push_back(sum += kOne / (rank + 10));
}

std::size_t Popularity::draw(Random& random) const {
  const std::uint64_t point = random.below(weight_up_to_.back());
  const auto found = std::upper_bound(weight_up_to_.begin(), weight_up_to_.end(), point);
  return static_cast<std::size_t>(found - weight_up_to_.begin());
}

std::int64_t draw_shares(Random& random) {
  constexpr std::int64_t kSteps = 1000;  // within a permille
  const auto point = static_cast<std::int64_t>(random.below(1000 * kSteps));
  const auto above = std::upper_bound(std::begin(kSizes), std::end(kSizes), point / kSteps,
                                      [](std::int64_t permille, const Quantile& q) { return permille < q.permille; });
  const auto below = std::prev(above);
  const std::int64_t width = (above->permille - below->permille) * kSteps;
  return below->shares + 1 + (above->shares - below->shares) * (point - below->permille * kSteps) / width;
}

std::vector<Listing> make_listings(std::size_t count) {
  std::vector<Listing> listings;
  listings.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (i < std::size(kKnownListings)) {
      const auto& known = kKnownListings[i];
      const std::int64_t cents = known.anchor_dollars * 100;
      listings.push_back(
          {.symbol = Symbol(known.symbol), .market = known.market, .anchor_cents = cents, .price_cents = cents});
    } else {
      char name[24];
      std::snprintf(name, sizeof name, "SYM%04zu", i + 1);
      const std::int64_t cents = Random(i).between(50'00, 900'00);
      listings.push_back({.symbol = Symbol(name),
                          .market = i % 2 == 0 ? "NYSE" : "NASDAQ",
                          .anchor_cents = cents,
                          .price_cents = cents});
    }
  }
  return listings;
}

std::int64_t move_price(Listing& listing, Random& random) {
  const std::int64_t step_max = std::max<std::int64_t>(1, listing.price_cents / 1000);
  const std::int64_t pull = (listing.anchor_cents - listing.price_cents) / 256;
  const std::int64_t moved = listing.price_cents + random.between(-step_max, step_max) + pull;
  listing.price_cents = std::clamp(moved, (listing.anchor_cents * 3 + 3) / 4, listing.anchor_cents * 4 / 3);
  return listing.price_cents;
}

}  // namespace risk::simulator

// The simulated market: which names are traded how often, at which prices and in which sizes.
//
// Threads: one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "risk/base/decimal.hpp"
#include "risk/base/id.hpp"
#include "simulator/random.hpp"

namespace risk::simulator {

// Draws 0 to count - 1, the first ones more often: weight 1 / (rank + 10), Zipf with a flattened head.
class Popularity {
 public:
  explicit Popularity(std::size_t count);  // Precondition: count > 0
  std::size_t draw(Random& random) const;

 private:
  std::vector<std::uint64_t> weight_up_to_;
};

// Shares of one order: half of the draws are up to 20, 90% up to 100, 99% up to 448, the mean is about 52.
std::int64_t draw_shares(Random& random);

struct Listing {
  Symbol symbol;
  std::string market;
  std::int64_t anchor_cents;  // the price it comes back to
  std::int64_t price_cents;   // within three quarters and four thirds of the anchor
  std::string currency = "USD";
};

inline Price price_of(std::int64_t cents) {
  return Price::from_units(cents * (kDecimalScale / 100));
}

// AAPL, MSFT, … and, after the twentieth, SYM0021, …. The same for every run: several simulators, and one that is
// started again, are of one mind about a price to within a factor of two, at which an engine's jump guard stands.
std::vector<Listing> make_listings(std::size_t count);

// Moves the price by up to 0.1%, drawn back to the anchor, and returns it.
std::int64_t move_price(Listing& listing, Random& random);

}  // namespace risk::simulator

#include "simulator/market.hpp"

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "support/catch.hpp"

using namespace risk::simulator;

TEST_CASE("order sizes have the long tail of real ones", "[simulator]") {
  Random random(20240920);
  std::vector<std::int64_t> sizes(1'000'000);
  std::int64_t sum = 0;
  for (auto& size : sizes) sum += size = draw_shares(random);
  std::sort(sizes.begin(), sizes.end());
  const auto share_up_to = [&sizes](std::int64_t shares) {
    const auto above = std::upper_bound(sizes.begin(), sizes.end(), shares);
    return static_cast<double>(above - sizes.begin()) / static_cast<double>(sizes.size());
  };
  CHECK(sizes.front() == 1);
  CHECK(share_up_to(20) == Approx(0.5).margin(0.002));
  CHECK(share_up_to(100) == Approx(0.9).margin(0.002));
  CHECK(share_up_to(448) == Approx(0.99).margin(0.001));
  CHECK(sizes.back() > 2'500);
  CHECK(static_cast<double>(sum) / static_cast<double>(sizes.size()) == Approx(52).margin(1));
}

TEST_CASE("the first of a crowd act more often than the last, and all act", "[simulator]") {
  Random random(3);
  const Popularity popularity(50);
  std::vector<int> drawn(50);
  for (int i = 0; i < 200'000; ++i) ++drawn[popularity.draw(random)];
  CHECK(*std::min_element(drawn.begin(), drawn.end()) > 0);
  const auto ratio = static_cast<double>(drawn.front()) / drawn.back();
  CHECK(ratio == Approx(60.0 / 11).epsilon(0.1));
  CHECK(Popularity(1).draw(random) == 0);
}

TEST_CASE("listings begin with names one knows and go on numbered", "[simulator]") {
  const auto listings = make_listings(22);
  CHECK(listings[0].symbol.text == "AAPL");
  CHECK(listings[1].symbol.text == "MSFT");
  CHECK(listings[20].symbol.text == "SYM0021");
  for (const auto& listing : listings) {
    CHECK(listing.price_cents >= 50'00);
    CHECK(listing.price_cents <= 900'00);
  }
}

TEST_CASE("prices move, come back and never leave their bounds", "[simulator]") {
  Random random(5);
  Listing listing = make_listings(1)[0];
  int above = 0;
  for (int i = 0; i < 100'000; ++i) {
    const auto before = listing.price_cents;
    const auto price = move_price(listing, random);
    REQUIRE(std::abs(price - before) <= before / 500 + 1);
    REQUIRE(price * 4 >= listing.anchor_cents * 3);
    REQUIRE(price * 3 <= listing.anchor_cents * 4);
    above += price > listing.anchor_cents;
  }
  CHECK(above > 30'000);
  CHECK(above < 70'000);

  Listing cheap{.symbol = risk::Symbol("CENT"), .market = "NYSE", .anchor_cents = 1, .price_cents = 1};
  for (int i = 0; i < 1'000; ++i) REQUIRE(move_price(cheap, random) >= 1);
}

TEST_CASE("two simulators agree on the price of every symbol that both have, within the jump guard", "[simulator]") {
  const auto few = make_listings(30), many = make_listings(1'000);
  for (std::size_t i = 0; i < many.size(); ++i) {
    if (i < few.size()) CHECK(few[i].anchor_cents == many[i].anchor_cents);
    Listing high = many[i], low = many[i];
    high.price_cents *= 10;
    low.price_cents /= 10;
    Random random(i);
    REQUIRE(move_price(high, random) < 2 * move_price(low, random));
  }
}

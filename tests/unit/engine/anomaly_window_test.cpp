#include "anomaly_window.hpp"

#include <algorithm>

#include "support/catch.hpp"

using namespace risk;
using namespace risk::engine;

namespace {

struct Window {
  void add(Uint128 cents, std::uint32_t window = 100) { samples.add(cents, window, pool); }
  std::optional<ZScore> score(Uint128 cents, const char* threshold = "0.00000001") const {
    AnomalyRule rule;
    rule.samples_min = 2;
    rule.threshold = *Ratio::parse(threshold);
    const double estimate = estimate_of(rule.threshold);
    return samples.anomaly(cents, rule, estimate * estimate);
  }

  Pool pool;
  AnomalyWindow samples;
};

std::vector<Uint128> newest(std::vector<Uint128> all, std::size_t count) {
  return {all.end() - static_cast<std::ptrdiff_t>(std::min(count, all.size())), all.end()};
}

constexpr Uint128 kMost = (Uint128{1} << 80) / 100;  // about the largest notional in cents

}  // namespace

TEST_CASE("only the newest 100 notionals count") {
  Window window;
  window.add(100'000'000);
  for (int i = 0; i < 100; ++i) window.add(i % 2 == 0 ? 9'000 : 11'000);
  CHECK(window.score(12'000)->e4() == 20'000);
}

TEST_CASE("a window keeps the newest samples in order, whatever their sizes and its own") {
  // Sizes that need 4, 8 and 16 bytes, and windows that grow and shrink while they are empty, half full and full.
  const auto sizes = GENERATE(std::vector<Uint128>{50}, std::vector<Uint128>{50, Uint128{1} << 40},
                              std::vector<Uint128>{50, Uint128{1} << 40, kMost});
  const auto windows = GENERATE(std::vector<std::uint32_t>{100}, std::vector<std::uint32_t>{7, 100, 3},
                                std::vector<std::uint32_t>{100, 40, 1000, 16}, std::vector<std::uint32_t>{20, 16, 18});
  Window window;
  std::vector<Uint128> all;
  for (const std::uint32_t size : windows) {
    window.samples.trim(size, window.pool);
    all = newest(all, size);
    CHECK(window.samples.samples() == all);
    for (std::uint32_t i = 0; i < 130; ++i) {
      const Uint128 cents = sizes[i % sizes.size()] + i;
      window.add(cents, size);
      all.push_back(cents);
      all = newest(all, size);
      REQUIRE(window.samples.samples() == all);
    }
    Wide sum, squares;
    for (const Uint128 cents : all) sum = sum + cents, squares = squares + square(cents);
    const Wide deviation = squares * Wide(all.size()) - square(sum);
    const auto z = window.score(kMost * 3 / 2);
    REQUIRE(z);
    CHECK(z->deviation == deviation);
    CHECK(Wide(z->distance) + sum == Wide(kMost * 3 / 2) * Wide(all.size()));
  }
}

TEST_CASE("a z-score exactly at the threshold is not above it, a hair more is") {
  Window window;
  for (int i = 0; i < 30; ++i) window.add(i % 2 == 0 ? 9'000 : 11'000);
  CHECK_FALSE(window.score(13'000, "3"));
  CHECK(window.score(13'000, "2.99999999"));
  CHECK(window.score(13'000, "2.99999999")->at_least(*Ratio::parse("3")));
  CHECK_FALSE(window.score(13'000, "2.99999999")->at_least(*Ratio::parse("3.00000001")));
  CHECK(window.score(7'000, "2.99999999"));
}

TEST_CASE("z-scores are compared by their exact values") {
  const ZScore three = ZScore::of(3, Wide(1)), same = ZScore::of(9, Wide(9)),
               more = ZScore::of(3000000000000001, square(Uint128{1000000000000000}));
  CHECK_FALSE(three.above(same));
  CHECK_FALSE(same.above(three));
  CHECK(more.above(three));
  CHECK_FALSE(three.above(more));
  CHECK(three.e4() == 30'000);
}

TEST_CASE("a z-score between two figures of four places is rounded half to even") {
  CHECK(ZScore::of(25, square(Uint128{200'000})).e4() == 1);  // 0.000125 -> 0.0001
  CHECK(ZScore::of(10'005, square(Uint128{100'000'000})).e4() == 1);
  CHECK(ZScore::of(15'000, square(Uint128{100'000'000})).e4() == 2);  // 0.00015 -> 0.0002
  CHECK(ZScore::of(25'000, square(Uint128{100'000'000})).e4() == 2);  // 0.00025 -> 0.0002
  CHECK(ZScore::of(kMost, Wide(1)).e4() == static_cast<Int128>(kMost * 10'000));
}

TEST_CASE("sums of the largest notionals stay exact") {
  Window window;
  for (int i = 0; i < 99; ++i) window.add(kMost);
  CHECK_FALSE(window.score(kMost));
  CHECK_FALSE(window.score(1));  // no deviation at all
  window.add(0);
  CHECK(window.score(0)->e4() == 99'499);  // sqrt(99) = 9.9499
  const AnomalyEvidence evidence = window.samples.evidence(Notional{});
  CHECK(evidence.sample_count == 100);
  CHECK(evidence.mean.units() == static_cast<Int128>(kMost) * 99 * 1'000'000'000'000);
}

TEST_CASE("a notional is rounded to cents half to even, however large") {
  const auto cents = [](const char* notional) {
    return static_cast<std::uint64_t>(to_cents(*Notional::parse(notional)));
  };
  CHECK(cents("0") == 0);
  CHECK(cents("0.005") == 0);
  CHECK(cents("0.0050000000000001") == 1);
  CHECK(cents("0.015") == 2);
  CHECK(cents("0.025") == 2);
  CHECK(cents("1.0049999999999999") == 100);
  CHECK(cents("11258999068426.235") == 1'125'899'906'842'624);  // where the estimate ends
  CHECK(cents("11258999068426.245") == 1'125'899'906'842'624);
  CHECK(cents("922337203685477.585") == 92'233'720'368'547'758);
}

#include "wide.hpp"

#include <random>

#include "support/catch.hpp"

using namespace risk;
using namespace risk::engine;

TEST_CASE("sums, differences and products of wide integers are exact") {
  const Uint128 most = ~Uint128{0};
  CHECK(Wide(most) + Wide(1) > Wide(most));
  CHECK(Wide(most) + Wide(1) - Wide(1) == Wide(most));
  CHECK(square(most) + Wide(most) * Wide(2) + Wide(1) == square(Wide(most) + Wide(1)));
  CHECK(square(most) - square(most - 1) == Wide(most) + Wide(most - 1));
  CHECK(Wide{}.is_zero());
  CHECK_FALSE(square(most).is_zero());
}

TEST_CASE("a product compares and divides back as whole numbers do") {
  std::mt19937_64 random(7);
  for (int i = 0; i < 1'000; ++i) {
    const Uint128 a = Uint128{random()} << 64 | random(), b = random(), c = random();
    CHECK((Wide(a) * Wide(b) < Wide(a) * Wide(c)) == (b < c));
    CHECK(Wide(a) * Wide(b) + Wide(a) * Wide(c) == Wide(a) * (Wide(b) + Wide(c)));
  }
}

TEST_CASE("a root is rounded to the nearest whole number, a tie to the even one") {
  CHECK(rounded_root(Wide(0), Wide(5)) == 0);
  CHECK(rounded_root(Wide(9), Wide(4)) == 2);   // 1.5
  CHECK(rounded_root(Wide(25), Wide(4)) == 2);  // 2.5
  CHECK(rounded_root(Wide(26), Wide(4)) == 3);
  CHECK(rounded_root(Wide(24), Wide(4)) == 2);
  std::mt19937_64 random(11);
  for (int i = 0; i < 200; ++i) {
    const Uint128 root = (Uint128{random()} << 64 | random()) >> (19 + i % 90);
    CHECK(rounded_root(square(root), Wide(1)) == static_cast<Int128>(root));
    CHECK(rounded_root(square(root) + Wide(root), Wide(1)) == static_cast<Int128>(root));
    CHECK(rounded_root(square(root) + Wide(root) + Wide(1), Wide(1)) == static_cast<Int128>(root + 1));
  }
}

TEST_CASE("an estimate of 128 bits is within a billionth of a billionth") {
  CHECK(approximate(0) == 0);
  for (int shift = 2; shift < 127; ++shift) {
    const Int128 value = Int128{1} << shift;
    CHECK(approximate(value) == std::ldexp(1.0, shift));
    CHECK(approximate(value - 1) <= std::ldexp(1.0, shift));
    CHECK(approximate(value - 1) >= std::ldexp(1.0, shift) - 2 - std::ldexp(1.0, shift - 52));
  }
}

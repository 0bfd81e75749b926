#include "risk/base/decimal.hpp"

#include <limits>
#include <sstream>

#include "risk/base/secret.hpp"
#include "support/catch.hpp"

using namespace risk;

TEST_CASE("a decimal is read exactly and printed without trailing zeros") {
  const auto [text, units, printed] = GENERATE(table<const char*, std::int64_t, const char*>({
      {"0", 0, "0"},
      {"-0", 0, "0"},
      {"1", 100'000'000, "1"},
      {"+1.50", 150'000'000, "1.5"},
      {"-7400.88", -740'088'000'000, "-7400.88"},
      {"0.00000001", 1, "0.00000001"},
      {"0.000000010000", 1, "0.00000001"},
      {"92233720368.54775807", std::numeric_limits<std::int64_t>::max(), "92233720368.54775807"},
      {"0007.25", 725'000'000, "7.25"},
  }));
  const auto quantity = Quantity::parse(text);
  REQUIRE(quantity.ok());
  CHECK(quantity->units() == units);
  CHECK(quantity->to_string() == printed);
}

TEST_CASE("a text that is no decimal of 8 places is refused with the reason") {
  const auto [text, reason] = GENERATE(table<const char*, const char*>({
      {"", "not a decimal number"},
      {"-", "not a decimal number"},
      {".5", "not a decimal number"},
      {"5.", "not a decimal number"},
      {"1e3", "not a decimal number"},
      {" 1", "not a decimal number"},
      {"1,000", "not a decimal number"},
      {"--1", "not a decimal number"},
      {"nan", "not a decimal number"},
      {"0.000000001", "more than 8 decimal places"},
      {"92233720368.54775808", "out of range"},
      {"99999999999999999999999999999999999999999999", "out of range"},
  }));
  const auto price = Price::parse(text);
  REQUIRE_FALSE(price.ok());
  CHECK(price.error().reason == reason);
}

TEST_CASE("rounding at the edge is half to even") {
  const auto [units, rounded] = GENERATE(table<long long, const char*>({
      {12'345, "1.2345"},
      {500'000'000'000, "0.0000"},    // 0.00005
      {1'500'000'000'000, "0.0002"},  // 0.00015
      {2'500'000'000'000, "0.0002"},  // 0.00025
      {2'500'000'000'001, "0.0003"},
      {-1'500'000'000'000, "-0.0002"},
      {-500'000'000'000, "0.0000"},
  }));
  if (units == 12'345) {
    CHECK(format_rounded(units, 4, 4) == rounded);
  } else {
    CHECK(Notional::from_units(units).to_string() == rounded);
  }
}

TEST_CASE("money is grouped for people") {
  CHECK(format_grouped(Notional::of(Money::from_whole(1'250'000)).units(), kNotionalPlaces, 2) == "1,250,000.00");
  CHECK(format_grouped(-999, 2, 2) == "-9.99");
  CHECK(format_grouped(100'000, 2, 2) == "1,000.00");
  CHECK(format_grouped(99'999, 2, 2) == "999.99");
}

TEST_CASE("the largest product of a quantity and a price is exact") {
  const auto most = std::numeric_limits<std::int64_t>::max();
  const Notional product = Notional::of(Quantity::from_units(most), Price::from_units(most));
  CHECK(product.to_string() == "8507059173023461584739.6908");
  CHECK_FALSE(add(product, add(product, product).value_or(product)).has_value());
}

TEST_CASE("a sum that leaves its range has no value") {
  const auto most = Quantity::from_units(std::numeric_limits<std::int64_t>::max());
  CHECK_FALSE(add(most, Quantity::from_units(1)).has_value());
  CHECK(add(most, Quantity::from_units(-1))->units() == most.units() - 1);
}

TEST_CASE("a conversion rounds half to even to 8 places") {
  const auto rate = Rate::from_units(50'000'000);  // 0.5
  CHECK(convert(Price::from_units(1), rate)->units() == 0);
  CHECK(convert(Price::from_units(3), rate)->units() == 2);
  CHECK(convert(Price::from_units(5), rate)->units() == 2);
  CHECK_FALSE(convert(Price::from_units(std::numeric_limits<std::int64_t>::max()), Rate::from_whole(2)).has_value());
}

TEST_CASE("a secret does not print") {
  std::ostringstream out;
  out << Secret("hunter2") << Secret();
  CHECK(out.str() == "[secret]");
}

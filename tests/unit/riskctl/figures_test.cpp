#include "riskctl/backtest/figures.hpp"

#include "events.hpp"
#include "support/catch.hpp"

using namespace risk;
using namespace risk::riskctl;
using engine::Figure;

TEST_CASE("a utilisation is rounded half to even, also at the ends of the range", "[riskctl]") {
  CHECK(utilisation_e4(money(125), money(100)) == 12'500);
  CHECK(utilisation_e4(money(-125), money(100)) == 12'500);
  CHECK(utilisation_e4({Figure::Unit::kCount, 11}, {Figure::Unit::kCount, 10}) == 11'000);
  const Figure smallest{Figure::Unit::kMoney, kDecimalScale};  // 0.00000001
  CHECK(utilisation_e4(smallest, smallest) == 10'000);
  const Figure largest{Figure::Unit::kMoney, Int128{1} << 126};
  CHECK(utilisation_e4(largest, smallest) == std::numeric_limits<std::int64_t>::max());
  const Figure half{Figure::Unit::kMoney, Notional::parse("1.00005")->units()};
  CHECK(utilisation_e4(half, money(1)) == 10'000);
  CHECK(utilisation_text(11'975) == "119.8%");
}

TEST_CASE("durations are told in their two largest units", "[riskctl]") {
  constexpr std::int64_t kSecond = kMicrosPerSecond;
  CHECK(duration_text(0) == "0.000 s");
  CHECK(duration_text(59'990'000) == "59.990 s");
  CHECK(duration_text(60 * kSecond) == "1 min 0 s");
  CHECK(duration_text(3'725 * kSecond) == "1 h 2 min");
  CHECK(duration_text(2 * 86'400 * kSecond + 3'600 * kSecond) == "2 d 1 h");
}

TEST_CASE("times have as many places as they need", "[riskctl]") {
  CHECK(seconds_text(Timestamp::from_seconds(0)) == "1970-01-01T00:00:00Z");
  CHECK(seconds_text(Timestamp::from_micros(10'030'000)) == "1970-01-01T00:00:10.03Z");
}

TEST_CASE("figures and entities read as a person writes them", "[riskctl]") {
  CHECK(figure_text(money(1'250'000)) == "1,250,000.00");
  CHECK(figure_text({Figure::Unit::kCount, 11}) == "11");
  CHECK(figure_text({Figure::Unit::kZScore, 52'100}) == "5.2100");
  CHECK(entity_text(engine::EntityType::kFirm, "") == "FIRM");
  CHECK(entity_text(engine::EntityType::kSymbol, "AAPL") == "SYMBOL AAPL");
}

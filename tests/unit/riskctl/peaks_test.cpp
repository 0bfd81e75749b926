#include "riskctl/backtest/peaks.hpp"

#include "events.hpp"
#include "support/catch.hpp"

using namespace risk;
using namespace risk::riskctl;

namespace {

engine::RuleSet rules_with_limit(std::int64_t whole) {
  engine::RuleSet rules;
  rules.exposure("client_exposure").limit = Money::from_whole(whole);
  rules.exposure("client_exposure").limit_by_entity["own"] = Money::from_whole(10);
  rules.exposure("symbol_exposure").limit.reset();
  return rules;
}

// A core whose clients hold so much of one symbol at a price of 1.
engine::Core holding(engine::RuleSet rules, const std::vector<std::pair<std::string, std::int64_t>>& held) {
  engine::Core core(std::move(rules));
  for (const auto& [client, quantity] : held) {
    core.apply({ClientId(client), Symbol("S"), Quantity::from_whole(quantity), Price::from_whole(1), "USD"});
  }
  return core;
}

}  // namespace

TEST_CASE("a peak is the larger of an entity's alerts and of its exposure at the end", "[riskctl]") {
  const auto core = holding(rules_with_limit(100), {{"calm", 40}, {"fell", 50}, {"own", 9}, {"rose", 150}});
  AlertLog log(0, "USD");
  log.add(opened(1, "fell", 1, 110));
  log.add(exposure_event(1, engine::AlertEventType::kResolved, "fell", 2, 110));
  log.add(opened(2, "fell", 3, 120));
  log.add(opened(3, "rose", 3, 130));

  const auto peaks = highest_peaks(core, log);
  REQUIRE(peaks.size() == 4);
  const auto is = [](const Peak& peak, const char* id, std::int64_t utilisation, bool of_alert) {
    return peak.entity_id == id && peak.utilisation_e4 == utilisation && peak.of_alert == of_alert;
  };
  CHECK(is(peaks[0], "rose", 15'000, false));
  CHECK(is(peaks[1], "fell", 12'000, true));
  CHECK(is(peaks[2], "own", 9'000, false));
  CHECK(peaks[2].limit == money(10));
  CHECK(is(peaks[3], "calm", 4'000, false));
}

TEST_CASE("each limit shows the few entities nearest to it", "[riskctl]") {
  std::vector<std::pair<std::string, std::int64_t>> held;
  for (std::int64_t i = 10; i < 30; ++i) held.emplace_back("C" + std::to_string(i), i);
  const auto peaks = highest_peaks(holding(rules_with_limit(100), held), AlertLog(0, "USD"));
  REQUIRE(peaks.size() == kPeaksOfRuleMax);
  CHECK(peaks.front().entity_id == "C29");
  CHECK(peaks.back().entity_id == "C25");

  auto disabled = rules_with_limit(100);
  disabled.exposure("client_exposure").enabled = false;
  CHECK(highest_peaks(holding(disabled, held), AlertLog(0, "USD")).empty());
}

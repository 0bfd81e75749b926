// What the default settings promise to someone who starts the system and looks on for some minutes, judged by the core.
#include <map>

#include "judge.hpp"
#include "simulator/options.hpp"
#include "simulator/source.hpp"
#include "support/catch.hpp"

using namespace risk;
using namespace risk::simulator;
using engine::AlertEventType;
using engine::AlertType;

namespace {

struct Tally {
  std::map<AlertType, int> opened;
  std::map<AlertType, int> resolved;
};

Tally run_demo(const GeneratorOptions& options, std::chrono::minutes time) {
  const Timestamp start = Timestamp::from_seconds(1'726'821'360);
  Feed feed(nullptr, make_generated_source(options, start, 0));
  Judge judge;
  for (const Item* item = feed.next(); item->due < time; item = feed.next()) REQUIRE_FALSE(judge.apply(item->input));
  Tally tally;
  for (const auto& event : judge.events) {
    tally.opened[event.alert_type] += event.type == AlertEventType::kOpened;
    tally.resolved[event.alert_type] += event.type == AlertEventType::kResolved;
  }
  return tally;
}

}  // namespace

TEST_CASE("ten minutes at the default settings open and resolve alerts of every kind, whatever the seed",
          "[simulator]") {
  Options defaults;
  GeneratorOptions options = generator_options(defaults);
  REQUIRE(options.scenario == Scenario::all());
  for (options.seed = 1; options.seed <= 20; ++options.seed) {
    INFO("seed " << options.seed);
    auto tally = run_demo(options, std::chrono::minutes{10});
    CHECK(tally.opened[AlertType::kHighClientExposure] > 0);
    CHECK(tally.opened[AlertType::kHighSymbolExposure] > 0);
    CHECK(tally.opened[AlertType::kHighTransactionVelocity] > 0);
    CHECK(tally.opened[AlertType::kAnomalyDetected] > 0);
    CHECK(tally.resolved[AlertType::kHighClientExposure] > 0);
    CHECK(tally.resolved[AlertType::kHighSymbolExposure] > 0);
    CHECK(tally.resolved[AlertType::kHighTransactionVelocity] > 0);
    CHECK(tally.resolved[AlertType::kAnomalyDetected] > 0);
  }
}

// What the default settings promise to someone who starts the system and looks on for some minutes, judged by the core.
#include <map>

#include "risk/engine/core.hpp"
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

Tally run_demo(std::uint64_t seed, std::chrono::minutes time) {
  const Timestamp start = Timestamp::from_seconds(1'726'821'360);
  Feed feed(nullptr, make_generated_source({.seed = seed}, start, 0));
  engine::Core core{engine::RuleSet{}};
  std::vector<engine::AlertEvent> events;
  for (const Item* item = feed.next(); item->due < time; item = feed.next()) {
    if (const auto* tick = std::get_if<wire::Tick>(&item->input)) {
      core.tick(tick->time, events);
    } else {
      REQUIRE(core.apply(std::get<engine::Transaction>(item->input), events));
    }
  }
  Tally tally;
  for (const auto& event : events) {
    tally.opened[event.alert_type] += event.type == AlertEventType::kOpened;
    tally.resolved[event.alert_type] += event.type == AlertEventType::kResolved;
  }
  return tally;
}

}  // namespace

TEST_CASE("ten minutes at the default settings open and resolve alerts of every kind, whatever the seed",
          "[simulator]") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    auto tally = run_demo(seed, std::chrono::minutes{10});
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

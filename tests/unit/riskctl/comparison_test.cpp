#include "riskctl/backtest/comparison.hpp"

#include "events.hpp"
#include "support/catch.hpp"

using namespace risk;
using namespace risk::riskctl;
using engine::AlertEventType;

namespace {

AlertLog log_of(const std::vector<engine::AlertEvent>& events) {
  AlertLog log(1, "USD");
  for (const auto& event : events) log.add(event);
  return log;
}

std::vector<std::string> told(const Comparison& comparison) {
  std::vector<std::string> lines;
  for (const auto& difference : comparison.differences) {
    lines.push_back(difference.any().entity_id + " " + std::string(difference.raised_by()));
  }
  return lines;
}

}  // namespace

TEST_CASE("a log keeps a line for each alert and counts its events", "[riskctl]") {
  auto escalated = exposure_event(1, AlertEventType::kEscalated, "A", 2, 160);
  escalated.severity = engine::Severity::kCritical;
  auto resolved = exposure_event(1, AlertEventType::kResolved, "A", 3, 90);
  resolved.severity = engine::Severity::kCritical;
  resolved.peak = money(170);
  const auto log = log_of({opened(1, "A", 1), escalated, opened(2, "B", 2), resolved});

  REQUIRE(log.alerts().size() == 2);
  const auto& alert = log.alerts()[0];
  CHECK(alert.severity == engine::Severity::kCritical);
  CHECK(alert.peak == money(170));
  CHECK(alert.opened_at == Timestamp::from_seconds(1));
  CHECK(alert.resolved_at == Timestamp::from_seconds(3));
  CHECK(alert.message == "Client A gross exposure $120.00 exceeds limit $100.00 (120.0%)");
  CHECK_FALSE(log.alerts()[1].resolved_at);
  CHECK(log.alerts()[1].message.empty());

  REQUIRE(log.counts().size() == 1);
  const auto& counts = log.counts().begin()->second;
  CHECK(counts.opened == 2);
  CHECK(counts.escalated == 1);
  CHECK(counts.worsened == 0);
  CHECK(counts.resolved == 1);
}

TEST_CASE("alerts of one rule, entity and time of opening are the same alert", "[riskctl]") {
  const auto first = log_of({opened(1, "A", 1), opened(2, "B", 2), opened(3, "C", 3), opened(4, "D", 4)});
  const auto second = log_of({opened(1, "A", 1), opened(2, "C", 3, 130), opened(3, "D", 5), opened(4, "E", 6)});
  const auto comparison = compare(first, second);
  CHECK(comparison.same == 1);
  CHECK(comparison.different == 1);
  CHECK(comparison.only_first == 2);
  CHECK(comparison.only_second == 2);
  CHECK(told(comparison) == std::vector<std::string>{"B first", "C both", "D first", "D second", "E second"});
}

TEST_CASE("an alert that opens twice within one time is compared in the order of opening", "[riskctl]") {
  const auto twice = log_of({opened(1, "A", 1), exposure_event(1, AlertEventType::kResolved, "A", 1, 90),
                             opened(2, "A", 1, 150), opened(3, "B", 1)});
  const auto once = log_of({opened(1, "B", 1), opened(2, "A", 1)});
  const auto comparison = compare(twice, once);
  CHECK(comparison.same == 1);  // B
  CHECK(comparison.different == 1);
  CHECK(comparison.only_first == 1);
  CHECK(compare(twice, twice).same == 3);
  CHECK(compare(log_of({}), log_of({})).differences.empty());
}

TEST_CASE("a comparison asks for severity as well as peak", "[riskctl]") {
  auto critical = opened(1, "A", 1);
  critical.severity = engine::Severity::kCritical;
  CHECK(compare(log_of({opened(1, "A", 1)}), log_of({critical})).different == 1);
}

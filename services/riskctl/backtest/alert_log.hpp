// What is kept of the alerts of a run: a line for each, however many events it had, and counts.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "risk/engine/types.hpp"

namespace risk::riskctl {

struct AlertSummary {
  engine::AlertType type = engine::AlertType::kHighClientExposure;
  engine::EntityType entity_type = engine::EntityType::kFirm;
  engine::Severity severity = engine::Severity::kHigh;  // the highest: it never falls
  std::optional<engine::Measure> measure;
  std::string entity_id;
  engine::Figure limit;
  engine::Figure peak;  // as announced last
  Timestamp opened_at;
  std::optional<Timestamp> resolved_at;
  std::string message;  // of its opening; "" beyond the first messages_max
};

class AlertLog {
 public:
  // Messages are kept of the first `messages_max` alerts, with amounts in `base_currency`.
  AlertLog(std::size_t messages_max, std::string base_currency);

  // Precondition: the events of one core, in order and from the first.
  void add(const engine::AlertEvent& event);

  const std::vector<AlertSummary>& alerts() const { return alerts_; }  // in the order of opening

  struct Counts {
    std::uint64_t opened = 0;
    std::uint64_t escalated = 0;
    std::uint64_t worsened = 0;
    std::uint64_t resolved = 0;
  };
  using Rule = std::pair<engine::AlertType, engine::EntityType>;
  const std::map<Rule, Counts>& counts() const { return counts_; }

 private:
  std::size_t messages_max_;
  std::string base_currency_;
  std::vector<AlertSummary> alerts_;  // alert_id - 1
  std::map<Rule, Counts> counts_;
};

}  // namespace risk::riskctl

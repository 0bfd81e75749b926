#include "riskctl/backtest/alert_log.hpp"

#include "risk/base/check.hpp"

namespace risk::riskctl {

using engine::AlertEventType;

AlertLog::AlertLog(std::size_t messages_max, std::string base_currency)
    : messages_max_(messages_max), base_currency_(std::move(base_currency)) {}

void AlertLog::add(const engine::AlertEvent& event) {
  auto& counts = counts_[{event.alert_type, event.entity_type}];
  if (event.type == AlertEventType::kOpened) {
    RISK_CHECK(event.alert_id == alerts_.size() + 1);
    auto& opened = alerts_.emplace_back();
    opened.type = event.alert_type;
    opened.entity_type = event.entity_type;
    opened.measure = event.measure;
    opened.entity_id = event.entity_id;
    opened.limit = event.limit;
    opened.opened_at = event.at;
    if (alerts_.size() <= messages_max_) opened.message = alert_message(event, base_currency_);
    ++counts.opened;
  }
  RISK_CHECK(0 < event.alert_id && event.alert_id <= alerts_.size());
  auto& alert = alerts_[event.alert_id - 1];
  alert.severity = event.severity;
  alert.peak = event.peak;
  if (event.type == AlertEventType::kEscalated) ++counts.escalated;
  if (event.type == AlertEventType::kWorsened) ++counts.worsened;
  if (event.type == AlertEventType::kResolved) {
    ++counts.resolved;
    alert.resolved_at = event.at;
  }
}

}  // namespace risk::riskctl

#include "risk-engine/alert_register.hpp"

#include <utility>

namespace risk::risk_engine {

using engine::AlertEventType;
using engine::AlertStatus;
using wire::CommandReply;

AlertRegister::AlertRegister(std::string base_currency, std::vector<store::AlertRow> open, std::uint64_t last_event_id)
    : base_currency_(std::move(base_currency)), last_event_id_(last_event_id) {
  for (auto& alert : open) {
    const auto id = alert.alert_id();
    open_.emplace(id, std::move(alert));
  }
}

void AlertRegister::announce(const engine::AlertEvent& event) {
  store::AlertRow& alert = open_[event.alert_id];
  const std::string message = engine::alert_message(event, base_currency_);
  if (event.type == AlertEventType::kOpened) alert.opened_at = event.at;
  alert.latest = event;
  alert.message = message;
  alert.updated_at = event.at;
  if (event.type == AlertEventType::kResolved) {
    alert.status = AlertStatus::kResolved;
    alert.resolved_at = event.at;
  }
  last_alert_id_ = std::max(last_alert_id_, event.alert_id);
  record(alert, event, message, nullptr);
  if (event.type == AlertEventType::kResolved) open_.erase(event.alert_id);
}

wire::AlertMessage AlertRegister::record(const store::AlertRow& alert, const engine::AlertEvent& event,
                                         std::string message, const Action* action) {
  wire::AlertMessage published;
  published.event_id = ++last_event_id_;
  published.event = event;
  published.status = alert.status;
  published.opened_at = alert.opened_at;
  published.message = std::move(message);
  published.acknowledged_by = alert.acknowledged_by;
  published.acknowledged_at = alert.acknowledged_at;
  published.assigned_to = alert.assigned_to;
  if (action != nullptr) {
    published.actor = action->actor;
    if (!action->comment.empty()) published.comment = action->comment;
  }

  store::AlertEventRow row;
  row.event_id = published.event_id;
  row.alert_id = event.alert_id;
  row.type = event.type;
  row.severity = event.severity;
  row.value = event.value.to_string();
  row.at = event.at;
  row.transaction_id = event.transaction_id;
  row.actor = published.actor;
  row.comment = published.comment;
  row.message = published.message;
  row.payload = wire::encode(published);
  changes_.events.push_back(std::move(row));
  changed_[event.alert_id] = alert;
  return published;
}

store::AlertRow* AlertRegister::find(std::uint64_t alert_id, CommandReply& reply) {
  const auto found = open_.find(alert_id);
  if (found != open_.end()) return &found->second;
  const bool existed = alert_id != 0 && alert_id <= last_alert_id_;
  reply.outcome = existed ? CommandReply::Outcome::kConflict : CommandReply::Outcome::kNotFound;
  reply.reason = existed ? "alert " + std::to_string(alert_id) + " is already resolved"
                         : "there is no alert " + std::to_string(alert_id);
  return nullptr;
}

CommandReply AlertRegister::act(store::AlertRow& alert, const Action& action) {
  alert.updated_at = action.at;
  engine::AlertEvent event = alert.latest;
  event.type = action.type;
  event.at = action.at;
  event.transaction_id.reset();

  CommandReply reply;
  reply.event = record(alert, event, alert.message, &action);
  changes_.commands.push_back({0, action.at, action.actor, action.command, "alert " + std::to_string(alert.alert_id()),
                               action.old_value, action.new_value});
  return reply;
}

CommandReply AlertRegister::apply(const std::string& actor, const wire::AcknowledgeAlert& command, Timestamp at) {
  CommandReply reply;
  store::AlertRow* alert = find(command.alert_id, reply);
  if (alert == nullptr) return reply;
  if (alert->status == AlertStatus::kAcknowledged) {
    reply.outcome = CommandReply::Outcome::kConflict;
    reply.reason = "alert " + std::to_string(command.alert_id) + " was acknowledged by " + *alert->acknowledged_by +
                   " at " + format_timestamp(*alert->acknowledged_at);
    return reply;
  }
  alert->status = AlertStatus::kAcknowledged;
  alert->acknowledged_by = actor;
  alert->acknowledged_at = at;
  return act(*alert, {AlertEventType::kAcknowledged, "ACK", actor, command.comment, "OPEN", "ACKNOWLEDGED", at});
}

CommandReply AlertRegister::apply(const std::string& actor, const wire::AssignAlert& command, Timestamp at) {
  CommandReply reply;
  store::AlertRow* alert = find(command.alert_id, reply);
  if (alert == nullptr) return reply;
  const std::string before = alert->assigned_to.value_or("");
  alert->assigned_to = command.assignee;
  return act(*alert, {AlertEventType::kAssigned, "ASSIGN", actor, command.assignee, before, command.assignee, at});
}

CommandReply AlertRegister::apply(const std::string& actor, const wire::CommentAlert& command, Timestamp at) {
  CommandReply reply;
  store::AlertRow* alert = find(command.alert_id, reply);
  if (alert == nullptr) return reply;
  return act(*alert, {AlertEventType::kCommented, "COMMENT", actor, command.comment, "", command.comment, at});
}

AlertRegister::Changes AlertRegister::take() {
  Changes taken = std::exchange(changes_, {});
  for (auto& [id, alert] : changed_) taken.alerts.push_back(std::move(alert));
  changed_.clear();
  return taken;
}

}  // namespace risk::risk_engine

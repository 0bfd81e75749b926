#include "risk/wire/control.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "adjustment_message.hpp"
#include "alert_message.hpp"
#include "instant.hpp"
#include "risk/base/overloaded.hpp"
#include "risk/engine/rules.hpp"
#include "risk/v1/control.pb.h"

namespace risk::wire {
namespace {

constexpr std::size_t kCommentBytesMax = 1000;
constexpr std::size_t kAnswerBytesMax = 400;
constexpr std::uint32_t kCleanupDaysMax = 36'500;

std::optional<std::string> check_name(const char* field, const std::string& name) {
  const auto problem = name_problem(name);
  if (!problem) return std::nullopt;
  return std::string(field) + " \"" + printable(name) + "\": " + *problem;
}

std::optional<std::string> check_prose(const char* field, const std::string& text) {
  if (text.size() > kCommentBytesMax) {
    return std::string(field) + ": longer than " + std::to_string(kCommentBytesMax) + " bytes";
  }
  const auto problem = plain_text_problem(text, TextUse::kProse);
  return problem ? std::optional(std::string(field) + ": " + *problem) : std::nullopt;
}

std::optional<std::string> check_comment(const std::string& comment) {
  return check_prose("comment", comment);
}

std::optional<std::string> check_reason(const std::string& reason) {
  return reason.empty() ? std::optional<std::string>("reason: empty") : check_prose("reason", reason);
}

std::optional<std::string> check_id(const char* field, std::uint64_t id) {
  if (id > 0 && id <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
  return std::string(field) + " " + std::to_string(id) + ": out of range";
}

void to_message(const RecordDeliveries& deliveries, v1::RecordDeliveries& message) {
  message.set_stream_id(deliveries.stream_id);
  for (const auto& record : deliveries.records) {
    auto& delivery = *message.add_deliveries();
    delivery.set_channel(record.channel);
    delivery.set_event_id(record.event_id);
    delivery.set_alert_id(record.alert_id);
    delivery.set_outcome(static_cast<v1::RecordDeliveries::Delivery::Outcome>(record.outcome));
    delivery.set_answer(record.answer);
    delivery.set_at_micros(record.at.micros());
  }
}

Result<RecordDeliveries> to_value(const v1::RecordDeliveries& message) {
  RecordDeliveries deliveries{message.stream_id(), {}};
  for (const auto& delivery : message.deliveries()) {
    const auto outcome = static_cast<DeliveryRecord::Outcome>(std::clamp<int>(delivery.outcome(), 0, 255));
    auto& record = deliveries.records.emplace_back(
        DeliveryRecord{delivery.channel(), delivery.event_id(), delivery.alert_id(), outcome, delivery.answer(), {}});
    if (auto error = read_instant("at", delivery.at_micros(), 0, record.at)) return *error;
  }
  return deliveries;
}

std::optional<std::string> problem(const DeliveryRecord& record) {
  using Outcome = DeliveryRecord::Outcome;
  if (auto found = check_name("channel", record.channel)) return found;
  if (record.outcome < Outcome::kRefused || record.outcome > Outcome::kPartly) {
    return "outcome " + std::to_string(static_cast<int>(record.outcome)) + ": unknown";
  }
  for (const auto& [field, id] : {std::pair("event_id", record.event_id), {"alert_id", record.alert_id}}) {
    if (auto found = check_id(field, id)) return found;
  }
  const std::string& answer = record.answer;
  if (answer.size() > kAnswerBytesMax || !is_valid_utf8(answer) || answer.find('\0') != std::string::npos) {
    return "answer: not text of at most " + std::to_string(kAnswerBytesMax) + " bytes";
  }
  return std::nullopt;
}

std::optional<std::string> problem(const RecordDeliveries& deliveries) {
  if (auto found = check_name("stream_id", deliveries.stream_id)) return found;
  const auto count = deliveries.records.size();
  if (count == 0 || count > kDeliveryRecordsMax) {
    return "deliveries: " + std::to_string(count) + ", must be 1 to " + std::to_string(kDeliveryRecordsMax);
  }
  for (const auto& record : deliveries.records) {
    if (auto found = problem(record)) return found;
  }
  return std::nullopt;
}

Result<Adjust> to_value(const v1::Adjustment& message) {
  Adjust adjust;
  auto& at = adjust.adjustment.effective_at;
  if (auto error = read_instant("effective_at", message.effective_at_us(), message.effective_at_nanos(), at)) {
    return *error;
  }
  read_fields(message, adjust.adjustment);
  return adjust;
}

std::optional<std::string> problem(const Adjust& adjust) {
  const auto rejection = engine::value_problem(adjust.adjustment);
  if (!rejection) return std::nullopt;
  return printable(rejection->field + " " + rejection->value + ": " + rejection->reason);
}

std::optional<std::string> problem(const DecideQuarantined& decide) {
  using Action = DecideQuarantined::Action;
  if (auto found = check_id("quarantine_id", decide.quarantine_id)) return found;
  if (decide.action != Action::kApply && decide.action != Action::kDrop) {
    return "action " + std::to_string(static_cast<int>(decide.action)) + ": unknown";
  }
  return check_reason(decide.reason);
}

std::optional<std::string> problem(const WithdrawAdjustment& withdraw) {
  if (auto found = check_id("adjustment_id", withdraw.adjustment_id)) return found;
  return check_reason(withdraw.reason);
}

}  // namespace

std::string_view to_string(DeliveryRecord::Outcome outcome) {
  switch (outcome) {
    case DeliveryRecord::Outcome::kRefused:
      return "REFUSED";
    case DeliveryRecord::Outcome::kGivenUp:
      return "GIVEN_UP";
    case DeliveryRecord::Outcome::kPartly:
      return "PARTLY";
  }
  RISK_CHECK(!"an outcome");
}

std::string encode(const Command& command) {
  v1::Command message;
  message.set_actor(command.actor);
  std::visit(Overloaded{
                 [&](const AcknowledgeAlert& value) {
                   message.mutable_acknowledge()->set_alert_id(value.alert_id);
                   message.mutable_acknowledge()->set_comment(value.comment);
                 },
                 [&](const AssignAlert& value) {
                   message.mutable_assign()->set_alert_id(value.alert_id);
                   message.mutable_assign()->set_assignee(value.assignee);
                 },
                 [&](const CommentAlert& value) {
                   message.mutable_comment()->set_alert_id(value.alert_id);
                   message.mutable_comment()->set_comment(value.comment);
                 },
                 [&](const Cleanup& value) { message.mutable_cleanup()->set_days(value.days); },
                 [&](const RecordDeliveries& value) { to_message(value, *message.mutable_record_deliveries()); },
                 [&](const DecideQuarantined& value) {
                   auto& decide = *message.mutable_decide_quarantined();
                   decide.set_quarantine_id(value.quarantine_id);
                   decide.set_action(static_cast<v1::DecideQuarantined::Action>(value.action));
                   decide.set_reason(value.reason);
                 },
                 [&](const Adjust& value) { to_message(value.adjustment, *message.mutable_adjust()); },
                 [&](const WithdrawAdjustment& value) {
                   message.mutable_withdraw_adjustment()->set_adjustment_id(value.adjustment_id);
                   message.mutable_withdraw_adjustment()->set_reason(value.reason);
                 },
             },
             command.command);
  return message.SerializeAsString();
}

std::optional<std::string> command_problem(const Command& command) {
  using Problem = std::optional<std::string>;
  if (auto problem = check_name("actor", command.actor)) return problem;
  return std::visit(Overloaded{
                        [](const AcknowledgeAlert& value) { return check_comment(value.comment); },
                        [](const AssignAlert& value) { return check_name("assignee", value.assignee); },
                        [](const CommentAlert& value) {
                          return value.comment.empty() ? Problem("comment: empty") : check_comment(value.comment);
                        },
                        [](const Cleanup& value) {
                          return value.days <= kCleanupDaysMax
                                     ? Problem()
                                     : "days " + std::to_string(value.days) + ": must be at most " +
                                           std::to_string(kCleanupDaysMax);
                        },
                        [](const RecordDeliveries& value) { return problem(value); },
                        [](const DecideQuarantined& value) { return problem(value); },
                        [](const Adjust& value) { return problem(value); },
                        [](const WithdrawAdjustment& value) { return problem(value); },
                    },
                    command.command);
}

Result<Command> decode_command(std::string_view payload) {
  v1::Command message;
  if (!message.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) return Error{"not a Command"};
  Command command;
  command.actor = message.actor();
  switch (message.command_case()) {
    case v1::Command::kAcknowledge:
      command.command = AcknowledgeAlert{message.acknowledge().alert_id(), message.acknowledge().comment()};
      break;
    case v1::Command::kAssign:
      command.command = AssignAlert{message.assign().alert_id(), message.assign().assignee()};
      break;
    case v1::Command::kComment:
      command.command = CommentAlert{message.comment().alert_id(), message.comment().comment()};
      break;
    case v1::Command::kCleanup:
      command.command = Cleanup{message.cleanup().days()};
      break;
    case v1::Command::kRecordDeliveries: {
      auto deliveries = to_value(message.record_deliveries());
      if (!deliveries) return deliveries.error();
      command.command = std::move(deliveries).value();
      break;
    }
    case v1::Command::kDecideQuarantined: {
      const auto& decide = message.decide_quarantined();
      const auto action = static_cast<DecideQuarantined::Action>(std::clamp<int>(decide.action(), 0, 255));
      command.command = DecideQuarantined{decide.quarantine_id(), action, decide.reason()};
      break;
    }
    case v1::Command::kAdjust: {
      auto adjust = to_value(message.adjust());
      if (!adjust) return adjust.error();
      command.command = std::move(adjust).value();
      break;
    }
    case v1::Command::kWithdrawAdjustment:
      command.command =
          WithdrawAdjustment{message.withdraw_adjustment().adjustment_id(), message.withdraw_adjustment().reason()};
      break;
    case v1::Command::COMMAND_NOT_SET:
      return Error{"an unknown command"};
  }
  if (auto problem = command_problem(command)) return Error{*std::move(problem)};
  return command;
}

std::string encode(const CommandReply& reply) {
  v1::CommandReply message;
  message.set_outcome(static_cast<v1::CommandReply::Outcome>(reply.outcome));
  message.set_reason(reply.reason);
  if (reply.event) to_message(*reply.event, *message.mutable_event());
  if (reply.cleanup) {
    auto& cleanup = *message.mutable_cleanup();
    cleanup.set_alerts(reply.cleanup->alerts);
    cleanup.set_alert_events(reply.cleanup->alert_events);
    cleanup.set_metrics(reply.cleanup->metrics);
    cleanup.set_quarantine(reply.cleanup->quarantine);
    cleanup.set_deliveries(reply.cleanup->deliveries);
  }
  return message.SerializeAsString();
}

Result<CommandReply> decode_command_reply(std::string_view payload) {
  v1::CommandReply message;
  const bool parsed = message.ParseFromArray(payload.data(), static_cast<int>(payload.size()));
  if (!parsed || message.outcome() < v1::CommandReply::DONE || message.outcome() > v1::CommandReply::UNAVAILABLE) {
    return Error{"not a CommandReply"};
  }
  CommandReply reply;
  reply.outcome = static_cast<CommandReply::Outcome>(message.outcome());
  reply.reason = message.reason();
  if (message.has_event()) {
    auto event = to_value(message.event());
    if (!event) return event.error();
    reply.event = std::move(event).value();
  }
  if (message.has_cleanup()) {
    const auto& cleanup = message.cleanup();
    reply.cleanup = CleanupResult{cleanup.alerts(), cleanup.alert_events(), cleanup.metrics(), cleanup.quarantine(),
                                  cleanup.deliveries()};
  }
  return reply;
}

}  // namespace risk::wire

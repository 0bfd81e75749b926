// What a Processor does with what people and the notifier ask of it.
#include <algorithm>
#include <utility>

#include "risk-engine/processor.hpp"
#include "risk/base/overloaded.hpp"

namespace risk::risk_engine {

wire::CommandReply Processor::apply(const wire::Command& command, Timestamp wall) {
  return std::visit(Overloaded{
                        [&](const wire::Cleanup&) -> wire::CommandReply { RISK_CHECK(!"a command on an alert"); },
                        [&](const wire::DecideQuarantined&) -> wire::CommandReply { RISK_CHECK(!"has its row"); },
                        [&](const wire::Adjust&) -> wire::CommandReply { RISK_CHECK(!"is asked for by itself"); },
                        [&](const wire::WithdrawAdjustment&) -> wire::CommandReply { RISK_CHECK(!"has its row"); },
                        [&](const wire::RecordDeliveries& deliveries) { return record(deliveries); },
                        [&](const auto& action) { return alerts_.apply(command.actor, action, wall); },
                    },
                    command.command);
}

// An engine that was replaced while it stood still may be asked before it notices.
wire::CommandReply Processor::waits_elsewhere(const std::string& what) {
  return {wire::CommandReply::Outcome::kUnavailable,
          what + " waits in the database and is not known here: another engine may lead",
          {},
          {}};
}

bool Processor::is_beyond(const store::Origin& origin) const {
  if (origin.stream_id.view() == store::kCommandsOrigin) return origin.sequence > apply_seq_;
  const auto* cursor = find_cursor(origin.stream_id.view());
  if (cursor == nullptr || cursor->epoch != origin.epoch) return cursor == nullptr || cursor->epoch < origin.epoch;
  return cursor->sequence < origin.sequence;
}

wire::CommandReply Processor::decide(const std::string& actor, const wire::DecideQuarantined& decide,
                                     const std::optional<store::QuarantineRow>& row, Timestamp wall) {
  using Outcome = wire::CommandReply::Outcome;
  const bool applies = decide.action == wire::DecideQuarantined::Action::kApply;
  const auto id = std::to_string(decide.quarantine_id);
  const auto refuse = [](Outcome outcome, std::string reason) {
    return wire::CommandReply{outcome, std::move(reason), {}, {}};
  };
  if (!row) return refuse(Outcome::kNotFound, "there is no row " + id + " in the quarantine");
  if (!row->decision) return refuse(Outcome::kConflict, "row " + id + " cannot be applied: there is nothing to decide");
  if (row->decision->state == store::DecisionState::kWaiting && is_beyond(row->origin)) {
    return waits_elsewhere("row " + id + " of the quarantine");
  }
  const bool awaits = row->kind == store::QuarantineKind::kAwaiting;
  if (awaits && applies) {
    return refuse(Outcome::kConflict, "row " + id + " cannot be applied: its execution has not come");
  }
  if (row->decision->state != store::DecisionState::kWaiting || decided_.contains(decide.quarantine_id) ||
      (awaits && !awaiting_.remove({row->origin, {}})) ||
      (row->kind == store::QuarantineKind::kHeld && held_of(row->origin) == held_.end())) {
    return refuse(Outcome::kConflict, "row " + id + " was decided already");
  }
  store::Decision decision{
      applies ? store::DecisionState::kApplied : store::DecisionState::kDropped, actor, wall, decide.reason, {}};
  if (applies || row->kind == store::QuarantineKind::kHeld) {
    const bool is_held = row->kind == store::QuarantineKind::kHeld;
    auto applied = is_held ? decide_held(*row, applies) : apply_quarantined(*row, wall);
    if (!applied) return refuse(Outcome::kConflict, "row " + id + " cannot be applied: " + applied.error().reason);
    if (applies) decision.applied_as = applied.value();
  }
  pending_.commands.push_back({0, wall, actor, applies ? "APPLY" : "DROP", "quarantine " + id,
                               std::string(to_string(store::DecisionState::kWaiting)),
                               std::string(to_string(decision.state)) + ": " + decide.reason});
  pending_.decisions.push_back({decide.quarantine_id, std::move(decision), {}});
  decided_.insert(decide.quarantine_id);
  if (row->kind == store::QuarantineKind::kConflict) --waiting_conflicts_;
  if (awaits) count_quarantined();
  return {};
}

// As an input of its own, now.
Result<std::uint64_t> Processor::apply_quarantined(const store::QuarantineRow& row, Timestamp wall) {
  auto decoded = decoder_.decode(row.record);
  if (!decoded) return decoded.error();
  auto* transaction = std::get_if<engine::Transaction>(&decoded->input);
  if (transaction == nullptr) return Error{"it is not a transaction"};
  const engine::Transaction* const expected[] = {transaction};
  executions_.expect(expected, [this](std::string_view symbol) { return names_of(symbol); });
  const auto verdict = executions_.judge(0);
  if (verdict.kind == Executions::Verdict::Kind::kDuplicate) {
    return Error{"it was applied since, as input " + std::to_string(verdict.known->apply_seq)};
  }
  const auto text_of = [](const engine::Rejection& rejection) {
    return Error{printable(rejection.field + " " + rejection.value + ": " + rejection.reason)};
  };
  std::optional<engine::Original> original;
  if (transaction->is_reversal()) {
    const auto reference = executions_.resolve(0);
    if (const auto problem = problem_of(*transaction, reference)) return text_of(*problem);
    if (reference.known == nullptr) return Error{"its execution has not come"};
    original = reference.known->as_original();
  }
  const auto digest = executions_.digest(0);
  const auto keep = [this](store::AppliedInput added) { pending_.inputs.push_back(std::move(added)); };
  events_.clear();
  if (core_.unit_value(*transaction)) apply_due(transaction->executed_at, keep);
  const bool is_counted_only = !original && is_taken_back_already(*transaction, digest);
  core_.number_next(apply_seq_ + 1);
  const auto applied = original          ? core_.apply(*transaction, *original, events_)
                       : is_counted_only ? core_.count(*transaction, events_)
                                         : core_.apply(*transaction, events_);
  if (!applied) {
    announce(events_);  // of adjustments that were due
    return text_of(applied.error());
  }
  const auto apply_seq = ++apply_seq_;
  note_held_changes(*transaction, wall);
  store::TransactionInput input{std::move(*transaction), applied->price, applied->late, is_counted_only, original};
  note_applied(digest, input, wall);
  const engine::Transaction applied_transaction = input.transaction;
  keep({apply_seq, {store::kCommandsOrigin, apply_seq, 1}, std::move(input)});
  counters_.transactions += original ? 0 : 1;
  counters_.late += applied->late ? 1 : 0;
  apply_awaiting(applied_transaction, digest, wall, keep);
  announce(events_);
  return apply_seq;
}

// Not an input of the core, nor a person's action: it is stored, and no more.
wire::CommandReply Processor::record(const wire::RecordDeliveries& deliveries) {
  using Outcome = wire::CommandReply::Outcome;
  if (deliveries.stream_id != alerts_stream_) {
    return {Outcome::kNotFound,
            "stream_id " + printable(deliveries.stream_id) + ": the alerts here are of stream " + alerts_stream_,
            {},
            {}};
  }
  for (const auto& record : deliveries.records) {
    if (record.event_id <= alerts_.last_event_id()) continue;
    return {Outcome::kNotFound, "there is no alert event " + std::to_string(record.event_id), {}, {}};
  }
  for (const auto& [channel, event_id, alert_id, outcome, answer, at] : deliveries.records) {
    store::DeliveryRow row{channel, event_id, alert_id, std::string(to_string(outcome)), answer, at};
    const auto same = std::find_if(pending_.deliveries.begin(), pending_.deliveries.end(), [&](const auto& other) {
      return other.event_id == row.event_id && other.channel == row.channel;
    });
    if (same == pending_.deliveries.end()) {
      pending_.deliveries.push_back(std::move(row));
    } else {
      *same = std::move(row);
    }
  }
  return {};
}

void Processor::note_cleanup(const std::string& actor, std::uint32_t days, Timestamp wall) {
  pending_.commands.push_back({0, wall, actor, "CLEANUP", "store", "", std::to_string(days) + " days"});
}

}  // namespace risk::risk_engine

// What a Processor does with splits, renames and set positions: each waits for its instant, and is applied as an input
// of its own before the first that reaches it.
#include <algorithm>
#include <utility>

#include "risk-engine/input_slots.hpp"
#include "risk-engine/processor.hpp"

namespace risk::risk_engine {
namespace {

const std::string kTooMany =
    std::to_string(Adjustments::kPendingMost) + " adjustments wait already, as many as allowed";

std::string text_of(const engine::Rejection& rejection) {
  return printable(rejection.field + " " + rejection.value + ": " + rejection.reason);
}

std::string describe(const engine::Adjustment& a) {
  std::string text = std::string(to_string(a.kind)) + " " + a.symbol.text;
  switch (a.kind) {
    case engine::AdjustmentKind::kSplit:
      text += " " + a.ratio;
      break;
    case engine::AdjustmentKind::kRename:
      text += " to " + a.new_symbol.text;
      break;
    case engine::AdjustmentKind::kSetPosition:
      text += " of " + a.client_id.text + " to " + a.quantity.value_or(Quantity{}).to_string();
      break;
  }
  return text + " as of " + format_timestamp(a.effective_at);
}

// What became of one that waits no longer: it was ...
std::string outcome_of(const store::AdjustmentRow& row) {
  switch (row.state) {
    case store::AdjustmentState::kPending:
      break;
    case store::AdjustmentState::kApplied:
      return "applied as input " + std::to_string(*row.applied_as);
    case store::AdjustmentState::kRefused:
      return "refused: " + row.why;
    case store::AdjustmentState::kWithdrawn:
      return "withdrawn by " + row.withdrawn_by + " at " + format_timestamp(*row.withdrawn_at) + ": " +
             printable(row.why);
  }
  RISK_CHECK(!"it waits");
}

}  // namespace

wire::CommandReply Processor::adjust(const std::string& actor, const engine::Adjustment& adjustment, Timestamp wall) {
  const auto refuse = [](std::string reason) {
    return wire::CommandReply{wire::CommandReply::Outcome::kConflict, std::move(reason), {}, {}};
  };
  const engine::Adjustment* const expected[] = {&adjustment};
  adjustments_.expect(expected);
  if (const auto* known = adjustments_.find(adjustment)) {
    const bool waits = known->state == store::AdjustmentState::kPending;
    return refuse("it is adjustment " + std::to_string(known->adjustment_id) + " already, which " +
                  (waits ? "waits for its instant" : "was " + outcome_of(*known)));
  }
  if (adjustments_.is_full()) return refuse(kTooMany);
  events_.clear();
  const auto row = take_adjustment(actor, adjustment, wall,
                                   [this](store::AppliedInput input) { pending_.inputs.push_back(std::move(input)); });
  announce(events_);
  pending_.commands.push_back({0, wall, actor, "ADJUST", "adjustment " + std::to_string(row.adjustment_id), "",
                               printable(describe(adjustment), 1'000)});
  if (row.state != store::AdjustmentState::kRefused) return {};
  // It stays in the history, with who asked for it.
  return refuse("adjustment " + std::to_string(row.adjustment_id) + " was refused: " + row.why);
}

void Processor::take_adjustment(const log::Record& record, const engine::Adjustment& adjustment, InputSlots& places,
                                Timestamp wall, KnownRecords& known) {
  places.pass_over();  // it is an input when it is applied
  if (const auto problem = engine::value_problem(adjustment)) {
    return quarantine(quarantine_row(record, {}, *problem, describe(adjustment), wall));
  }
  if (adjustments_.find(adjustment) != nullptr) {
    ++known.duplicates;
  } else if (adjustments_.is_full()) {
    quarantine(quarantine_row(record, {}, {"effective_at", format_timestamp(adjustment.effective_at), kTooMany},
                              describe(adjustment), wall));
  } else {
    take_adjustment(printable(record.publisher()), adjustment, wall,
                    [&places](store::AppliedInput input) { places.add(std::move(input)); });
  }
}

store::AdjustmentRow Processor::take_adjustment(const std::string& from, const engine::Adjustment& adjustment,
                                                Timestamp wall, const Keep& keep) {
  store::AdjustmentRow row;
  row.adjustment_id = adjustments_.next_id();
  row.adjustment = adjustment;
  row.requested_by = from;
  row.requested_at = wall;
  adjustments_.note(row);
  adjustments_.wait(row);
  if (core_.now()) apply_due(*core_.now(), keep);
  return *adjustments_.find(row.adjustment_id);
}

wire::CommandReply Processor::withdraw(const std::string& actor, const wire::WithdrawAdjustment& withdraw,
                                       const std::optional<store::AdjustmentRow>& stored, Timestamp wall) {
  using Outcome = wire::CommandReply::Outcome;
  const auto target = "adjustment " + std::to_string(withdraw.adjustment_id);
  auto row = adjustments_.take_pending(withdraw.adjustment_id);
  if (!row) {
    const auto* known = adjustments_.find(withdraw.adjustment_id);
    if (known == nullptr && stored) known = &*stored;
    if (known == nullptr) return {Outcome::kNotFound, "there is no " + target, {}, {}};
    if (known->state == store::AdjustmentState::kPending) return waits_elsewhere(target);
    return {Outcome::kConflict, target + " cannot be withdrawn: it was " + outcome_of(*known), {}, {}};
  }
  row->state = store::AdjustmentState::kWithdrawn;
  row->why = withdraw.reason;
  row->withdrawn_by = actor;
  row->withdrawn_at = wall;
  ++counters_.adjustments_withdrawn;
  pending_.commands.push_back({0, wall, actor, "WITHDRAW", target,
                               std::string(to_string(store::AdjustmentState::kPending)),
                               std::string(to_string(row->state)) + ": " + withdraw.reason});
  adjustments_.note(*std::move(row));
  return {};
}

void Processor::apply_due(Timestamp reached, const Keep& keep) {
  while (auto row = adjustments_.take_due(reached)) {
    core_.number_next(apply_seq_ + 1);
    if (const auto rejection = core_.apply(row->adjustment, events_)) {
      row->state = store::AdjustmentState::kRefused;
      row->why = text_of(*rejection);
      ++counters_.adjustments_refused;
      adjustments_.note(*std::move(row));
      continue;
    }
    row->state = store::AdjustmentState::kApplied;
    row->applied_as = ++apply_seq_;
    note_held_changes(*core_.now(), nullptr);  // a split or a rename drops what is held; nobody has said when
    ++counters_.adjustments_applied;
    keep({apply_seq_, {store::kCommandsOrigin, apply_seq_, 1}, row->adjustment});
    adjustments_.note(*std::move(row));
  }
  core_.number_next(apply_seq_ + 1);
}

std::vector<std::string> Processor::names_of(std::string_view symbol) const {
  auto names = core_.names_of(symbol);
  if (adjustments_.pending() == 0) return names;
  const auto add_all_of = [&](const std::string& name) {
    if (std::find(names.begin(), names.end(), name) != names.end()) return;
    for (auto& other : core_.names_of(name)) {
      if (std::find(names.begin(), names.end(), other) == names.end()) names.push_back(std::move(other));
    }
  };
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string name = names[i];
    adjustments_.visit_renames([&](const engine::Adjustment& rename) {
      if (rename.symbol.text == name) add_all_of(rename.new_symbol.text);
      if (rename.new_symbol.text == name) add_all_of(rename.symbol.text);
    });
  }
  return names;
}

std::vector<engine::ExecutionDigest> Processor::identities_of(const engine::Transaction& transaction,
                                                              const engine::ExecutionDigest& own) const {
  std::vector<engine::ExecutionDigest> identities{own};
  if (awaiting_.size() == 0) return identities;
  engine::Transaction named = transaction;
  for (const auto& name : core_.names_of(transaction.symbol.text)) {
    if (name == transaction.symbol.text) continue;
    named.symbol.text = name;
    identities.push_back(executions_.digest_of(named));
  }
  return identities;
}

}  // namespace risk::risk_engine

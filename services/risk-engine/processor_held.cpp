// What a Processor does with prices that the core holds: each has a row of the quarantine, which waits as long as it is
// held.
#include <algorithm>
#include <utility>

#include "risk-engine/input_slots.hpp"
#include "risk-engine/processor.hpp"

namespace risk::risk_engine {
namespace {

engine::Rejection why_held(const engine::HeldPriceRow& held) {
  return {"price", held.price.to_string() + " " + held.currency,
          "is held until another price confirms it: the mark is " + held.mark.to_string() + " " + held.mark_currency};
}

}  // namespace

void Processor::note_held_changes(Timestamp wall, const RowOfInput& row_of_input) {
  for (auto& [symbol, held] : core_.take_held_changes()) {
    const auto as_input = "input " + std::to_string(apply_seq_);
    if (const auto before = held_.find(symbol.text); before != held_.end()) {
      decide_waiting(store::QuarantineKind::kHeld, before->second, store::DecisionState::kDropped, wall,
                     held ? as_input + " is held in its place" : "dropped by " + as_input);
      held_.erase(before);
    }
    if (!held) continue;
    RISK_CHECK(row_of_input != nullptr && held->input == apply_seq_);
    auto row = row_of_input(why_held(*held));
    row.decision.emplace().applied_as = apply_seq_;
    held_.emplace(symbol.text, row.origin);
    std::string record = std::exchange(row.record, {});
    quarantine_waiting(std::move(row), store::QuarantineKind::kHeld, std::move(record));
  }
}

void Processor::note_held_changes(const Arrival& arrival) {
  if (!core_.has_held_changes()) return;
  note_held_changes(arrival.received_at.here, [&](engine::Rejection why) {
    auto row = row_of(arrival, std::move(why));
    row.record = arrival.record.payload();
    return row;
  });
}

void Processor::note_held_changes(const engine::Transaction& transaction, Timestamp wall) {
  note_held_changes(wall, [&](const engine::Rejection& why) {
    auto row = row_of(transaction, {store::kCommandsOrigin, apply_seq_, 1}, why, wall);
    row.record = wire::encode(transaction, {});
    return row;
  });
}

Processor::HeldRows::const_iterator Processor::held_of(const store::Origin& origin) const {
  return std::find_if(held_.begin(), held_.end(), [&](const auto& held) { return held.second == origin; });
}

void Processor::load_held() {
  core_.take_held_changes();
  for (const auto& held : core_.held_price_rows()) {
    const auto row = std::find_if(held_rows_.begin(), held_rows_.end(),
                                  [&](const auto& waiting) { return waiting.decision->applied_as == held.input; });
    if (row == held_rows_.end()) {
      throw store::StoreError("the price of " + held.symbol.text + " that input " + std::to_string(held.input) +
                              " brought is held, and no row of the quarantine waits for it");
    }
    held_.emplace(held.symbol.text, row->origin);
  }
  held_rows_.clear();
}

Result<std::uint64_t> Processor::decide_held(const store::QuarantineRow& row, bool takes) {
  const auto held = held_of(row.origin);
  engine::HeldPriceDecision decision{Symbol(held->first), takes, core_.now().value_or(Timestamp{})};
  events_.clear();
  core_.number_next(apply_seq_ + 1);
  if (const auto applied = core_.apply(decision, events_); !applied) {
    const auto& [field, value, reason] = applied.error();
    return Error{printable(field + " " + value + ": " + reason)};
  }
  core_.take_held_changes();  // this row's, which is decided by a person
  held_.erase(held);
  pending_.inputs.push_back({++apply_seq_, {store::kCommandsOrigin, apply_seq_, 1}, std::move(decision)});
  announce(events_);
  return apply_seq_;
}

}  // namespace risk::risk_engine

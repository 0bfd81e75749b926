#include "riskctl/backtest/rule_set_run.hpp"

#include <algorithm>

namespace risk::riskctl {

RuleSetRun::RuleSetRun(std::string name, engine::RuleSet rules, const engine::Bounds& bounds, OnEvent on_event)
    : name_(std::move(name)), core_(std::move(rules)), on_event_(std::move(on_event)) {
  core_.set_bounds(bounds);
}

std::optional<engine::Rejection> RuleSetRun::apply(const engine::Transaction& transaction) {
  return note(core_.apply(transaction, events_));
}

std::optional<engine::Rejection> RuleSetRun::count(const engine::Transaction& transaction) {
  return note(core_.count(transaction, events_));
}

std::optional<engine::Rejection> RuleSetRun::reverse(const engine::Transaction& reversal, engine::Original original) {
  const auto unit_value = std::partition_point(unit_values_.begin(), unit_values_.end(),
                                               [&](const UnitValue& other) { return other.input < original.input; });
  if (unit_value == unit_values_.end() || unit_value->input != original.input) {
    ++quarantined_;
    return engine::Rejection{"ref_transaction_id", reversal.ref_transaction_id, "names what was not applied"};
  }
  original.unit_value = unit_value->value;
  auto rejection = note(core_.apply(reversal, original, events_));
  if (!rejection) ++(reversal.kind == engine::ExecutionKind::kBust ? busted_ : corrected_);
  return rejection;
}

std::optional<engine::Rejection> RuleSetRun::note(const Result<engine::Applied, engine::Rejection>& applied) {
  announce();
  if (applied) {
    unit_values_.push_back({input_, applied->price});
    return std::nullopt;
  }
  ++quarantined_;
  return applied.error();
}

void RuleSetRun::number_next(std::uint64_t input) {
  input_ = input;
  core_.number_next(input);
}

std::optional<engine::Rejection> RuleSetRun::apply(const engine::OpeningPosition& position) {
  auto rejection = core_.apply(position);
  if (rejection) ++quarantined_;
  return rejection;
}

std::optional<engine::Rejection> RuleSetRun::apply(const engine::Instrument& instrument) {
  const auto changed = core_.apply(instrument);
  if (changed) return std::nullopt;
  ++quarantined_;
  return changed.error();
}

void RuleSetRun::apply(const engine::HeldPriceDecision& decision) {
  if (core_.apply(decision, events_)) announce();
}

std::optional<engine::Rejection> RuleSetRun::apply(const engine::Adjustment& adjustment) {
  auto rejection = core_.apply(adjustment, events_);
  announce();
  if (rejection) ++quarantined_;
  return rejection;
}

void RuleSetRun::tick(Timestamp time) {
  core_.tick(time, events_);
  announce();
}

void RuleSetRun::announce() {
  for (const auto& event : events_) on_event_(event);
  events_.clear();
}

}  // namespace risk::riskctl

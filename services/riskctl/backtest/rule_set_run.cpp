#include "riskctl/backtest/rule_set_run.hpp"

namespace risk::riskctl {

RuleSetRun::RuleSetRun(std::string name, engine::RuleSet rules, const engine::Bounds& bounds, OnEvent on_event)
    : name_(std::move(name)), core_(std::move(rules)), on_event_(std::move(on_event)) {
  core_.set_bounds(bounds);
}

std::optional<engine::Rejection> RuleSetRun::apply(const engine::Transaction& transaction) {
  const auto applied = core_.apply(transaction, events_);
  announce();
  if (applied) return std::nullopt;
  ++quarantined_;
  return applied.error();
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

void RuleSetRun::tick(Timestamp time) {
  core_.tick(time, events_);
  announce();
}

void RuleSetRun::announce() {
  for (const auto& event : events_) on_event_(event);
  events_.clear();
}

}  // namespace risk::riskctl

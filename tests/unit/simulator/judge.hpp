// A core that judges what is simulated as an engine would: adjustments at their instant, executions once, busts and
// corrections with what they take back.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "risk/base/overloaded.hpp"
#include "risk/engine/core.hpp"
#include "risk/wire/transaction.hpp"

namespace risk::simulator {

class Judge {
 public:
  explicit Judge(engine::RuleSet rules = {}) : core_(std::move(rules)) {}

  // Why it cannot be applied.
  std::optional<engine::Rejection> apply(const wire::Input& input) {
    core_.number_next(++number_);
    return std::visit(Overloaded{[&](const engine::Transaction& t) { return trade(t); },
                                 [&](const wire::Tick& tick) {
                                   core_.tick(tick.time, events);
                                   return none();
                                 },
                                 [&](const engine::OpeningPosition& position) { return core_.apply(position); },
                                 [&](const engine::Adjustment& adjustment) {
                                   ++(adjustment.kind == engine::AdjustmentKind::kSplit ? splits_ : renames_);
                                   return core_.apply(adjustment, events);
                                 },
                                 [&](const engine::Instrument& instrument) {
                                   if (instrument.expires_at) futures_.insert(instrument.symbol.text);
                                   return why(core_.apply(instrument));
                                 },
                                 [&](const wire::RejectedInput& rejected) { return std::optional(rejected.rejection); },
                                 [&](const auto& price_or_rate) { return why(core_.apply(price_or_rate, events)); }},
                      input);
  }

  const engine::Core& core() const { return core_; }
  bool is_future(const std::string& symbol) const { return futures_.count(symbol) != 0; }
  int splits() const { return splits_; }
  int renames() const { return renames_; }

  std::vector<engine::AlertEvent> events;

 private:
  static std::optional<engine::Rejection> none() { return std::nullopt; }
  static std::optional<engine::Rejection> why(const auto& result) {
    return result ? none() : std::optional(result.error());
  }

  std::optional<engine::Rejection> trade(const engine::Transaction& t) {
    if (!t.is_reversal() && applied_.count(t.transaction_id) != 0) return std::nullopt;  // it comes a second time
    const auto original = applied_.find(t.ref_transaction_id);
    const auto applied = t.is_reversal() ? core_.apply(t, original->second, events) : core_.apply(t, events);
    if (!applied) return applied.error();
    engine::Original taken{.input = number_,
                           .first_input = number_,
                           .executed_at = t.executed_at,
                           .quantity = t.signed_quantity(),
                           .unit_value = applied->price};
    taken.symbol = t.symbol.text;
    if (!t.is_reversal()) applied_.emplace(t.transaction_id, std::move(taken));
    return std::nullopt;
  }

  engine::Core core_;
  std::uint64_t number_ = 0;
  std::map<std::string, engine::Original> applied_;  // executions, by id
  std::set<std::string> futures_;
  int splits_ = 0, renames_ = 0;
};

}  // namespace risk::simulator

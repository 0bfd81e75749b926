// One set of rules at work on a history.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "risk/engine/core.hpp"

namespace risk::riskctl {

class RuleSetRun {
 public:
  using OnEvent = std::function<void(const engine::AlertEvent&)>;

  // `name` tells it from the other run of a comparison ("tight.yaml"); "" for one alone. `on_event` gets every
  // event in order. Precondition: engine::problems(rules) is empty.
  RuleSetRun(std::string name, engine::RuleSet rules, const engine::Bounds& bounds, OnEvent on_event);

  // As those of engine::Core. A rejection is counted.
  void expect(std::span<const engine::Transaction> next) { core_.expect(next); }
  std::optional<engine::Rejection> apply(const engine::Transaction& transaction);
  std::optional<engine::Rejection> count(const engine::Transaction& transaction);
  // Of `original` all but the unit value is read, which is that of this run. Also rejected where this run has not
  // applied it.
  std::optional<engine::Rejection> reverse(const engine::Transaction& reversal, engine::Original original);
  std::optional<engine::Rejection> apply(const engine::OpeningPosition& position);
  std::optional<engine::Rejection> apply(const engine::Instrument& instrument);
  std::optional<engine::Rejection> apply(const engine::Adjustment& adjustment);
  std::optional<engine::Rejection> apply(const engine::MarketPrice& price) { return apply_market(price); }
  std::optional<engine::Rejection> apply(const engine::ExchangeRate& rate) { return apply_market(rate); }
  // Of these rules no price may be held there, or another: then nothing comes of it.
  void apply(const engine::HeldPriceDecision& decision);
  void tick(Timestamp time);
  // As that of engine::Core, before each input.
  void number_next(std::uint64_t input);

  // Counts an input that cannot be read, let alone applied.
  void note_unreadable() { ++quarantined_; }
  // Counts an execution that was applied before.
  void note_duplicate() { ++duplicates_; }

  const std::string& name() const { return name_; }
  const engine::Core& core() const { return core_; }
  std::uint64_t quarantined() const { return quarantined_; }
  std::uint64_t duplicates() const { return duplicates_; }
  std::uint64_t busted() const { return busted_; }
  std::uint64_t corrected() const { return corrected_; }

 private:
  std::optional<engine::Rejection> note(const Result<engine::Applied, engine::Rejection>& applied);
  std::optional<engine::Rejection> apply_market(const auto& input) {
    const auto changed = core_.apply(input, events_);
    announce();
    if (changed) return std::nullopt;
    ++quarantined_;
    return changed.error();
  }
  void announce();

  std::string name_;
  engine::Core core_;
  OnEvent on_event_;
  std::vector<engine::AlertEvent> events_;
  struct UnitValue {
    std::uint64_t input = 0;
    Price value;
  };
  std::vector<UnitValue> unit_values_;  // of each transaction that was applied, at its own price; rising inputs
  std::uint64_t input_ = 0;
  std::uint64_t quarantined_ = 0;
  std::uint64_t duplicates_ = 0;
  std::uint64_t busted_ = 0;
  std::uint64_t corrected_ = 0;
};

}  // namespace risk::riskctl

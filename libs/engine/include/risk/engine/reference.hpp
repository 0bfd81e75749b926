// Which of the executions that were applied a bust or a correction takes back. It names an id, that of any in a chain
// of corrections; where both sides have it, its own side says which is meant.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "risk/engine/types.hpp"

namespace risk::engine {

// Known is what somebody who looks executions up keeps of one.
template <class Known>
class ReferenceChoice {
 public:
  enum class Kind : std::uint8_t {
    kFound,
    kUnknown,   // nobody has applied it
    kRepeated,  // this very bust has taken it back
    kBusted,    // a bust has taken it back
    kTwoSides   // both sides have the id, and the reversal says no side
  };
  struct Choice {
    Kind kind = Kind::kUnknown;
    const Known* known = nullptr;             // kFound
    const ReversedBy* reversed_by = nullptr;  // kRepeated, kBusted
  };

  // Both must outlive the choice.
  explicit ReferenceChoice(const Transaction& reversal) : reversal_(reversal) {}

  // One that has the identity which is named, on that side. `rank` rises with the order in which they were applied.
  // `end` is what is left of it after its corrections; null: `bust` has taken that back.
  void add(Side side, const Known* end, std::uint64_t rank, const ReversedBy* bust) {
    OfSide& of_side = sides_[side == Side::kBuy ? 0 : 1];
    of_side.is_there = true;
    if (end == nullptr) {
      of_side.bust = bust;
      if (bust->transaction_id == reversal_.transaction_id) of_side.same_bust = bust;
    } else if (of_side.latest == nullptr || of_side.rank < rank) {
      of_side.latest = end;
      of_side.rank = rank;
    }
  }

  // The latest that nothing has taken back.
  Choice choose() const {
    const auto& [buy, sell] = sides_;
    if (buy.is_there && sell.is_there && reversal_.side == Side::kUnknown) return {Kind::kTwoSides};
    const OfSide& side = sell.is_there && (!buy.is_there || reversal_.side == Side::kSell) ? sell : buy;
    if (!side.is_there) return {Kind::kUnknown};
    const bool busts = reversal_.kind == ExecutionKind::kBust;
    if (busts && side.same_bust != nullptr) return {Kind::kRepeated, nullptr, side.same_bust};
    if (side.latest == nullptr) return {Kind::kBusted, nullptr, side.bust};
    return {Kind::kFound, side.latest, nullptr};
  }

 private:
  struct OfSide {
    const Known* latest = nullptr;
    std::uint64_t rank = 0;
    const ReversedBy* bust = nullptr;
    const ReversedBy* same_bust = nullptr;
    bool is_there = false;
  };

  const Transaction& reversal_;
  std::array<OfSide, 2> sides_;
};

// Why what a reversal refers to cannot be taken back: a clause. Nothing: it can, or is not there.
template <class Choice>
std::optional<Rejection> reference_problem(const Transaction& reversal, const Choice& choice) {
  using Kind = decltype(choice.kind);
  if (choice.kind == Kind::kTwoSides) {
    return Rejection{"side", "", "is missing: a BUY and a SELL have the ref_transaction_id"};
  }
  if (choice.kind != Kind::kRepeated && choice.kind != Kind::kBusted) return std::nullopt;
  return Rejection{"ref_transaction_id", reversal.ref_transaction_id,
                   "was taken back by " + std::string(to_string(choice.reversed_by->kind)) + " " +
                       choice.reversed_by->transaction_id + " as input " + std::to_string(choice.reversed_by->input)};
}

}  // namespace risk::engine

// What the database calls the kinds and states of rows.
#include "risk/base/check.hpp"
#include "risk/store/rows.hpp"

namespace risk::store {

std::string_view to_string(QuarantineKind kind) {
  switch (kind) {
    case QuarantineKind::kRejected:
      return "REJECTED";
    case QuarantineKind::kConflict:
      return "CONFLICT";
    case QuarantineKind::kAwaiting:
      return "AWAITING_EXECUTION";
    case QuarantineKind::kHeld:
      return "HELD_PRICE";
  }
  RISK_CHECK(!"a kind of row");
}

std::optional<QuarantineKind> parse_quarantine_kind(std::string_view name) {
  for (const auto kind :
       {QuarantineKind::kRejected, QuarantineKind::kConflict, QuarantineKind::kAwaiting, QuarantineKind::kHeld}) {
    if (to_string(kind) == name) return kind;
  }
  return std::nullopt;
}

std::string_view to_string(DecisionState state) {
  switch (state) {
    case DecisionState::kWaiting:
      return "WAITING";
    case DecisionState::kApplied:
      return "APPLIED";
    case DecisionState::kDropped:
      return "DROPPED";
  }
  RISK_CHECK(!"a decision");
}

std::string_view to_string(AdjustmentState state) {
  switch (state) {
    case AdjustmentState::kPending:
      return "PENDING";
    case AdjustmentState::kApplied:
      return "APPLIED";
    case AdjustmentState::kRefused:
      return "REFUSED";
    case AdjustmentState::kWithdrawn:
      return "WITHDRAWN";
  }
  RISK_CHECK(!"a state");
}

std::optional<AdjustmentState> parse_adjustment_state(std::string_view name) {
  for (const auto state :
       {AdjustmentState::kPending, AdjustmentState::kApplied, AdjustmentState::kRefused, AdjustmentState::kWithdrawn}) {
    if (to_string(state) == name) return state;
  }
  return std::nullopt;
}

}  // namespace risk::store

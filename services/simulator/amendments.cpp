#include "simulator/amendments.hpp"

#include <utility>

namespace risk::simulator {
namespace {

// Beside the numbers that the executions are drawn by.
constexpr std::uint64_t kOtherSequence = 0x616d656e64, kWildPriceSequence = 0x77696c64;
constexpr std::int64_t kExecutionsBetweenMax = 50;
constexpr std::int64_t kWildFactor = 100;
constexpr std::int64_t kTypoSharesMax = 9, kTypoCentsMax = 99;
// What is bought is sold again later, which nobody tells of a bust: a fat finger's would stay as a position for good.
constexpr Quantity kReversedMax = Quantity::from_whole(1'000);

}  // namespace

engine::Transaction bust_of(const engine::Transaction& execution) {
  engine::Transaction bust = execution;
  bust.kind = engine::ExecutionKind::kBust;
  bust.ref_transaction_id = execution.transaction_id;
  bust.transaction_id += "-bust";
  bust.quantity = {};
  bust.price = {};
  bust.currency.clear();
  return bust;
}

Amendments::Amendments(std::uint64_t seed, const Probabilities& probabilities)
    : random_(seed ^ kOtherSequence),
      wild_price_random_(seed ^ kWildPriceSequence),
      reversal_share_(share_of(probabilities.reversal)),
      duplicate_share_(share_of(probabilities.duplicate)),
      wild_price_share_(share_of(probabilities.wild_price)) {}

void Amendments::note(engine::Transaction& execution) {
  ++executions_;
  // A draw a statement: their order must not be the compiler's to choose.
  const auto add = [this](engine::Transaction transaction, Random& random) {
    const auto later = static_cast<std::uint64_t>(random.between(1, kExecutionsBetweenMax));
    due_.emplace(executions_ + later, std::move(transaction));
  };
  if (wild_price_random_.chance(wild_price_share_) && execution.quantity <= kReversedMax) {
    engine::Transaction correction = execution;
    correction.ref_transaction_id = execution.transaction_id;
    correction.kind = engine::ExecutionKind::kCorrection;
    correction.transaction_id += "-correction";
    add(std::move(correction), wild_price_random_);
    execution.price = Price::from_units(execution.price.units() * kWildFactor);
    return;
  }
  if (reversal_share_ > 0 && random_.chance(reversal_share_) && execution.quantity <= kReversedMax) {
    add(reversal_of(execution), random_);
  }
  if (duplicate_share_ > 0 && random_.chance(duplicate_share_)) add(execution, random_);
}

bool Amendments::take(engine::Transaction& transaction) {
  if (due_.empty() || due_.begin()->first > executions_) return false;
  transaction = std::move(due_.begin()->second);
  due_.erase(due_.begin());
  return true;
}

engine::Transaction Amendments::reversal_of(const engine::Transaction& execution) {
  if (random_.below(2) == 0) return bust_of(execution);
  engine::Transaction reversal = execution;
  reversal.ref_transaction_id = execution.transaction_id;
  reversal.kind = engine::ExecutionKind::kCorrection;
  reversal.transaction_id += "-correction";
  if (random_.below(2) == 0) {
    const auto shares = random_.between(1, kTypoSharesMax);
    reversal.quantity = Quantity::from_units(reversal.quantity.units() + shares * kDecimalScale);
  } else {
    const auto cents = random_.between(1, kTypoCentsMax);
    reversal.price = Price::from_units(reversal.price.units() + cents * kDecimalScale / 100);
  }
  return reversal;
}

}  // namespace risk::simulator

#include "riskctl/backtest/applied_executions.hpp"

#include <algorithm>

namespace risk::riskctl {

void AppliedExecutions::expect(std::span<const engine::Transaction> next) {
  expected_.clear();
  for (const auto& transaction : next) {
    expected_.push_back(engine::digest_of(transaction, aliases_, {}));
    index_.fetch(expected_.back().fingerprint());
  }
}

std::optional<AppliedExecutions::Known> AppliedExecutions::find(std::size_t index) {
  const auto& digest = expected_[index];
  std::optional<Known> known;
  std::uint64_t latest = 0;
  found_.clear();
  index_.find(digest.fingerprint(), found_);
  for (const auto number : found_) {
    const auto& applied = applied_[number - 1];
    if (!digest.has_identity_of(applied)) continue;
    if (digest.is_duplicate_of(applied)) return Known{applied, true};
    if (number > latest) known = Known{applied, false};
    latest = std::max(latest, number);
  }
  return known;
}

void AppliedExecutions::note(std::size_t index) {
  applied_.push_back(expected_[index]);
  index_.add({expected_[index].fingerprint(), applied_.size()});
}

bool AppliedExecutions::is_duplicate(const engine::OpeningPosition& position) const {
  const auto latest = openings_.find({position.client_id.text, position.symbol.text});
  return latest != openings_.end() && latest->second == position;
}

void AppliedExecutions::note(const engine::OpeningPosition& position) {
  openings_.insert_or_assign({position.client_id.text, position.symbol.text}, position);
}

}  // namespace risk::riskctl

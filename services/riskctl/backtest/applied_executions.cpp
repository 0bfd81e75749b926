#include "riskctl/backtest/applied_executions.hpp"

#include <algorithm>

#include "risk/base/check.hpp"

namespace risk::riskctl {

void AppliedExecutions::expect(std::span<const engine::Transaction> next) {
  expected_.clear();
  for (const auto& transaction : next) {
    expected_.push_back(digest_of(transaction));
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
    const auto& applied = applied_[number - 1].digest;
    if (!digest.has_identity_of(applied)) continue;
    if (digest.is_duplicate_of(applied)) return Known{applied, true};
    if (number > latest) known = Known{applied, false};
    latest = std::max(latest, number);
  }
  return known;
}

AppliedExecutions::Reference AppliedExecutions::resolve(const engine::Transaction& reversal,
                                                        std::span<const std::string> names) {
  auto reference = resolve(reversal);
  engine::Transaction named = reversal;
  for (const auto& name : names) {
    if (reference.kind != decltype(reference.kind)::kUnknown) break;
    named.symbol.text = name;
    reference = resolve(named);
  }
  return reference;
}

AppliedExecutions::Reference AppliedExecutions::resolve(const engine::Transaction& reversal) {
  engine::ReferenceChoice<Applied> choice(reversal);
  for (const auto& digest : reference_digests_of(reversal)) {
    found_.clear();
    index_.find(digest.fingerprint(), found_);
    for (const auto number : found_) {
      const Applied& applied = applied_[number - 1];
      if (!digest.has_identity_of(applied.digest)) continue;
      const engine::ReversedBy* bust = nullptr;
      const Applied* const end = end_of_chain(applied, bust);
      choice.add(applied.side, end, end == nullptr ? 0 : end->input, bust);
    }
  }
  return choice.choose();
}

const AppliedExecutions::Applied* AppliedExecutions::end_of_chain(const Applied& begin,
                                                                  const engine::ReversedBy*& bust) const {
  const Applied* applied = &begin;
  for (auto by = reversals_.find(applied->input); by != reversals_.end(); by = reversals_.find(applied->input)) {
    if (by->second.kind == engine::ExecutionKind::kBust) {
      bust = &by->second;
      return nullptr;
    }
    applied = &at(by->second.input);
  }
  return applied;
}

const AppliedExecutions::Applied& AppliedExecutions::at(std::uint64_t input) const {
  const auto applied = std::partition_point(applied_.begin(), applied_.end(),
                                            [input](const Applied& other) { return other.input < input; });
  RISK_CHECK(applied != applied_.end() && applied->input == input);
  return *applied;
}

const AppliedExecutions::Applied* AppliedExecutions::latest_of(std::uint64_t input) const {
  const engine::ReversedBy* bust = nullptr;
  return end_of_chain(at(input), bust);
}

engine::Original AppliedExecutions::as_original(const Applied& applied) const {
  const std::int64_t units = counted_only_.contains(applied.input) ? 0 : applied.digest.quantity.units();
  const auto found = first_inputs_.find(applied.input);
  const Applied& first = found == first_inputs_.end() ? applied : at(found->second);
  return {applied.input,
          first.input,
          applied.digest.executed_at,
          Quantity::from_units(applied.side == engine::Side::kBuy ? units : -units),
          {},
          *first.symbol,
          first.digest.executed_at};
}

void AppliedExecutions::note(const engine::Transaction& transaction, const engine::ExecutionDigest& digest,
                             std::uint64_t input, bool counted_only) {
  const auto symbol = symbols_.insert(transaction.symbol.text).first;
  applied_.push_back({digest, input, transaction.side, &*symbol});
  index_.add({digest.fingerprint(), applied_.size()});
  if (counted_only) counted_only_.insert(input);
}

void AppliedExecutions::note_reversal(std::uint64_t original_input, const engine::Transaction& reversal,
                                      std::uint64_t input) {
  reversals_.insert_or_assign(original_input, engine::ReversedBy{input, reversal.kind, reversal.transaction_id});
  if (reversal.kind != engine::ExecutionKind::kCorrection) return;
  const auto first = first_inputs_.find(original_input);
  first_inputs_.insert_or_assign(input, first == first_inputs_.end() ? original_input : first->second);
}

engine::ExecutionDigest AppliedExecutions::digest_of(const engine::Transaction& transaction) const {
  return engine::digest_of(transaction, aliases_, {});
}

engine::ReferenceDigests AppliedExecutions::reference_digests_of(const engine::Transaction& reversal) const {
  return engine::reference_digests_of(reversal, aliases_, {});
}

bool AppliedExecutions::is_duplicate(const engine::OpeningPosition& position) const {
  const auto latest = openings_.find({position.client_id.text, position.symbol.text});
  return latest != openings_.end() && latest->second == position;
}

void AppliedExecutions::note(const engine::OpeningPosition& position) {
  openings_.insert_or_assign({position.client_id.text, position.symbol.text}, position);
}

}  // namespace risk::riskctl

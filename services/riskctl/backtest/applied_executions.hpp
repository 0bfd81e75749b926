// The executions and opening positions that a backtest has applied, so that one that comes again is known, and what a
// bust or a correction takes back: as the engine knows it, but all in memory, about 80 bytes an execution.
//
// Threads: one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "risk/engine/identity.hpp"
#include "risk/engine/identity_index.hpp"
#include "risk/engine/reference.hpp"

namespace risk::riskctl {

class AppliedExecutions {
 public:
  // `aliases` must outlive it.
  explicit AppliedExecutions(const engine::BrokerAliases& aliases) : aliases_(aliases) {}

  // What comes next.
  void expect(std::span<const engine::Transaction> next);

  struct Known {
    engine::ExecutionDigest digest;  // as it was applied
    bool is_duplicate = false;       // else a conflict
  };
  // Of the transaction at `index` of those that are expected: what of its identity was applied.
  std::optional<Known> find(std::size_t index);

  // An execution or a correction that was applied.
  struct Applied {
    engine::ExecutionDigest digest;
    std::uint64_t input = 0;
    engine::Side side = engine::Side::kUnknown;
    const std::string* symbol = nullptr;  // as it came
  };
  using Reference = engine::ReferenceChoice<Applied>::Choice;
  // What a bust or a correction takes back, under any of the names of its symbol, its own first. It lives until the
  // next note().
  Reference resolve(const engine::Transaction& reversal, std::span<const std::string> names);
  // What is left of the one that was applied as an input, after its corrections; null: it was busted.
  const Applied* latest_of(std::uint64_t input) const;
  // As a reversal of it needs it, but for what a unit was worth.
  engine::Original as_original(const Applied& applied) const;

  // It was applied as this input, which rises.
  void note(const engine::Transaction& transaction, const engine::ExecutionDigest& digest, std::uint64_t input,
            bool counted_only);
  // This input, of that bust or correction, has taken one back.
  void note_reversal(std::uint64_t original_input, const engine::Transaction& reversal, std::uint64_t input);

  const engine::ExecutionDigest& digest(std::size_t index) const { return expected_[index]; }  // of those expected
  engine::ExecutionDigest digest_of(const engine::Transaction& transaction) const;
  engine::ReferenceDigests reference_digests_of(const engine::Transaction& reversal) const;

  // Whether the latest opening position of its client and symbol that was applied is the same.
  bool is_duplicate(const engine::OpeningPosition& position) const;
  void note(const engine::OpeningPosition& position);  // it was applied

 private:
  Reference resolve(const engine::Transaction& reversal);  // by its own name
  const Applied& at(std::uint64_t input) const;            // precondition: it was noted
  const Applied* end_of_chain(const Applied& begin, const engine::ReversedBy*& bust) const;  // null: `bust` is set

  const engine::BrokerAliases& aliases_;
  engine::IdentityIndex index_;
  std::vector<Applied> applied_;                                     // by number, from 1; rising inputs
  std::unordered_map<std::uint64_t, engine::ReversedBy> reversals_;  // by the input of what was taken back
  std::unordered_map<std::uint64_t, std::uint64_t> first_inputs_;    // of the chains of corrections
  std::unordered_set<std::uint64_t> counted_only_;                   // inputs
  std::vector<engine::ExecutionDigest> expected_;
  std::vector<std::uint64_t> found_;
  std::set<std::string, std::less<>> symbols_;  // of those that were applied; they stay where they are
  std::map<std::pair<std::string, std::string>, engine::OpeningPosition> openings_;  // the latest, by client and symbol
};

}  // namespace risk::riskctl

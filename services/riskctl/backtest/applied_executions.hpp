// The executions and opening positions that a backtest has applied, so that one that comes again is known: as the
// engine knows it, but all in memory, about 60 bytes an execution.
//
// Threads: one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "risk/engine/identity.hpp"
#include "risk/engine/identity_index.hpp"

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
  void note(std::size_t index);  // it was applied

  // Whether the latest opening position of its client and symbol that was applied is the same.
  bool is_duplicate(const engine::OpeningPosition& position) const;
  void note(const engine::OpeningPosition& position);  // it was applied

 private:
  const engine::BrokerAliases& aliases_;
  engine::IdentityIndex index_;
  std::vector<engine::ExecutionDigest> applied_;  // by number, from 1
  std::vector<engine::ExecutionDigest> expected_;
  std::vector<std::uint64_t> found_;
  std::map<std::pair<std::string, std::string>, engine::OpeningPosition> openings_;  // the latest, by client and symbol
};

}  // namespace risk::riskctl

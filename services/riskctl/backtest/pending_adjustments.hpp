// The splits, renames and set positions of a file that came in order of instant, each until an input reaches it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "risk/engine/adjustment.hpp"

namespace risk::riskctl {

class PendingAdjustments {
 public:
  struct Row {
    engine::Adjustment adjustment;
    std::uint64_t line = 0;
  };

  // False: it is the same as one before it, which counts once. Precondition: its instant is not before the last one's.
  bool add(engine::Adjustment adjustment, std::uint64_t line) {
    if (!of_last_instant_.empty() && of_last_instant_.front().effective_at != adjustment.effective_at) {
      of_last_instant_.clear();
    }
    const auto end = of_last_instant_.end();
    if (std::find(of_last_instant_.begin(), end, adjustment) != end) return false;
    of_last_instant_.push_back(adjustment);
    rows_.push_back({std::move(adjustment), line});
    return true;
  }

  bool is_due(Timestamp reached) const { return !rows_.empty() && rows_.front().adjustment.effective_at <= reached; }
  std::optional<Row> take_due(Timestamp reached) {
    if (!is_due(reached)) return std::nullopt;
    Row row = std::move(rows_.front());
    rows_.pop_front();
    return row;
  }

 private:
  std::deque<Row> rows_;
  std::vector<engine::Adjustment> of_last_instant_;  // those that were applied too
};

}  // namespace risk::riskctl

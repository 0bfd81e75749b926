// The splits, renames and set positions that wait for their instant, and those that were decided since the last commit:
// what the store does not have yet.
//
// Threads: one at a time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "risk/base/check.hpp"
#include "risk/store/rows.hpp"

namespace risk::risk_engine {

class Adjustments {
 public:
  static constexpr std::size_t kPendingMost = 10'000;

  // Goes on from what is stored.
  Adjustments(std::vector<store::AdjustmentRow> pending, std::uint64_t last_id) : last_id_(last_id) {
    for (auto& row : pending) wait(std::move(row));
  }

  // Asks the store: Reader::find_adjustment. What it throws goes through expect(), which has then changed nothing that
  // lasts.
  using Find = std::function<std::optional<store::AdjustmentRow>(const engine::Adjustment&)>;
  void set_find(Find find) { find_ = std::move(find); }

  // What comes next; asks the store about it, at once.
  void expect(std::span<const engine::Adjustment* const> next) {
    stored_.clear();
    for (const auto* adjustment : next) {
      RISK_CHECK(find_);
      if (auto row = find_(*adjustment)) stored_.push_back(*std::move(row));
    }
  }

  std::size_t pending() const { return pending_.size(); }
  bool is_full() const { return pending_.size() >= kPendingMost; }
  std::uint64_t next_id() const { return last_id_ + 1; }

  // One that is the same in every field and waits, or was applied: here, or as the store has it of those that are
  // expected. Null: there is none.
  const store::AdjustmentRow* find(const engine::Adjustment& adjustment) const {
    const auto is_same = [&](const auto& entry) { return entry.second.adjustment == adjustment; };
    const auto waiting = std::find_if(pending_.begin(), pending_.end(), is_same);
    if (waiting != pending_.end()) return &waiting->second;
    const auto applied = std::find_if(uncommitted_.begin(), uncommitted_.end(), is_same);
    if (applied != uncommitted_.end()) return &applied->second;
    const auto stored =
        std::find_if(stored_.begin(), stored_.end(), [&](const auto& row) { return row.adjustment == adjustment; });
    return stored == stored_.end() ? nullptr : &*stored;
  }

  // Precondition: its id is next_id(), or it comes from the store.
  void wait(store::AdjustmentRow row) {
    last_id_ = std::max(last_id_, row.adjustment_id);
    const Place place{row.adjustment.effective_at, row.adjustment_id};
    pending_.emplace(place, std::move(row));
  }
  bool is_due(Timestamp now) const { return !pending_.empty() && pending_.begin()->first.first <= now; }
  // The first that is due: by its instant, then in order of arrival.
  std::optional<store::AdjustmentRow> take_due(Timestamp now) {
    if (!is_due(now)) return std::nullopt;
    auto row = std::move(pending_.begin()->second);
    pending_.erase(pending_.begin());
    return row;
  }

  // Calls look(rename) for each rename that waits.
  void visit_renames(const auto& look) const {
    for (const auto& [place, row] : pending_) {
      if (row.adjustment.kind == engine::AdjustmentKind::kRename) look(row.adjustment);
    }
  }

  void note_applied(std::uint64_t apply_seq, const store::AdjustmentRow& row) { uncommitted_.emplace(apply_seq, row); }
  // Inputs up to this one can be found in the store.
  void note_committed(std::uint64_t apply_seq) {
    uncommitted_.erase(uncommitted_.begin(), uncommitted_.upper_bound(apply_seq));
  }

 private:
  using Place = std::pair<Timestamp, std::uint64_t>;  // instant, id

  std::map<Place, store::AdjustmentRow> pending_;
  std::map<std::uint64_t, store::AdjustmentRow> uncommitted_;  // that were applied, by apply_seq
  std::vector<store::AdjustmentRow> stored_;                   // of those that are expected
  std::uint64_t last_id_;
  Find find_;
};

}  // namespace risk::risk_engine

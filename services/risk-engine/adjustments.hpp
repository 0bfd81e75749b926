// The splits, renames and set positions that wait for their instant, and the rows of `adjustments` that the store may
// not show yet.
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

  // Asks the store: Reader::find_applied. What it throws goes through expect(), which has then changed nothing that
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
    auto waiting = pending_.lower_bound({adjustment.effective_at, 0});
    for (; waiting != pending_.end() && waiting->first.first == adjustment.effective_at; ++waiting) {
      if (waiting->second.adjustment == adjustment) return &waiting->second;
    }
    const auto is_same = [&](const store::AdjustmentRow& row) {
      return row.state == store::AdjustmentState::kApplied && row.adjustment == adjustment;
    };
    for (const auto* rows : {&changed_, &taken_}) {
      const auto applied =
          std::find_if(rows->begin(), rows->end(), [&](const auto& row) { return is_same(row.second); });
      if (applied != rows->end()) return &applied->second;
    }
    const auto stored = std::find_if(stored_.begin(), stored_.end(), is_same);
    return stored == stored_.end() ? nullptr : &*stored;
  }

  // As it stands now; null: as the store has it, if it does.
  const store::AdjustmentRow* find(std::uint64_t adjustment_id) const {
    for (const auto* rows : {&changed_, &taken_}) {
      const auto found = rows->find(adjustment_id);
      if (found != rows->end()) return &found->second;
    }
    return nullptr;
  }

  // Precondition: its id is next_id(), or it comes from the store.
  void wait(store::AdjustmentRow row) {
    last_id_ = std::max(last_id_, row.adjustment_id);
    const Place place{row.adjustment.effective_at, row.adjustment_id};
    pending_.emplace(place, std::move(row));
  }
  bool is_due(Timestamp now) const { return !pending_.empty() && pending_.begin()->first.first <= now; }
  // The first that is due: by its instant, then in order of arrival. It waits no longer.
  std::optional<store::AdjustmentRow> take_due(Timestamp now) {
    return is_due(now) ? take(pending_.begin()) : std::nullopt;
  }
  // The one with this id, which waits no longer; nothing if it did not.
  std::optional<store::AdjustmentRow> take_pending(std::uint64_t adjustment_id) {
    const auto found = std::find_if(pending_.begin(), pending_.end(),
                                    [&](const auto& entry) { return entry.first.second == adjustment_id; });
    return found == pending_.end() ? std::nullopt : take(found);
  }

  // Calls look(rename) for each rename that waits.
  void visit_renames(const auto& look) const {
    for (const auto& [place, row] : pending_) {
      if (row.adjustment.kind == engine::AdjustmentKind::kRename) look(row.adjustment);
    }
  }

  // The row is to be stored as it is.
  void note(store::AdjustmentRow row) { changed_.insert_or_assign(row.adjustment_id, std::move(row)); }
  bool has_changed() const { return !changed_.empty(); }
  // Each row that was noted, once. Precondition: what was taken before is in the store.
  std::vector<store::AdjustmentRow> take_changed() {
    taken_ = std::exchange(changed_, {});
    std::vector<store::AdjustmentRow> rows;
    for (const auto& [id, row] : taken_) rows.push_back(row);
    return rows;
  }

 private:
  using Place = std::pair<Timestamp, std::uint64_t>;  // instant, id
  using Pending = std::map<Place, store::AdjustmentRow>;

  std::optional<store::AdjustmentRow> take(Pending::iterator at) {
    auto row = std::move(at->second);
    pending_.erase(at);
    return row;
  }

  Pending pending_;
  std::map<std::uint64_t, store::AdjustmentRow> changed_;  // by id, since take_changed()
  std::map<std::uint64_t, store::AdjustmentRow> taken_;    // by the last take_changed()
  std::vector<store::AdjustmentRow> stored_;               // that were applied, of those that are expected
  std::uint64_t last_id_;
  Find find_;
};

}  // namespace risk::risk_engine

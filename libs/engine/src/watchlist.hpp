// The entities a sweep has to look at, those with an open alert above all, each with the time from which a look can
// change anything: so a sweep passes by everyone else.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "risk/base/timestamp.hpp"

namespace risk::engine {

class Watchlist {
 public:
  static constexpr Timestamp kAlways{std::numeric_limits<std::int64_t>::min()};
  static constexpr Timestamp kWoken{std::numeric_limits<std::int64_t>::max()};  // not before wake() or add()

  void add(std::uint32_t index) {
    added_.push_back({index, kAlways});
    if (added_.size() >= compacted_at_) compact();
  }
  // Everyone is to be looked at again.
  void wake() {
    for (Entry& entry : sorted_) entry.due = kAlways;
  }

  // Calls look(index) for each entity that is due at `now`, once, in byte order of id. It returns when the entity is
  // due next, nothing when it is done with. fetch(index) is called some entities before.
  void visit(const auto& entities, Timestamp now, const auto& fetch, const auto& look) {
    merge(entities);
    std::size_t kept = 0, fetched = 0;
    for (std::size_t i = 0; i < sorted_.size(); ++i) {
      for (; fetched < sorted_.size() && fetched < i + kAhead; ++fetched) {
        if (sorted_[fetched].due <= now) fetch(sorted_[fetched].index);
      }
      Entry entry = sorted_[i];
      if (entry.due <= now) {
        const std::optional<Timestamp> due = look(entry.index);
        if (!due) continue;
        entry.due = *due;
      }
      sorted_[kept++] = entry;
    }
    sorted_.resize(kept);
  }

 private:
  friend struct Internals;
  static constexpr std::size_t kAhead = 8;
  static constexpr std::size_t kCompactedFrom = 1024;

  struct Entry {
    std::uint32_t index;
    Timestamp due;
  };

  // Keeps the first of entries of one entity, which are next to each other.
  static void drop_repeated(std::vector<Entry>& entries) {
    const auto same = [](const Entry& a, const Entry& b) { return a.index == b.index; };
    entries.erase(std::unique(entries.begin(), entries.end(), same), entries.end());
  }

  // While time stands still no sweep comes, and an entity may be added again and again.
  void compact() {
    std::sort(added_.begin(), added_.end(), [](const Entry& a, const Entry& b) { return a.index < b.index; });
    drop_repeated(added_);
    compacted_at_ = std::max(kCompactedFrom, 2 * added_.size());
  }

  void merge(const auto& entities) {
    if (added_.empty()) return;
    const auto before = [&](const Entry& a, const Entry& b) {
      return a.index != b.index ? entities.before(a.index, b.index) : a.due < b.due;
    };
    std::sort(added_.begin(), added_.end(), before);
    // From the back, so that each place is looked for by halves and what lies between moves as a whole: entities are
    // far apart in memory, and comparing two is dear.
    auto old_end = static_cast<std::ptrdiff_t>(sorted_.size());
    sorted_.resize(sorted_.size() + added_.size());
    auto end = sorted_.end();
    for (auto added = added_.rbegin(); added != added_.rend(); ++added) {
      const auto place = std::upper_bound(sorted_.begin(), sorted_.begin() + old_end, *added, before);
      end = std::move_backward(place, sorted_.begin() + old_end, end);
      *--end = *added;
      old_end = place - sorted_.begin();
    }
    drop_repeated(sorted_);
    added_.clear();
  }

  std::vector<Entry> sorted_;
  std::vector<Entry> added_;  // in any order, perhaps in sorted_ too
  std::size_t compacted_at_ = kCompactedFrom;
};

}  // namespace risk::engine

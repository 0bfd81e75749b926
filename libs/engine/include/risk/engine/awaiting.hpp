// Busts and corrections that came before their execution, each until that comes. Of too many the oldest goes.
//
// Threads: one at a time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <list>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "risk/engine/identity.hpp"

namespace risk::engine {

// Origin says which record it was, to who keeps them.
template <class Origin>
class Awaiting {
 public:
  static constexpr std::size_t kMost = 10'000;

  struct Reversal {
    Origin origin;
    Transaction transaction;
    ExecutionDigest digest;  // its own
    ReferenceDigests references;
    std::uint64_t number = 0;  // rises in the order in which they come; add() gives it
  };

  std::size_t size() const { return reversals_.size(); }

  // Calls look(reversal) for each, in the order in which they came.
  void visit(const auto& look) const {
    for (const auto& reversal : reversals_) look(reversal);
  }

  // Whether one like it waits: another bust of the same, or a correction with the same identity and figures.
  bool has(const Reversal& reversal) const {
    const auto places = all_of(reversal.references.front());
    return std::any_of(places.begin(), places.end(), [&](Place place) { return are_same(*place, reversal); });
  }

  // The one that has to go for it, if there are too many. Precondition: !has(reversal).
  std::optional<Reversal> add(Reversal reversal) {
    std::optional<Reversal> oldest;
    if (reversals_.size() == kMost) oldest = take(reversals_.begin());
    reversal.number = ++last_number_;
    const auto place = reversals_.insert(reversals_.end(), std::move(reversal));
    for (const auto& reference : place->references) by_reference_.emplace(reference.fingerprint(), place);
    if (corrects(*place)) corrections_.emplace(place->digest.fingerprint(), place);
    return oldest;
  }

  // The first that waits for this execution or correction; null: nothing does.
  const Reversal* find(const ExecutionDigest& execution) const {
    if (reversals_.empty()) [[likely]]
      return nullptr;
    const auto places = all_of(execution);
    return places.empty() ? nullptr : &*places.front();
  }
  // The same, and takes it out.
  std::optional<Reversal> take(const ExecutionDigest& execution) {
    if (reversals_.empty()) [[likely]]
      return std::nullopt;
    const auto places = all_of(execution);
    if (places.empty()) return std::nullopt;
    return take(places.front());
  }
  // A correction that has the identity of what was applied, which it is a duplicate of or conflicts with; none: there
  // is none. Takes it out.
  std::optional<Reversal> take_same(const ExecutionDigest& applied) {
    if (reversals_.empty()) [[likely]]
      return std::nullopt;
    const auto [first, last] = corrections_.equal_range(applied.fingerprint());
    const auto same = std::find_if(
        first, last, [&applied](const auto& entry) { return entry.second->digest.has_identity_of(applied); });
    if (same == last) return std::nullopt;
    return take(same->second);
  }
  // The first that came; none: nothing waits.
  std::optional<Reversal> take_oldest() {
    if (reversals_.empty()) return std::nullopt;
    return take(reversals_.begin());
  }
  // Whether one of that origin waited; it does no longer.
  bool remove(const Origin& origin) {
    const auto place = std::find_if(reversals_.begin(), reversals_.end(),
                                    [&origin](const Reversal& reversal) { return reversal.origin == origin; });
    if (place == reversals_.end()) return false;
    take(place);
    return true;
  }

 private:
  using Place = typename std::list<Reversal>::iterator;

  static bool corrects(const Reversal& reversal) { return reversal.transaction.kind == ExecutionKind::kCorrection; }
  static bool names(const Reversal& reversal, const ExecutionDigest& execution) {
    return std::any_of(reversal.references.begin(), reversal.references.end(),
                       [&execution](const auto& reference) { return reference.has_identity_of(execution); });
  }
  static bool are_same(const Reversal& a, const Reversal& b) {
    if (a.transaction.kind != b.transaction.kind) return false;
    if (a.transaction.kind == ExecutionKind::kCorrection) {
      return a.digest.has_identity_of(b.digest) && a.digest.is_duplicate_of(b.digest);
    }
    return a.transaction.side == b.transaction.side || a.transaction.side == Side::kUnknown ||
           b.transaction.side == Side::kUnknown;
  }
  // In the order in which they came.
  std::vector<Place> all_of(const ExecutionDigest& execution) const {
    std::vector<Place> places;
    const auto [first, last] = by_reference_.equal_range(execution.fingerprint());
    for (auto entry = first; entry != last; ++entry) {
      if (names(*entry->second, execution)) places.push_back(entry->second);
    }
    std::sort(places.begin(), places.end(), [](Place a, Place b) { return a->number < b->number; });
    places.erase(std::unique(places.begin(), places.end()), places.end());
    return places;
  }
  Reversal take(Place place) {
    const auto forget = [place](auto& places, std::uint64_t fingerprint) {
      const auto [first, last] = places.equal_range(fingerprint);
      const auto entry = std::find_if(first, last, [place](const auto& other) { return other.second == place; });
      if (entry != last) places.erase(entry);
    };
    for (const auto& reference : place->references) forget(by_reference_, reference.fingerprint());
    if (corrects(*place)) forget(corrections_, place->digest.fingerprint());
    Reversal taken = std::move(*place);
    reversals_.erase(place);
    return taken;
  }

  std::uint64_t last_number_ = 0;
  std::list<Reversal> reversals_;                               // in the order in which they came
  std::unordered_multimap<std::uint64_t, Place> by_reference_;  // by fingerprint: each under both sides
  std::unordered_multimap<std::uint64_t, Place> corrections_;   // by their own
};

}  // namespace risk::engine

// What symbols were called before: the renames that were applied, by the old name. One is in force until the old name
// is a symbol of its own again; it is kept then, for what was applied before it is where it has brought it.
//
// Invariants
//   1. Of the renames of one name only the last may be in force.
//   2. Those that are in force lead in no circle: what a name means has not been renamed away.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace risk::engine {

struct Rename {
  std::string new_symbol;
  std::uint64_t input = 0;                // the number of the one that applied it
  std::optional<std::uint64_t> ended_by;  // of the one that ended it; none: it is in force
  bool is_taken_back = false;             // by a rename to the old name: what it has moved comes back

  friend bool operator==(const Rename&, const Rename&) = default;
};

class Renames {
 public:
  using Of = std::vector<Rename>;  // in the order in which they were applied
  using BySymbol = std::map<std::string, Of, std::less<>>;
  static constexpr std::uint64_t kNow = ~std::uint64_t{0};

  const Of& of(std::string_view symbol) const {
    static const Of kNone;
    const auto found = by_symbol_.find(symbol);
    return found == by_symbol_.end() ? kNone : found->second;
  }
  // What was in force of a name after an input; null: nothing.
  const Rename* in_force(std::string_view symbol, std::uint64_t after = kNow) const {
    const Of& renames = of(symbol);
    const auto is_in_force = [after](const Rename& rename) {
      return rename.input <= after && (!rename.ended_by || *rename.ended_by > after);
    };
    const auto found = std::find_if(renames.rbegin(), renames.rend(), is_in_force);
    return found == renames.rend() ? nullptr : &*found;
  }
  // The first that came after an input; null: none.
  const Rename* next(std::string_view symbol, std::uint64_t after) const {
    for (const Rename& rename : of(symbol)) {
      if (rename.input > after) return &rename;
    }
    return nullptr;
  }
  // The input with which a name last became a new symbol of its own, up to an input; 0: it never did.
  std::uint64_t begin_of(std::string_view symbol, std::uint64_t up_to) const {
    std::uint64_t begin = 0;
    for (const Rename& rename : of(symbol)) {
      if (rename.ended_by && *rename.ended_by <= up_to && !rename.is_taken_back) begin = *rename.ended_by;
    }
    return begin;
  }
  // What a name meant after an input, through chains; itself where it was not renamed.
  std::string_view meaning(std::string_view symbol, std::uint64_t after = kNow) const {
    // No more steps than there are renames: a snapshot may claim a circle in the past.
    for (std::size_t steps = size_; steps > 0; --steps) {
      const Rename* rename = in_force(symbol, after);
      if (rename == nullptr) break;
      symbol = rename->new_symbol;
    }
    return symbol;
  }

  // Preconditions: neither name is renamed away, and they differ.
  void add(std::string_view symbol, std::string_view new_symbol, std::uint64_t input) {
    restore(symbol, {.new_symbol = std::string(new_symbol), .input = input, .ended_by = {}});
  }
  void restore(std::string_view symbol, Rename rename) {
    by_symbol_[std::string(symbol)].push_back(std::move(rename));
    ++size_;
  }
  // The name is a symbol of its own again, if it was none: a new one, or what it was renamed to.
  void end(std::string_view symbol, std::uint64_t input, bool is_taken_back) {
    const auto found = by_symbol_.find(symbol);
    if (found == by_symbol_.end() || found->second.back().ended_by) return;
    found->second.back().ended_by = input;
    found->second.back().is_taken_back = is_taken_back;
  }
  std::size_t size() const { return size_; }  // of all names
  const BySymbol& all() const { return by_symbol_; }

 private:
  BySymbol by_symbol_;
  std::size_t size_ = 0;
};

}  // namespace risk::engine

// What symbols have become: which name an input's symbol stands for, and which splits change the figures that it gives.
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include "renames.hpp"
#include "splits.hpp"

namespace risk::engine {

struct SymbolHistory {
  Renames renames;
  Splits splits;

  bool empty() const { return renames.size() == 0 && splits.size() == 0; }
  // Whether a name has been renamed or split.
  bool knows(std::string_view symbol) const {
    return !empty() && (renames.all().contains(symbol) || splits.all().contains(symbol));
  }
  std::string_view meaning(std::string_view symbol) const { return renames.meaning(symbol); }

  // What has become of what came under a name as `input`, up to an input: where it is, and the splits on its way.
  struct Way {
    std::string_view symbol;
    std::vector<Split> splits;  // in the order in which they were applied
  };
  Way after(std::string_view name, std::uint64_t input, std::uint64_t up_to = Renames::kNow) const {
    Way way{renames.meaning(name, input), {}};
    for (;;) {
      const Rename* const next = renames.next(way.symbol, input);
      const bool moves = next != nullptr && next->input <= up_to;
      const std::uint64_t end = moves ? next->input : up_to;
      for (const Split& split : splits.of(way.symbol)) {
        if (split.input > input && split.input <= end) way.splits.push_back(split);
      }
      if (!moves) return way;
      way.symbol = next->new_symbol;
      input = next->input;
    }
  }

  // The splits of what was executed at an instant, and came under a name as `input`: those from after the instant that
  // were applied before, in order of their own instant, then of application. The splits of an old name go along to the
  // new one; what the new one had been split into before does not concern the old one. Of each name those count of what
  // it is now, not those of a symbol that had the name before.
  std::vector<Split> before(std::string_view symbol, Timestamp executed_at, std::uint64_t input) const {
    std::vector<Split> found;
    std::uint64_t since = 0;
    for (std::size_t steps = renames.size() + 1; steps > 0; --steps) {
      const Rename* const rename = renames.in_force(symbol, input);
      since = std::max(since, renames.begin_of(symbol, input));
      for (const Split& split : after(symbol, since, rename == nullptr ? input : rename->input).splits) {
        if (executed_at < split.effective_at) found.push_back(split);
      }
      if (rename == nullptr) break;
      symbol = rename->new_symbol;
      since = rename->input;
    }
    std::stable_sort(found.begin(), found.end(),
                     [](const Split& a, const Split& b) { return a.effective_at < b.effective_at; });
    return found;
  }
};

}  // namespace risk::engine

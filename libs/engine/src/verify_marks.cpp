// The invariants of the remembered marks.
#include <algorithm>

#include "verify.hpp"

namespace risk::engine {
namespace {

// Of a symbol that has some; empty: nothing is wrong.
std::string problem_of(const RememberedMarks& marks, const Mark& mark, const Rates& rates) {
  if (marks.newest().mark != mark) return "its mark is not the newest that is remembered";
  for (std::size_t i = 0; i < marks.size(); ++i) {
    const auto& [made, input] = marks.at(i);
    if (made.currency != kNoCurrency && made.currency >= rates.size()) {
      return "a mark is remembered in a currency that is not there";
    }
    if (i > 0 && made.at < marks.at(i - 1).mark.at) return "remembered marks are not by rising instants";
    if (input != 0 && marks.find(input) != i) return "two remembered marks are of input " + std::to_string(input);
  }
  return "";
}

}  // namespace

void verify_marks(Verification& to) {
  const Internals::Impl& core = to.core;
  const auto& symbols = core.positions.symbols;
  if (core.remembered.size() != symbols.size()) {
    return to.add("remembered marks", "there is room for those of " + std::to_string(core.remembered.size()) + " of " +
                                          std::to_string(symbols.size()) + " symbols");
  }
  const bool remembers = core.evaluator.rules().knows_reversals();
  if (!remembers && core.session_from != 0) {
    to.add("session", "the input that began it is kept by rules that know no reversals");
  }
  for (SymbolIndex index = 0; index < symbols.size(); ++index) {
    const SymbolState& symbol = symbols[index];
    const RememberedMarks& marks = core.remembered[index];
    if (marks.empty()) {
      // Nothing has marked a symbol of which executions were only counted.
      const bool is_unmarked = symbol.mark == Mark{{}, kOldest, kNoCurrency};
      if (remembers && !is_unmarked) to.add(name_of(symbol), "its mark is not remembered");
    } else if (!remembers) {
      to.add(name_of(symbol), "marks are remembered by rules that know no reversals");
    } else if (const auto problem = problem_of(marks, symbol.mark, core.rates); !problem.empty()) {
      to.add(name_of(symbol), problem);
    }
  }
}

}  // namespace risk::engine

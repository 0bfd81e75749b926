// The invariants of the remembered marks and of held prices.
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

// Of a symbol of which a price is held.
std::string problem_of(const HeldPrice& held, const Mark& mark, const Positions& positions, const Rates& rates) {
  if (held.made.mark.currency >= rates.size()) return "its held price is in a currency that is not there";
  if (held.made.mark.at < mark.at) return "its held price is older than its mark";
  if (held.client == kNone) return held.has_order_id ? "its held price is of an order, and of no client" : "";
  return held.client < positions.clients.size() ? "" : "its held price is of a client who is not there";
}

void verify_held_prices(Verification& to) {
  const Internals::Impl& core = to.core;
  const auto& symbols = core.positions.symbols;
  for (SymbolIndex index = 0; index < symbols.size(); ++index) {
    const SymbolState& symbol = symbols[index];
    const auto held = core.held_prices.find(index);
    const bool is_held = held != core.held_prices.end();
    if (symbol.holds_price != is_held) {
      to.add(name_of(symbol), is_held ? "a price of it is held, and it knows none" : "its held price is not there");
    } else if (is_held) {
      const auto problem = problem_of(held->second, symbol.mark, core.positions, core.rates);
      if (!problem.empty()) to.add(name_of(symbol), problem);
    }
  }
  if (!core.held_prices.empty() && core.held_prices.rbegin()->first >= symbols.size()) {
    to.add("held prices", "one is of a symbol that is not there");
  }
}

}  // namespace

void verify_marks(Verification& to) {
  const Internals::Impl& core = to.core;
  const auto& symbols = core.positions.symbols;
  if (core.remembered.size() != symbols.size()) {
    return to.add("remembered marks", "there is room for those of " + std::to_string(core.remembered.size()) + " of " +
                                          std::to_string(symbols.size()) + " symbols");
  }
  verify_held_prices(to);
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

// The invariants of splits and renames.
#include "verify.hpp"

namespace risk::engine {
namespace {

void verify_splits(Verification& to, const Splits& splits) {
  std::size_t size = 0;
  for (const auto& [symbol, of_symbol] : splits.all()) {
    const std::string who = "splits of " + symbol;
    size += of_symbol.size();
    if (of_symbol.empty() || of_symbol.size() > kSplitsOfSymbolMax) to.add(who, "they are none, or too many");
    for (std::size_t i = 0; i < of_symbol.size(); ++i) {
      const auto fits = [](std::uint32_t units) { return 1 <= units && units <= SplitRatio::kMost; };
      if (!fits(of_symbol[i].ratio.new_units) || !fits(of_symbol[i].ratio.old_units)) {
        to.add(who, "a ratio is out of range");
      }
      if (i > 0 && of_symbol[i].input < of_symbol[i - 1].input) to.add(who, "they are not in order of application");
    }
  }
  if (size != splits.size() || size > kSplitsMax) {
    to.add("splits", std::to_string(splits.size()) + " are counted, " + std::to_string(size) + " are there");
  }
}

void verify_renames(Verification& to, const Renames& renames) {
  std::size_t size = 0;
  for (const auto& [symbol, of_symbol] : renames.all()) {
    const std::string who = "renames of " + symbol;
    size += of_symbol.size();
    for (std::size_t i = 0; i < of_symbol.size(); ++i) {
      const Rename& rename = of_symbol[i];
      if (i + 1 < of_symbol.size() && (!rename.ended_by || *rename.ended_by > of_symbol[i + 1].input)) {
        to.add(who, "one that is not the last is in force");
      }
      if (rename.ended_by && *rename.ended_by < rename.input) to.add(who, "one ends before it begins");
    }
    if (renames.in_force(renames.meaning(symbol)) != nullptr) to.add(who, "they lead in a circle");
  }
  if (size != renames.size() || size > kRenamesMax) {
    to.add("renames", std::to_string(renames.size()) + " are counted, " + std::to_string(size) + " are there");
  }
}

}  // namespace

void verify_history(Verification& to) {
  const Internals::Impl& core = to.core;
  verify_splits(to, core.history.splits);
  verify_renames(to, core.history.renames);
  const auto& symbols = core.positions.symbols;
  for (SymbolIndex index = 0; index < symbols.size(); ++index) {
    const SymbolState& symbol = symbols[index];
    if (symbol.has_history != core.history.knows(symbol.id.view())) {
      to.add(name_of(symbol), symbol.has_history ? "it has a history that nobody knows" : "it has a history unnoticed");
    }
    if (core.history.renames.in_force(symbol.id.view()) == nullptr) continue;
    if (symbol.positions != 0 || symbol.mark.price != Price{} || symbol.terms != nullptr) {
      to.add(name_of(symbol), "it was renamed, and is held, marked or known as an instrument all the same");
    }
  }
}

}  // namespace risk::engine

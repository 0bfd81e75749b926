// The splits that were applied, by symbol: what comes later and is from before one is split too.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "risk/engine/adjustment.hpp"

namespace risk::engine {

struct Split {
  Timestamp effective_at;
  SplitRatio ratio;
  std::uint64_t input = 0;  // the number of the one that applied it

  friend bool operator==(const Split&, const Split&) = default;
};

class Splits {
 public:
  using Of = std::vector<Split>;  // in the order in which they were applied
  using BySymbol = std::map<std::string, Of, std::less<>>;

  const Of& of(std::string_view symbol) const {
    static const Of kNone;
    const auto found = by_symbol_.find(symbol);
    return found == by_symbol_.end() ? kNone : found->second;
  }
  void add(std::string_view symbol, const Split& split) {
    by_symbol_[std::string(symbol)].push_back(split);
    ++size_;
  }
  std::size_t size() const { return size_; }  // of all symbols
  const BySymbol& all() const { return by_symbol_; }

 private:
  BySymbol by_symbol_;
  std::size_t size_ = 0;
};

}  // namespace risk::engine

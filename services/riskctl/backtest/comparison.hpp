// What two sets of rules alert differently over the same history.
#pragma once

#include <cstdint>
#include <vector>

#include "riskctl/backtest/alert_log.hpp"

namespace risk::riskctl {

// An alert of one of them, or of both with another severity or peak. At least one is there; they live in their logs.
struct Difference {
  const AlertSummary* first = nullptr;
  const AlertSummary* second = nullptr;

  const AlertSummary& any() const { return first != nullptr ? *first : *second; }
  std::string_view raised_by() const { return second == nullptr ? "first" : first == nullptr ? "second" : "both"; }
};

struct Comparison {
  std::vector<Difference> differences;  // by time of opening, then rule and entity
  std::uint64_t only_first = 0;
  std::uint64_t only_second = 0;
  std::uint64_t different = 0;  // both raise it, with another severity or peak
  std::uint64_t same = 0;
};

// Two alerts are one if their rule, entity and time of opening are the same. The logs must outlive the result.
Comparison compare(const AlertLog& first, const AlertLog& second);

}  // namespace risk::riskctl

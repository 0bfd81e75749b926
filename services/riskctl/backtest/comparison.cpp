#include "riskctl/backtest/comparison.hpp"

#include <algorithm>
#include <tuple>

namespace risk::riskctl {
namespace {

auto key_of(const AlertSummary& alert) {
  return std::tie(alert.opened_at, alert.type, alert.entity_type, alert.entity_id);
}

// An entity may open the same alert twice within one time: then the order of opening decides.
std::vector<const AlertSummary*> in_order(const AlertLog& log) {
  std::vector<const AlertSummary*> alerts;
  alerts.reserve(log.alerts().size());
  for (const auto& alert : log.alerts()) alerts.push_back(&alert);
  std::stable_sort(alerts.begin(), alerts.end(), [](const auto* a, const auto* b) { return key_of(*a) < key_of(*b); });
  return alerts;
}

void add(Comparison& comparison, const Difference& pair) {
  const auto& [first, second] = pair;
  if (second == nullptr) {
    ++comparison.only_first;
  } else if (first == nullptr) {
    ++comparison.only_second;
  } else if (first->severity != second->severity || first->peak != second->peak) {
    ++comparison.different;
  } else {
    ++comparison.same;
    return;
  }
  comparison.differences.push_back(pair);
}

}  // namespace

Comparison compare(const AlertLog& first, const AlertLog& second) {
  const auto a = in_order(first), b = in_order(second);
  Comparison comparison;
  for (std::size_t i = 0, j = 0; i < a.size() || j < b.size();) {
    const bool only_first = j == b.size() || (i < a.size() && key_of(*a[i]) < key_of(*b[j]));
    const bool only_second = !only_first && (i == a.size() || key_of(*b[j]) < key_of(*a[i]));
    add(comparison, {only_second ? nullptr : a[i], only_first ? nullptr : b[j]});
    i += only_second ? 0 : 1;
    j += only_first ? 0 : 1;
  }
  return comparison;
}

}  // namespace risk::riskctl

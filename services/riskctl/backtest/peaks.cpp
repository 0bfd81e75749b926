#include "riskctl/backtest/peaks.hpp"

#include <algorithm>
#include <tuple>

#include "risk/engine/rule_table.hpp"
#include "riskctl/backtest/figures.hpp"

namespace risk::riskctl {
namespace {

using engine::AlertType;
using engine::EntityType;
using engine::Figure;

using Entity = std::pair<AlertLog::Rule, std::string>;

// The few highest peaks of each rule, whatever number is added.
class Highest {
 public:
  void add(Peak peak) {
    auto& peaks = peaks_[{peak.type, peak.entity_type}];
    const auto at = std::upper_bound(peaks.begin(), peaks.end(), peak, [](const Peak& a, const Peak& b) {
      return std::tie(b.utilisation_e4, a.entity_id) < std::tie(a.utilisation_e4, b.entity_id);
    });
    peaks.insert(at, std::move(peak));
    if (peaks.size() > kPeaksOfRuleMax) peaks.pop_back();
  }

  std::vector<Peak> all() const {
    std::vector<Peak> all;
    for (const auto& [rule, peaks] : peaks_) all.insert(all.end(), peaks.begin(), peaks.end());
    return all;
  }

 private:
  std::map<AlertLog::Rule, std::vector<Peak>> peaks_;
};

std::map<Entity, Peak> peaks_of_alerts(const AlertLog& log) {
  std::map<Entity, Peak> peaks;
  for (const auto& alert : log.alerts()) {
    const Figure::Unit unit = engine::unit_of(alert.type);
    if (unit == Figure::Unit::kZScore || unit == Figure::Unit::kPrice) continue;
    const auto utilisation = utilisation_e4(alert.peak, alert.limit);
    auto& peak = peaks[{{alert.type, alert.entity_type}, alert.entity_id}];
    if (peak.of_alert && utilisation <= peak.utilisation_e4) continue;
    peak = {alert.type, alert.entity_type, alert.entity_id, alert.peak, alert.limit, utilisation, true};
  }
  return peaks;
}

// Precondition: the row has a utilisation, so the rule has a limit for it.
Peak peak_at_end(AlertType type, EntityType entity_type, const engine::ExposureRow& row,
                 const engine::ExposureRule& rule) {
  const auto own = rule.limit_by_entity.find(row.id);
  const Money limit = own != rule.limit_by_entity.end() ? own->second : *rule.limit;
  return {type,
          entity_type,
          row.id,
          {Figure::Unit::kMoney, row.total_exposure.units()},
          {Figure::Unit::kMoney, Notional::of(limit).units()},
          *row.utilisation_e4,
          false};
}

}  // namespace

std::vector<Peak> highest_peaks(const engine::Core& core, const AlertLog& log) {
  auto of_alerts = peaks_of_alerts(log);
  Highest highest;
  const auto& rules = core.rules();
  const auto rows_of = [&](EntityType type) {
    switch (type) {
      case EntityType::kClient:
        return core.client_rows();
      case EntityType::kSymbol:
        return core.symbol_rows();
      case EntityType::kFirm:
        return std::vector{core.firm_row()};
    }
    RISK_CHECK(!"an entity type");
  };
  // A row holds the utilisation of the first exposure rule of its entity type.
  for (const EntityType entity_type : engine::kEntityTypes) {
    const auto rule = std::find_if(rules.exposure_rules.begin(), rules.exposure_rules.end(),
                                   [&](const auto& other) { return other.entity_type == entity_type; });
    if (rule == rules.exposure_rules.end() || !rule->enabled) continue;
    const AlertType type = engine::alert_type_of(*rule);
    for (const auto& row : rows_of(entity_type)) {
      if (!row.utilisation_e4) continue;
      const auto alert = of_alerts.find({{type, entity_type}, row.id});
      if (alert == of_alerts.end()) {
        highest.add(peak_at_end(type, entity_type, row, *rule));
      } else if (*row.utilisation_e4 > alert->second.utilisation_e4) {
        alert->second = peak_at_end(type, entity_type, row, *rule);
      }
    }
  }
  for (auto& [entity, peak] : of_alerts) highest.add(std::move(peak));
  return highest.all();
}

}  // namespace risk::riskctl

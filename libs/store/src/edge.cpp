#include "edge.hpp"

namespace risk::store {
namespace {

constexpr Int128 kEdgeUnit = 1'000'000'000'000;  // of 10^-4, in units of a Notional
static_assert(kNotionalPlaces - kEdgePlaces == 12);

engine::Figure at_edge(engine::Figure figure) {
  if (figure.unit == engine::Figure::Unit::kMoney) {
    figure.amount = store::at_edge(Notional::from_units(figure.amount)).units();
  }
  return figure;
}

}  // namespace

Int128 edge_units(Notional amount) {
  return divide_half_even(amount.units(), kEdgeUnit);
}

Notional at_edge(Notional amount) {
  return Notional::from_units(edge_units(amount) * kEdgeUnit);
}

Notional inverted_by(const engine::Exposure& rounded, Notional net) {
  const Int128 difference = rounded.long_value.units() - rounded.short_value.units() - net.units();
  const Int128 most = 2 * kEdgeUnit;  // that rounding makes
  return Notional::from_units(-most <= difference && difference <= most ? 0 : difference / 2);
}

engine::ExposureRow at_edge(engine::ExposureRow row) {
  const Notional net = at_edge(row.exposure.net());
  row.exposure.long_value = at_edge(row.exposure.long_value);
  row.exposure.short_value = at_edge(row.exposure.short_value);
  row.exposure.turnover = at_edge(row.exposure.turnover);
  row.exposure.inverted = inverted_by(row.exposure, net);
  row.total_exposure = at_edge(row.total_exposure);
  row.pnl = at_edge(row.pnl);
  return row;
}

AlertRow at_edge(AlertRow row) {
  auto& event = row.latest;
  for (auto* figure : {&event.value, &event.limit, &event.peak}) *figure = at_edge(*figure);
  for (auto& contributor : event.contributors) contributor.value = at_edge(contributor.value);
  if (event.anomaly) {
    for (auto* amount : {&event.anomaly->notional, &event.anomaly->mean, &event.anomaly->standard_deviation}) {
      *amount = at_edge(*amount);
    }
  }
  return row;
}

MetricsRow at_edge(MetricsRow row) {
  row.total_exposure = at_edge(row.total_exposure);
  return row;
}

}  // namespace risk::store

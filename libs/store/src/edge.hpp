// Money at the edge: rounded half to even to 4 places, once, as every database of this room keeps it.
#pragma once

#include "risk/store/rows.hpp"

namespace risk::store {

// Units of 10^-4.
Int128 edge_units(Notional amount);

// What Exposure::inverted is of an exposure whose amounts are rounded, by its net as it is stored; 0 where rounding
// alone makes the difference.
Notional inverted_by(const engine::Exposure& rounded, Notional net);

// The value as it comes back from a database.
Notional at_edge(Notional amount);
engine::ExposureRow at_edge(engine::ExposureRow row);
AlertRow at_edge(AlertRow row);
MetricsRow at_edge(MetricsRow row);

}  // namespace risk::store

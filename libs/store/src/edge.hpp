// Money at the edge: rounded half to even to 4 places, once, as every database of this room keeps it.
#pragma once

#include "risk/store/rows.hpp"

namespace risk::store {

// Units of 10^-4.
Int128 edge_units(Notional amount);

// The value as it comes back from a database.
Notional at_edge(Notional amount);
engine::ExposureRow at_edge(engine::ExposureRow row);
AlertRow at_edge(AlertRow row);
MetricsRow at_edge(MetricsRow row);

}  // namespace risk::store

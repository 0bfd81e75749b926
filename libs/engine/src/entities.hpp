// What the core knows of each client, each symbol and the firm.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "alert_states.hpp"
#include "entity_table.hpp"
#include "risk/engine/types.hpp"
#include "windows.hpp"

namespace risk::engine {

using ClientIndex = std::uint32_t;
using SymbolIndex = std::uint32_t;

// The alerts and windows that an entity of any type has.
struct Watch {
  AlertState exposure_alert;
  const ExposureThresholds* exposure_limit = nullptr;  // owned by the core; null: no limit
  AlertState velocity_alert;
  std::uint32_t velocity_limit = 0;
  VelocityWindow velocity;
  AnomalyState anomaly_alert;
  AnomalyWindow anomaly;
};

struct Holding {
  SymbolIndex symbol = 0;
  Quantity quantity;     // may be zero again
  bool changed = false;  // since the last take_changes()
};

struct ClientState {
  std::string id;
  std::vector<Holding> holdings;  // by symbol index
  std::uint64_t positions = 0;    // that are not zero
  Notional turnover;
  std::uint64_t transactions = 0;
  Timestamp touched;  // when it last traded or its turnover was reset
  bool changed = false;
  Watch watch;
};

struct SymbolState {
  std::string id;
  Price mark;
  Timestamp mark_moved;              // when the mark last changed its value
  Int128 long_quantity = 0;          // sums over clients, scaled 10^8
  Int128 short_quantity = 0;         // >= 0
  std::uint64_t positions = 0;       // that are not zero
  std::vector<ClientIndex> holders;  // everyone who ever held it
  Notional turnover;
  std::uint64_t transactions = 0;
  Timestamp touched;
  bool changed = false;
  bool mark_changed = false;  // since the last take_changes(kMarked)
  Watch watch;
};

struct FirmState {
  Int128 long_value = 0;  // sums over symbols, in units of 10^-16
  Int128 short_value = 0;
  Notional turnover;
  Watch watch;  // its velocity is never judged
};

}  // namespace risk::engine

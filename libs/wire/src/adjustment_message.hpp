// An adjustment as a message, of a stream and of a command.
#pragma once

#include <algorithm>

#include "risk/engine/adjustment.hpp"
#include "risk/v1/transaction.pb.h"

namespace risk::wire {

inline void to_message(const engine::Adjustment& adjustment, v1::Adjustment& message) {
  message.set_effective_at_us(adjustment.effective_at.micros());
  message.set_effective_at_nanos(adjustment.effective_at.nanos_of_micro());
  message.set_kind(static_cast<v1::Adjustment::Kind>(adjustment.kind));
  message.set_symbol(adjustment.symbol.text);
  message.set_ratio(adjustment.ratio);
  message.set_new_symbol(adjustment.new_symbol.text);
  message.set_client_id(adjustment.client_id.text);
  if (adjustment.quantity) message.set_quantity_e8(adjustment.quantity->units());
  message.set_reason(adjustment.reason);
}

// All but the instant.
inline void read_fields(const v1::Adjustment& message, engine::Adjustment& adjustment) {
  adjustment.kind = static_cast<engine::AdjustmentKind>(std::clamp<int>(message.kind(), 0, 255));
  adjustment.symbol.text = message.symbol();
  adjustment.ratio = message.ratio();
  adjustment.new_symbol.text = message.new_symbol();
  adjustment.client_id.text = message.client_id();
  if (message.has_quantity_e8()) adjustment.quantity = Quantity::from_units(message.quantity_e8());
  adjustment.reason = message.reason();
}

}  // namespace risk::wire

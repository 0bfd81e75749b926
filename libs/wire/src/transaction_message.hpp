// A transaction inside another message.
#pragma once

#include "risk/engine/types.hpp"
#include "risk/v1/transaction.pb.h"

namespace risk::wire {

void to_message(const engine::Transaction& value, v1::Transaction& message);
engine::Transaction to_value(const v1::Transaction& message);

}  // namespace risk::wire

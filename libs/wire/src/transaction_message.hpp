// A transaction inside another message.
#pragma once

#include <optional>

#include "risk/engine/types.hpp"
#include "risk/v1/transaction.pb.h"

namespace risk::wire {

void to_message(const engine::Transaction& value, v1::Transaction& message);
// Why it cannot be: the one field whose values do not all have a place in a transaction. `value` is then unspecified.
std::optional<engine::Rejection> read(const v1::Transaction& message, engine::Transaction& value);

}  // namespace risk::wire

// An alert's change inside another message.
#pragma once

#include "risk/v1/alert.pb.h"
#include "risk/wire/alert.hpp"

namespace risk::wire {

void to_message(const AlertMessage& value, v1::AlertEvent& message);
Result<AlertMessage> to_value(const v1::AlertEvent& message);

}  // namespace risk::wire

// What an execution becomes on the bus. Pure. Threads: any.
#pragma once

#include <string_view>

#include "drop-copy/fix/execution.hpp"
#include "risk/wire/transaction.hpp"

namespace risk::drop_copy {

// The record of an execution as FIX told it: a transaction where it can be applied, else a rejected input with the
// field of FIX, its value, the reason and the message. The one place that knows what the bus can say of an execution.
wire::Input to_input(const Execution& execution, const FixMapping& mapping, std::string_view raw);

// The record of a message that cannot be used.
wire::RejectedInput to_rejected(const Unusable& unusable, std::string_view raw);

}  // namespace risk::drop_copy

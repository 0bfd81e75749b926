// When what an instrument's FIX fields describe has expired. Pure. Threads: any.
#pragma once

#include <optional>
#include <string_view>

#include "drop-copy/fix/execution.hpp"
#include "risk/base/result.hpp"
#include "risk/base/timestamp.hpp"

namespace risk::drop_copy {

// As the message has them; "" where it has not.
struct MaturityFields {
  std::string_view date;        // MaturityDate (541): YYYYMMDD
  std::string_view month_year;  // MaturityMonthYear (200): YYYYMM, YYYYMMDD, YYYYMMw1 to w5
  std::string_view day;         // MaturityDay (205): of a month without a day
};

// The end, in UTC, of the day that is named, or of the month where no day is: FIX says no time of day, and a contract
// must not be closed too early. Nothing: it does not expire.
Result<std::optional<Timestamp>, Unusable> read_expiry(const MaturityFields& fields);

}  // namespace risk::drop_copy

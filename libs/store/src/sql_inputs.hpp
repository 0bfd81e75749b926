// The inputs on either SQL database: two tables, read as one by number, kept and dropped by the UTC day of their
// commit.
#pragma once

#include "day.hpp"
#include "risk/store/rows.hpp"
#include "sql.hpp"

namespace risk::store {

// One row of input_days.
struct InputDay {
  Day day;
  std::uint64_t first_apply_seq = 0;
  std::uint64_t last_apply_seq = 0;
  std::uint64_t inputs = 0;
  std::optional<std::int64_t> last_executed_at_ns{};  // none: it has no transaction
};

// Adds inputs, rising, to the row of their day. Precondition: !inputs.empty().
Query note_day(Day day, const AppliedInputs& inputs);
// Writes them to their day. With `day_is_open` the day's partitions are known to be there. Precondition: a transaction
// is open, in which note_day() was run.
void write_inputs(SqlConnection& connection, Day day, bool day_is_open, const AppliedInputs& inputs);

std::optional<InputDay> oldest_day(const QueryRunner& run);

// Drops a day, or on a database without partitions a bounded piece of it, and moves the day's first number behind what
// is gone. Returns the rows; none: somebody has stored inputs on that day since it was read. Precondition: a
// transaction is open.
std::optional<std::uint64_t> drop_from_day(SqlConnection& connection, InputDay& day);

// Store::replay and Reader::replay.
void replay_inputs(const QueryRunner& run, std::uint64_t after_apply_seq,
                   const std::function<void(const AppliedInput&)>& apply);

}  // namespace risk::store

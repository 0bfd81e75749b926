#include "sql_inputs.hpp"

#include <algorithm>
#include <array>
#include <future>

#include "refusals.hpp"
#include "tables.hpp"

namespace risk::store {
namespace {

constexpr std::array kTables{&kTransactionsTable, &kEngineInputsTable};

// "transactions_20261125". The text is made of a date, never of anything that came from outside.
std::string partition_of(const Table& table, Day day) {
  auto digits = day.text();
  std::erase(digits, '-');
  return table.name + "_" + digits;
}

// A partition a day. Precondition: note_day() holds the day's row, so that of two makers the second waits for the first
// to commit and then finds it.
void make_partitions(SqlConnection& connection, Day day) {
  for (const auto* table : kTables) {
    const auto name = partition_of(*table, day);
    if (connection.has_table(name)) continue;
    connection.run_script("CREATE TABLE IF NOT EXISTS " + name + " PARTITION OF " + table->name +
                          " FOR VALUES FROM ('" + day.text() + "') TO (DATE '" + day.text() + "' + 1)");
  }
}

// Whether the day's row is still as it was read; then it stays so until the transaction's end.
bool is_unchanged(SqlConnection& connection, const InputDay& day) {
  bool found = false;
  Query query("SELECT 1 FROM input_days");
  query.add(" WHERE recorded_on = ", day.day.text()).add(" AND last_apply_seq = ", day.last_apply_seq);
  connection.query(query.add(connection.locking(SqlConnection::RowLock::kNoKeyUpdate)),
                   [&found](RowReader&) { found = true; });
  return found;
}

void delete_day(SqlConnection& connection, const InputDay& day) {
  connection.execute(Query("DELETE FROM input_days").add(" WHERE recorded_on = ", day.day.text()));
}

void shorten_day(SqlConnection& connection, const InputDay& day, std::uint64_t first, std::uint64_t rows) {
  Query query("UPDATE input_days SET");
  query.add(" first_apply_seq = ", first).add(", inputs = inputs - ", rows);
  connection.execute(query.add(" WHERE recorded_on = ", day.day.text()));
}

// Each bust and correction among the inputs is told to the row of what it takes back.
void note_reversals(SqlConnection& connection, const AppliedInputs& inputs) {
  for (const auto& input : inputs) {
    const auto* reversal = std::get_if<TransactionInput>(&input.input);
    if (reversal == nullptr || !reversal->original) continue;
    Query query("UPDATE transactions SET");
    query.add(" reversed_by_apply_seq = ", input.apply_seq);
    query.add(", reversed_by_kind = ", to_string(reversal->transaction.kind));
    query.add(", reversed_by_transaction_id = ", reversal->transaction.transaction_id);
    connection.execute(query.add(" WHERE apply_seq = ", reversal->original->input));
  }
}

// The inputs with after < apply_seq <= last, in order.
Query inputs_between(std::uint64_t after, std::uint64_t last) {
  Query query("");
  for (const auto* table : kTables) {
    query.add(query.text().empty() ? "SELECT " : " UNION ALL SELECT ");
    query.add(input_columns(*table)).add(" FROM ").add(table->name);
    query.add(" WHERE apply_seq > ", after).add(" AND apply_seq <= ", last);
  }
  return query.add(" ORDER BY apply_seq");
}

std::optional<std::uint64_t> first_stored_after(const QueryRunner& run, std::uint64_t after) {
  std::optional<std::uint64_t> first;
  for (const auto* table : kTables) {
    run(Query("SELECT MIN(apply_seq) FROM " + table->name).add(" WHERE apply_seq > ", after), [&first](RowReader& in) {
      const auto found = in.next<std::optional<std::uint64_t>>();
      if (found) first = std::min(first.value_or(*found), *found);
    });
  }
  return first;
}

std::uint64_t last_committed(const QueryRunner& run) {
  std::uint64_t last = 0;
  run(Query("SELECT sequence FROM stream_cursors").add(" WHERE stream_id = ", kEngineCursor),
      [&last](RowReader& in) { in.read(last); });
  return last;
}

}  // namespace

Query note_day(Day day, const AppliedInputs& inputs) {
  std::optional<std::int64_t> executed;
  for (const auto& input : inputs) {
    const auto* transaction = std::get_if<TransactionInput>(&input.input);
    if (transaction == nullptr) continue;
    executed = std::max(executed.value_or(kTimestampMin.nanos), transaction->transaction.executed_at.nanos);
  }
  Query query("INSERT INTO input_days (recorded_on, first_apply_seq, last_apply_seq, inputs");
  query.add(executed ? ", last_executed_at_ns) VALUES (" : ") VALUES (");
  query.add("", day.text()).add(", ", inputs.front().apply_seq).add(", ", inputs.back().apply_seq);
  query.add(", ", std::uint64_t{inputs.size()});
  if (executed) query.add(", ", *executed);
  query.add(") ON CONFLICT (recorded_on) DO UPDATE SET ");
  query.add("last_apply_seq = excluded.last_apply_seq, inputs = input_days.inputs + excluded.inputs");
  if (!executed) return query;
  return query.add(
      ", last_executed_at_ns = CASE WHEN input_days.last_executed_at_ns > excluded.last_executed_at_ns "
      "THEN input_days.last_executed_at_ns ELSE excluded.last_executed_at_ns END");
}

void write_inputs(SqlConnection& connection, Day day, bool day_is_open, const AppliedInputs& inputs) {
  if (!day_is_open && connection.partitions_days()) make_partitions(connection, day);
  const auto write = [&](const Table& table, bool transactions, const auto& write_input) {
    const auto wanted = [transactions](const AppliedInput& input) { return is_transaction(input) == transactions; };
    if (std::none_of(inputs.begin(), inputs.end(), wanted)) return;
    connection.insert(table, [&](RowWriter& out) {
      for (const auto& input : inputs) {
        if (wanted(input)) write_input(out, input, day);
      }
    });
  };
  write(kTransactionsTable, true, write_transaction);
  write(kEngineInputsTable, false, write_engine_input);
  note_reversals(connection, inputs);
}

std::optional<InputDay> oldest_day(const QueryRunner& run) {
  std::optional<InputDay> oldest;
  run(Query("SELECT recorded_on, first_apply_seq, last_apply_seq, inputs, last_executed_at_ns FROM input_days "
            "ORDER BY recorded_on LIMIT 1"),
      [&oldest](RowReader& in) {
        auto& row = oldest.emplace();
        in.read(row.day, row.first_apply_seq, row.last_apply_seq, row.inputs, row.last_executed_at_ns);
      });
  return oldest;
}

std::optional<std::uint64_t> drop_from_day(SqlConnection& connection, InputDay& day) {
  if (!is_unchanged(connection, day)) return std::nullopt;
  if (connection.partitions_days()) {
    delete_day(connection, day);
    for (const auto* table : kTables) {
      connection.run_script("DROP TABLE IF EXISTS " + partition_of(*table, day.day));
    }
    day.first_apply_seq = day.last_apply_seq + 1;
    return day.inputs;
  }
  constexpr std::uint64_t kPiece = 10'000;
  const auto last = day.first_apply_seq + std::min(kPiece - 1, day.last_apply_seq - day.first_apply_seq);
  std::uint64_t rows = 0;
  for (const auto* table : kTables) {
    Query query("DELETE FROM " + table->name);
    query.add(" WHERE apply_seq >= ", day.first_apply_seq).add(" AND apply_seq <= ", last);
    rows += connection.execute(query.add(" AND recorded_on = ", day.day.text()));
  }
  if (last == day.last_apply_seq) {
    delete_day(connection, day);
  } else {
    shorten_day(connection, day, last + 1, rows);
  }
  day.first_apply_seq = last + 1;
  return rows;
}

// What is read of inputs is never changed and their numbers have no gaps, so pieces of so many numbers are consistent
// and small, and a number that is not there was dropped with its day. While a piece is applied, the next one is
// fetched.
void replay_inputs(const QueryRunner& run, std::uint64_t after_apply_seq,
                   const std::function<void(const AppliedInput&)>& apply) {
  static constexpr std::uint64_t kPiece = 4096;
  const auto last = last_committed(run);
  const auto end_of = [last](std::uint64_t after) { return after + std::min(kPiece, last - after); };
  const auto fetch = [&](std::uint64_t after) {
    return std::async(std::launch::async, [&run, after, piece_last = end_of(after)] {
      std::vector<AppliedInput> piece;
      piece.reserve(piece_last - after);
      run(inputs_between(after, piece_last), [&piece](RowReader& in) { read_row(in, piece.emplace_back()); });
      return piece;
    });
  };
  if (after_apply_seq >= last) return;
  auto ahead = fetch(after_apply_seq);
  for (auto after = after_apply_seq; after < last;) {
    const auto piece = ahead.get();
    const auto piece_last = end_of(after);
    if (piece_last < last) ahead = fetch(piece_last);
    for (const auto& input : piece) {
      if (input.apply_seq != after + 1) throw_dropped(after + 1, input.apply_seq);
      apply(input);
      ++after;
    }
    if (after == piece_last) continue;
    if (ahead.valid()) ahead.wait();  // the connection carries out one query at a time
    throw_dropped(after + 1, first_stored_after(run, after));
  }
}

}  // namespace risk::store

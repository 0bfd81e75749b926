#include "sql_identities.hpp"

#include <algorithm>

#include "tables.hpp"

namespace risk::store {
namespace {

using enum ColumnKind;

const Table kIdentitiesTable{"identities", "", 2, {{"fingerprint", kInteger}, {"apply_seq", kInteger}}};

constexpr std::uint64_t kPiecesPerRead = 32;
constexpr std::size_t kValuesPerQuery = 1'000;
constexpr std::size_t kKeysPerQuery = 250;

// Fingerprints are spread evenly: a piece of a table's rows has about as many as another.
constexpr std::uint64_t kDropSteps = 64;
constexpr std::uint64_t kFingerprintsPerStep = (std::uint64_t{1} << engine::kFingerprintBits) / kDropSteps;

std::vector<IdentityPieceRow> read_pieces(const QueryRunner& run, const Query& query) {
  std::vector<IdentityPieceRow> pieces;
  run(query, [&pieces](RowReader& in) {
    auto& piece = pieces.emplace_back();
    in.read(piece.first_apply_seq, piece.last_apply_seq);
    piece.bytes = in.next_bytes().value_or("");
  });
  return pieces;
}

// The latest opening positions of these, each by itself: by engine_inputs_openings that costs one step an index,
// however many a client and a symbol have had. `kind` is spelt out, else the index is not taken.
void add_latest_openings(SqlConnection& connection, std::span<const OpeningKey> keys,
                         std::vector<std::uint64_t>& apply_seqs) {
  Query query(
      "SELECT (SELECT MAX(apply_seq) FROM engine_inputs WHERE kind = 'OPENING_POSITION' AND client_id = wanted.column1 "
      "AND symbol = wanted.column2) FROM (VALUES ");
  for (std::size_t i = 0; i < keys.size(); ++i) {
    query.add(i == 0 ? "(" : ", (", keys[i].client_id).add(", ", keys[i].symbol).add(")");
  }
  connection.query(query.add(") AS wanted"), [&apply_seqs](RowReader& in) {
    if (const auto apply_seq = in.next<std::optional<std::uint64_t>>()) apply_seqs.push_back(*apply_seq);
  });
}

// Calls `ask` with each part of the values as the end of a query, "(1, 2, 3)".
template <class Ask>
void in_parts(std::span<const std::uint64_t> values, const Ask& ask) {
  for (; !values.empty(); values = values.subspan(std::min(values.size(), kValuesPerQuery))) {
    Query list("(");
    const auto part = values.first(std::min(values.size(), kValuesPerQuery));
    for (std::size_t i = 0; i < part.size(); ++i) list.add(i == 0 ? "" : ", ", part[i]);
    ask(list.add(")"));
  }
}

}  // namespace

const Table kIdentityPiecesTable{
    "identity_pieces", "", 1, {{"first_apply_seq", kInteger}, {"last_apply_seq", kInteger}, {"bytes", kBytes}}};

void read_identity_state(const QueryRunner& run, ResumePoint& point) {
  run(Query("SELECT key, filed_up_to FROM identity_state"),
      [&point](RowReader& in) { in.read(point.identity_key, point.filed_up_to); });
}

void write_row(RowWriter& out, const IdentityPieceRow& row) {
  out.row(row.first_apply_seq, row.last_apply_seq, Bytes{row.bytes});
}

void each_identity_piece(const QueryRunner& run, std::uint64_t after_apply_seq,
                         const std::function<void(const IdentityPieceRow&)>& take) {
  while (true) {
    Query query(select_from(kIdentityPiecesTable));
    query.add(" WHERE last_apply_seq > ", after_apply_seq).add(" ORDER BY first_apply_seq LIMIT ", kPiecesPerRead);
    const auto pieces = read_pieces(run, query);
    for (const auto& piece : pieces) take(piece);
    if (pieces.size() < kPiecesPerRead) return;
    after_apply_seq = pieces.back().last_apply_seq;
  }
}

std::optional<IdentityPieceRow> first_identity_piece(const QueryRunner& run, std::uint64_t up_to_apply_seq) {
  Query query(select_from(kIdentityPiecesTable));
  query.add(" WHERE last_apply_seq <= ", up_to_apply_seq).add(" ORDER BY first_apply_seq LIMIT ", std::uint64_t{1});
  auto pieces = read_pieces(run, query);
  if (pieces.empty()) return std::nullopt;
  return std::move(pieces.front());
}

void file_identities(SqlConnection& connection, const IdentityPieceRow& piece,
                     const std::vector<engine::IndexedExecution>& executions) {
  Query query("DELETE FROM identity_pieces");
  if (connection.execute(query.add(" WHERE first_apply_seq = ", piece.first_apply_seq)) == 0) return;
  connection.execute(Query("UPDATE identity_state").add(" SET filed_up_to = ", piece.last_apply_seq));
  auto sorted = executions;  // neighbours are written to one page
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.fingerprint < b.fingerprint; });
  connection.insert(kIdentitiesTable, [&sorted](RowWriter& out) {
    for (const auto& execution : sorted) out.row(execution.fingerprint, execution.apply_seq);
  });
}

std::optional<Timestamp> dropped_up_to(const QueryRunner& run) {
  std::optional<Timestamp> latest;
  run(Query("SELECT MAX(last_executed_at_ns) FROM dropped_executions"), [&latest](RowReader& in) {
    if (const auto nanos = in.next<std::optional<std::int64_t>>()) latest = Timestamp{*nanos};
  });
  return latest;
}

void note_dropped(SqlConnection& connection, Timestamp last_executed_at) {
  const auto stored = dropped_up_to(
      [&connection](const Query& query, const SqlConnection::RowHandler& row) { connection.query(query, row); });
  if (stored && *stored >= last_executed_at) return;
  connection.execute(Query("DELETE FROM dropped_executions"));
  connection.execute(
      Query("INSERT INTO dropped_executions (last_executed_at_ns) VALUES (").add("", last_executed_at.nanos).add(")"));
}

std::optional<std::uint64_t> drop_identities(SqlConnection& connection, std::uint64_t up_to_apply_seq,
                                             std::uint64_t step) {
  if (step == 0) {
    connection.execute(Query("DELETE FROM identity_pieces").add(" WHERE last_apply_seq <= ", up_to_apply_seq));
  }
  Query query("DELETE FROM identities");
  query.add(" WHERE fingerprint >= ", step * kFingerprintsPerStep);
  query.add(" AND fingerprint < ", (step + 1) * kFingerprintsPerStep);
  connection.execute(query.add(" AND apply_seq <= ", up_to_apply_seq));
  return step + 1 < kDropSteps ? std::optional(step + 1) : std::nullopt;
}

FoundExecutions find_executions(SqlConnection& connection, std::span<const std::uint64_t> apply_seqs,
                                std::span<const std::uint64_t> fingerprints) {
  FoundExecutions found;
  std::vector<std::uint64_t> wanted(apply_seqs.begin(), apply_seqs.end());
  in_parts(fingerprints, [&](const Query& list) {
    connection.query(Query("SELECT apply_seq FROM identities WHERE fingerprint IN ").add(list),
                     [&wanted](RowReader& in) { in.read(wanted.emplace_back()); });
  });
  std::sort(wanted.begin(), wanted.end());
  wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
  in_parts(wanted, [&](const Query& list) {
    connection.query(Query(select_from(kTransactionsTable) + " WHERE apply_seq IN ").add(list),
                     [&found](RowReader& in) { read_row(in, found.transactions.emplace_back()); });
  });
  return found;
}

std::vector<engine::OpeningPosition> latest_openings(SqlConnection& connection, std::span<const OpeningKey> keys) {
  std::vector<std::uint64_t> apply_seqs;
  for (; !keys.empty(); keys = keys.subspan(std::min(keys.size(), kKeysPerQuery))) {
    add_latest_openings(connection, keys.first(std::min(keys.size(), kKeysPerQuery)), apply_seqs);
  }
  std::vector<engine::OpeningPosition> latest;
  const std::string select = "SELECT " + input_columns(kEngineInputsTable) + " FROM engine_inputs WHERE apply_seq IN ";
  in_parts(apply_seqs, [&](const Query& list) {
    connection.query(Query(select).add(list), [&latest](RowReader& in) {
      AppliedInput input;
      read_row(in, input);
      latest.push_back(std::get<engine::OpeningPosition>(std::move(input.input)));
    });
  });
  return latest;
}

}  // namespace risk::store

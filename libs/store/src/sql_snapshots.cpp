#include "sql_snapshots.hpp"

#include "refusals.hpp"

namespace risk::store {
namespace {

using enum ColumnKind;

const Table kSnapshotsTable{"engine_snapshots",
                            "",
                            1,
                            {{"apply_seq", kInteger},
                             {"state_hash", kText},
                             {"chunk_count", kInteger},
                             {"bytes", kInteger},
                             {"taken_at", kTime}}};
const Table kChunksTable{
    "engine_snapshot_chunks", "", 2, {{"apply_seq", kInteger}, {"number", kInteger}, {"bytes", kBytes}}};

void refuse_finished(SqlConnection& connection, std::uint64_t apply_seq) {
  connection.query(Query("SELECT 1 FROM engine_snapshots").add(" WHERE apply_seq = ", apply_seq),
                   [apply_seq](RowReader&) { throw_finished(apply_seq); });
}

}  // namespace

std::vector<SnapshotInfo> finished_snapshots(const QueryRunner& run) {
  std::vector<SnapshotInfo> rows;
  run(Query(select_from(kSnapshotsTable) + " ORDER BY apply_seq DESC"), [&rows](RowReader& in) {
    auto& row = rows.emplace_back();
    in.read(row.apply_seq, row.state_hash, row.chunk_count, row.bytes, row.taken_at);
  });
  return rows;
}

std::optional<std::string> read_snapshot_chunk(const QueryRunner& run, std::uint64_t apply_seq, std::uint32_t number) {
  std::optional<std::string> bytes;
  Query query("SELECT bytes FROM engine_snapshot_chunks");
  query.add(" WHERE apply_seq = ", apply_seq).add(" AND number = ", std::uint64_t{number});
  run(query.add(" AND apply_seq IN (SELECT apply_seq FROM engine_snapshots)"),
      [&bytes](RowReader& in) { bytes = in.next_bytes(); });
  return bytes;
}

void write_snapshot_chunk(SqlConnection& connection, std::uint64_t apply_seq, std::uint32_t number,
                          std::string_view bytes) {
  refuse_finished(connection, apply_seq);
  if (number == 0)
    connection.execute(Query("DELETE FROM engine_snapshot_chunks").add(" WHERE apply_seq = ", apply_seq));
  connection.upsert_each({{&kChunksTable, [&](RowWriter& out) { out.row(apply_seq, number, Bytes{bytes}); }}});
}

void finish_snapshot(SqlConnection& connection, const SnapshotInfo& info, std::size_t kept) {
  refuse_finished(connection, info.apply_seq);
  SnapshotPieces pieces;
  connection.query(Query("SELECT COUNT(*), COALESCE(MAX(number) + 1, 0), COALESCE(SUM(LENGTH(bytes)), 0) "
                         "FROM engine_snapshot_chunks")
                       .add(" WHERE apply_seq = ", info.apply_seq),
                   [&pieces](RowReader& in) { in.read(pieces.count, pieces.end, pieces.bytes); });
  check_pieces(info, pieces);
  connection.insert(kSnapshotsTable, [&info](RowWriter& out) {
    out.row(info.apply_seq, info.state_hash, info.chunk_count, info.bytes, info.taken_at);
  });
  Query surplus("DELETE FROM engine_snapshots WHERE apply_seq NOT IN (SELECT apply_seq FROM engine_snapshots");
  connection.execute(surplus.add(" ORDER BY apply_seq DESC LIMIT ", std::uint64_t{kept}).add(")"));
  Query pieces_of_none("DELETE FROM engine_snapshot_chunks");
  pieces_of_none.add(" WHERE apply_seq <= ", info.apply_seq);
  connection.execute(pieces_of_none.add(" AND apply_seq NOT IN (SELECT apply_seq FROM engine_snapshots)"));
}

}  // namespace risk::store

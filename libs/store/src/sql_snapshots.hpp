// The core's snapshots on either SQL database, as Store promises them.
#pragma once

#include "risk/store/rows.hpp"
#include "sql.hpp"

namespace risk::store {

std::vector<SnapshotInfo> finished_snapshots(const QueryRunner& run);
std::optional<std::string> read_snapshot_chunk(const QueryRunner& run, std::uint64_t apply_seq, std::uint32_t number);

// Precondition of both: a transaction is open.
void write_snapshot_chunk(SqlConnection& connection, std::uint64_t apply_seq, std::uint32_t number,
                          std::string_view bytes);
void finish_snapshot(SqlConnection& connection, const SnapshotInfo& info, std::size_t kept);

}  // namespace risk::store

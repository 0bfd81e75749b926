// How an execution or an opening position that comes again is known for a duplicate, on either SQL database.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "risk/engine/identity_index.hpp"
#include "risk/store/reader.hpp"
#include "risk/store/store.hpp"
#include "sql.hpp"

namespace risk::store {

// What is the database's own: ResumePoint::identity_key, ResumePoint::filed_up_to.
void read_identity_state(const QueryRunner& run, ResumePoint& point);

extern const Table kIdentityPiecesTable;
void write_row(RowWriter& out, const IdentityPieceRow& row);
// Store::identity_pieces, Store::first_identity_piece.
void each_identity_piece(const QueryRunner& run, std::uint64_t after_apply_seq,
                         const std::function<void(const IdentityPieceRow&)>& take);
std::optional<IdentityPieceRow> first_identity_piece(const QueryRunner& run, std::uint64_t up_to_apply_seq);

// Store::file_identities. Precondition: a transaction is open.
void file_identities(SqlConnection& connection, const IdentityPieceRow& piece,
                     const std::vector<engine::IndexedExecution>& executions);

// Up to when executions were dropped; none: none were.
std::optional<Timestamp> dropped_up_to(const QueryRunner& run);
// That it is this late at least. Precondition: a transaction is open.
void note_dropped(SqlConnection& connection, Timestamp last_executed_at);

// What is kept of executions up to an input is dropped, some of it by each call: 0 begins, and each call gives what the
// next is told; none: all is done. Precondition: a transaction is open.
std::optional<std::uint64_t> drop_identities(SqlConnection& connection, std::uint64_t up_to_apply_seq,
                                             std::uint64_t step);

// Reader::find_executions, but for dropped_up_to, which the caller asks for after it: executions that were dropped
// meanwhile are not found, and dropped_up_to() says then that they may have been.
FoundExecutions find_executions(SqlConnection& connection, std::span<const std::uint64_t> apply_seqs,
                                std::span<const std::uint64_t> fingerprints);

// Reader::latest_openings.
std::vector<engine::OpeningPosition> latest_openings(SqlConnection& connection, std::span<const OpeningKey> keys);

}  // namespace risk::store

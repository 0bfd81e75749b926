// Store on either SQL database.
#pragma once

#include "migrations.hpp"
#include "risk/store/store.hpp"
#include "tables.hpp"

namespace risk::store {

class SqlStore final : public Store {
 public:
  SqlStore(SqlConnection::Connect connect, const std::vector<Migration>& migrations)
      : connect_(std::move(connect)), connection_(connect_()), migrations_(migrations) {}

  void migrate() override { apply_migrations(*connection_, migrations_); }
  std::string identity() override { return identity_of(*connection_); }
  void write_as(std::uint64_t term) override;
  ResumePoint resume_point() override;
  void replay(std::uint64_t after_apply_seq, const std::function<void(const AppliedInput&)>& apply) override;
  void commit(const Commit& commit) override;
  CleanupCount cleanup(Timestamp before) override;
  DroppedDays drop_days(Timestamp before, std::uint64_t up_to_apply_seq) override;
  void identity_pieces(std::uint64_t after_apply_seq,
                       const std::function<void(const IdentityPieceRow&)>& take) override;
  std::optional<IdentityPieceRow> first_identity_piece(std::uint64_t up_to_apply_seq) override;
  void file_identities(const IdentityPieceRow& piece, const std::vector<engine::IndexedExecution>& executions) override;
  std::vector<SnapshotInfo> snapshots() override;
  void write_snapshot_chunk(std::uint64_t apply_seq, std::uint32_t number, std::string_view bytes) override;
  void finish_snapshot(const SnapshotInfo& info, std::size_t kept) override;
  std::optional<std::string> snapshot_chunk(std::uint64_t apply_seq, std::uint32_t number) override;

 private:
  // Runs `body` in a transaction of its own, if the term is still the lease's.
  void write(const std::function<void()>& body);
  // The same without looking at the term: `body` begins with execute_at_term().
  void transact(const std::function<void()>& body);
  // SqlConnection::execute_each(), if the term is still the lease's.
  std::vector<std::uint64_t> execute_at_term(std::vector<Query> queries);
  void take_steps(const Commit& commit, Day day);
  void write_rows_of(const Commit& commit, Day day);
  void upsert_rows_of(const Commit& commit);
  void write_decisions(const std::vector<DecisionStep>& decisions);
  CleanupCount delete_old(Timestamp before);
  static Query take_step(const CursorStep& step);
  template <class Row>
  void insert_rows(const Table& table, const std::vector<Row>& rows);
  std::uint64_t number(const Query& query);
  QueryRunner runner();

  SqlConnection::Connect connect_;
  std::unique_ptr<SqlConnection> connection_;
  const std::vector<Migration>& migrations_;
  std::optional<Day> open_day_;  // whose partitions are there
  std::optional<std::uint64_t> term_;
};

}  // namespace risk::store

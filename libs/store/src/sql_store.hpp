// Store on either SQL database.
#pragma once

#include "migrations.hpp"
#include "risk/store/store.hpp"
#include "tables.hpp"

namespace risk::store {

class SqlStore final : public Store {
 public:
  SqlStore(std::unique_ptr<SqlConnection> connection, const std::vector<Migration>& migrations)
      : connection_(std::move(connection)), migrations_(migrations) {}

  void migrate() override { apply_migrations(*connection_, migrations_); }
  ResumePoint resume_point() override;
  void replay(std::uint64_t after_apply_seq, const std::function<void(const AppliedInput&)>& apply) override;
  void commit(const Commit& commit) override;
  CleanupCount cleanup(Timestamp before) override;
  DroppedDays drop_days(Timestamp before, std::uint64_t up_to_apply_seq) override;

 private:
  void step_cursor(const CursorStep& step);
  template <class Row>
  void write_rows(const Table& table, SqlConnection::Write mode, const std::vector<Row>& rows);
  std::uint64_t number(const Query& query);

  std::unique_ptr<SqlConnection> connection_;
  const std::vector<Migration>& migrations_;
  std::optional<Day> open_day_;  // whose partitions are there
};

}  // namespace risk::store

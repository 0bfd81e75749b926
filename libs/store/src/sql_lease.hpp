// Lease on either SQL database.
#pragma once

#include "migrations.hpp"
#include "risk/store/lease.hpp"
#include "sql.hpp"

namespace risk::store {

LeaseState read_lease(SqlConnection& connection);

// Finds a row if the lease is at this term; then it stays there until the end of the transaction that is open.
Query find_term(SqlConnection& connection, std::uint64_t term);

// Asked by who has lost a connection: whether it went because another has taken the lease from this term. Waits for a
// takeover that is under way; false when the database cannot be asked.
bool is_deposed(const SqlConnection::Connect& connect, std::uint64_t term);

// Invariant: the lease's row is locked before the lock that shows its holder is asked for, so that of two who want the
// lease one waits and then sees what the other did.
class SqlLease final : public Lease {
 public:
  // Connects, and checks the schema.
  SqlLease(SqlConnection::Connect connect, const std::vector<Migration>& migrations);
  ~SqlLease() override { release(); }

  LeaseState state() override { return read_lease(*connection_); }
  std::optional<std::uint64_t> try_take(const std::string& holder) override;
  std::optional<std::uint64_t> take_from(const LeaseState& seen, const std::string& holder) override;
  bool resume(std::uint64_t term) override;
  void beat() override;
  void release() noexcept override;

 private:
  LeaseState lock_row();
  void begin_term(std::uint64_t term, const std::string& holder);

  SqlConnection::Connect connect_;
  std::unique_ptr<SqlConnection> connection_;
  std::uint64_t term_ = 0;  // 0: not held
};

}  // namespace risk::store

#include "sql_lease.hpp"

#include "refusals.hpp"
#include "risk/base/check.hpp"

namespace risk::store {
namespace {

constexpr char kSelect[] = "SELECT term, holder, beat FROM engine_lease";

LeaseState read_row(SqlConnection& connection, const Query& query) {
  LeaseState state;
  connection.query(query, [&state](RowReader& in) { in.read(state.term, state.holder, state.beat); });
  return state;
}

Query find_term(SqlConnection& connection, std::uint64_t term, SqlConnection::RowLock lock) {
  return Query("SELECT 1 FROM engine_lease").add(" WHERE term = ", term).add(connection.locking(lock));
}

// Gives the lock back unless the term was begun. Made before the transaction, so that it is rolled back by then.
class Attempt {
 public:
  explicit Attempt(SqlConnection& connection) : connection_(connection) {}
  ~Attempt() {
    if (!succeeded_) connection_.unlock_lease();
  }
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

  void succeed() { succeeded_ = true; }

 private:
  SqlConnection& connection_;
  bool succeeded_ = false;
};

}  // namespace

LeaseState read_lease(SqlConnection& connection) {
  auto state = read_row(connection, Query(kSelect));
  state.held = connection.lease_is_locked();
  return state;
}

Query find_term(SqlConnection& connection, std::uint64_t term) {
  return find_term(connection, term, SqlConnection::RowLock::kKeyShare);
}

bool is_deposed(const SqlConnection::Connect& connect, std::uint64_t term) {
  try {
    const auto connection = connect();
    return connection->execute_each({find_term(*connection, term, SqlConnection::RowLock::kShare)}).front() == 0;
  } catch (const StoreError&) {
    return false;
  }
}

SqlLease::SqlLease(SqlConnection::Connect connect, const std::vector<Migration>& migrations)
    : connect_(std::move(connect)), connection_(connect_()) {
  check_schema(*connection_, migrations);
}

LeaseState SqlLease::lock_row() {
  return read_row(*connection_, Query(kSelect).add(connection_->locking(SqlConnection::RowLock::kNoKeyUpdate)));
}

void SqlLease::begin_term(std::uint64_t term, const std::string& holder) {
  Query query("UPDATE engine_lease SET");
  connection_->execute(query.add(" term = ", term).add(", holder = ", holder).add(", beat = 0"));
}

std::optional<std::uint64_t> SqlLease::try_take(const std::string& holder) {
  RISK_CHECK(term_ == 0);
  connection_->check_in_place();
  if (connection_->lease_is_locked()) return std::nullopt;  // the common answer, without a lock
  Attempt attempt(*connection_);
  SqlTransaction transaction(*connection_, SqlConnection::Access::kWrite);
  const auto last = lock_row();
  if (!connection_->try_lock_lease()) return std::nullopt;
  begin_term(last.term + 1, holder);
  transaction.commit();
  attempt.succeed();
  term_ = last.term + 1;
  return term_;
}

std::optional<std::uint64_t> SqlLease::take_from(const LeaseState& seen, const std::string& holder) {
  RISK_CHECK(term_ == 0);
  Attempt attempt(*connection_);
  SqlTransaction transaction(*connection_, SqlConnection::Access::kWrite);
  const auto last = lock_row();
  if (last.term != seen.term || last.beat != seen.beat) return std::nullopt;
  connection_->seize_lease_lock(last.term);
  begin_term(last.term + 1, holder);
  transaction.commit();
  attempt.succeed();
  term_ = last.term + 1;
  return term_;
}

bool SqlLease::resume(std::uint64_t term) {
  RISK_CHECK(term_ == 0 && term != 0);
  Attempt attempt(*connection_);
  SqlTransaction transaction(*connection_, SqlConnection::Access::kWrite);
  if (lock_row().term != term) return false;
  // Who still has the lock under this term is the connection that was lost.
  if (!connection_->try_lock_lease()) connection_->seize_lease_lock(0);
  transaction.commit();
  attempt.succeed();
  term_ = term;
  return true;
}

void SqlLease::beat() {
  RISK_CHECK(term_ != 0);
  const auto term = term_;
  bool is_ours = false;
  try {
    Query query("UPDATE engine_lease SET beat = beat + 1");
    is_ours = connection_->execute(query.add(" WHERE term = ", term)) == 1;
    connection_->check_in_place();
    if (is_ours) connection_->try_lock_lease();
  } catch (const StoreUnavailable&) {
    if (!is_deposed(connect_, term)) throw;
  }
  if (is_ours) return;
  release();
  throw_deposed(term);
}

void SqlLease::release() noexcept {
  connection_->unlock_lease();
  term_ = 0;
}

}  // namespace risk::store

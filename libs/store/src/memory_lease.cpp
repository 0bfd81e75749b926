#include "memory_database.hpp"
#include "refusals.hpp"
#include "risk/base/check.hpp"

namespace risk::store {
namespace {

class MemoryLease final : public Lease {
 public:
  explicit MemoryLease(std::shared_ptr<MemoryDatabase> database) : database_(std::move(database)) {}
  ~MemoryLease() override { release(); }

  LeaseState state() override {
    const std::scoped_lock lock(database_->mutex);
    return database_->lease;
  }

  std::optional<std::uint64_t> try_take(const std::string& holder) override {
    RISK_CHECK(term_ == 0);
    const std::scoped_lock lock(database_->mutex);
    if (database_->lease.held) return std::nullopt;
    return begin_term(holder);
  }

  std::optional<std::uint64_t> take_from(const LeaseState& seen, const std::string& holder) override {
    RISK_CHECK(term_ == 0);
    const std::scoped_lock lock(database_->mutex);
    if (database_->lease.term != seen.term || database_->lease.beat != seen.beat) return std::nullopt;
    return begin_term(holder);
  }

  bool resume(std::uint64_t term) override {
    RISK_CHECK(term_ == 0 && term != 0);
    const std::scoped_lock lock(database_->mutex);
    if (database_->lease.term != term) return false;
    hold(term);
    return true;
  }

  void beat() override {
    RISK_CHECK(term_ != 0);
    const std::scoped_lock lock(database_->mutex);
    if (database_->lease.term != term_) throw_deposed(std::exchange(term_, 0));
    ++database_->lease.beat;
  }

  void release() noexcept override {
    const std::scoped_lock lock(database_->mutex);
    term_ = 0;
    if (database_->lease_holder != this) return;
    database_->lease_holder = nullptr;
    database_->lease.held = false;
  }

 private:
  // Precondition of both: the mutex is held.
  std::uint64_t begin_term(const std::string& holder) {
    auto& lease = database_->lease;
    lease = {lease.term + 1, holder, 0, true};
    hold(lease.term);
    return term_;
  }
  void hold(std::uint64_t term) {
    database_->lease.held = true;
    database_->lease_holder = this;
    term_ = term;
  }

  std::shared_ptr<MemoryDatabase> database_;
  std::uint64_t term_ = 0;
};

}  // namespace

std::unique_ptr<Lease> open_memory_lease(std::shared_ptr<MemoryDatabase> database) {
  return std::make_unique<MemoryLease>(std::move(database));
}

}  // namespace risk::store

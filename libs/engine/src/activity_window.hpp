// The executions and the orders of the last 60 slots: what a velocity rule counts (RULES.md, "Velocity").
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>

#include "fetch.hpp"
#include "velocity_window.hpp"

namespace risk::engine {

// Nearly every order is one execution. So what is kept of the others is the executions that count for no order: the
// orders are those that are left, and an entity without such executions keeps nothing more.
class ActivityWindow {
 public:
  static constexpr std::uint64_t kExecutionsAnOrder = 10;  // as many executions count as much as an order

  // Both: as VelocityWindow::add() and count().
  void add(std::int64_t slot, std::int64_t now_slot, bool counts_for_order) {
    executions_.add(slot, now_slot);
    if (!counts_for_order) add_further(slot, now_slot);
  }
  std::uint64_t executions(std::int64_t now_slot) { return executions_.count(now_slot); }
  // Of the orders, or a tenth of the executions where that is more. Never above executions().
  std::uint64_t count(std::int64_t now_slot) {
    const std::uint64_t further = further_ ? further_->count(now_slot) : 0;
    return count_of(executions_.count(now_slot), further);
  }

  // The earliest current slot at which the count is `most` or less if nothing is added.
  std::int64_t falls_to(std::uint64_t most) const;

  bool empty() const { return executions_.empty(); }
  RISK_FETCHES void fetch_followed() const {
    if (further_) fetch(further_.get());
  }

  // For a snapshot: of all executions; and of those that count for no order, null where there are none.
  const VelocityWindow& executions() const { return executions_; }
  const VelocityWindow* further() const { return further_.get(); }
  // As VelocityWindow::restore().
  void restore(std::int64_t slot, std::int64_t newest_slot, std::uint64_t executions) {
    executions_.restore(slot, newest_slot, executions);
  }
  void restore_further(std::int64_t slot, std::int64_t newest_slot, std::uint64_t executions) {
    make_further().restore(slot, newest_slot, executions);
  }
  // Whether no slot has more executions that count for no order than executions.
  bool is_consistent() const;

 private:
  friend struct Internals;

  static std::uint64_t count_of(std::uint64_t executions, std::uint64_t further) {
    return std::max(executions - further, executions / kExecutionsAnOrder);
  }
  RISK_COLD void add_further(std::int64_t slot, std::int64_t now_slot) { make_further().add(slot, now_slot); }
  VelocityWindow& make_further() {
    if (!further_) further_ = std::make_unique<VelocityWindow>();
    return *further_;
  }

  std::unique_ptr<VelocityWindow> further_;
  VelocityWindow executions_;
};

}  // namespace risk::engine

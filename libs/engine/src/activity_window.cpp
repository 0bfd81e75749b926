#include "activity_window.hpp"

namespace risk::engine {

std::int64_t ActivityWindow::falls_to(std::uint64_t most) const {
  const std::int64_t newest = executions_.newest_slot();
  std::uint64_t executions = 0, further = 0;
  for (std::int64_t slot = newest; slot > newest - VelocityWindow::kSlots; --slot) {
    executions += executions_.count_at(slot);
    if (further_) further += further_->count_at(slot);
    if (count_of(executions, further) > most) return slot + VelocityWindow::kSlots;
  }
  return newest;
}

bool ActivityWindow::is_consistent() const {
  if (!further_) return true;
  const std::int64_t newest = std::max(executions_.newest_slot(), further_->newest_slot());
  for (std::int64_t slot = newest; slot > newest - VelocityWindow::kSlots; --slot) {
    if (further_->count_at(slot) > executions_.count_at(slot)) return false;
  }
  return true;
}

}  // namespace risk::engine

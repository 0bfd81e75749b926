#include "verify.hpp"

#include <algorithm>
#include <bit>

#include "risk/engine/core.hpp"

namespace risk::engine {
namespace {

// Core's first invariant, as far as a state shows it.
void verify_time(Verification& to) {
  const Internals::Impl& core = to.core;
  if (core.now.has_value() != core.swept_second.has_value()) {
    return to.add("time", core.now ? "there is a now and no swept second" : "there is a swept second and no now");
  }
  if (!core.now) return;
  const auto since = core.now->nanos - Timestamp::from_seconds(*core.swept_second).nanos;
  if (since < 0 || since >= kNanosPerSecond) {
    to.add("time", "the swept second " + std::to_string(*core.swept_second) + " is not that of now, " +
                       format_timestamp(*core.now));
  }
}

}  // namespace

PoolMap::PoolMap(const Pool& pool) : pool_(pool) {
  for (const auto& block : Internals::blocks(pool)) {
    const std::size_t grains = (block.bytes + Internals::kGrain - 1) / Internals::kGrain;
    blocks_.push_back({static_cast<const std::byte*>(block.start), block.bytes, std::vector<bool>(grains)});
  }
  std::sort(blocks_.begin(), blocks_.end(), [](const Block& a, const Block& b) { return a.start < b.start; });
}

const char* PoolMap::take(const void* start, std::size_t bytes) {
  const auto* at = static_cast<const std::byte*>(start);
  auto block = std::upper_bound(blocks_.begin(), blocks_.end(), at,
                                [](const std::byte* address, const Block& b) { return address < b.start; });
  const auto lies_in = [&] {
    if (block == blocks_.begin()) return false;
    --block;
    const auto offset = static_cast<std::size_t>(at - block->start);
    return offset % Internals::kGrain == 0 && offset <= block->bytes && bytes <= block->bytes - offset;
  };
  if (!lies_in()) return "its memory lies outside of the pool";
  const auto first = static_cast<std::size_t>(at - block->start) / Internals::kGrain;
  const auto end = first + (bytes + Internals::kGrain - 1) / Internals::kGrain;
  for (std::size_t grain = first; grain < end; ++grain) {
    if (block->taken[grain]) return "its memory in the pool is somebody else's too";
    block->taken[grain] = true;
  }
  return nullptr;
}

void PoolMap::take_free(Findings& findings) {
  const auto& lists = Internals::free_lists(pool_);
  for (std::size_t grains = 0; grains < lists.size(); ++grains) {
    for (auto* block = lists[grains]; block != nullptr; block = Internals::next_free(block)) {
      if (const char* problem = take(block, grains * Internals::kGrain)) {
        findings.add("the pool's free blocks", problem);
        break;
      }
    }
  }
}

std::string problem_of(const VelocityWindow& window, std::int64_t now_slot) {
  const std::uint64_t occupied = Internals::occupied(window);
  if (occupied >> VelocityWindow::kSlots != 0) return "a slot is in use that it does not have";
  if (const auto place = Internals::newest_place(window); place < 0 || place >= VelocityWindow::kSlots) {
    return "its newest slot is at place " + std::to_string(place);
  }
  CheckedSum total;
  for (std::uint64_t left = occupied; left != 0; left &= left - 1) {
    const std::uint64_t count = Internals::counted(window, std::countr_zero(left));
    if (count == 0) return "a slot in use counts no transaction";
    total.add(static_cast<Int128>(count));
  }
  if (!(total == static_cast<Int128>(Internals::total(window)))) {
    return "it counts " + std::to_string(Internals::total(window)) + " transactions, its slots " + total.text(0);
  }
  if (!window.empty() && window.newest_slot() > now_slot) {
    return "its newest slot " + std::to_string(window.newest_slot()) + " is after now's, " + std::to_string(now_slot);
  }
  return "";
}

std::string problem_of(const ActivityWindow& window, std::int64_t now_slot) {
  if (auto problem = problem_of(window.executions(), now_slot); !problem.empty()) return problem;
  if (window.further() == nullptr) return "";
  const std::string problem = problem_of(*window.further(), now_slot);
  if (!problem.empty()) return "of those that count for no order: " + problem;
  return window.is_consistent() ? "" : "in a slot more executions count for no order than there are";
}

std::string problem_of(const AnomalyWindow& window, std::uint32_t samples_max) {
  const std::uint64_t size = Internals::size(window), oldest = Internals::oldest(window);
  if (size > samples_max) {
    return "it holds " + std::to_string(size) + " samples, " + std::to_string(samples_max) + " are allowed";
  }
  if (const auto& wide = Internals::wide(window)) {
    if (wide->cents.size() != size) {
      return "it holds " + std::to_string(wide->cents.size()) + " samples and counts " + std::to_string(size);
    }
    Uint128 sum = 0;
    Wide squares;
    for (const Uint128 cents : wide->cents) {
      sum += cents;
      squares = squares + square(cents);
    }
    if (sum != wide->sum) return "its sum is not that of its samples";
    if (squares != wide->squares) return "its sum of squares is not that of its samples";
    return "";
  }
  if (size > Internals::capacity(window)) {
    return "it holds " + std::to_string(size) + " samples in room for " + std::to_string(Internals::capacity(window));
  }
  if (oldest != 0 && (oldest >= size || size != samples_max)) {
    return "its oldest of " + std::to_string(size) + " samples is at place " + std::to_string(oldest) +
           " though it is not full";
  }
  std::uint64_t sum = 0, largest = 0;
  Uint128 squares = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const std::uint64_t cents = Internals::sample(window, i);
    largest = std::max(largest, cents);
    sum += cents;
    squares += Uint128{cents} * cents;
  }
  if (largest > Internals::sample_max(window)) return "a sample of " + std::to_string(largest) + " cents is too large";
  if (sum != Internals::sum(window)) {
    return "its sum is " + std::to_string(Internals::sum(window)) + " cents, that of its samples " +
           std::to_string(sum);
  }
  if (squares != Internals::squares(window)) {
    return "its sum of squares is " + format_exact(static_cast<Int128>(Internals::squares(window)), 0) +
           ", that of its samples " + format_exact(static_cast<Int128>(squares), 0);
  }
  return "";
}

std::vector<std::string> Core::verify() const {
  Verification to{*impl_, {}, PoolMap(impl_->positions.pool)};
  verify_time(to);
  verify_positions(to);
  verify_marks(to);
  verify_history(to);
  verify_orders(to);
  verify_alerts(to);
  to.pool.take_free(to.findings);
  return to.findings.take();
}

}  // namespace risk::engine

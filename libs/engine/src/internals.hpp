// The door to private state: Core::verify() reads it here, and its tests break it here. Nothing else uses it.
//
// Each function gives a member by reference, constant where the object is.
#pragma once

#include "core_impl.hpp"

namespace risk::engine {

struct Internals {
  using Impl = Core::Impl;
  static Impl& impl(Core& core) { return *core.impl_; }

  static auto& slots(auto& table) { return table.slots_; }  // EntityTable and Holdings
  static auto& order(auto& table) { return table.order_; }
  static std::size_t mask(const auto& table) { return table.mask(); }
  static auto& used(auto& holdings) { return holdings.used_; }

  static auto& blocks(auto& pool) { return pool.blocks_; }
  static auto& free_lists(auto& pool) { return pool.free_; }
  static auto& next_free(auto* block) { return block->next; }
  static constexpr std::size_t kGrain = Pool::kGrain;

  static auto& moved(auto& marks) { return marks.moved_; }
  static auto& units_by_key(auto& marks) { return marks.units_by_key_; }

  static auto& tuning(auto& positions) { return positions.tuning_; }
  static auto& multiplier(auto& positions) { return positions.multiplier_; }
  static auto& position_count(auto& positions) { return positions.position_count_; }
  static auto& changed(auto& positions) { return positions.changed_; }
  static auto& moved_marks(auto& positions) { return positions.moved_marks_; }
  static auto& marked(auto& positions) { return positions.marked_; }

  static auto& references_by_key(auto& prefilter) { return prefilter.references_by_key_; }
  static auto& ratios(auto& prefilter) { return prefilter.ratios_; }
  static auto& block_max(auto& prefilter) { return prefilter.block_max_; }
  static auto& scale(auto& prefilter) { return prefilter.scale_; }
  static auto& rise(auto& prefilter) { return prefilter.rise_; }

  static auto& is_found(auto& top_holders) { return top_holders.found_; }
  static auto& clients(auto& top_holders) { return top_holders.clients_; }
  static auto& floor(auto& top_holders) { return top_holders.floor_; }
  static auto& measure(auto& top_holders) { return top_holders.measure_; }

  static auto used_ids(const auto& orders) { return orders.used_; }

  static auto& executions(auto& window) { return window.executions_; }
  static auto& further(auto& window) { return window.further_; }

  static auto& newest_slot(auto& window) { return window.newest_slot_; }
  static auto& newest_place(auto& window) { return window.newest_place_; }
  static auto& occupied(auto& window) { return window.occupied_; }
  static auto& total(auto& window) { return window.total_; }
  static std::uint64_t counted(const auto& window, int place) { return window.counted(place); }

  static auto& samples(auto& window) { return window.samples_; }
  static std::uint64_t sample(const auto& window, std::size_t at) { return window.sample(at); }
  static auto& sum(auto& window) { return window.sum_; }
  static auto& squares(auto& window) { return window.squares_; }
  static auto& wide(auto& window) { return window.wide_; }
  static auto& size(auto& window) { return window.size_; }
  static auto& oldest(auto& window) { return window.oldest_; }
  static auto& capacity(auto& window) { return window.capacity_; }
  static std::size_t sample_bytes(const auto& window) { return window.sample_bytes(); }
  static std::uint64_t sample_max(const auto& window) { return window.sample_max(); }

  static auto& sorted(auto& watchlist) { return watchlist.sorted_; }
  static auto& added(auto& watchlist) { return watchlist.added_; }
  // The rules of a kind at work.
  template <class Rule>
  static auto& active(auto& evaluator) {
    return std::get<std::vector<ActiveRule<Rule>>>(evaluator.active_);
  }
};

}  // namespace risk::engine

// The positions of one client: an open-addressing table of 16-byte slots, in one block of the pool.
//
// A multiplicative hash of the symbol's index with a secret odd multiplier (Dietzfelbinger et al., "A reliable
// randomized algorithm for the closest-pair problem", 1997) gives the cache line, of four slots, that a position is in,
// or the first after it that had room. At most seven eighths of the slots are taken. A position that is zero again
// stays: it has a row to show it.
#pragma once

#include <algorithm>
#include <cstdint>

#include "fetch.hpp"
#include "pool.hpp"
#include "risk/base/decimal.hpp"

namespace risk::engine {

using SymbolIndex = std::uint32_t;

struct Holding {
  std::int64_t quantity_units = 0;
  std::uint32_t key = 0;  // the symbol's index + 1; 0: an empty slot, its quantity is zero
  bool changed = false;   // since the last take_changes()
  bool leads = false;     // its client is among the symbol's top holders

  SymbolIndex symbol() const { return key - 1; }
  Quantity quantity() const { return Quantity::from_units(quantity_units); }
};

class Holdings {
 public:
  Holding* find(SymbolIndex symbol, std::uint64_t multiplier) const {
    if (slots_ == nullptr) return nullptr;
    const std::uint32_t key = symbol + 1;
    for (std::size_t line = home(key, multiplier);; line = (line + kLine) & mask()) {
      Holding* const slots = slots_ + line;
      for (std::size_t i = 0; i < kLine; ++i) {
        if (slots[i].key == key) return &slots[i];
      }
      if (slots[kLine - 1].key == 0) return nullptr;  // a line fills from its front
    }
  }

  // Precondition: find() gives null. Holdings may move.
  Holding* add(SymbolIndex symbol, std::uint64_t multiplier, Pool& pool) {
    if (slots_ == nullptr || 8 * (used_ + 1) > 7 * capacity()) grow(multiplier, pool);
    ++used_;
    Holding* slot = free_slot(symbol + 1, multiplier);
    slot->key = symbol + 1;
    return slot;
  }

  // The place of one position, and of all of them for a walk.
  RISK_FETCHES void fetch_slot(SymbolIndex symbol, std::uint64_t multiplier) const {
    if (slots_ != nullptr) fetch(&slots_[home(symbol + 1, multiplier)]);
  }
  RISK_FETCHES void fetch_slots() const {
    for (std::size_t at = 0; slots_ != nullptr && at < std::min<std::size_t>(capacity(), 64); at += 4)
      fetch(&slots_[at]);
  }

  // Every slot, the empty ones too: they count nothing where quantities are multiplied and summed.
  const Holding* begin() const { return slots_; }
  const Holding* end() const { return slots_ == nullptr ? nullptr : slots_ + capacity(); }
  std::uint32_t size() const { return used_; }
  std::size_t capacity() const { return std::size_t{1} << log2_capacity_; }

 private:
  friend struct Internals;
  static constexpr std::size_t kLine = 4;
  static constexpr std::uint32_t kLog2CapacityMin = 2;  // one line

  std::size_t mask() const { return capacity() - 1; }
  std::size_t home(std::uint32_t key, std::uint64_t multiplier) const {
    return key * multiplier >> 32 >> (32 - log2_capacity_) & ~(kLine - 1);
  }

  Holding* free_slot(std::uint32_t key, std::uint64_t multiplier) const {
    std::size_t at = home(key, multiplier);  // from a line's first slot on
    while (slots_[at].key != 0) at = (at + 1) & mask();
    return &slots_[at];
  }

  void grow(std::uint64_t multiplier, Pool& pool) {
    Holding* const old = slots_;
    const std::size_t old_capacity = old == nullptr ? 0 : capacity();
    log2_capacity_ = old == nullptr ? kLog2CapacityMin : log2_capacity_ + 1;
    slots_ = pool.allocate<Holding>(capacity());
    for (std::size_t i = 0; i < old_capacity; ++i) {
      if (old[i].key != 0) *free_slot(old[i].key, multiplier) = old[i];
    }
    pool.release(old, old_capacity);
  }

  Holding* slots_ = nullptr;
  std::uint32_t log2_capacity_ = 0;
  std::uint32_t used_ = 0;
};

}  // namespace risk::engine

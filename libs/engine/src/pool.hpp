// Small arrays by the million: holdings and samples. Freed blocks are kept for the next of the same size, so that the
// steady state allocates nothing. Memory goes back to the system with the pool.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <new>
#include <vector>

#include "pages.hpp"

namespace risk::engine {

class Pool {
 public:
  Pool() = default;
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  ~Pool() {
    for (const Block& block : blocks_) free_pages(block.start, block.bytes);
  }

  // Zeroed, at the beginning of a cache line.
  template <class T>
  T* allocate(std::size_t count) {
    static_assert(alignof(T) <= kGrain);
    void* block = take(rounded(count * sizeof(T)));
    return new (block) T[count]();
  }
  // What allocate() gave for `count`. T needs no destructor.
  template <class T>
  void release(T* block, std::size_t count) {
    if (block != nullptr) give(block, rounded(count * sizeof(T)));
  }

 private:
  friend struct Internals;
  static constexpr std::size_t kGrain = 64;  // a cache line
  static constexpr std::size_t kFirstSlabBytes = std::size_t{64} << 10;
  static constexpr std::size_t kSlabBytes = std::size_t{2} << 20;
  static constexpr std::size_t kSmallMax = 16 * 1024;  // larger blocks come from the system one by one

  struct Free {
    Free* next;
  };
  struct Block {
    void* start;
    std::size_t bytes;
  };
  static std::size_t rounded(std::size_t bytes) { return (bytes + kGrain - 1) / kGrain * kGrain; }

  void* take(std::size_t bytes) {
    if (bytes > kSmallMax) return take_block(bytes);
    Free*& free = free_[bytes / kGrain];
    if (free != nullptr) {
      void* block = free;
      free = free->next;
      return block;
    }
    if (static_cast<std::size_t>(slab_end_ - slab_) < bytes) {
      const std::size_t slab_bytes = slab_ == nullptr ? kFirstSlabBytes : kSlabBytes;
      slab_ = static_cast<std::byte*>(take_block(slab_bytes));
      slab_end_ = slab_ + slab_bytes;
    }
    void* block = slab_;
    slab_ += bytes;
    return block;
  }

  void give(void* block, std::size_t bytes) {
    if (bytes > kSmallMax) return give_block(block);
    free_[bytes / kGrain] = new (block) Free{free_[bytes / kGrain]};
  }

  void* take_block(std::size_t bytes) {
    blocks_.push_back({allocate_pages(bytes), bytes});
    return blocks_.back().start;
  }

  void give_block(void* start) {
    const auto block = std::find_if(blocks_.begin(), blocks_.end(), [&](const Block& b) { return b.start == start; });
    free_pages(block->start, block->bytes);
    *block = blocks_.back();
    blocks_.pop_back();
  }

  std::array<Free*, kSmallMax / kGrain + 1> free_{};
  std::vector<Block> blocks_;  // slabs, and blocks too large for one
  std::byte* slab_ = nullptr;
  std::byte* slab_end_ = nullptr;
};

}  // namespace risk::engine

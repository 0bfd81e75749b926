// Large blocks of memory, on huge pages where the system has them: a walk through the page table costs as much as a
// cache miss, and tables of a hundred megabytes look up somewhere else each time.
#pragma once

#include <cstddef>

namespace risk::engine {

// Aligned to a cache line, and on huge pages as far as whole ones fit; not zeroed. Throws std::bad_alloc.
void* allocate_pages(std::size_t bytes);
void free_pages(void* block, std::size_t bytes) noexcept;  // `bytes` as they were asked for

// For standard containers.
template <class T>
struct PageAllocator {
  using value_type = T;
  PageAllocator() = default;
  template <class U>
  PageAllocator(const PageAllocator<U>&) {}

  T* allocate(std::size_t count) { return static_cast<T*>(allocate_pages(count * sizeof(T))); }
  void deallocate(T* block, std::size_t count) noexcept { free_pages(block, count * sizeof(T)); }
  friend bool operator==(const PageAllocator&, const PageAllocator&) { return true; }
};

}  // namespace risk::engine

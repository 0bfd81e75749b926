#include "pages.hpp"

#include <sys/mman.h>

#include <new>

namespace risk::engine {
namespace {

constexpr std::size_t kHugePageBytes = std::size_t{2} << 20;
constexpr std::align_val_t kHugeAlignment{kHugePageBytes};
constexpr std::align_val_t kLineAlignment{64};

std::size_t whole_pages(std::size_t bytes) {
  return bytes / kHugePageBytes * kHugePageBytes;
}

}  // namespace

void* allocate_pages(std::size_t bytes) {
  if (whole_pages(bytes) == 0) return ::operator new(bytes, kLineAlignment);
  void* const block = ::operator new(bytes, kHugeAlignment);
  madvise(block, whole_pages(bytes), MADV_HUGEPAGE);  // advice: without it everything works, slower
  return block;
}

void free_pages(void* block, std::size_t bytes) noexcept {
  if (whole_pages(bytes) == 0) return ::operator delete(block, kLineAlignment);
  madvise(block, whole_pages(bytes), MADV_NOHUGEPAGE);
  ::operator delete(block, kHugeAlignment);
}

}  // namespace risk::engine

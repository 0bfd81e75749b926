// Entities by index (in order of appearance) and by id; their addresses are stable.
//
// The index of ids is an open-addressing table of 8-byte slots: half of the id's hash, and the entity's index. It is
// probed in line order and never more than three quarters full; the hash is keyed, so that hostile ids cannot fill one
// place.
#pragma once

#include <algorithm>
#include <cstdint>
#include <new>
#include <string_view>
#include <utility>
#include <vector>

#include "fetch.hpp"
#include "id_hash.hpp"
#include "pages.hpp"
#include "risk/base/id.hpp"
#include "risk/base/short_text.hpp"

namespace risk::engine {

inline constexpr std::uint32_t kNone = ~std::uint32_t{0};

// The text of an id where its entity is, so that comparing it costs no look elsewhere.
using InlineId = ShortText<kIdBytesMax>;

template <class T>  // has an InlineId id
class EntityTable {
 public:
  using Index = std::uint32_t;

  explicit EntityTable(const HashKey& key) : key_(key), slots_(kSlotsMin) {}
  EntityTable(const EntityTable&) = delete;
  EntityTable& operator=(const EntityTable&) = delete;
  ~EntityTable() {
    for (Index index = 0; index < size_; ++index) (*this)[index].~T();
    for (std::size_t chunk = 0; chunk < chunks_.size(); ++chunk) {
      free_pages(&(*this)[static_cast<Index>(first_of_chunk(chunk))], chunk_size(chunk) * sizeof(T));
    }
  }

  std::uint32_t hash(std::string_view id) const { return static_cast<std::uint32_t>(id_hash(id, key_)); }

  Index find(std::string_view id, std::uint32_t hash) const {
    for (std::size_t at = hash & mask(); slots_[at].entity != 0; at = (at + 1) & mask()) {
      if (slots_[at].hash == hash && (*this)[slots_[at].entity - 1].id.view() == id) return slots_[at].entity - 1;
    }
    return kNone;
  }

  // Precondition: find(id, hash) is kNone.
  Index add(std::string_view id, std::uint32_t hash) {
    if (4 * (size_ + 1) > 3 * slots_.size()) grow();
    if (size_ == first_of_chunk(chunks_.size())) {
      void* const first = allocate_pages(chunk_size(chunks_.size()) * sizeof(T));
      chunks_.push_back(reinterpret_cast<std::uintptr_t>(first) - size_ * sizeof(T));
    }
    const auto index = static_cast<Index>(size_);
    (new (&(*this)[index]) T)->id = InlineId(id);
    ++size_;
    insert({hash, index + 1});
    return index;
  }

  RISK_FETCHES void fetch_slot(std::uint32_t hash) const { fetch(&slots_[hash & mask()]); }
  // An entity that is likely the one with this hash, to be fetched; the id decides.
  Index guess(std::uint32_t hash) const {
    for (std::size_t at = hash & mask(); slots_[at].entity != 0; at = (at + 1) & mask()) {
      if (slots_[at].hash == hash) return slots_[at].entity - 1;
    }
    return kNone;
  }

  T& operator[](Index index) { return const_cast<T&>(std::as_const(*this)[index]); }
  const T& operator[](Index index) const {
    return *reinterpret_cast<const T*>(chunks_[chunk_of(index)] + index * sizeof(T));
  }
  std::size_t size() const { return size_; }

  bool before(Index a, Index b) const { return (*this)[a].id.view() < (*this)[b].id.view(); }  // byte order

  // Every index, in byte order of id.
  const std::vector<Index>& in_order() const {
    if (order_.size() != size_) {
      const auto sorted = static_cast<std::ptrdiff_t>(order_.size());
      for (auto index = static_cast<Index>(sorted); index < size_; ++index) order_.push_back(index);
      const auto less = [this](Index a, Index b) { return before(a, b); };
      std::sort(order_.begin() + sorted, order_.end(), less);
      std::inplace_merge(order_.begin(), order_.begin() + sorted, order_.end(), less);
    }
    return order_;
  }

 private:
  friend struct Internals;
  // The first chunk is small, for a core that sees few; the others are large, for huge pages.
  static constexpr std::size_t kFirstChunk = 1024;
  static constexpr std::size_t kChunk = 16'384;

  static std::size_t chunk_of(std::size_t index) { return (index + kChunk - kFirstChunk) / kChunk; }
  static std::size_t first_of_chunk(std::size_t chunk) { return chunk == 0 ? 0 : kFirstChunk + (chunk - 1) * kChunk; }
  static std::size_t chunk_size(std::size_t chunk) { return chunk == 0 ? kFirstChunk : kChunk; }
  static constexpr std::size_t kSlotsMin = 1024;  // a power of two, as ever after

  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t entity = 0;  // index + 1; 0: empty
  };

  std::size_t mask() const { return slots_.size() - 1; }

  void insert(Slot slot) {
    std::size_t at = slot.hash & mask();
    while (slots_[at].entity != 0) at = (at + 1) & mask();
    slots_[at] = slot;
  }

  void grow() {
    std::vector<Slot, PageAllocator<Slot>> old(2 * slots_.size());
    old.swap(slots_);
    for (const Slot slot : old) {
      if (slot.entity != 0) insert(slot);
    }
  }

  HashKey key_;
  std::vector<std::uintptr_t> chunks_;  // where entity 0 would be if a chunk went on before its first one
  std::vector<Slot, PageAllocator<Slot>> slots_;
  std::size_t size_ = 0;
  mutable std::vector<Index> order_;  // sorted but for the entities that came after the last call
};

}  // namespace risk::engine

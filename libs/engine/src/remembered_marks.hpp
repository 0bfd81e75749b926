// The last marks of a symbol and the inputs that made them, so that a bust can bring back the one before. The newest is
// the symbol's mark.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "entities.hpp"
#include "fetch.hpp"

namespace risk::engine {

// A mark with the input that made it; 0: not known.
struct MadeMark {
  Mark mark;
  std::uint64_t input = 0;

  friend bool operator==(const MadeMark&, const MadeMark&) = default;
};

// Invariant: by rising instants, for a price that is older than the mark makes none.
class alignas(64) RememberedMarks {
 public:
  static constexpr std::size_t kMost = 8;

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  const MadeMark& at(std::size_t age_rank) const { return marks_[(oldest_ + age_rank) % kMost]; }  // 0: the oldest
  // Precondition: not empty().
  const MadeMark& newest() const { return at(size_ - 1); }

  // What add() reads, to be followed by fetch_next() when that is there.
  RISK_FETCHES void fetch_size() const { fetch(&size_); }
  // Where add() writes.
  RISK_FETCHES void fetch_next() const { fetch(&marks_[(oldest_ + size_) % kMost]); }

  void add(const MadeMark& made) {
    marks_[(oldest_ + size_) % kMost] = made;
    if (size_ < kMost) {
      ++size_;
    } else {
      oldest_ = (oldest_ + 1) % kMost;
    }
  }
  void keep_only(const MadeMark& made) {
    size_ = 0;
    add(made);
  }

  // The place of what an input made; kMost: it made none of them.
  std::size_t find(std::uint64_t input) const {
    std::size_t place = 0;
    while (place < size_ && at(place).input != input) ++place;
    return place < size_ ? place : kMost;
  }
  // The last one stays.
  void remove(std::size_t place) {
    if (size_ == 1) return;
    for (; place + 1 < size_; ++place) mark_at(place) = mark_at(place + 1);
    --size_;
  }
  void replace(std::size_t place, const MadeMark& made) { mark_at(place) = made; }

 private:
  MadeMark& mark_at(std::size_t age_rank) { return marks_[(oldest_ + age_rank) % kMost]; }

  std::array<MadeMark, kMost> marks_{};
  std::uint8_t oldest_ = 0;
  std::uint8_t size_ = 0;
};

}  // namespace risk::engine

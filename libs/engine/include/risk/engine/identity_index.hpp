// Finds, by a fingerprint, the inputs that may be an execution: a few bytes for each of many millions of executions.
// What it finds is likely, not certain: of two different executions in 10^12 fingerprints one pair is taken for equal.
// What it does not find was not added.
//
// At most 16 bytes an execution, at any size. Threads: one at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace risk::engine {

inline constexpr int kFingerprintBits = 40;

struct IndexedExecution {
  std::uint64_t fingerprint = 0;  // below 2^kFingerprintBits
  std::uint64_t apply_seq = 0;
};

class IdentityIndex {
 public:
  IdentityIndex();
  ~IdentityIndex();
  IdentityIndex(IdentityIndex&&) noexcept;
  IdentityIndex& operator=(IdentityIndex&&) noexcept;

  // Precondition: fewer than 2^40 inputs lie between any two that are remembered.
  void add(const IndexedExecution& execution);

  // A hint that add() or find() of this fingerprint comes soon: waits for nothing.
  void fetch(std::uint64_t fingerprint) const;

  // Appends the apply_seq of each execution of this fingerprint, in no order. Whether there was one.
  bool find(std::uint64_t fingerprint, std::vector<std::uint64_t>& found) const;

  // Executions up to this input are not found any more; their memory is used again as others are added.
  void forget_up_to(std::uint64_t apply_seq);
  std::uint64_t forgotten_up_to() const { return forgotten_up_to_; }

  std::size_t size() const { return size_; }  // also those that were forgotten and still take memory
  std::size_t bytes() const;

 private:
  struct Bucket;
  struct Shard;

  std::uint64_t whole(std::uint64_t low_bits) const;
  bool is_forgotten(std::uint64_t apply_seq) const { return apply_seq <= forgotten_up_to_; }
  void rebuild(Shard& shard, bool grows);
  void tidy();

  std::vector<Shard> shards_;
  std::uint64_t newest_ = 0;
  std::uint64_t forgotten_up_to_ = 0;
  std::size_t size_ = 0;
  std::size_t untidied_ = 0;  // shards that may hold what was forgotten, from the first
  std::size_t until_tidy_ = 0;
};

// Executions as bytes, to be kept and added to an index later: version, executions, checksum.
class IdentityPiece {
 public:
  static constexpr std::size_t kExecutionsMax = 16'384;

  bool empty() const { return executions_ == 0; }
  bool is_full() const { return executions_ == kExecutionsMax; }
  std::size_t executions() const { return executions_; }
  // Precondition: !is_full(); apply_seq rises.
  void add(const IndexedExecution& execution);
  std::string bytes() const;
  void clear();

  // What bytes() gave of executions up to `last_apply_seq`; none: it is damaged, or of a version that is not known.
  static std::optional<std::vector<IndexedExecution>> parse(std::string_view bytes, std::uint64_t last_apply_seq);

 private:
  std::string body_;  // the executions alone
  std::size_t executions_ = 0;
};

}  // namespace risk::engine

#include "risk/engine/identity_index.hpp"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

#include "fetch.hpp"
#include "pages.hpp"
#include "risk/base/check.hpp"

namespace risk::engine {
namespace {

// Of an apply_seq as many bits are kept as a fingerprint has.
constexpr std::uint64_t kKeptMask = (std::uint64_t{1} << kFingerprintBits) - 1;
constexpr std::size_t kKeptBytes = kFingerprintBits / 8;

// A power of two of tables, each of which grows by itself: none takes long, and together they are never half empty.
constexpr std::size_t kShards = 256;
constexpr int kHomeBits = 32;  // of a fingerprint: where in its shard; the bits above say which shard

// Full buckets are passed over: of so full a table that costs less than the memory that an emptier one would take.
constexpr std::size_t kFullest = 9, kFullestOf = 10;  // 9/10
constexpr std::size_t kGrowth = 4, kGrowthOf = 3;     // 4/3
constexpr std::size_t kAddsPerTidy = 1'024;           // rebuilding a shard for each of so many holds nobody up

constexpr char kPieceVersion = 1;

void put(char* at, std::uint64_t value) {
  std::memcpy(at, &value, kKeptBytes);  // little-endian, like all machines that this is built for
}
// Reads whole words, which costs a fraction of reading the bytes that count: there must be eight.
std::uint64_t get(const char* at) {
  std::uint64_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return value & kKeptMask;
}

// The number with those lowest bits that lies at or below `highest`, and nearest.
std::uint64_t nearest_below(std::uint64_t low_bits, std::uint64_t highest) {
  return highest - ((highest - low_bits) & kKeptMask);
}

}  // namespace

// A cache line of executions.
struct alignas(64) IdentityIndex::Bucket {
  static constexpr std::size_t kSlots = 6;

  bool is_full() const { return used == kSlots; }
  // What get() reads beyond the last is in the bucket too.
  const char* slot(std::size_t i) const { return reinterpret_cast<const char*>(this) + i * 2 * kKeptBytes; }
  void add(std::uint64_t fingerprint, std::uint64_t apply_seq) {
    char* at = bytes.data() + used++ * 2 * kKeptBytes;
    put(at, fingerprint);
    put(at + kKeptBytes, apply_seq);
  }
  // A bit for each slot: whether it holds this fingerprint. All are compared, for a loop that ends somewhere else each
  // time costs more.
  unsigned slots_of(std::uint64_t fingerprint) const {
    unsigned slots = 0;
    for (std::size_t i = 0; i < kSlots; ++i) slots |= static_cast<unsigned>(get(slot(i)) == fingerprint) << i;
    return slots & ((1U << used) - 1);
  }
  // Which bits of fingerprints went to a later bucket, though they belong here: it is rarely worth looking there.
  void note_passed_on(std::uint64_t fingerprint) {
    passed_on = static_cast<std::uint8_t>(passed_on | bit_of(fingerprint));
  }
  bool may_have_passed_on(std::uint64_t fingerprint) const { return (passed_on & bit_of(fingerprint)) != 0; }
  static unsigned bit_of(std::uint64_t fingerprint) { return 1U << (fingerprint % 8); }

  std::array<char, kSlots * 2 * kKeptBytes> bytes;
  std::uint8_t used;
  std::uint8_t passed_on;
};

// An execution is in the first bucket with room, from the one where its fingerprint belongs on; after the last comes
// the first. Buckets are in the order of fingerprints, so that to rebuild them is to walk through both in order.
struct IdentityIndex::Shard {
  std::vector<Bucket, PageAllocator<Bucket>> buckets = std::vector<Bucket, PageAllocator<Bucket>>(1);
  std::size_t size = 0;

  std::size_t home(std::uint64_t fingerprint) const {
    const auto low = fingerprint & ((std::uint64_t{1} << kHomeBits) - 1);
    return static_cast<std::size_t>((low * buckets.size()) >> kHomeBits);
  }
  std::size_t after(std::size_t bucket) const { return bucket + 1 == buckets.size() ? 0 : bucket + 1; }
  bool is_at_its_fullest() const { return kFullestOf * (size + 1) > kFullest * Bucket::kSlots * buckets.size(); }
  void add(std::uint64_t fingerprint, std::uint64_t apply_seq) {
    auto at = home(fingerprint);
    if (buckets[at].is_full()) buckets[at].note_passed_on(fingerprint);
    while (buckets[at].is_full()) at = after(at);
    buckets[at].add(fingerprint, apply_seq);
    ++size;
  }
};

IdentityIndex::IdentityIndex() : shards_(kShards), untidied_(kShards), until_tidy_(kAddsPerTidy) {}
IdentityIndex::~IdentityIndex() = default;
IdentityIndex::IdentityIndex(IdentityIndex&&) noexcept = default;
IdentityIndex& IdentityIndex::operator=(IdentityIndex&&) noexcept = default;

std::uint64_t IdentityIndex::whole(std::uint64_t low_bits) const {
  return nearest_below(low_bits, newest_);
}

void IdentityIndex::add(const IndexedExecution& execution) {
  if (is_forgotten(execution.apply_seq)) return;
  newest_ = std::max(newest_, execution.apply_seq);
  Shard& shard = shards_[execution.fingerprint >> kHomeBits];
  if (shard.is_at_its_fullest()) rebuild(shard, true);
  shard.add(execution.fingerprint, execution.apply_seq);
  ++size_;
  if (untidied_ < shards_.size() && --until_tidy_ == 0) tidy();
}

void IdentityIndex::fetch(std::uint64_t fingerprint) const {
  const Shard& shard = shards_[fingerprint >> kHomeBits];
  __builtin_prefetch(&shard.buckets[shard.home(fingerprint)], 1);
}

bool IdentityIndex::find(std::uint64_t fingerprint, std::vector<std::uint64_t>& found) const {
  const Shard& shard = shards_[fingerprint >> kHomeBits];
  const auto home = shard.home(fingerprint);
  bool any = false;
  for (auto at = home;; at = shard.after(at)) {
    const Bucket& bucket = shard.buckets[at];
    for (auto slots = bucket.slots_of(fingerprint); slots != 0; slots &= slots - 1) {
      const auto slot = static_cast<std::size_t>(std::countr_zero(slots));
      const auto apply_seq = whole(get(bucket.slot(slot) + kKeptBytes));
      if (is_forgotten(apply_seq)) continue;
      found.push_back(apply_seq);
      any = true;
    }
    if (!bucket.is_full() || (at == home && !bucket.may_have_passed_on(fingerprint))) return any;
  }
}

void IdentityIndex::forget_up_to(std::uint64_t apply_seq) {
  if (apply_seq <= forgotten_up_to_) return;
  forgotten_up_to_ = apply_seq;
  untidied_ = 0;
  until_tidy_ = kAddsPerTidy;
}

void IdentityIndex::tidy() {
  until_tidy_ = kAddsPerTidy;
  rebuild(shards_[untidied_++], false);
}

void IdentityIndex::rebuild(Shard& shard, bool grows) {
  std::vector<Bucket, PageAllocator<Bucket>> old;
  old.swap(shard.buckets);
  size_ -= shard.size;
  std::size_t remembered = 0;
  const auto each = [&](const auto& visit) {
    for (const Bucket& bucket : old) {
      for (std::size_t i = 0; i < bucket.used; ++i) {
        const auto apply_seq = whole(get(bucket.slot(i) + kKeptBytes));
        if (!is_forgotten(apply_seq)) visit(get(bucket.slot(i)), apply_seq);
      }
    }
  };
  each([&](std::uint64_t, std::uint64_t) { ++remembered; });
  // With room for one more, and no more room than growing gives.
  auto buckets = old.size();
  const auto is_too_full = [&] { return kFullestOf * (remembered + 1) > kFullest * Bucket::kSlots * buckets; };
  if (grows && is_too_full()) buckets = std::max(buckets * kGrowth / kGrowthOf, buckets + 1);
  while (buckets > 1 && kFullestOf * (remembered + 1) * kGrowth < kFullest * Bucket::kSlots * buckets * kGrowthOf) {
    buckets = buckets * kGrowthOf / kGrowth;
  }
  if (is_too_full()) ++buckets;
  shard.buckets.resize(buckets);
  shard.size = 0;
  each([&shard](std::uint64_t fingerprint, std::uint64_t apply_seq) { shard.add(fingerprint, apply_seq); });
  size_ += shard.size;
}

std::size_t IdentityIndex::bytes() const {
  std::size_t bytes = sizeof *this + shards_.capacity() * sizeof(Shard);
  for (const Shard& shard : shards_) bytes += shard.buckets.capacity() * sizeof(Bucket);
  return bytes;
}

// --- pieces

void IdentityPiece::add(const IndexedExecution& execution) {
  RISK_CHECK(!is_full());
  char slot[2 * kKeptBytes];
  put(slot, execution.fingerprint);
  put(slot + kKeptBytes, execution.apply_seq);
  body_.append(slot, sizeof slot);
  ++executions_;
}

std::string IdentityPiece::bytes() const {
  std::string bytes(1, kPieceVersion);
  bytes += body_;
  const std::uint64_t checksum = XXH3_64bits(bytes.data(), bytes.size());
  bytes.append(reinterpret_cast<const char*>(&checksum), sizeof checksum);
  return bytes;
}

void IdentityPiece::clear() {
  body_.clear();
  executions_ = 0;
}

std::optional<std::vector<IndexedExecution>> IdentityPiece::parse(std::string_view bytes,
                                                                  std::uint64_t last_apply_seq) {
  std::uint64_t checksum = 0;
  if (bytes.size() < 1 + sizeof checksum || bytes.front() != kPieceVersion) return std::nullopt;
  const auto body = bytes.size() - sizeof checksum;
  std::memcpy(&checksum, bytes.data() + body, sizeof checksum);
  if (checksum != XXH3_64bits(bytes.data(), body) || (body - 1) % (2 * kKeptBytes) != 0) return std::nullopt;
  std::vector<IndexedExecution> executions;
  executions.reserve((body - 1) / (2 * kKeptBytes));
  for (const char* at = bytes.data() + 1; at < bytes.data() + body; at += 2 * kKeptBytes) {
    executions.push_back({get(at), nearest_below(get(at + kKeptBytes), last_apply_seq)});
  }
  return executions;
}

}  // namespace risk::engine

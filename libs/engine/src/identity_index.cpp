#include "risk/engine/identity_index.hpp"

#include <xxhash.h>

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
constexpr std::size_t kFullest = 7, kFullestOf = 8;  // 7/8
constexpr std::size_t kGrowth = 5, kGrowthOf = 4;    // 5/4
constexpr std::size_t kAddsPerTidy = 1'024;          // rebuilding a shard for each of so many holds nobody up

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
  const char* slot(std::size_t i) const { return bytes.data() + i * 2 * kKeptBytes; }
  void add(std::uint64_t fingerprint, std::uint64_t apply_seq) {
    char* at = bytes.data() + used++ * 2 * kKeptBytes;
    put(at, fingerprint);
    put(at + kKeptBytes, apply_seq);
  }

  std::array<char, kSlots * 2 * kKeptBytes + 3> bytes;  // with what get() reads beyond the last
  std::uint8_t used;
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
  bool any = false;
  for (auto at = shard.home(fingerprint);; at = shard.after(at)) {
    const Bucket& bucket = shard.buckets[at];
    for (std::size_t i = 0; i < bucket.used; ++i) {
      if (get(bucket.slot(i)) != fingerprint) continue;
      const auto apply_seq = whole(get(bucket.slot(i) + kKeptBytes));
      if (is_forgotten(apply_seq)) continue;
      found.push_back(apply_seq);
      any = true;
    }
    if (!bucket.is_full()) return any;
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

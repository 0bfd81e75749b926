#include "risk/engine/identity_index.hpp"

#include <algorithm>

#include "support/catch.hpp"

using namespace risk::engine;

namespace {

using Seqs = std::vector<std::uint64_t>;

Seqs found(const IdentityIndex& index, std::uint64_t fingerprint) {
  Seqs seqs;
  if (index.find(fingerprint, seqs) == seqs.empty()) FAIL("find() does not say whether it found one");
  std::sort(seqs.begin(), seqs.end());
  return seqs;
}

// The fingerprint of the execution that is input `seq`: spread evenly, and always the same.
std::uint64_t fingerprint(std::uint64_t seq) {
  auto mixed = (seq + 1) * 0x9e3779b97f4a7c15U;  // splitmix64
  mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9U;
  mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebU;
  return (mixed ^ mixed >> 31) >> (64 - kFingerprintBits);
}

}  // namespace

TEST_CASE("an index finds each execution that was added, and few that were not") {
  IdentityIndex index;
  constexpr std::uint64_t kCount = 100'000;
  for (std::uint64_t seq = 1; seq <= kCount; ++seq) index.add({fingerprint(seq), seq});
  CHECK(index.size() == kCount);
  std::uint64_t wrong = 0, missing = 0;
  for (std::uint64_t seq = 1; seq <= kCount; ++seq) {
    const auto seqs = found(index, fingerprint(seq));
    missing += std::count(seqs.begin(), seqs.end(), seq) == 1 ? 0 : 1;
    wrong += seqs.size() - 1;
  }
  CHECK(missing == 0);
  for (std::uint64_t seq = kCount + 1; seq <= 2 * kCount; ++seq) wrong += found(index, fingerprint(seq)).size();
  CHECK(wrong < 10);
}

TEST_CASE("an index takes at most 16 bytes an execution, at any size") {
  IdentityIndex index;
  std::size_t next = 100'000;
  for (std::uint64_t seq = 1; seq <= 600'000; ++seq) {
    index.add({fingerprint(seq), seq});
    if (seq != next) continue;
    CHECK(index.bytes() <= 16 * index.size());
    next += next / 10;
  }
}

TEST_CASE("executions of one fingerprint are all found") {
  IdentityIndex index;
  Seqs all;
  for (std::uint64_t seq = 1; seq <= 1'000; ++seq) {
    index.add({0xff'ffff'ffffU, seq});
    all.push_back(seq);
  }
  CHECK(found(index, 0xff'ffff'ffffU) == all);
  CHECK(found(index, 0).empty());
}

TEST_CASE("what is forgotten is not found, and its memory is used again") {
  IdentityIndex index;
  constexpr std::uint64_t kRemembered = 50'000;
  std::size_t most = 0;
  for (std::uint64_t seq = 1; seq <= 20 * kRemembered; ++seq) {
    index.add({fingerprint(seq), seq});
    if (seq % (kRemembered / 2) == 0 && seq > kRemembered) index.forget_up_to(seq - kRemembered);
    most = std::max(most, index.size());
  }
  CHECK(found(index, fingerprint(19 * kRemembered)).empty());
  CHECK(found(index, fingerprint(19 * kRemembered + 1)) == Seqs{19 * kRemembered + 1});
  CHECK(most < 8 * kRemembered);
  CHECK(index.bytes() <= 16 * most);
  index.add({fingerprint(1), 1});
  CHECK(found(index, fingerprint(1)).empty());
}

TEST_CASE("numbers of inputs beyond 40 bits are found whole") {
  IdentityIndex index;
  constexpr std::uint64_t kFirst = (std::uint64_t{3} << 40) - 2;
  for (std::uint64_t seq = kFirst; seq < kFirst + 4; ++seq) index.add({fingerprint(seq), seq});
  for (std::uint64_t seq = kFirst; seq < kFirst + 4; ++seq) CHECK(found(index, fingerprint(seq)) == Seqs{seq});
}

TEST_CASE("a piece gives back the executions that were added") {
  IdentityPiece piece;
  CHECK(piece.empty());
  constexpr std::uint64_t kFirst = (std::uint64_t{1} << 40) - 100;
  for (std::uint64_t i = 0; i < IdentityPiece::kExecutionsMax; ++i) piece.add({fingerprint(i), kFirst + 2 * i});
  CHECK(piece.is_full());
  const auto bytes = piece.bytes();
  piece.clear();
  CHECK(piece.empty());
  const auto executions = IdentityPiece::parse(bytes, kFirst + 2 * (IdentityPiece::kExecutionsMax - 1));
  REQUIRE(executions);
  REQUIRE(executions->size() == IdentityPiece::kExecutionsMax);
  for (std::uint64_t i = 0; i < executions->size(); ++i) {
    const auto& execution = (*executions)[i];
    CHECK(execution.apply_seq == kFirst + 2 * i);
    CHECK(execution.fingerprint == fingerprint(i));
  }
}

TEST_CASE("a piece that is damaged or of an unknown version is not read") {
  IdentityPiece piece;
  for (std::uint64_t seq = 1; seq <= 3; ++seq) piece.add({fingerprint(seq), seq});
  const auto bytes = piece.bytes();
  REQUIRE(IdentityPiece::parse(bytes, 3));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    CHECK_FALSE(IdentityPiece::parse(damaged, 3));
    CHECK_FALSE(IdentityPiece::parse(bytes.substr(0, i), 3));
  }
  const auto none = IdentityPiece::parse(IdentityPiece{}.bytes(), 0);
  REQUIRE(none);
  CHECK(none->empty());
}

#include "risk-engine/executions.hpp"

#include <algorithm>
#include <map>

#include "support/catch.hpp"

using namespace risk;
using namespace risk::risk_engine;
using Kind = Executions::Verdict::Kind;

namespace {

constexpr std::int64_t kStart = 1'726'821'360;

engine::Transaction fill(std::uint64_t number) {
  engine::Transaction t;
  t.transaction_id = "T" + std::to_string(number);
  t.executed_at = Timestamp::from_seconds(kStart + static_cast<std::int64_t>(number));
  t.client_id = ClientId("C");
  t.symbol = Symbol("A");
  t.side = engine::Side::kBuy;
  t.quantity = Quantity::from_whole(100);
  t.price = Price::from_whole(10);
  t.broker_id = "IBKR";
  return t;
}

// A database, as far as Executions knows one: rows, pieces, and what was filed.
struct Rig {
  Rig() { restart(); }

  // What a restart finds in the store.
  void restart(engine::ExecutionOptions options = {}) {
    executions.emplace(resume);
    for (const auto& [first, piece] : pieces) readable = executions->load(piece) && readable;
    for (auto seq = executions->first_lacking(); seq <= resume.last_apply_seq; ++seq) {
      executions->restore(input(seq));
      ++restored;
    }
    executions->finish_loading();
    executions->set_options(std::move(options));
    executions->set_find([this](auto apply_seqs, auto fingerprints) { return find(apply_seqs, fingerprints); });
  }

  store::AppliedInput input(std::uint64_t seq) const {
    const auto row = rows.find(seq);
    if (row == rows.end()) return {seq, {}, store::TickInput{}};
    return {seq, {}, store::TransactionInput{row->second, {}, false, false, {}}};
  }

  store::FoundExecutions find(std::span<const std::uint64_t> apply_seqs, std::span<const std::uint64_t> fingerprints) {
    ++asked;
    store::FoundExecutions found;
    std::vector<std::uint64_t> seqs(apply_seqs.begin(), apply_seqs.end());
    for (const auto fingerprint : fingerprints) {
      const auto [first, last] = filed.equal_range(fingerprint);
      for (auto entry = first; entry != last; ++entry) seqs.push_back(entry->second);
    }
    for (const auto seq : seqs) {
      // Nothing is looked for that is not stored yet.
      CHECK(seq <= resume.last_apply_seq);
      if (rows.contains(seq)) found.transactions.push_back({seq, {}, rows.at(seq), {}, {}, false, false, {}, {}});
    }
    found.dropped_up_to = resume.dropped_up_to;
    return found;
  }

  Executions::Verdict judge(const engine::Transaction& transaction) {
    const engine::Transaction* const next[] = {&transaction};
    executions->expect(next);
    return executions->judge(0);
  }
  void note(std::size_t index, std::uint64_t seq, const engine::Transaction& transaction) {
    executions->note(executions->digest(index), seq, {transaction, transaction.price, false, false, {}});
  }
  Kind send(const engine::Transaction& transaction) {
    const auto verdict = judge(transaction);
    if (verdict.kind == Kind::kNew) {
      note(0, ++apply_seq, transaction);
      rows[apply_seq] = transaction;
    }
    return verdict.kind;
  }
  void commit(bool all = false) {
    for (auto& piece : executions->take_pieces(all, apply_seq)) pieces[piece.first_apply_seq] = piece;
    resume.last_apply_seq = apply_seq;
    executions->note_committed(apply_seq);
  }
  // What the writing thread does; whether there was something to do.
  bool file() {
    const auto up_to = executions->to_file();
    if (!up_to || pieces.empty() || pieces.begin()->second.last_apply_seq > *up_to) return false;
    const auto piece = pieces.begin()->second;
    const auto parsed = engine::IdentityPiece::parse(piece.bytes, piece.last_apply_seq);
    for (const auto& execution : *parsed) filed.emplace(execution.fingerprint, execution.apply_seq);
    pieces.erase(pieces.begin());
    resume.filed_up_to = piece.last_apply_seq;
    executions->note_filed(piece.last_apply_seq);
    return true;
  }

  store::ResumePoint resume;
  std::map<std::uint64_t, engine::Transaction> rows;
  std::map<std::uint64_t, store::IdentityPieceRow> pieces;
  std::multimap<std::uint64_t, std::uint64_t> filed;
  std::uint64_t apply_seq = 0, asked = 0, restored = 0;
  bool readable = true;
  std::optional<Executions> executions;
};

}  // namespace

TEST_CASE("an execution that was applied is a duplicate before its commit, after it and after a restart") {
  Rig rig;
  CHECK(rig.send(fill(1)) == Kind::kNew);
  CHECK(rig.send(fill(1)) == Kind::kDuplicate);
  CHECK(rig.asked == 0);  // nothing of it is stored yet
  rig.commit();
  CHECK(rig.send(fill(1)) == Kind::kDuplicate);
  CHECK(rig.asked == 1);
  rig.restart();
  CHECK(rig.send(fill(1)) == Kind::kDuplicate);
  CHECK(rig.send(fill(2)) == Kind::kNew);
}

TEST_CASE("an execution and its duplicate in the same records are told apart") {
  Rig rig;
  const auto one = fill(1), two = fill(2);
  const engine::Transaction* const next[] = {&one, &two, &one};
  rig.executions->expect(next);
  CHECK(rig.executions->judge(0).kind == Kind::kNew);
  rig.note(0, 1, one);
  CHECK(rig.executions->judge(1).kind == Kind::kNew);
  rig.note(1, 2, two);
  const auto verdict = rig.executions->judge(2);
  CHECK(verdict.kind == Kind::kDuplicate);
  CHECK(verdict.known->apply_seq == 1);
}

TEST_CASE("an execution that was refused is not known") {
  Rig rig;
  CHECK(rig.judge(fill(1)).kind == Kind::kNew);  // and not noted
  CHECK(rig.judge(fill(1)).kind == Kind::kNew);
}

TEST_CASE("with other figures it is a conflict, until both are applied") {
  Rig rig;
  rig.send(fill(1));
  rig.commit();
  auto other = fill(1);
  other.quantity = Quantity::from_whole(200);
  const auto verdict = rig.judge(other);
  CHECK(verdict.kind == Kind::kConflict);
  CHECK(verdict.known->apply_seq == 1);
  CHECK(verdict.known->digest.quantity == Quantity::from_whole(100));
  rig.note(0, ++rig.apply_seq, other);  // somebody decided so
  rig.rows[rig.apply_seq] = other;
  for (int pass = 0; pass < 2; ++pass) {
    CHECK(rig.judge(other).kind == Kind::kDuplicate);
    CHECK(rig.judge(fill(1)).kind == Kind::kDuplicate);
    rig.commit();
  }
  auto third = fill(1);
  third.price = Price::from_whole(11);
  CHECK(rig.judge(third).kind == Kind::kConflict);
  CHECK(rig.judge(third).known->apply_seq == 2);  // the latest
}

TEST_CASE("a restart reads pieces, and inputs only where there are none") {
  constexpr std::uint64_t kPiece = engine::IdentityPiece::kExecutionsMax;
  constexpr std::uint64_t kCount = 2 * kPiece + 500;
  Rig rig;
  for (std::uint64_t i = 1; i <= kCount; ++i) rig.send(fill(i));
  rig.commit();
  CHECK(rig.pieces.size() == 2);
  rig.restart();
  CHECK(rig.restored == 500);
  rig.commit(true);
  CHECK(rig.pieces.size() == 3);
  rig.restored = 0;
  rig.restart();
  CHECK(rig.restored == 0);
  CHECK(rig.executions->remembered() == kCount);
  // The last piece goes on growing: there are no more of them than are needed.
  for (std::uint64_t i = 1; i <= 10; ++i) {
    rig.send(fill(kCount + i));
    rig.commit(true);
    rig.restart();
  }
  CHECK(rig.pieces.size() == 3);
  CHECK(rig.restored == 0);
  for (const std::uint64_t i : {std::uint64_t{1}, kPiece, kPiece + 1, kCount, kCount + 10}) {
    CHECK(rig.send(fill(i)) == Kind::kDuplicate);
  }
  CHECK(rig.send(fill(kCount + 11)) == Kind::kNew);
}

TEST_CASE("ticks lie between executions, and pieces cover them") {
  Rig rig;
  rig.send(fill(1));
  rig.apply_seq += 5;
  rig.send(fill(2));
  rig.apply_seq += 5;
  rig.commit(true);
  CHECK(rig.pieces.at(1).last_apply_seq == 12);
  rig.restart();
  CHECK(rig.restored == 0);
  CHECK(rig.executions->first_lacking() == 13);
}

TEST_CASE("what was stored before there were identities is read from the inputs once") {
  Rig rig;
  constexpr std::uint64_t kCount = engine::IdentityPiece::kExecutionsMax + 100;
  for (std::uint64_t i = 1; i <= kCount; ++i) rig.rows[i] = fill(i);
  rig.apply_seq = rig.resume.last_apply_seq = kCount;
  rig.restart();
  CHECK(rig.restored == kCount);
  CHECK(rig.send(fill(1)) == Kind::kDuplicate);
  CHECK(rig.send(fill(kCount)) == Kind::kDuplicate);
  rig.commit(true);
  rig.restored = 0;
  rig.restart();
  CHECK(rig.restored == 0);
  CHECK(rig.send(fill(1)) == Kind::kDuplicate);
}

TEST_CASE("a damaged piece is made anew of its inputs, and the others stay") {
  constexpr std::uint64_t kPiece = engine::IdentityPiece::kExecutionsMax;
  Rig rig;
  for (std::uint64_t i = 1; i <= 3 * kPiece + 10; ++i) rig.send(fill(i));
  rig.commit(true);
  const auto good = rig.pieces;
  const auto damaged = GENERATE(0, 1, 3);
  auto& bytes = std::next(rig.pieces.begin(), damaged)->second.bytes;
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  rig.restart();
  CHECK_FALSE(rig.readable);
  for (const std::uint64_t i : {std::uint64_t{1}, kPiece + 1, 2 * kPiece + 1, 3 * kPiece + 10}) {
    CHECK(rig.send(fill(i)) == Kind::kDuplicate);
  }
  CHECK(rig.send(fill(3 * kPiece + 11)) == Kind::kNew);
  rig.commit(true);
  rig.readable = true;
  rig.restored = 0;
  rig.restart();
  CHECK(rig.readable);
  CHECK(rig.restored == 0);
  CHECK(rig.pieces.size() <= good.size() + 1);  // the last does not grow any more when it was damaged
}

TEST_CASE("executions beyond what memory may hold are found in the store") {
  constexpr std::uint64_t kPiece = engine::IdentityPiece::kExecutionsMax;
  Rig rig;
  rig.restart({kPiece + 10, {}});
  for (std::uint64_t i = 1; i <= 4 * kPiece; ++i) {
    CHECK_FALSE(rig.judge(fill(i)).kind != Kind::kNew);
    rig.note(0, ++rig.apply_seq, fill(i));
    rig.rows[rig.apply_seq] = fill(i);
    if (i % 5'000 == 0) {
      rig.commit();
      while (rig.file()) {
      }
    }
  }
  rig.commit();
  CHECK(rig.executions->remembered() <= 2 * kPiece + 10);
  CHECK(rig.filed.size() >= 2 * kPiece);
  for (int pass = 0; pass < 2; ++pass) {
    for (const std::uint64_t i : {std::uint64_t{1}, kPiece, 2 * kPiece, 4 * kPiece}) {
      CHECK(rig.send(fill(i)) == Kind::kDuplicate);
      auto other = fill(i);
      other.executed_at.nanos += kNanosPerSecond;
      CHECK(rig.send(other) == Kind::kConflict);
    }
    rig.restart({kPiece + 10, {}});
  }
}

TEST_CASE("what may have been dropped is too old, but for what is known") {
  Rig rig;
  rig.send(fill(1));
  rig.send(fill(50));
  rig.commit();
  rig.rows.erase(1);  // its day went
  rig.executions->note_dropped(fill(10).executed_at);
  CHECK(rig.judge(fill(1)).kind == Kind::kTooOld);
  CHECK(rig.judge(fill(10)).kind == Kind::kTooOld);
  CHECK(rig.judge(fill(11)).kind == Kind::kNew);
  CHECK(rig.judge(fill(50)).kind == Kind::kDuplicate);
}

TEST_CASE("that a day was dropped meanwhile shows in the answer that misses its executions") {
  Rig rig;
  rig.send(fill(1));
  rig.commit();
  rig.rows.erase(1);
  rig.resume.dropped_up_to = fill(10).executed_at;
  CHECK(rig.judge(fill(1)).kind == Kind::kTooOld);
  rig.restart();
  CHECK(rig.judge(fill(2)).kind == Kind::kTooOld);
}

TEST_CASE("when the store cannot be asked nothing is judged") {
  Rig rig;
  rig.send(fill(1));
  rig.commit();
  rig.executions->set_find([](auto, auto) -> store::FoundExecutions { throw store::StoreUnavailable("away"); });
  const auto again = fill(1);
  const engine::Transaction* const next[] = {&again};
  CHECK_THROWS_AS(rig.executions->expect(next), store::StoreUnavailable);
}

TEST_CASE("there is nothing to be filed while no piece is full, however little memory may hold") {
  Rig rig;
  rig.restart({10, {}});
  for (std::uint64_t i = 1; i <= 5'000; ++i) rig.send(fill(i));
  rig.commit(true);
  CHECK(rig.executions->remembered() == 5'000);
  CHECK_FALSE(rig.executions->to_file());
}

TEST_CASE("with days that are dropped their executions leave memory, and the store is not asked for them") {
  constexpr std::uint64_t kPiece = engine::IdentityPiece::kExecutionsMax;
  Rig rig;
  rig.restart({kPiece, {}});
  for (std::uint64_t i = 1; i <= 2 * kPiece + 100; ++i) rig.send(fill(i));
  rig.commit();
  REQUIRE(rig.file());
  while (rig.file()) {
  }
  rig.executions->note_dropped(fill(2 * kPiece).executed_at, 2 * kPiece);
  CHECK(rig.executions->remembered() == 100);
  rig.asked = 0;
  CHECK(rig.send(fill(3 * kPiece)) == Kind::kNew);
  CHECK(rig.asked == 0);
  CHECK(rig.judge(fill(1)).kind == Kind::kTooOld);
}

TEST_CASE("a damaged piece of which a part was dropped is made anew of the rest") {
  Rig rig;
  for (std::uint64_t i = 1; i <= 100; ++i) rig.send(fill(i));
  rig.commit(true);
  rig.pieces.at(1).bytes[20] ^= 1;
  rig.resume.first_kept_apply_seq = 41;
  for (std::uint64_t i = 1; i <= 40; ++i) rig.rows.erase(i);
  rig.restart();
  CHECK(rig.restored == 60);
  CHECK(rig.send(fill(41)) == Kind::kDuplicate);
  rig.commit(true);
  CHECK(engine::IdentityPiece::parse(rig.pieces.at(1).bytes, rig.pieces.at(1).last_apply_seq));
}

TEST_CASE("inputs without an execution are covered by a piece, too") {
  Rig rig;
  rig.apply_seq = 1'000;
  rig.commit(true);
  rig.restart();
  CHECK(rig.restored == 0);
  CHECK(rig.executions->first_lacking() == 1'001);
  CHECK(rig.send(fill(1)) == Kind::kNew);
}

TEST_CASE("pieces that are made anew are stored some at a time, and all of them in the end") {
  constexpr std::uint64_t kCount = 70 * engine::IdentityPiece::kExecutionsMax;
  Rig rig;
  rig.resume.last_apply_seq = rig.apply_seq = kCount;
  rig.executions.emplace(rig.resume);
  auto t = fill(0);
  for (std::uint64_t seq = 1; seq <= kCount; ++seq) {
    t.transaction_id = std::to_string(seq);
    rig.executions->restore({seq, {}, store::TransactionInput{t, {}, false, false, {}}});
  }
  rig.executions->finish_loading();
  // One that grows while others wait is among them once, as it is last.
  t.transaction_id = "A";
  rig.send(t);
  auto waiting = rig.executions->take_pieces(true, rig.apply_seq);
  CHECK(waiting.size() == 64);
  for (auto& piece : waiting) rig.pieces[piece.first_apply_seq] = piece;
  t.transaction_id = "B";
  rig.send(t);
  waiting = rig.executions->take_pieces(true, rig.apply_seq);
  REQUIRE(waiting.size() == 7);
  CHECK(engine::IdentityPiece::parse(waiting.back().bytes, rig.apply_seq)->size() == 2);
  for (auto& piece : waiting) rig.pieces[piece.first_apply_seq] = piece;
  CHECK(rig.pieces.size() == 71);
  CHECK_FALSE(rig.executions->has_pieces());
}

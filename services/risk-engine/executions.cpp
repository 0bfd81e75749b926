#include "risk-engine/executions.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include "risk/base/check.hpp"
#include "risk/store/errors.hpp"

namespace risk::risk_engine {
namespace {

constexpr std::uint64_t kLast = std::numeric_limits<std::uint64_t>::max();

// Of so many bits few are set by the records that come together.
constexpr std::size_t kSeen = 1 << 16;

// Made anew, there may be thousands.
constexpr std::ptrdiff_t kPiecesPerCommit = 64;

engine::HashKey parse_key(std::string_view digits) {
  engine::HashKey key;
  constexpr std::size_t kDigits = 16;  // of a word
  const auto parse = [](std::string_view word, std::uint64_t& value) {
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value, 16);
    return error == std::errc{} && end == word.data() + word.size();
  };
  if (digits.size() != 2 * kDigits || !parse(digits.substr(0, kDigits), key.k0) ||
      !parse(digits.substr(kDigits), key.k1)) {
    throw store::StoreError("the database's identity_state has no key of 32 hexadecimal digits");
  }
  return key;
}

}  // namespace

Executions::Known Executions::known_of(std::uint64_t apply_seq, const engine::ExecutionDigest& digest,
                                       const engine::Transaction& transaction, bool counted_only, Price base_price,
                                       const std::optional<engine::Original>& original) {
  Known known{apply_seq,
              digest,
              transaction.side,
              counted_only,
              base_price,
              apply_seq,
              transaction.currency,
              transaction.symbol.text,
              transaction.executed_at};
  if (!original) return known;
  known.first_apply_seq = original->first_input;
  // What was stored before it could be renamed or split does not say it; it has come under the same name.
  if (!original->symbol.empty()) known.symbol = original->symbol;
  known.first_executed_at = original->first_executed_at.value_or(original->executed_at);
  return known;
}

Executions::Executions(const store::ResumePoint& resume)
    : key_(parse_key(resume.identity_key)),
      filed_up_to_(resume.filed_up_to < resume.first_kept_apply_seq ? 0 : resume.filed_up_to),
      first_kept_(resume.first_kept_apply_seq),
      dropped_up_to_(resume.dropped_up_to),
      loaded_up_to_(std::max(resume.filed_up_to, resume.first_kept_apply_seq - 1)),
      committed_up_to_(resume.last_apply_seq),
      seen_(kSeen) {
  index_.forget_up_to(loaded_up_to_);
  lacking_.push_back({loaded_up_to_ + 1, kLast, loaded_up_to_ + 1});
}

bool Executions::load(const store::IdentityPieceRow& piece) {
  if (piece.last_apply_seq < first_kept_) return true;  // its inputs were dropped
  auto executions = engine::IdentityPiece::parse(piece.bytes, piece.last_apply_seq);
  if (open_piece_) closed_.emplace(loaded_up_to_, open_piece_->executions.size());
  open_piece_.reset();
  lacking_.pop_back();
  const auto lack = [this](std::uint64_t first, std::uint64_t last, std::uint64_t piece_first) {
    lacking_.push_back({std::max(first, first_kept_), last, piece_first});
  };
  if (piece.first_apply_seq > loaded_up_to_ + 1) {
    lack(loaded_up_to_ + 1, piece.first_apply_seq - 1, loaded_up_to_ + 1);
  }
  loaded_up_to_ = std::max(loaded_up_to_, piece.last_apply_seq);
  if (!executions) lack(piece.first_apply_seq, piece.last_apply_seq, piece.first_apply_seq);
  lack(loaded_up_to_ + 1, kLast, loaded_up_to_ + 1);
  if (!executions) return false;
  constexpr std::size_t kAhead = 16;
  for (std::size_t i = 0; i < executions->size(); ++i) {
    if (i + kAhead < executions->size()) index_.fetch((*executions)[i + kAhead].fingerprint);
    index_.add((*executions)[i]);
  }
  remembered_ += executions->size();
  if (executions->size() < engine::IdentityPiece::kExecutionsMax) {
    open_piece_ = OpenPiece{piece.first_apply_seq, *std::move(executions)};
  } else {
    closed_.emplace(piece.last_apply_seq, executions->size());
  }
  return true;
}

void Executions::begin_range() {
  range_begun_ = true;
  piece_first_ = lacking_.front().piece_first;
  if (lacking_.front().last != kLast || !open_piece_) return;
  piece_first_ = open_piece_->first_apply_seq;
  for (const auto& execution : open_piece_->executions) piece_.add(execution);
  open_piece_.reset();
}

std::uint64_t Executions::first_lacking() const {
  return lacking_.front().first;
}

void Executions::restore(const store::AppliedInput& input) {
  if (!range_begun_) begin_range();
  const auto range = lacking_.front();
  if (input.apply_seq < range.first) return;
  const auto* transaction = std::get_if<store::TransactionInput>(&input.input);
  if (transaction != nullptr && transaction->transaction.kind != engine::ExecutionKind::kBust) {
    remember(engine::digest_of(transaction->transaction, {}, key_), input.apply_seq);
  }
  if (input.apply_seq < range.last) return;
  if (piece_first_ <= range.last) close_piece(range.last);  // else the last execution has filled it
  lacking_.erase(lacking_.begin());
  begin_range();
}

void Executions::finish_loading() {
  RISK_CHECK(lacking_.size() == 1);
  if (!range_begun_) begin_range();
  lacking_.clear();
}

void Executions::remember(const engine::ExecutionDigest& digest, std::uint64_t apply_seq) {
  index_.add({digest.fingerprint(), apply_seq});
  ++remembered_;
  piece_.add({digest.fingerprint(), apply_seq});
  if (piece_.is_full()) close_piece(apply_seq);
}

void Executions::close_piece(std::uint64_t last_apply_seq) {
  closed_.emplace(last_apply_seq, piece_.executions());
  keep_piece(last_apply_seq);
  piece_.clear();
  piece_first_ = last_apply_seq + 1;
}

// In the place of what was kept of it and is not stored yet: a commit has a row once.
void Executions::keep_piece(std::uint64_t last_apply_seq) {
  if (!pieces_.empty() && pieces_.back().first_apply_seq == piece_first_) pieces_.pop_back();
  pieces_.push_back({piece_first_, last_apply_seq, piece_.bytes()});
}

void Executions::expect(std::span<const engine::Transaction* const> next, const NamesOf& names_of) {
  digests_.clear();
  references_.clear();
  for (const auto* transaction : next) {
    if (transaction->is_reversal()) [[unlikely]] {
      references_.emplace(digests_.size(), Expected{transaction, references_of(*transaction, names_of)});
    }
    digests_.push_back(digest_of(*transaction));
    index_.fetch(digests_.back().fingerprint());
  }
  found_.clear();
  found_at_.clear();
  found_reversals_.clear();
  in_index_.clear();
  std::vector<std::uint64_t> in_store, filed;
  candidates_.clear();
  may_be_known_.assign(digests_.size(), false);
  for (std::size_t i = 0; i < digests_.size(); ++i) {
    const auto fingerprint = digests_[i].fingerprint();
    if (filed_up_to_ > 0) filed.push_back(fingerprint);
    // Each is looked for once, however many records have it.
    const bool is_found = in_index_.contains(fingerprint) || index_.find(fingerprint, candidates_);
    if (is_found) in_index_.insert(fingerprint);
    const bool was_seen = seen_[fingerprint % kSeen];
    seen_[fingerprint % kSeen] = true;
    may_be_known_[i] = is_found || was_seen;
  }
  for (const auto& digest : digests_) seen_[digest.fingerprint() % kSeen] = false;
  for (const auto& [index, reference] : references_) {
    for (const auto& of_name : reference.digests) {
      for (const auto& digest : of_name) {
        if (filed_up_to_ > 0) filed.push_back(digest.fingerprint());
        index_.find(digest.fingerprint(), candidates_);
      }
    }
  }
  for (const auto apply_seq : candidates_) {
    if (uncommitted(apply_seq) == nullptr) in_store.push_back(apply_seq);
  }
  read_back(std::move(in_store), filed);
}

void Executions::read_back(std::vector<std::uint64_t> in_store, const std::vector<std::uint64_t>& filed) {
  for (std::span<const std::uint64_t> fingerprints = filed; !in_store.empty() || !fingerprints.empty();
       fingerprints = {}) {
    RISK_CHECK(find_);
    const auto found = find_(in_store, fingerprints);
    if (found.dropped_up_to) note_dropped(*found.dropped_up_to);
    in_store.clear();
    for (const auto& stored : found.transactions) {
      if (found_at_.contains(stored.apply_seq)) continue;
      const auto digest = digest_of(stored.transaction);
      const auto known =
          found_.emplace(digest.fingerprint(), known_of(stored.apply_seq, digest, stored.transaction,
                                                        stored.counted_only, stored.base_price, stored.original));
      found_at_.emplace(stored.apply_seq, &known->second);
      if (!stored.reversed_by) continue;
      found_reversals_.emplace(stored.apply_seq, *stored.reversed_by);
      // What is named by an earlier id of its chain.
      const auto next = stored.reversed_by->input;
      const bool is_needed = !references_.empty() && stored.reversed_by->kind == engine::ExecutionKind::kCorrection;
      if (is_needed && find(next) == nullptr) in_store.push_back(next);
    }
  }
}

const Executions::Known* Executions::find(std::uint64_t apply_seq) const {
  if (const auto* known = uncommitted(apply_seq)) return known;
  const auto found = found_at_.find(apply_seq);
  return found == found_at_.end() ? nullptr : found->second;
}

const engine::ReversedBy* Executions::reversal_of(std::uint64_t apply_seq) const {
  if (const auto by = reversals_.find(apply_seq); by != reversals_.end()) return &by->second;
  const auto found = found_reversals_.find(apply_seq);
  return found == found_reversals_.end() ? nullptr : &found->second;
}

const Executions::Known* Executions::end_of_chain(const Known& begin, const engine::ReversedBy*& bust) const {
  const Known* known = &begin;
  while (const auto* by = reversal_of(known->apply_seq)) {
    if (by->kind == engine::ExecutionKind::kBust) {
      bust = by;
      return nullptr;
    }
    known = find(by->input);
    RISK_CHECK(known != nullptr);
  }
  return known;
}

const Executions::Known* Executions::latest_of(std::uint64_t apply_seq) const {
  const auto* begin = uncommitted(apply_seq);
  RISK_CHECK(begin != nullptr);
  const engine::ReversedBy* bust = nullptr;
  return end_of_chain(*begin, bust);
}

std::vector<engine::ReferenceDigests> Executions::references_of(const engine::Transaction& reversal,
                                                                const NamesOf& names_of) const {
  std::vector<engine::ReferenceDigests> references{reference_digests_of(reversal)};
  if (!names_of) return references;
  engine::Transaction named = reversal;
  for (const auto& name : names_of(reversal.symbol.text)) {
    if (name == reversal.symbol.text) continue;
    named.symbol.text = name;
    references.push_back(reference_digests_of(named));
  }
  return references;
}

// By another name only what is not known by its own.
Executions::Reference Executions::resolve(std::size_t index) const {
  const auto& [reversal, digests] = references_.at(index);
  Reference reference;
  for (const auto& of_name : digests) {
    reference = resolve(*reversal, of_name);
    if (reference.kind != decltype(reference.kind)::kUnknown) break;
  }
  return reference;
}

Executions::Reference Executions::resolve(const engine::Transaction& reversal,
                                          const engine::ReferenceDigests& digests) const {
  engine::ReferenceChoice<Known> choice(reversal);
  for (const auto& digest : digests) {
    const auto look = [&, &choice = choice](const Known& known) {
      if (!digest.has_identity_of(known.digest)) return;
      const engine::ReversedBy* bust = nullptr;
      const Known* const end = end_of_chain(known, bust);
      choice.add(known.side, end, end == nullptr ? 0 : end->apply_seq, bust);
    };
    const auto [first, last] = found_.equal_range(digest.fingerprint());
    for (auto known = first; known != last; ++known) look(known->second);
    std::vector<std::uint64_t> candidates;
    index_.find(digest.fingerprint(), candidates);
    for (const auto apply_seq : candidates) {
      if (const auto* known = uncommitted(apply_seq)) look(*known);
    }
  }
  return choice.choose();
}

engine::ExecutionDigest Executions::digest_of(const engine::Transaction& transaction) const {
  return engine::digest_of(transaction, options_.broker_aliases, key_);
}

engine::ReferenceDigests Executions::reference_digests_of(const engine::Transaction& reversal) const {
  return engine::reference_digests_of(reversal, options_.broker_aliases, key_);
}

engine::Original Executions::Known::as_original() const {
  const std::int64_t units = counted_only ? 0 : digest.quantity.units();
  return {apply_seq,          first_apply_seq,
          digest.executed_at, Quantity::from_units(side == engine::Side::kBuy ? units : -units),
          base_price,         symbol,
          first_executed_at};
}

Executions::Verdict Executions::judge(std::size_t index) {
  const auto& digest = digests_[index];
  Verdict verdict;
  const auto compare = [&](const Known& known) {
    using Kind = Verdict::Kind;
    if (verdict.kind == Kind::kDuplicate || !digest.has_identity_of(known.digest)) return;
    if (digest.is_duplicate_of(known.digest)) {
      verdict = {Kind::kDuplicate, known};
    } else if (verdict.kind == Kind::kNew || verdict.known->apply_seq < known.apply_seq) {
      verdict = {Kind::kConflict, known};
    }
  };
  const auto [first, last] = found_.equal_range(digest.fingerprint());
  for (auto known = first; known != last; ++known) compare(known->second);
  candidates_.clear();
  if (may_be_known_[index] && index_.find(digest.fingerprint(), candidates_)) {
    for (const auto apply_seq : candidates_) {
      if (const auto* known = uncommitted(apply_seq)) compare(*known);
    }
  }
  if (verdict.kind == Verdict::Kind::kNew && may_be_dropped(digest.executed_at)) verdict.kind = Verdict::Kind::kTooOld;
  return verdict;
}

void Executions::note(const engine::ExecutionDigest& digest, std::uint64_t apply_seq,
                      const store::TransactionInput& applied) {
  remember(digest, apply_seq);
  uncommitted_.push_back(
      known_of(apply_seq, digest, applied.transaction, applied.counted_only, applied.base_price, applied.original));
}

void Executions::note_reversal(std::uint64_t apply_seq, const engine::ReversedBy& by) {
  reversals_.insert_or_assign(apply_seq, by);
}

const Executions::Known* Executions::uncommitted(std::uint64_t apply_seq) const {
  if (apply_seq <= committed_up_to_) return nullptr;
  const auto first = uncommitted_.begin() + static_cast<std::ptrdiff_t>(first_uncommitted_);
  const auto known = std::partition_point(first, uncommitted_.end(),
                                          [apply_seq](const Known& other) { return other.apply_seq < apply_seq; });
  return known == uncommitted_.end() || known->apply_seq != apply_seq ? nullptr : &*known;
}

void Executions::note_dropped(Timestamp up_to, std::uint64_t last_apply_seq) {
  dropped_up_to_ = std::max(dropped_up_to_.value_or(up_to), up_to);
  let_go_up_to(last_apply_seq);
  if (filed_up_to_ <= last_apply_seq) filed_up_to_ = 0;
}

void Executions::let_go_up_to(std::uint64_t apply_seq) {
  for (auto piece = closed_.begin(); piece != closed_.end() && piece->first <= apply_seq;
       piece = closed_.erase(piece)) {
    remembered_ -= std::min<std::uint64_t>(remembered_, piece->second);
  }
  index_.forget_up_to(apply_seq);
}

std::vector<store::IdentityPieceRow> Executions::take_pieces(bool all, std::uint64_t apply_seq) {
  // Also where it has no execution: what is covered need not be read again.
  if (all && apply_seq >= piece_first_) keep_piece(apply_seq);
  if (pieces_.size() <= static_cast<std::size_t>(kPiecesPerCommit)) return std::exchange(pieces_, {});
  const auto end = pieces_.begin() + kPiecesPerCommit;
  std::vector<store::IdentityPieceRow> first(std::make_move_iterator(pieces_.begin()), std::make_move_iterator(end));
  pieces_.erase(pieces_.begin(), end);
  return first;
}

void Executions::note_committed(std::uint64_t apply_seq) {
  committed_up_to_ = std::max(committed_up_to_, apply_seq);
  std::erase_if(reversals_, [this](const auto& reversal) { return reversal.second.input <= committed_up_to_; });
  auto& first = first_uncommitted_;
  while (first != uncommitted_.size() && uncommitted_[first].apply_seq <= committed_up_to_) ++first;
  if (first <= uncommitted_.size() / 2) return;
  uncommitted_.erase(uncommitted_.begin(), uncommitted_.begin() + static_cast<std::ptrdiff_t>(first));
  first = 0;
}

std::optional<std::uint64_t> Executions::to_file() const {
  if (remembered_ <= options_.remembered_max || closed_.empty() || has_pieces()) return std::nullopt;
  const auto last_apply_seq = closed_.begin()->first;
  return last_apply_seq <= committed_up_to_ ? std::optional(last_apply_seq) : std::nullopt;
}

void Executions::note_filed(std::uint64_t last_apply_seq) {
  filed_up_to_ = std::max(filed_up_to_, last_apply_seq);
  let_go_up_to(last_apply_seq);
}

}  // namespace risk::risk_engine

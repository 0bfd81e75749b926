// Which executions were applied, exactly, over all that is stored: whatever stream, file, restart or day they come
// from. The newest are found in memory, a few bytes each; what they were is read back from the store when another looks
// like one of them. Older ones are filed in the store and looked up there. And what of them a bust or a correction
// takes back: busts themselves have no identity here.
//
// Threads: one at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "risk/engine/identity.hpp"
#include "risk/engine/identity_index.hpp"
#include "risk/engine/reference.hpp"
#include "risk/store/reader.hpp"
#include "risk/store/store.hpp"

namespace risk::risk_engine {

class Executions {
 public:
  // Asks the store: Reader::find_executions. What it throws goes through expect(), which has then changed nothing.
  using Find = std::function<store::FoundExecutions(std::span<const std::uint64_t> apply_seqs,
                                                    std::span<const std::uint64_t> fingerprints)>;

  // Goes on from `resume`.
  explicit Executions(const store::ResumePoint& resume);

  void set_options(engine::ExecutionOptions options) { options_ = std::move(options); }
  void set_find(Find find) { find_ = std::move(find); }

  // --- recovery: load() of the pieces that are stored, in order; then restore() of all inputs from first_lacking() on,
  // in order, and finish_loading(), also where there is none

  // A piece that cannot be read is made anew of the inputs. Whether it could.
  bool load(const store::IdentityPieceRow& piece);
  std::uint64_t first_lacking() const;  // the first input that must be given to restore()
  void restore(const store::AppliedInput& input);
  void finish_loading();

  // --- intake

  // All names under which an execution of a symbol may have come: Core::names_of. Null: none was renamed.
  using NamesOf = std::function<std::vector<std::string>(std::string_view symbol)>;
  // What comes next, to be judged in this order; asks the store about those that may be known.
  void expect(std::span<const engine::Transaction* const> next, const NamesOf& names_of = nullptr);

  // An execution or a correction that was applied.
  struct Known {
    std::uint64_t apply_seq = 0;
    engine::ExecutionDigest digest;
    engine::Side side = engine::Side::kUnknown;
    bool counted_only = false;
    Price base_price;
    std::uint64_t first_apply_seq = 0;  // of the execution at the beginning of its chain of corrections
    std::string currency;
    // Of the execution at the beginning of its chain.
    std::string symbol;
    Timestamp first_executed_at;

    engine::Original as_original() const;
  };
  struct Verdict {
    enum class Kind : std::uint8_t { kNew, kDuplicate, kConflict, kTooOld };
    Kind kind = Kind::kNew;
    std::optional<Known> known;  // what it is a duplicate of, or conflicts with
  };
  // Of the transaction at `index` of those that are expected.
  Verdict judge(std::size_t index);
  using Reference = engine::ReferenceChoice<Known>::Choice;
  // What the bust or correction at `index` of those that are expected takes back. It lives until the next note().
  Reference resolve(std::size_t index) const;
  // Whether what was executed then may have been applied and dropped.
  bool may_be_dropped(Timestamp executed_at) const { return dropped_up_to_ && executed_at <= *dropped_up_to_; }
  // What is left of an execution that was applied since the last commit, after its corrections; null: it was busted.
  const Known* latest_of(std::uint64_t apply_seq) const;

  // It was applied as this input, and is no bust. Preconditions: apply_seq rises; `digest` is digest_of().
  void note(const engine::ExecutionDigest& digest, std::uint64_t apply_seq, const store::TransactionInput& applied);
  // An input has taken this one back.
  void note_reversal(std::uint64_t apply_seq, const engine::ReversedBy& by);

  const engine::ExecutionDigest& digest(std::size_t index) const { return digests_[index]; }  // of those expected
  engine::ExecutionDigest digest_of(const engine::Transaction& transaction) const;
  engine::ReferenceDigests reference_digests_of(const engine::Transaction& reversal) const;

  // Up to when executions may have been dropped from the store.
  std::optional<Timestamp> dropped_up_to() const { return dropped_up_to_; }
  // `last_apply_seq`: inputs up to this one are no longer stored; 0: not known.
  void note_dropped(Timestamp up_to, std::uint64_t last_apply_seq = 0);

  // --- what is to be stored

  // Pieces of executions that are not stored yet, or have grown since: the oldest first, and only so many that a commit
  // stays small. With `all` there is one of everything up to input `apply_seq` among them.
  std::vector<store::IdentityPieceRow> take_pieces(bool all, std::uint64_t apply_seq);
  // Inputs up to this one can be found in the store.
  void note_committed(std::uint64_t apply_seq);
  bool has_pieces() const { return !pieces_.empty(); }
  // The end of the stored piece that should be filed next; none: there is room in memory, or no piece to be filed.
  std::optional<std::uint64_t> to_file() const;
  // The executions of pieces that end at or before `last_apply_seq` are found in the store from now on.
  void note_filed(std::uint64_t last_apply_seq);

  std::uint64_t remembered() const { return remembered_; }
  std::size_t memory_bytes() const { return index_.bytes(); }

 private:
  struct Range {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    std::uint64_t piece_first = 0;  // first_apply_seq of the row that is made of it
  };
  // A piece as it was stored, which goes on growing.
  struct OpenPiece {
    std::uint64_t first_apply_seq = 0;
    std::vector<engine::IndexedExecution> executions;
  };

  static Known known_of(std::uint64_t apply_seq, const engine::ExecutionDigest& digest,
                        const engine::Transaction& transaction, bool counted_only, Price base_price,
                        const std::optional<engine::Original>& original);
  std::vector<engine::ReferenceDigests> references_of(const engine::Transaction& reversal,
                                                      const NamesOf& names_of) const;
  Reference resolve(const engine::Transaction& reversal, const engine::ReferenceDigests& digests) const;
  void begin_range();
  void remember(const engine::ExecutionDigest& digest, std::uint64_t apply_seq);
  void close_piece(std::uint64_t last_apply_seq);
  void keep_piece(std::uint64_t last_apply_seq);  // to be stored, as it is now
  void let_go_up_to(std::uint64_t apply_seq);     // of memory
  const Known* uncommitted(std::uint64_t apply_seq) const;
  // Reads back from the store what may be known of those that are expected.
  void read_back(std::vector<std::uint64_t> in_store, const std::vector<std::uint64_t>& filed);
  const Known* find(std::uint64_t apply_seq) const;  // null: it is neither uncommitted nor read back
  const engine::ReversedBy* reversal_of(std::uint64_t apply_seq) const;                  // null: it was not taken back
  const Known* end_of_chain(const Known& begin, const engine::ReversedBy*& bust) const;  // null: `bust` is set

  engine::ExecutionOptions options_;
  Find find_;
  engine::HashKey key_;
  engine::IdentityIndex index_;
  std::uint64_t remembered_ = 0;
  std::uint64_t filed_up_to_;  // 0: none that is stored is filed
  std::uint64_t first_kept_;   // input that was stored at the start
  std::optional<Timestamp> dropped_up_to_;

  std::vector<Range> lacking_;  // of which there are no pieces, rising, the last without end; while loading
  bool range_begun_ = false;
  std::uint64_t loaded_up_to_;           // the end of the pieces so far
  std::optional<OpenPiece> open_piece_;  // the last of them, if it has room

  engine::IdentityPiece piece_;
  std::uint64_t piece_first_ = 0;  // the first input of piece_
  std::vector<store::IdentityPieceRow> pieces_;
  // Pieces that do not grow any more and are in memory: how many executions, by the last input.
  std::map<std::uint64_t, std::size_t> closed_;

  // Rising apply_seq; those before the first are committed. A vector, for memory that is written to in its order costs
  // the processor nothing.
  std::vector<Known> uncommitted_;
  std::size_t first_uncommitted_ = 0;
  std::uint64_t committed_up_to_ = 0;
  // By what was taken back since the last commit.
  std::unordered_map<std::uint64_t, engine::ReversedBy> reversals_;

  // Of the transactions that are expected.
  std::vector<engine::ExecutionDigest> digests_;
  std::unordered_set<std::uint64_t> in_index_;           // their fingerprints that are there
  std::vector<bool> may_be_known_;                       // of each: one like it is in the index, or comes before it
  std::vector<bool> seen_;                               // by the lowest bits of a fingerprint
  std::unordered_multimap<std::uint64_t, Known> found_;  // in the store, by fingerprint
  std::unordered_map<std::uint64_t, const Known*> found_at_;               // the same by apply_seq
  std::unordered_map<std::uint64_t, engine::ReversedBy> found_reversals_;  // and what took them back
  struct Expected {
    const engine::Transaction* reversal;
    std::vector<engine::ReferenceDigests> digests;  // under each name of the symbol, its own first
  };
  std::map<std::size_t, Expected> references_;  // of busts and corrections, by index
  std::vector<std::uint64_t> candidates_;       // apply_seqs
};

}  // namespace risk::risk_engine

// The risk core: positions, marks, exposures, velocity and anomaly windows and the alerts they open and resolve.
//
// Deterministic and pure: no clock, no I/O, no randomness. The same calls in the same order give the same events,
// exposures and state, whatever the batching or the machine.
//
// Invariants
//   1. now() never falls; sweeps happen at whole seconds, each at most once, in rising order.
//   2. An input that is rejected has changed nothing.
//   3. The firm's long, short and turnover are the sums over symbols, and over clients, to the last digit, and fit 127
//   bits.
//   4. An entity has at most one open alert of each rule.
// verify() checks them, but for the second, which no state shows.
//
// Threads: one at a time; a Core is not shared. Until a loaded one is changed, its constant functions may be called at
// the same time.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "risk/engine/rules.hpp"
#include "risk/engine/types.hpp"

namespace risk::engine {

struct Counters {
  std::uint64_t transactions = 0;  // applied
  std::uint64_t late = 0;          // of those, older than now
  std::uint64_t opening_positions = 0;
  std::uint64_t sweeps = 0;
  std::uint64_t alerts_opened = 0;

  friend bool operator==(const Counters&, const Counters&) = default;
};

// What the core made of a transaction.
struct Applied {
  Price price;        // what one unit is worth at the transaction's own price, in base currency
  bool late = false;  // older than now
};

// How many of each the core takes on; what would be one more is rejected, and everything else goes on. An entity counts
// from its first transaction or opening position, a position also while it is zero.
struct Bounds {
  std::uint64_t clients_max = 1'000'000;
  std::uint64_t symbols_max = 100'000;
  std::uint64_t positions_max = 20'000'000;

  static constexpr Bounds none() { return {~std::uint64_t{0}, ~std::uint64_t{0}, ~std::uint64_t{0}}; }
  friend bool operator==(const Bounds&, const Bounds&) = default;
};

// The key of the tables that find ids. No result depends on it. Random and secret where ids come from outside, so that
// nobody can choose ids that fill one place of a table.
struct HashKey {
  std::uint64_t k0 = 0;
  std::uint64_t k1 = 0;
};

// From which sizes on the core keeps more, to be faster. No result depends on it; tests set it low.
struct Tuning {
  std::uint32_t valued_from = 64;        // positions: a client's exposure is kept and brought up to date
  std::uint32_t top_holders_from = 128;  // holders: it is kept who holds most of a symbol
  std::uint32_t leapt_to = 512;          // holders: up to here a price that leaps is told to each
};

inline constexpr std::size_t kSnapshotChunkBytes = std::size_t{1} << 20;

// How the program that saved a snapshot differs from this one.
struct SnapshotFormat {
  std::uint32_t version = 0;
  bool is_older = false;             // than what save() writes
  bool is_newer = false;             // than what load() reads: nothing was loaded
  std::uint64_t unknown_fields = 0;  // of a newer program; they were skipped, and are not in the loaded core
};

// A state hash as it is to be kept for a later program: "2:", the version of the hash, and its digits.
std::string kept_hash(std::string_view state_hash);
// Whether one that was kept is of the version that state_hash() gives today. The first version had no number.
bool is_comparable_hash(std::string_view kept);

class Core {
 public:
  // Precondition: problems(rules) is empty.
  explicit Core(RuleSet rules, HashKey key = {}, const Tuning& tuning = {});
  ~Core();
  Core(Core&&) noexcept;
  Core& operator=(Core&&) noexcept;

  // From the next input on. What is there already stays, even above a bound.
  void set_bounds(const Bounds& bounds);

  // A hint: the next calls of apply() are for these transactions, in order; some may be left out. What they need is
  // then fetched ahead of them, which is much faster where there are many clients. Each of `next` must stay in place,
  // unchanged, until it or a later one was applied, or the next expect().
  void expect(std::span<const Transaction> next);
  void expect_at(std::span<const Transaction* const> next);  // where each lies; the pointers are copied

  // Applies one execution, in the order of libs/engine/RULES.md, and appends the events it (and the sweep before it)
  // caused to `events`. If it cannot be applied: why; then nothing has changed. Precondition: it is no reversal.
  Result<Applied, Rejection> apply(const Transaction& transaction, std::vector<AlertEvent>& events);

  // An execution that comes after its bust or correction: it is judged, moves now and counts, and gives its client, its
  // symbol and a position of 0 their rows, as any other; nothing else comes of it. As above.
  Result<Applied, Rejection> count(const Transaction& transaction, std::vector<AlertEvent>& events);

  // Takes back what was applied, and applies the correction in its place where it is one. The positions, the turnover
  // of the session, bases and marks become what they were without the original; what it tipped resolves, and exposures
  // are judged. As above; of a bust the result has the original's unit value. Preconditions: transaction.is_reversal(),
  // the rules know reversals, and `original` was applied to the transaction's client and is not taken back yet.
  Result<Applied, Rejection> apply(const Transaction& reversal, const Original& original,
                                   std::vector<AlertEvent>& events);

  // The number of the next input, which rises from one to the next: that by which a later Original names it. To be told
  // before each, also before set_rules(), wherever there are reversals or adjustments; the state that load() gives has
  // none yet.
  void number_next(std::uint64_t input);

  // A mark, and a rate, without a trade; no event comes of it but of the sweep before it. Whether anything has changed,
  // which it has not by a price that is older than the mark; or why it cannot be applied, and then nothing has.
  Result<bool, Rejection> apply(const MarketPrice& price, std::vector<AlertEvent>& events);
  Result<bool, Rejection> apply(const ExchangeRate& rate, std::vector<AlertEvent>& events);

  // A person takes the price of a symbol that is held as its mark, with the instant that it came with, or drops it.
  // True, or why it cannot be: none is held, it is older than the mark, or it would take something out of range.
  Result<bool, Rejection> apply(const HeldPriceDecision& decision, std::vector<AlertEvent>& events);

  // What a symbol stands for from here on, and what its positions are worth then. As above.
  Result<bool, Rejection> apply(const Instrument& instrument);

  // Time passes up to the instant of an adjustment, with the sweep that goes with it; then the symbol is split or
  // renamed, or the position set. No event comes of it but of that sweep. If it cannot be applied: why; then nothing
  // has changed. Splits and renames are remembered by the numbers of inputs (number_next): what comes later and is from
  // before a split is split too, an old name means the new one until an Instrument of it comes, and reversals find what
  // they take back.
  std::optional<Rejection> apply(const Adjustment& adjustment, std::vector<AlertEvent>& events);
  // All names under which executions may have come that are of a symbol now, or that have become it: itself first.
  std::vector<std::string> names_of(std::string_view symbol) const;

  // Sets a position and its symbol's mark. No event comes of it before the next evaluation or sweep.
  std::optional<Rejection> apply(const OpeningPosition& position);

  // Time passes: now = max(now, time), with the sweep that goes with it. True if now moved.
  bool tick(Timestamp time, std::vector<AlertEvent>& events);

  // What one unit is worth in base currency at a transaction's own price; or why apply() would reject it, as far as
  // positions and bounds have no say.
  Result<Price, Rejection> unit_value(const Transaction& transaction) const;

  const RuleSet& rules() const;
  Counters counters() const;
  std::optional<Timestamp> now() const;  // none before the first input that has a time

  // From here on the rules are these. An open alert stays open and is judged by them at the next evaluation or sweep;
  // one whose rule is disabled or has no limit any more resolves at the next sweep. A velocity window of another length
  // starts to count anew; an anomaly window keeps the newest notionals it has room for. Marks are worth what the new
  // rates make of them; one that would take anything out of its range is not taken, and the one before stays in force.
  // Preconditions: problems(rules) is empty, and no rule of those before is missing (keep_missing_rules).
  void set_rules(RuleSet rules);

  // Entities whose row may have changed since the last call, once each, in byte order of id. A row may be listed
  // although it came back to its old figures. The figures are those at the latest marks.
  enum class Scope {
    kTraded,  // clients and symbols that traded
    kMarked,  // and the clients whose exposure moved with a mark since the last call with this scope
  };
  struct Changes {
    std::vector<ExposureRow> clients;
    std::vector<ExposureRow> symbols;
    std::vector<PositionRow> positions;  // whose quantity changed
  };
  // Of clients who did not trade at most `marked_max` are in it; the others stay on the list, before those whose marks
  // move later.
  static constexpr std::size_t kAllMarked = std::numeric_limits<std::size_t>::max();
  Changes take_changes(Scope scope, std::size_t marked_max = kAllMarked);
  // Puts every client and symbol on the list, as do rules that change: utilisation and risk level follow from them.
  void note_all_changed();
  // Whether a mark has moved since the last take_changes(kMarked), or that call has left clients on the list.
  bool has_moved_marks() const;
  std::size_t marked_left() const;  // clients it has left, at most

  // The symbols whose held price has changed since the last call, once each, as they are now.
  struct HeldChange {
    Symbol symbol;
    std::optional<HeldPriceRow> held;  // nothing: none is held any more
  };
  bool has_held_changes() const;
  std::vector<HeldChange> take_held_changes();

  // The whole state, in byte order of id.
  std::vector<ExposureRow> client_rows() const;
  std::vector<ExposureRow> symbol_rows() const;
  std::vector<PositionRow> position_rows() const;     // zero positions included
  std::vector<HeldPriceRow> held_price_rows() const;  // by symbol
  ExposureRow firm_row() const;                       // id ""

  // The whole state as chunks of at most kSnapshotChunkBytes, in order (the format: libs/engine/SNAPSHOT.md).
  void save(const std::function<void(std::string_view chunk)>& write) const;

  // The core that save() was called of, but for its bounds and what take_changes() would have given; or what is wrong
  // with the snapshot: "chunk 3: the checksum does not match". `read` gives the next chunk, nothing after the last.
  // Reads every version since 1. `format`, where not null, is set when it is loaded, or of a
  // version that load() does not know.
  static Result<Core> load(const std::function<std::optional<std::string>()>& read, HashKey key = {},
                           const Tuning& tuning = {}, SnapshotFormat* format = nullptr);

  // 32 hexadecimal digits: equal for equal states, however they were reached and in whatever version they were saved.
  // A field that comes later changes it only where it has another value than the one that means what was before it. The
  // numbers of inputs (number_next) are not in it: a store and a file that lead to one state number them differently.
  std::string state_hash() const;

  // What does not hold of the invariants above and of those in the headers of src: each in words, with the entity and
  // the figures; at most kFindingsMax of them, then how many more. Empty: all is well. Recomputes from the positions
  // and samples whatever follows from them, in a look at the whole state; changes nothing.
  static constexpr std::size_t kFindingsMax = 20;
  std::vector<std::string> verify() const;

 private:
  friend class SnapshotSaver;
  friend class SnapshotLoader;
  friend struct Internals;
  class Impl;
  explicit Core(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace risk::engine

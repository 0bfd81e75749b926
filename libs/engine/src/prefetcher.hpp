// Looks up what coming transactions will need, in steps that each wait for nothing: the slot in the table of ids, then
// the client and the symbol found there, then the position and the sample that the client points at, and the place of
// the symbol's next mark. By the time a transaction is applied all of it is in the cache.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "positions.hpp"
#include "remembered_marks.hpp"
#include "risk/engine/types.hpp"

namespace risk::engine {

class Prefetcher {
 public:
  // `remembered`: the marks of each symbol; or of none, which are not fetched then.
  Prefetcher(const Positions& positions, const std::vector<RememberedMarks>& remembered)
      : positions_(positions), remembered_(remembered) {}

  // Both: core.hpp.
  void expect(std::span<const Transaction> next) {
    next_.clear();
    for (const auto& transaction : next) next_.push_back(&transaction);
    begin();
  }
  void expect_at(std::span<const Transaction* const> next) {
    next_.assign(next.begin(), next.end());
    begin();
  }

  // The client and the symbol of a transaction, found with what was looked up before if it is the one expected.
  struct Pair {
    Named client, symbol;
  };
  Pair take(const Transaction& transaction) {
    pass_over_to(transaction);
    if (applied_ == next_.size()) return look_up(transaction);
    const Hint hint = hint_of(applied_);
    ++applied_;
    step();
    return {resolve(positions_.clients, transaction.client_id.text, hint.client_hash, hint.client),
            resolve(positions_.symbols, transaction.symbol.text, hint.symbol_hash, hint.symbol)};
  }

 private:
  // Those before it were left out. Nothing of them is read any more: who left them out may have written over them.
  void pass_over_to(const Transaction& transaction) {
    if (applied_ == next_.size() || next_[applied_] == &transaction) return;
    while (applied_ != next_.size() && next_[applied_] != &transaction) ++applied_;
    for (auto* step_of : {&hashed_, &found_, &followed_}) *step_of = std::max(*step_of, applied_);
    step();
  }

  void begin() {
    applied_ = hashed_ = found_ = followed_ = 0;
    step();
  }

  // How many transactions ahead each step is.
  static constexpr std::size_t kHash = 24, kFind = 16, kFollow = 8;
  static constexpr std::size_t kHints = 32;

  struct Hint {
    std::uint32_t client_hash, symbol_hash;
    std::uint32_t client, symbol;  // by the hash alone; kNone: none yet
  };

  Hint& hint_of(std::size_t position) { return hints_[position % kHints]; }

  Pair look_up(const Transaction& transaction) const {
    return {Named::in(positions_.clients, transaction.client_id.text),
            Named::in(positions_.symbols, transaction.symbol.text)};
  }

  static Named resolve(const auto& table, std::string_view id, std::uint32_t hash, std::uint32_t guess) {
    if (guess != kNone && table[guess].id.view() == id) return {id, hash, guess};
    return Named::in(table, id);  // a new id, or one written over what was expected
  }

  void step() {
    for (; hashed_ < next_.size() && hashed_ < applied_ + kHash; ++hashed_) hash(*next_[hashed_], hint_of(hashed_));
    for (; found_ < hashed_ && found_ < applied_ + kFind; ++found_) find(hint_of(found_));
    for (; followed_ < found_ && followed_ < applied_ + kFollow; ++followed_) follow(hint_of(followed_));
  }

  void hash(const Transaction& transaction, Hint& hint) const {
    hint = {positions_.clients.hash(transaction.client_id.text), positions_.symbols.hash(transaction.symbol.text),
            kNone, kNone};
    positions_.clients.fetch_slot(hint.client_hash);
    positions_.symbols.fetch_slot(hint.symbol_hash);
  }

  RISK_FETCHES void find(Hint& hint) const {
    hint.client = positions_.clients.guess(hint.client_hash);
    hint.symbol = positions_.symbols.guess(hint.symbol_hash);
    if (hint.client != kNone) fetch_all(positions_.clients[hint.client]);
    if (hint.symbol == kNone) return;
    fetch_through(positions_.symbols[hint.symbol], positions_.symbols[hint.symbol].rules);
    if (!remembered_.empty()) remembered_[hint.symbol].fetch_size();
  }

  RISK_FETCHES void follow(const Hint& hint) const {
    if (hint.client == kNone || hint.symbol == kNone) return;
    positions_.fetch_holding(hint.client, hint.symbol);
    positions_.prefilter.fetch_ratio(hint.client);
    positions_.orders.fetch_ids(positions_.clients[hint.client].order);
    positions_.clients[hint.client].rules.fetch_followed();
    positions_.symbols[hint.symbol].rules.fetch_followed();
    if (!remembered_.empty()) remembered_[hint.symbol].fetch_next();
    if (positions_.clients[hint.client].rules.of<ExposureRule>(0).alert) positions_.fetch_holdings(hint.client);
  }

  const Positions& positions_;
  const std::vector<RememberedMarks>& remembered_;
  std::vector<const Transaction*> next_;
  std::size_t applied_ = 0, hashed_ = 0, found_ = 0, followed_ = 0;  // of next_
  std::array<Hint, kHints> hints_{};
};

}  // namespace risk::engine

// What comes after some executions: a bust, a correction of a typing mistake, or the same execution once more. And some
// that come with a wild price, a hundred times too high, and are corrected later.
//
// Deterministic, and draws numbers of its own: but for wild prices the executions are the same without it, and which
// prices are wild does not hang on what follows other executions.
//
// Threads: one at a time.
#pragma once

#include <cstdint>
#include <map>

#include "risk/engine/transaction.hpp"
#include "simulator/random.hpp"

namespace risk::simulator {

// What takes an execution back; its id is that of the execution with "-bust" behind it, and executed_at the caller's to
// set.
engine::Transaction bust_of(const engine::Transaction& execution);

class Amendments {
 public:
  // How likely each is of an execution.
  struct Probabilities {
    double reversal = 0;
    double duplicate = 0;
    double wild_price = 0;
  };
  Amendments(std::uint64_t seed, const Probabilities& probabilities);

  // An execution that comes; it may be followed by something, 1 to 50 executions later, or get a wild price here.
  void note(engine::Transaction& execution);
  // Writes what is due by now over `transaction`, if anything is. Of a bust or a correction executed_at is the caller's
  // to set; its id is that of the execution with "-bust" or "-correction" behind it.
  bool take(engine::Transaction& transaction);

 private:
  engine::Transaction reversal_of(const engine::Transaction& execution);

  Random random_;  // of what follows
  Random wild_price_random_;
  std::uint64_t reversal_share_;
  std::uint64_t duplicate_share_;
  std::uint64_t wild_price_share_;
  std::uint64_t executions_ = 0;
  std::multimap<std::uint64_t, engine::Transaction> due_;  // by how many executions have to have come
};

}  // namespace risk::simulator

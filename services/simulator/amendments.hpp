// What comes after some executions: a bust, a correction of a typing mistake, or the same execution once more.
//
// Deterministic, and draws numbers of its own: the executions themselves are the same without it.
//
// Threads: one at a time.
#pragma once

#include <cstdint>
#include <map>

#include "risk/engine/transaction.hpp"
#include "simulator/random.hpp"

namespace risk::simulator {

class Amendments {
 public:
  Amendments(std::uint64_t seed, double reversal_probability, double duplicate_probability);

  // An execution that has come; it may be followed by something, 1 to 50 executions later.
  void note(const engine::Transaction& execution);
  // Writes what is due by now over `transaction`, if anything is. Of a bust or a correction executed_at is the caller's
  // to set; its id is that of the execution with "-bust" or "-correction" behind it.
  bool take(engine::Transaction& transaction);

 private:
  engine::Transaction reversal_of(const engine::Transaction& execution);

  Random random_;
  std::uint64_t reversal_share_;
  std::uint64_t duplicate_share_;
  std::uint64_t executions_ = 0;
  std::multimap<std::uint64_t, engine::Transaction> due_;  // by how many executions have to have come
};

}  // namespace risk::simulator

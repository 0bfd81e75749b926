// What the symbols of a session stand for, as far as its messages have said so: an Instrument is published when they
// say something new, and with the first message after a restart that says anything.
//
// Invariant: what a message leaves out stays as an earlier one said it.
//
// Threads: one at a time. Memory: at most engine::kInstrumentsMax symbols; of others every message is news.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <variant>

#include "drop-copy/fix/execution.hpp"
#include "risk/engine/instrument.hpp"

namespace risk::drop_copy {

class Contracts {
 public:
  // What messages had said before a restart.
  void restore(engine::Instrument instrument);
  // What has to be published ahead of the execution, if anything; or why the execution cannot be used: its symbol
  // stands for another contract, which has not expired, so that their positions would be added up.
  using News = std::variant<std::monostate, engine::Instrument, Unusable>;
  News note(const Execution& execution);
  bool knows(const std::string& symbol) const { return known_.contains(symbol); }

 private:
  struct Known {
    engine::Instrument instrument;
    bool is_told = false;  // since the start
  };
  std::unordered_map<std::string, Known> known_;  // by symbol
};

}  // namespace risk::drop_copy

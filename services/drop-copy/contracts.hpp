// What the symbols of a session stand for, as far as its messages have said so: an Instrument is published when they
// say something new.
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
  // What has to be published ahead of the execution, if anything; or why the execution cannot be used: its symbol
  // stands for another contract, which has not expired, so that their positions would be added up.
  using News = std::variant<std::monostate, engine::Instrument, Unusable>;
  News note(const Execution& execution);

 private:
  std::unordered_map<std::string, engine::Instrument> known_;  // by symbol
};

}  // namespace risk::drop_copy

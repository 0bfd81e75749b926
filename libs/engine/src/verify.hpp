// What Core::verify() is made of: each function looks at one part of a core's state and says what is broken in it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "internals.hpp"

namespace risk::engine {

// What was found, in words. A state that is broken everywhere would give millions of them: the first few are kept.
class Findings {
 public:
  void add(const std::string& who, const std::string& problem) {
    if (kept_.size() < Core::kFindingsMax) {
      kept_.push_back(who + ": " + problem);
    } else {
      ++left_out_;
    }
  }
  std::vector<std::string> take() {
    if (left_out_ != 0) kept_.push_back("and " + std::to_string(left_out_) + " more");
    return std::move(kept_);
  }

 private:
  std::vector<std::string> kept_;
  std::uint64_t left_out_ = 0;
};

// Who owns which part of the pool's memory. A part belongs to one array, or is free.
class PoolMap {
 public:
  explicit PoolMap(const Pool& pool);
  // Null, or what is wrong: the memory is not the pool's, or somebody else's too.
  const char* take(const void* start, std::size_t bytes);
  // The free parts, after everything that is used was taken.
  void take_free(Findings& findings);

 private:
  struct Block {
    const std::byte* start;
    std::size_t bytes;
    std::vector<bool> taken;  // by grain
  };
  const Pool& pool_;
  std::vector<Block> blocks_;  // by address
};

struct Verification {
  const Internals::Impl& core;
  Findings findings;
  PoolMap pool;

  void add(const std::string& who, const std::string& problem) { findings.add(who, problem); }
};

// Ids, positions, exposures, marks, sums, prefilter, top holders and the lists of what has changed.
void verify_positions(Verification& to);
// The remembered marks of symbols.
void verify_marks(Verification& to);
// Splits and renames, and symbols that were renamed.
void verify_history(Verification& to);
// The clients' orders.
void verify_orders(Verification& to);
// What entities have because of rules: limits, alerts, windows, and whom the next sweep looks at.
void verify_alerts(Verification& to);

// What is wrong with a window; empty: nothing. `now_slot`: no transaction may lie after it.
std::string problem_of(const VelocityWindow& window, std::int64_t now_slot);
std::string problem_of(const ActivityWindow& window, std::int64_t now_slot);
std::string problem_of(const AnomalyWindow& window, std::uint32_t samples_max);

// "client C1", for a finding.
inline std::string name_of(const ClientState& client) {
  return "client " + std::string(client.id.view());
}
inline std::string name_of(const SymbolState& symbol) {
  return "symbol " + std::string(symbol.id.view());
}
inline std::string name_of(const FirmState&) {
  return "firm";
}

// A sum that tells when it leaves 127 bits.
struct CheckedSum {
  Int128 value = 0;
  bool fits = true;
  void add(Int128 part) {
    if (__builtin_add_overflow(value, part, &value)) fits = false;
  }
  friend bool operator==(const CheckedSum& sum, Int128 other) { return sum.fits && sum.value == other; }
  std::string text(int places) const { return fits ? format_exact(value, places) : "more than 127 bits hold"; }
};

}  // namespace risk::engine

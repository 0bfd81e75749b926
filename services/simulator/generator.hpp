// Transactions that look like a broker's day: a steady flow at `rate`, spikes at `spike_rate`, programs that build up
// and unwind, now and then a fat finger; so that alerts open and resolve. With a scenario some of them are of the
// scenario's symbols, and what happens to those comes beside them.
//
// Deterministic: the same options and start give the same records on every machine. No clock: the n-th transaction's
// time follows from the rates alone.
//
// Threads: one at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "risk/wire/transaction.hpp"
#include "simulator/amendments.hpp"
#include "simulator/behaviour.hpp"
#include "simulator/blotter.hpp"
#include "simulator/market.hpp"
#include "simulator/random.hpp"
#include "simulator/scenario/scenario.hpp"
#include "simulator/scenario/world.hpp"

namespace risk::simulator {

struct GeneratorOptions {
  std::uint64_t seed = 1;
  std::string id_prefix = "T00000000-";  // of transaction ids; the running number follows
  std::uint32_t clients = 50;            // > 0
  std::uint32_t symbols = 20;            // > 0
  double rate = 2;                       // executions a second, > 0
  double spike_rate = 10;                // of the whole stream during a spike; none when not above `rate`
  double fat_finger_probability = 0.0005;
  double reversal_probability = 0;    // that a bust or a correction follows an execution
  double duplicate_probability = 0;   // that an execution comes a second time
  double wild_price_probability = 0;  // that its price is a hundred times too high, and corrected later
  Scenario scenario{};                // of its parts those that are no probability above
  std::string base_currency = "USD";  // in which a scenario's rates are: see Currencies::is_base
};

class Generator {
 public:
  Generator(const GeneratorOptions& options, Timestamp start);
  Generator(const Generator&) = delete;
  Generator& operator=(const Generator&) = delete;

  // Writes the next record over `input`, most often a transaction, and returns its time since the start; executed_at is
  // that instant, unless it comes late, or a second time, as it was.
  std::chrono::nanoseconds next(wire::Input& input);

 private:
  Order next_order();
  void write(engine::Transaction& transaction, const Order& order);
  Timestamp now() const { return {start_.nanos + now_.count() / kNanosPerMicro * kNanosPerMicro}; }

  Timestamp start_;
  Random random_;
  Population population_;
  std::vector<Listing> listings_;
  Blotter blotter_;

  EverydayFlow flow_;
  Programs programs_;
  Bursts bursts_;
  Amendments amendments_;
  std::unique_ptr<World> world_;  // null: the scenario has none of its parts

  std::chrono::nanoseconds interval_;
  std::chrono::nanoseconds spike_interval_;
  bool has_spikes_;
  std::uint64_t burst_share_;  // of the orders during a spike
  std::chrono::nanoseconds now_{0};
  bool spike_on_ = false;
  std::uint32_t orders_since_clip_ = 0;
};

}  // namespace risk::simulator

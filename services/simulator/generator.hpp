// Transactions that look like a broker's day: a steady flow at `rate`, spikes at `spike_rate`, programs that build up
// and unwind, now and then a fat finger; so that alerts open and resolve.
//
// Deterministic: the same options and start give the same transactions on every machine. No clock: the n-th
// transaction's time follows from the rates alone.
//
// Threads: one at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "risk/engine/types.hpp"
#include "simulator/amendments.hpp"
#include "simulator/behaviour.hpp"
#include "simulator/market.hpp"
#include "simulator/random.hpp"

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
};

class Generator {
 public:
  Generator(const GeneratorOptions& options, Timestamp start);

  // Writes the next transaction over `transaction` and returns its time since the start; executed_at is that instant,
  // unless it comes a second time, as it was.
  std::chrono::nanoseconds next(engine::Transaction& transaction);

 private:
  Order next_order();
  void fill_in(engine::Transaction& transaction, const Order& order);
  Timestamp now() const { return {start_.nanos + now_.count() / kNanosPerMicro * kNanosPerMicro}; }

  Timestamp start_;
  Random random_;
  Population population_;
  std::vector<Listing> listings_;
  std::vector<ClientId> client_ids_;
  std::vector<std::string> broker_ids_;

  EverydayFlow flow_;
  Programs programs_;
  Bursts bursts_;
  Amendments amendments_;

  std::chrono::nanoseconds interval_;
  std::chrono::nanoseconds spike_interval_;
  bool has_spikes_;
  std::uint64_t burst_share_;  // of the orders during a spike
  std::chrono::nanoseconds now_{0};
  bool spike_on_ = false;
  std::uint32_t orders_since_clip_ = 0;

  std::string id_;
  std::size_t id_prefix_bytes_;
  std::uint64_t number_ = 0;
};

}  // namespace risk::simulator

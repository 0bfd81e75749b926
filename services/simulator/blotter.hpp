// Writes executions down: each with the next id of the run, and the names of who traded through whom.
//
// Threads: one at a time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "risk/engine/transaction.hpp"
#include "simulator/behaviour.hpp"
#include "simulator/market.hpp"

namespace risk::simulator {

class Blotter {
 public:
  // Of transaction ids: the running number follows.
  Blotter(std::string id_prefix, std::uint32_t clients);

  // Writes an execution of the order at the listing's price over `transaction`.
  void write(engine::Transaction& transaction, const Order& order, const Listing& listing, Timestamp executed_at);

 private:
  std::vector<ClientId> client_ids_;
  std::vector<std::string> broker_ids_;
  std::string id_;
  std::size_t id_prefix_bytes_;
  std::uint64_t number_ = 0;
};

}  // namespace risk::simulator

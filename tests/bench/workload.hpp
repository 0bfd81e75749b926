// A trading day to measure with: clients who hold positions and trade in them, some far more than others.
//
// Trades are kept small and made into transactions a batch at a time, as they come off a wire: what is measured finds
// them in the cache and the clients not.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "risk/engine/core.hpp"

namespace risk::bench {

struct Market {
  std::uint32_t clients = 100'000;
  std::uint32_t symbols = 5'000;
  std::uint32_t positions = 20;       // of each client
  double zipf = 0.99;                 // how unevenly clients trade and symbols are traded
  double market_maker_share = 0;      // of all trades, made by one client who holds every symbol
  bool has_common_symbol = false;     // held by everyone, a twentieth of all trades
  std::uint32_t per_second = 20'000;  // transactions of a second of the stream
};

class Workload {
 public:
  Workload(const Market& market, std::size_t trades);

  // What everyone holds at the start.
  std::vector<engine::OpeningPosition> openings() const;

  static constexpr std::size_t kBatch = 256;
  // The next kBatch trades, going round; the clock goes on.
  std::span<const engine::Transaction> next();

  const Market& market() const { return market_; }

 private:
  struct Trade {
    std::uint32_t client, symbol;
    std::int32_t quantity;  // whole shares, buy +
    std::int32_t cents;
  };

  std::uint32_t symbol_of(std::uint32_t client, std::uint32_t position) const;

  Market market_;
  std::vector<std::string> client_ids_, symbol_ids_;
  std::vector<std::uint32_t> ranks_;  // symbols by how much they are traded
  std::vector<Trade> trades_;
  std::size_t next_ = 0;
  std::uint64_t made_ = 0;
  std::vector<engine::Transaction> batch_;
};

// Every rule on, with limits that fit a market of 100,000 clients and 20,000 transactions a second: a desk sets its
// limits so that an alert is rare.
engine::RuleSet all_rules();

}  // namespace risk::bench

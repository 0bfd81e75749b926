// How the simulated clients behave: each behaviour decides one order at a time. Positions stay bounded, because what is
// bought is sold again: a simulation that runs for days opens and resolves alerts as one of minutes does.
//
// Threads: one at a time. Times are since the simulation began.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "risk/engine/adjustment.hpp"
#include "risk/engine/types.hpp"
#include "simulator/market.hpp"

namespace risk::simulator {

struct Order {
  std::uint32_t client = 0;  // index
  std::uint32_t symbol = 0;  // index
  engine::Side side = engine::Side::kBuy;
  Quantity quantity{};
};

Order reverse_of(Order order);

struct Population {
  Popularity clients;
  Popularity symbols;
  std::size_t symbol_count;

  Order any_order(Random& random) const;  // of no quantity
};

// The many: small orders, each closed again by its reverse. Now and then a finger is too fat.
class EverydayFlow {
 public:
  struct Options {
    std::size_t symbol_count = 1;
    std::size_t open_per_symbol = 6;  // about so many orders are open at a time
    double fat_finger_probability = 0;
    std::int64_t (*draw_size)(Random&) = draw_shares;
  };
  explicit EverydayFlow(const Options& options);
  Order next(const Population& population, Random& random);

  // One beside those of next(), which is closed again too.
  void note_open(const Order& order) { open_.push_back(order); }
  // What is open in a symbol is so many times as much from here on, or is there no more.
  void split(std::uint32_t symbol, engine::SplitRatio ratio);
  void drop(std::uint32_t symbol);

 private:
  std::int64_t (*draw_size_)(Random&);
  std::vector<Order> open_;
  std::size_t open_typical_;  // as many are closed as opened when so many are open
  std::uint64_t fat_finger_share_;
};

// An institution that builds up about a million in two symbols within a minute, holds it and unwinds it; then another.
class Programs {
 public:
  // The clip of this program that is due, if one is.
  std::optional<Order> next_if_due(std::chrono::nanoseconds now, const Population& population,
                                   const std::vector<Listing>& listings, Random& random);

 private:
  void begin(const Population& population, Random& random);

  struct Leg {
    std::uint32_t symbol = 0;
    std::int64_t shares = 0;  // held
  };
  std::uint32_t client_ = 0;
  engine::Side side_ = engine::Side::kBuy;
  Leg legs_[2];
  std::int64_t clip_cents_ = 0;
  std::uint32_t clips_ = 0;  // of the build-up, and again of the unwinding
  std::uint32_t clips_done_ = 0;
  std::chrono::nanoseconds next_at_{std::chrono::seconds{3}};
};

// Spikes: about once a minute, for 10 to 20 seconds, one client trades fast in one symbol, in and out.
class Bursts {
 public:
  // Begins or ends a burst that is due to. Returns whether one is on.
  bool is_on(std::chrono::nanoseconds now, const Population& population, Random& random);
  // Precondition: one is on.
  Order next(Random& random);

 private:
  bool on_ = false;
  std::optional<Order> to_close_;
  Order pattern_;
  std::chrono::nanoseconds begins_at_{std::chrono::seconds{15}};
  std::chrono::nanoseconds ends_at_{};
};

}  // namespace risk::simulator

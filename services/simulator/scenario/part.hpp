// One part of a scenario: listings beside those of the flow, what happens to them, and who trades them.
//
// Threads: one at a time. Times are since the simulation began.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "simulator/behaviour.hpp"
#include "simulator/blotter.hpp"
#include "simulator/scenario/agenda.hpp"

namespace risk::simulator {

class Part {
 public:
  // What it works with; all must outlive it.
  struct Setting {
    std::uint64_t seed = 1;
    std::uint32_t clients = 1;
    Blotter& blotter;
    Agenda& agenda;
  };

  virtual ~Part() = default;

  // When it acts next.
  virtual std::chrono::nanoseconds next_act() const = 0;
  // What it has to publish goes on the agenda, due from next_act() on.
  virtual void act() = 0;
  // An execution at `now`. False: none comes now.
  virtual bool trade(std::chrono::nanoseconds now, engine::Transaction& transaction);

  // As they are now.
  const std::vector<Listing>& listings() const { return listings_; }

 protected:
  Part(const Setting& setting, std::vector<Listing> listings, EverydayFlow::Options flow);

  // Writes an execution of an order, with which the price moves.
  void write(engine::Transaction& transaction, const Order& order, std::chrono::nanoseconds at);
  // Of a listing; it is closed again where flow_.note_open() is told of it.
  Order opening_order(std::uint32_t listing);

  Random random_;
  Blotter& blotter_;
  Agenda& agenda_;
  Population population_;
  std::vector<Listing> listings_;
  EverydayFlow flow_;
};

}  // namespace risk::simulator

// Futures: instruments with a multiplier, of which the front month trades until it expires; then the next one does.
//
// A month takes minutes. Which one is in front, and until when, follows from the time alone, so that several simulators
// list the same contracts. A name comes again after 80 hours: of two streams one must not be so far behind the other,
// for its contract would take the place of that in force.
#pragma once

#include <optional>

#include "simulator/scenario/part.hpp"

namespace risk::simulator {

class Futures : public Part {
 public:
  explicit Futures(const Setting& setting);

  std::chrono::nanoseconds next_act() const override;
  void act() override;
  // None comes shortly before the expiry.
  bool trade(std::chrono::nanoseconds now, engine::Transaction& transaction) override;

 private:
  // Lists the contract that is in front from `at` on.
  void roll(std::chrono::nanoseconds at, std::size_t product);

  std::vector<std::chrono::nanoseconds> expiries_;  // of the contracts in front, by product
};

}  // namespace risk::simulator

// Symbols in EUR, GBP and JPY, and the rates of these currencies, which move.
//
// What a rate is follows from the time of day alone, so that several simulators tell the same. It is stated as of the
// day's beginning, for an engine refuses one that is older than the one in force: whichever of several streams is ahead
// of another, no rate of one day is older than another of it. Around midnight no rate moves, as long as a stream may be
// behind another.
#pragma once

#include "simulator/scenario/part.hpp"

namespace risk::simulator {

class Currencies : public Part {
 public:
  explicit Currencies(const Setting& setting);

  std::chrono::nanoseconds next_act() const override { return next_; }
  void act() override;

 private:
  void add_rate(std::chrono::nanoseconds at, std::size_t currency);

  std::chrono::nanoseconds next_;
  std::size_t acts_ = 0;
};

}  // namespace risk::simulator

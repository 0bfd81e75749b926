// Symbols in EUR, GBP and JPY, and the rates of these currencies and of USD, which move. They are in base currency a
// unit, as an engine reads them; of the base currency itself there is none.
//
// What a rate is follows from the time of day alone, so that several simulators tell the same. It is stated as of the
// day's beginning, for an engine refuses one that is older than the one in force: whichever of several streams is ahead
// of another, no rate of one day is older than another of it. Around midnight no rate moves, as long as a stream may be
// behind another.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "simulator/scenario/part.hpp"

namespace risk::simulator {

class Currencies : public Part {
 public:
  // Precondition: is_base(base_currency).
  Currencies(const Setting& setting, std::string_view base_currency);

  // Whether it knows what the others are worth in a currency.
  static bool is_base(std::string_view currency);
  // All of those, for people.
  static std::string bases();

  std::chrono::nanoseconds next_act() const override { return next_; }
  void act() override;

 private:
  void add_rate(std::chrono::nanoseconds at, const std::string& currency);

  std::string base_;
  std::vector<std::string> others_;  // whose rates it tells
  std::chrono::nanoseconds next_;
  std::size_t acts_ = 0;
};

}  // namespace risk::simulator

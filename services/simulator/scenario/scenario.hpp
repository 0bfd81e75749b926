// What happens in a simulation beside plain executions.
//
// Pure values; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace risk::simulator {

enum class ScenarioPart : std::uint8_t {
  kDuplicates,  // executions that come a second time
  kReversals,   // busts and corrections
  kWildPrices,  // a hundred times too high, and corrected later
  kLateFills,   // executions that come seconds after others, and from before a split or a rename
  kSplits,
  kRenames,
  kPrices,      // without trades
  kCurrencies,  // symbols in other currencies, whose rates move
  kFutures      // instruments with a multiplier that expire
};

class Scenario {
 public:
  static Scenario none() { return {}; }
  static Scenario all();
  // "splits,renames", "all", "none". Nothing: a name is unknown, empty or there twice, or one of the last two is not
  // alone.
  static std::optional<Scenario> parse(std::string_view text);
  // What parse() takes, for people.
  static std::string allowed();

  bool has(ScenarioPart part) const { return (bits_ >> static_cast<unsigned>(part) & 1) != 0; }
  bool is_none() const { return bits_ == 0; }
  void add(ScenarioPart part) { bits_ |= std::uint32_t{1} << static_cast<unsigned>(part); }
  void remove(ScenarioPart part) { bits_ &= ~(std::uint32_t{1} << static_cast<unsigned>(part)); }
  std::string to_string() const;  // as parse() takes it

  friend bool operator==(Scenario, Scenario) = default;

 private:
  std::uint32_t bits_ = 0;
};

}  // namespace risk::simulator

// Splits, renames and executions that come late, of a few names that belong to one run: several simulators on one
// engine, and one that is started again, must not tell different things of the same name.
//
// The names follow from the id of the run. They are listed, each with a first execution, when the run begins.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "simulator/scenario/part.hpp"

namespace risk::simulator {

// Names that nobody else has: eight letters each, out of the id of a run. No other listing is of eight letters, and of
// ten thousand names in a month, two are the same in one month of four thousand.
class Tickers {
 public:
  explicit Tickers(const std::string& run);
  Symbol next();

 private:
  Random random_;
  std::set<std::string> taken_;  // by the run itself
};

class CorporateActions : public Part {
 public:
  struct Options {
    bool has_splits = false;
    bool has_renames = false;
    bool has_late_fills = false;
    std::chrono::nanoseconds first_act{};  // a split; a rename after twice that time
  };
  CorporateActions(const Setting& setting, const Options& options, Tickers tickers);

  std::chrono::nanoseconds next_act() const override;
  void act() override;
  // Some come seconds later instead.
  bool trade(std::chrono::nanoseconds now, engine::Transaction& transaction) override;

 private:
  // How often something happens, and to whom and when it does next.
  struct Schedule {
    std::chrono::nanoseconds next;
    std::uint64_t count = 0;
  };

  void split_a_name(std::chrono::nanoseconds at);
  void rename_a_name(std::chrono::nanoseconds at);
  engine::SplitRatio next_ratio(const Listing& listing);
  // An execution of shortly before `at`, in the terms of then, that comes after it; busted, a bust of it comes later.
  void add_late_fill(std::uint32_t listing, std::chrono::nanoseconds at, bool is_busted);

  Options options_;
  Tickers tickers_;
  Schedule splits_, renames_;
};

}  // namespace risk::simulator

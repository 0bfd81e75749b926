// Where inputs come from, each with the time at which it is to be published, relative to the start of the run.
//
// Threads: one at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "risk/base/timestamp.hpp"
#include "risk/ingest/csv.hpp"
#include "risk/wire/transaction.hpp"
#include "simulator/generator.hpp"

namespace risk::simulator {

struct Item {
  std::chrono::microseconds due{0};  // since the start of the run; never falls
  wire::Input input;
  wire::Provenance provenance;
};

class InputSource {
 public:
  virtual ~InputSource() = default;
  // The next item, nullptr at the end; it lives until the next call.
  virtual const Item* next() = 0;
  // What time it is in the stream when so much of the run is over. None: only its records tell time.
  virtual std::optional<Timestamp> time_at(std::chrono::microseconds elapsed) const = 0;
  // How many rows of a foreign file were passed over so far, for they are no executions.
  virtual std::uint64_t rows_skipped() const { return 0; }
};

// `count` generated transactions, and what a scenario has beside them; without end if it is 0. The stream's time is the
// wall clock's: `start` is when the run begins.
std::unique_ptr<InputSource> make_generated_source(const GeneratorOptions& options, Timestamp start,
                                                   std::uint64_t count);

// How fast a recorded file passes: as fast as it goes, or so many times as fast as it was recorded.
struct Speed {
  std::uint32_t factor = 1;  // 0: as fast as it goes

  static constexpr Speed max() { return {0}; }
  friend bool operator==(Speed, Speed) = default;
};

// What a replay reads. Of a path that is empty there are no rows.
struct ReplayFiles {
  std::string transactions;
  ingest::Format format = ingest::Format::canonical();  // of them
  std::string positions{};                              // held before them
  std::string prices{};
  std::string rates{};
  std::string instruments{};
  std::string adjustments{};
};

// The rows of the files: instruments first; then merged by time, before a transaction every adjustment, rate and price
// whose instant is not after the latest executed_at so far, in the order of ingest::MarketReader; opening positions
// after the rates up to the first transaction and before everything else; what is left of adjustments, rates and prices
// at the end. What cannot be applied comes as a RejectedInput, with its line, but for what only the engine knows: rates
// in force, and clocks. A transaction more than `ahead_max` after the clock does not count for the merging. A row from
// before the one in front of it is due with that one, as an adjustment is whenever it is from. Throws CsvError: a file
// as a whole cannot be read.
std::unique_ptr<InputSource> make_replay_source(const ReplayFiles& files, Speed speed,
                                                std::chrono::milliseconds ahead_max = std::chrono::minutes{1});

// The rows of a file of positions, all due at the start.
std::unique_ptr<InputSource> make_position_source(const std::string& path);

// Opening positions (if any), then the items of `source`, and a Tick every second of the run between them, as long as
// items follow and the source has a time of its own.
class Feed {
 public:
  // `positions` may be null.
  Feed(std::unique_ptr<InputSource> positions, std::unique_ptr<InputSource> source);

  // The next item, nullptr at the end; it lives until the next call.
  const Item* next();
  // Passes over so many items; returns when the last of them was due.
  std::chrono::microseconds skip(std::uint64_t items);
  std::uint64_t rows_skipped() const { return source_->rows_skipped(); }

 private:
  std::unique_ptr<InputSource> positions_;
  std::unique_ptr<InputSource> source_;
  const Item* pending_ = nullptr;
  Item tick_;
  std::chrono::microseconds next_tick_;
};

}  // namespace risk::simulator

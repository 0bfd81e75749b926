// What happens to symbols beside a file of transactions: files of prices, of exchange rates and of adjustments, merged
// by time.
//
// The rows come in order of instant, at one instant adjustments, then rates, then prices. A file of prices or rates has
// to be in order itself: a row that is older than one before it comes right after that one. Adjustments may stand in
// any order; those of one instant come as they stand. A BadRow comes where it stands, those among the adjustments
// before everything else, for that file is read to its end first, and a pipe that stays open is waited for; one is also
// a row that no core could apply, whatever its state (engine::value_problem).
//
// Threads: one at a time. Memory: a block of each file, whatever its size, and at most kAdjustmentsMax adjustments.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "risk/engine/adjustment.hpp"
#include "risk/ingest/csv.hpp"

namespace risk::ingest {

// Of a path that is empty there are no rows.
struct MarketFiles {
  std::string prices{};
  std::string rates{};
  std::string adjustments{};
};

class MarketReader {
 public:
  // More would be of none that a core remembers: a further one is a BadRow. A row that repeats another counts, too.
  static constexpr std::size_t kAdjustmentsMax = engine::kSplitsMax + engine::kRenamesMax;

  using Value = std::variant<engine::Adjustment, engine::ExchangeRate, engine::MarketPrice, BadRow>;
  struct Row {
    Value value;
    std::string_view path;   // of its file
    std::uint64_t line = 0;  // of the row there, from 1
  };

  // Throws CsvError.
  explicit MarketReader(const MarketFiles& files);
  ~MarketReader();

  // The next row, or the next rate, whose instant is not after `until`; kTimestampMax: every one. A BadRow among the
  // adjustments comes of both. Nothing: there is none. The row's path lives as long as the reader. Throws CsvError when
  // a file cannot be read on.
  std::optional<Row> next(Timestamp until);
  std::optional<Row> next_rate(Timestamp until);

 private:
  template <class Reader>
  class Source;
  class Adjustments;
  std::unique_ptr<Adjustments> adjustments_;  // null: no file
  std::unique_ptr<Source<RateReader>> rates_;
  std::unique_ptr<Source<PriceReader>> prices_;
};

// When a row's value is from. Precondition: it is no BadRow.
Timestamp instant_of(const MarketReader::Value& value);

}  // namespace risk::ingest

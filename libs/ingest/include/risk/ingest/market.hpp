// What becomes of prices and rates beside a file of transactions: files of both, merged by time.
//
// The rows come in order of instant, at one instant rates before prices. Each file has to be in order itself: a row
// that is older than one before it comes right after that one. A BadRow comes where it stands; one is also a row that
// no core could apply, whatever its state (engine::value_problem).
//
// Threads: one at a time. Memory: a block of each file, whatever its size.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "risk/ingest/csv.hpp"

namespace risk::ingest {

class MarketReader {
 public:
  using Value = std::variant<engine::ExchangeRate, engine::MarketPrice, BadRow>;
  struct Row {
    Value value;
    std::string_view path;   // of its file
    std::uint64_t line = 0;  // of the row there, from 1
  };

  // Of a path that is empty there are no rows. Throws CsvError.
  MarketReader(const std::string& prices_path, const std::string& rates_path);
  ~MarketReader();

  // The next row, or the next rate, whose instant is not after `until`; kTimestampMax: every one. Nothing: there is
  // none. The row's path lives as long as the reader. Throws CsvError when a file cannot be read on.
  std::optional<Row> next(Timestamp until);
  std::optional<Row> next_rate(Timestamp until);

 private:
  template <class Reader>
  class Source;
  std::unique_ptr<Source<PriceReader>> prices_;  // null: no file
  std::unique_ptr<Source<RateReader>> rates_;
};

// When a row's value is from. Precondition: it is no BadRow.
Timestamp instant_of(const MarketReader::Value& value);

}  // namespace risk::ingest

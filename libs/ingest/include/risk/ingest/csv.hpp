// Transactions, positions, prices and exchange rates from CSV: ISO 8601 times, header required, RFC 4180 quoting,
// columns in any order; and transactions from foreign files, which a Format describes (format.hpp).
//
// A row that cannot be read is a BadRow with its line, field, value and reason, and reading goes on at the next row.
// What cannot be read at all (no such file, a header that lacks a required column, has one twice or has one of another
// name) stops with CsvError.
//
// The readers judge the text, not the values: a negative quantity or an empty client is a value, which
// engine::value_problem and the core judge.
//
// Threads: one at a time. Memory: blocks of 256 KiB and, of a foreign file, 128 KiB, whatever the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <istream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>

#include "risk/engine/types.hpp"
#include "risk/ingest/format.hpp"

namespace risk::ingest {

inline constexpr std::size_t kRowBytesMax = 64 * 1024;
inline constexpr std::size_t kRawBytesMax = 1000;

// The file as a whole: "fills.csv:1: column price is missing".
class CsvError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct BadRow {
  std::uint64_t line = 0;  // where the row begins, from 1
  engine::Rejection rejection;
  std::string raw;  // the row, printable, at most kRawBytesMax bytes

  friend bool operator==(const BadRow&, const BadRow&) = default;
};

enum class Step : std::uint8_t { kValue, kBadRow, kEnd };

class TransactionReader {
 public:
  // Each throws CsvError; `input` must outlive the reader.
  explicit TransactionReader(const std::string& path, const Format& format = Format::canonical());
  TransactionReader(std::istream& input, const std::string& name, const Format& format = Format::canonical());
  ~TransactionReader();

  // The next row, nothing at the end of the file. Throws CsvError when the file cannot be read on.
  std::optional<std::variant<engine::Transaction, BadRow>> next();

  // next() for one who reads millions: into a value whose texts keep their room. After kBadRow it is `bad` that holds
  // the row, and `transaction` holds anything.
  Step read(engine::Transaction& transaction, BadRow& bad);

  // Of the input, up to the end of the row that was read last; of a foreign file up to the end of the block that it is
  // in.
  std::uint64_t bytes_read() const;

  // How many rows of a foreign file were passed over so far, for its format says that they are no executions.
  std::uint64_t rows_skipped() const;

  // Of the row that next() returned last: where it began, and itself as in BadRow, for one who rejects its values.
  std::uint64_t line() const;
  std::string raw() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// The rows of a file of our own of anything but transactions, which are read the same way whatever they are.
template <class Value>
class RowReader {
 public:
  // Each throws CsvError; `input` must outlive the reader.
  explicit RowReader(const std::string& path);
  RowReader(std::istream& input, std::string name);
  ~RowReader();

  // The next row, nothing at the end of the file. Throws CsvError when the file cannot be read on.
  std::optional<std::variant<Value, BadRow>> next();

  // As those of TransactionReader.
  std::uint64_t line() const;
  std::string raw() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

using PositionReader = RowReader<engine::OpeningPosition>;  // client_id,symbol,quantity,price,currency
using PriceReader = RowReader<engine::MarketPrice>;         // at,symbol,price,currency
using RateReader = RowReader<engine::ExchangeRate>;         // at,currency,rate
// symbol,multiplier,currency,contract,expires_at,allows_negative,name,asset_class; all but the symbol may be empty, for
// the default, and `allows_negative` is true or false.
using InstrumentReader = RowReader<engine::Instrument>;
// effective_at,kind,symbol,ratio,new_symbol,client_id,quantity,reason: what is of another kind is empty.
using AdjustmentReader = RowReader<engine::Adjustment>;

}  // namespace risk::ingest

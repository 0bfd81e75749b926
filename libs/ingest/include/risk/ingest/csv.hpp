// Transactions and positions from CSV: ISO 8601 UTC times, header required, RFC 4180 quoting, columns in any order.
//
// A row that cannot be read is a BadRow with its line, field, value and reason, and reading goes on at the next row.
// What cannot be read at all (no such file, a header that lacks a required column, has one twice or has one of another
// name) stops with CsvError.
//
// The readers judge the text, not the values: a negative quantity or an empty client is a value, and engine::validate
// judges it.
//
// Threads: one at a time. Memory: a block of 256 KiB, whatever the file.
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

// Columns: engine::kTransactionFields, of which a file may lack those of Presence::kOptionalColumn.
class TransactionReader {
 public:
  explicit TransactionReader(const std::string& path);       // throws CsvError
  TransactionReader(std::istream& input, std::string name);  // `input` must outlive it; throws CsvError
  ~TransactionReader();

  // The next row, nothing at the end of the file. Throws CsvError when the file cannot be read on.
  std::optional<std::variant<engine::Transaction, BadRow>> next();

  // next() for one who reads millions: into a value whose texts keep their room. After kBadRow it is `bad` that holds
  // the row, and `transaction` holds anything.
  Step read(engine::Transaction& transaction, BadRow& bad);

  // Of the input, up to the end of the row that was read last.
  std::uint64_t bytes_read() const;

  // Of the row that next() returned last: where it began, and itself as in BadRow, for one who rejects its values.
  std::uint64_t line() const;
  std::string raw() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// client_id,symbol,quantity,price,currency
class PositionReader {
 public:
  explicit PositionReader(const std::string& path);
  PositionReader(std::istream& input, std::string name);
  ~PositionReader();

  std::optional<std::variant<engine::OpeningPosition, BadRow>> next();

  std::uint64_t line() const;
  std::string raw() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace risk::ingest

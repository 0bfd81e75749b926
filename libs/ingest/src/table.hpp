// Rows matched with a header: the fields of a row by column, or why there is none.
#pragma once

#include <array>
#include <cstdint>
#include <istream>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "risk/ingest/csv.hpp"
#include "row_scanner.hpp"

namespace risk::ingest {

struct Column {
  std::string_view name;
  bool may_be_absent = false;  // the file need not have it; every row's field is empty then
};

class Table {
 public:
  // Reads the header. `input` must outlive it; `columns` are static. Throws CsvError.
  Table(std::istream& input, std::string name, std::span<const Column> columns);

  Step next();  // kValue: a row, whose fields have yet to be judged

  // Of the row that next() returned last; views live until the next call. `column` is an index of `columns`.
  std::string_view operator[](std::size_t column) const {
    const std::size_t position = position_of_[column];
    return position == kAbsent ? std::string_view{} : row_->fields[position];
  }
  BadRow reject(std::size_t column, std::string reason) const;
  BadRow bad_row() const { return bad_row_; }
  std::uint64_t bytes_read() const { return scanner_.bytes_read(); }
  std::uint64_t line() const { return row_ == nullptr ? 0 : row_->line; }
  std::string raw() const;

 private:
  static constexpr std::size_t kAbsent = static_cast<std::size_t>(-1);

  void read_header();
  [[noreturn]] void fail(std::uint64_t line, const std::string& problem) const;
  const Row* read_row();
  std::optional<engine::Rejection> problem_of_row();
  std::string column_names() const;
  std::string_view name_at(std::size_t position) const;

  std::string name_;
  std::span<const Column> columns_;
  RowScanner scanner_;
  const Row* row_ = nullptr;
  std::vector<std::size_t> column_at_;    // header position to column
  std::vector<std::size_t> position_of_;  // column to header position, or kAbsent
  BadRow bad_row_;
};

}  // namespace risk::ingest

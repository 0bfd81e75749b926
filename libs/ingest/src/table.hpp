// Rows matched with a header: the fields of a row by column, or why there is none.
#pragma once

#include <cstdint>
#include <istream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "risk/ingest/csv.hpp"
#include "row_scanner.hpp"

namespace risk::ingest {

// What a file's header has, and how its lines are cut.
struct TableShape {
  struct Column {
    std::vector<std::string> names;  // one of them is in the header
    bool may_be_absent = false;      // the file need not have it; every row's field is empty then
    bool is_right_of = false;        // not that column is meant but the one to its right, whose name may be empty
    friend bool operator==(const Column&, const Column&) = default;
  };

  std::vector<Column> columns;
  // Of our own files: no other column, nothing around the fields. Of foreign ones blanks around a field are not part of
  // it, rows of nothing but empty fields are passed over, and empty fields may follow the last.
  bool is_exact = true;
  std::string format_name{};  // of a foreign file
  char separator = ',';
  std::size_t preamble_lines_max = 0;  // how many lines, blank ones aside, may come before the header
  std::vector<std::string> footer{};   // a row whose first or only text begins with one of them ends the file
  std::vector<std::string> header{};   // of a file that has none

  // For each column its place in `header`, or kAbsent; `problems` gets what is wrong with the header.
  static constexpr std::size_t kAbsent = static_cast<std::size_t>(-1);
  std::vector<std::size_t> places_in(std::span<const std::string_view> header_fields,
                                     std::vector<std::string>& problems) const;
};

// Without the blanks around it: U+0020, tab, U+00A0.
std::string_view without_blanks(std::string_view text);

class Table {
 public:
  // Reads the header. `input` and `shape` must outlive it. Throws CsvError.
  Table(std::istream& input, std::string name, const TableShape& shape);

  Step next();  // kValue: a row, whose fields have yet to be judged

  // Of the row that next() returned last; views live until the next call. `column` is an index of the shape's columns.
  std::string_view operator[](std::size_t column) const {
    const std::size_t position = position_of_[column];
    return position == TableShape::kAbsent ? std::string_view{} : row_->fields[position];
  }
  BadRow reject(std::string_view field, std::string_view value, std::string reason) const;
  BadRow bad_row() const { return bad_row_; }
  std::uint64_t bytes_read() const { return scanner_.bytes_read(); }
  std::uint64_t rows_passed_over() const { return rows_passed_over_; }
  std::uint64_t line() const { return row_ == nullptr ? 0 : row_->line; }
  std::string raw() const;

 private:
  void read_header();
  void take_header(std::span<const std::string_view> fields, std::vector<std::size_t> positions);
  [[noreturn]] void fail(std::uint64_t line, const std::string& problem) const;
  [[noreturn]] void fail_header(std::uint64_t line, const std::vector<std::string>& problems,
                                const std::string& raw) const;
  const Row* read_row();
  bool is_blank_row() const;
  bool is_footer() const;
  std::optional<engine::Rejection> problem_of_row();
  std::string column_names() const;
  std::string_view name_at(std::size_t position) const;

  std::string name_;
  const TableShape& shape_;
  RowScanner scanner_;
  const Row* row_ = nullptr;
  std::vector<std::string> names_;        // of the header
  std::vector<std::size_t> position_of_;  // column to header position, or kAbsent
  BadRow bad_row_;
  std::uint64_t rows_passed_over_ = 0;
  bool at_footer_ = false;
};

}  // namespace risk::ingest

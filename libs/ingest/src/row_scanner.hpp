// Cuts a stream of bytes into rows and rows into fields, as RFC 4180 has them, with any separator. Knows nothing of
// columns.
//
// Rules
//   1. A line ends with LF or CRLF; the last one may end with the file. A UTF-8 byte order mark before the first is
//      skipped, and so are blank lines.
//   2. A field that begins with a quote ends with the next single quote; within it "" is a quote, and separators and
//      line ends are text. A quote anywhere else is an error.
//   3. A row that breaks rule 2, or whose quoted field does not end within kRowBytesMax, ends at the first line end
//      after it began, and the scan goes on there: what follows is judged anew.
//   4. A line of more than kRowBytesMax bytes is a defective row, skipped to its line end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <istream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace risk::ingest {

struct Row {
  enum class Defect : std::uint8_t { kNone, kQuoting, kTooLong };

  std::uint64_t line = 0;                // where it begins, from 1
  std::string_view raw;                  // without its line end; of a row that is too long, the beginning
  std::vector<std::string_view> fields;  // unquoted; of a defective row, those before the defect
  Defect defect = Defect::kNone;
  std::string_view defect_text;    // where the defect begins, to the line's end
  std::string_view defect_reason;  // "a quote is not closed"
};

class RowScanner {
 public:
  // `input` must outlive it. `separator`: what stands between fields, any ASCII but a quote and a line end.
  explicit RowScanner(std::istream& input, char separator = ',');

  // The next row, or nullptr at the end; its views live until the next call. Throws std::ios_base::failure when the
  // input cannot be read.
  const Row* next();

  // Of the input, up to the end of that row.
  std::uint64_t bytes_read() const { return bytes_filled_ - (end_ - begin_) + row_bytes_; }

  // Whether a quoted field of the row that next() returned holds a line end.
  bool spans_lines() const { return crossing_.has_value(); }
  // Rule 3 for that row, when only the caller can tell that its quotes are wrong. Precondition: spans_lines().
  void refuse_quoting();

 private:
  // Where a field begins.
  struct FieldStart {
    std::size_t field;   // its index in the row
    std::size_t offset;  // in text()
  };

  void fill();
  bool skip_to_row();
  void split_plain(std::string_view line);
  void split_quoted();
  std::optional<std::size_t> unquote(std::size_t field_begin);
  void break_quoting(FieldStart place, std::string_view reason);
  std::size_t line_end_at(std::size_t offset) const;  // its length, 0 if there is none
  void take(std::string_view raw, std::size_t bytes, std::uint64_t lines);

  std::string_view text() const { return {buffer_.data() + begin_, end_ - begin_}; }  // from the row's beginning
  bool is_last(std::size_t offset) const { return at_eof_ && offset == text().size(); }

  std::istream& input_;
  const char separator_;
  const std::string field_ends_;  // what ends a field without quotes, or must not be in it
  std::string buffer_;
  std::size_t begin_ = 0;  // buffer_[begin_, end_) is read and not yet done with
  std::size_t end_ = 0;
  std::uint64_t bytes_filled_ = 0;  // from the input into the buffer, since the beginning
  bool at_eof_ = false;

  Row row_;
  std::size_t row_bytes_ = 0;  // of the row that next() returned, line end included: done with at the next call
  std::uint64_t row_lines_ = 0;
  bool skip_line_ = false;              // the rest of a line that is too long
  std::string unquoted_;                // fields that had "" in them; never reallocates while a row is scanned
  std::string_view first_line_;         // of the row
  std::size_t first_line_bytes_ = 0;    // with its line end
  std::optional<FieldStart> crossing_;  // the field that holds the end of the first line
};

}  // namespace risk::ingest

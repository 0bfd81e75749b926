// PostgreSQL's text formats of values: what libpqxx's stream, a COPY in text, is made of.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sql.hpp"

namespace risk::store {

// Hands each row to `send` as texts, none for NULL, in the order of the table's columns. The views live until `send`
// returns.
class TextWriter final : public RowWriter {
 public:
  using Row = std::vector<std::optional<std::string_view>>;
  using Send = std::function<void(const Row& row)>;

  explicit TextWriter(Send send) : send_(std::move(send)) {}

 protected:
  void put_null() override { fields_.push_back({texts_.size(), true}); }
  void put_integer(std::int64_t value) override;
  void put_flag(bool value) override { put_text(value ? "t" : "f"); }
  void put_text(std::string_view value) override;
  void put_time(Timestamp value) override;
  void put_date(Day value) override;
  void put_decimal(Int128 units, int places) override;
  void put_json(std::string_view value) override { put_text(value); }
  void put_bytes(std::string_view value) override;
  void end_row() override;

 private:
  const std::string& text_of(Day day);
  void end_field() { fields_.push_back({texts_.size(), false}); }

  struct Field {
    std::size_t end;  // in texts_; it begins where the one before ends
    bool is_null;
  };

  Send send_;
  std::string texts_;  // of the row, one after the other
  std::vector<Field> fields_;
  Row row_;
  std::optional<Day> day_;  // whose text is day_text_
  std::string day_text_;
};

// A row as a line of COPY's text format, without the newline: fields between tabs, \N for NULL, and a backslash before
// what would be read as something else.
std::string copy_line(const TextWriter::Row& row);

}  // namespace risk::store

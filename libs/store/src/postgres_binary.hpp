// PostgreSQL's binary formats of values, which the arrays of an upsert are made of: faster than text on both sides, and
// exact.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sql.hpp"

namespace risk::store {

// Rows turned into one array per column.
class ArrayWriter final : public RowWriter {
 public:
  explicit ArrayWriter(const std::vector<Column>& columns);
  // The arrays of all rows, as parameters of arrays of postgres_type().
  std::vector<std::string> take();

 protected:
  void put_null() override;
  void put_integer(std::int64_t value) override;  // BIGINT
  void put_flag(bool value) override;
  void put_text(std::string_view value) override;
  void put_time(Timestamp value) override;              // TIMESTAMPTZ
  void put_date(Day value) override;                    // DATE
  void put_decimal(Int128 units, int places) override;  // NUMERIC
  void put_json(std::string_view value) override;       // JSONB
  void put_bytes(std::string_view value) override;
  void end_row() override;

 private:
  std::string& next_field() { return arrays_[column_++]; }

  std::vector<std::string> arrays_;
  std::size_t column_ = 0;
  std::int32_t rows_ = 0;
};

// "bigint", "timestamptz", ...
const char* postgres_type(ColumnKind kind);

}  // namespace risk::store

#include "table.hpp"

#include <algorithm>

#include "risk/base/join.hpp"
#include "risk/base/text.hpp"

namespace risk::ingest {
Table::Table(std::istream& input, std::string name, std::span<const Column> columns)
    : name_(std::move(name)), columns_(columns), scanner_(input), position_of_(columns.size(), kAbsent) {
  read_header();
}

void Table::read_header() {
  row_ = read_row();
  if (row_ == nullptr) fail(1, "the file has no header");
  if (row_->defect == Row::Defect::kQuoting)
    fail(row_->line, "the header is not readable: " + std::string(row_->defect_reason));
  if (row_->defect == Row::Defect::kTooLong) fail(row_->line, "the header is longer than 65536 bytes");
  std::string problems;
  const auto add = [&problems](std::string_view column, std::string_view what) {
    problems.append(problems.empty() ? "" : "; ").append("column ").append(printable(column, kIdBytesMax)).append(what);
  };
  for (std::size_t position = 0; position < row_->fields.size(); ++position) {
    const std::string_view field = row_->fields[position];
    const auto column = static_cast<std::size_t>(std::ranges::find(columns_, field, &Column::name) - columns_.begin());
    if (column == columns_.size()) {
      add(field, " is unknown");
    } else if (position_of_[column] != kAbsent) {
      add(field, " comes twice");
    } else {
      position_of_[column] = position;
    }
    column_at_.push_back(column);
  }
  for (std::size_t column = 0; column < columns_.size(); ++column) {
    if (position_of_[column] == kAbsent && !columns_[column].may_be_absent) add(columns_[column].name, " is missing");
  }
  if (!problems.empty()) fail(row_->line, problems);
}

void Table::fail(std::uint64_t line, const std::string& problem) const {
  throw CsvError(name_ + ":" + std::to_string(line) + ": " + problem + " (the columns are " + column_names() + ")");
}

const Row* Table::read_row() try { return scanner_.next(); } catch (const std::ios_base::failure&) {
  throw CsvError(name_ + ": cannot be read");
}

Step Table::next() {
  row_ = read_row();
  if (row_ == nullptr) return Step::kEnd;
  auto problem = problem_of_row();
  if (!problem) return Step::kValue;
  bad_row_ = {row_->line, std::move(*problem), raw()};
  return Step::kBadRow;
}

std::optional<engine::Rejection> Table::problem_of_row() {
  const auto rejection = [](std::string_view field, std::string_view value, std::string reason) {
    return engine::Rejection{std::string(field), printable(value), std::move(reason)};
  };
  const std::size_t width = column_at_.size();
  // Quotes that pair up wrongly can join lines into a row of another width; then they are what is wrong with it.
  if (row_->defect == Row::Defect::kNone && row_->fields.size() != width && scanner_.spans_lines()) {
    scanner_.refuse_quoting();
  }
  if (row_->defect == Row::Defect::kQuoting) {
    return rejection(name_at(row_->fields.size()), row_->defect_text, std::string(row_->defect_reason));
  }
  if (row_->defect == Row::Defect::kTooLong) return rejection("", row_->raw, "longer than 65536 bytes");

  const auto& fields = row_->fields;
  if (fields.front() == name_at(0)) {
    const auto is_name = [this, &fields](std::size_t i) { return fields[i] == name_at(i); };
    std::size_t same = 0;
    while (same < fields.size() && is_name(same)) ++same;
    if (same == fields.size()) return rejection(name_at(0), fields[0], "the header again");
  }
  if (fields.size() < width) {
    return rejection(
        name_at(fields.size()), "",
        "missing: the row has " + std::to_string(fields.size()) + " of " + std::to_string(width) + " fields");
  }
  if (fields.size() > width) {
    return rejection("", fields[width],
                     "the row has " + std::to_string(fields.size()) + " fields, the header " + std::to_string(width));
  }
  if (is_ascii(row_->raw)) return std::nullopt;
  for (std::size_t i = 0; i < width; ++i) {
    if (!is_valid_utf8(fields[i])) return rejection(name_at(i), fields[i], "not valid UTF-8");
  }
  return std::nullopt;
}

BadRow Table::reject(std::size_t column, std::string reason) const {
  return {row_->line, {std::string(columns_[column].name), printable((*this)[column]), std::move(reason)}, raw()};
}

std::string Table::raw() const {
  return row_ == nullptr ? "" : printable(row_->raw, kRawBytesMax);
}

// "client_id,symbol", and where there are such " and perhaps broker_id".
std::string Table::column_names() const {
  std::vector<std::string_view> always, perhaps;
  for (const Column& column : columns_) (column.may_be_absent ? perhaps : always).push_back(column.name);
  return join(always, ",") + (perhaps.empty() ? "" : " and perhaps " + join(perhaps, ","));
}

std::string_view Table::name_at(std::size_t position) const {
  return position < column_at_.size() ? columns_[column_at_[position]].name : std::string_view{};
}

}  // namespace risk::ingest

#include "sql.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <span>
#include <system_error>

#include "edge.hpp"
#include "risk/base/join.hpp"
#include "risk/base/text.hpp"

namespace risk::store {
namespace {

std::int64_t as_signed(std::uint64_t value) {
  if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    throw StoreError("the number " + std::to_string(value) + " is above what the database can keep");
  }
  return static_cast<std::int64_t>(value);
}

}  // namespace

Query& Query::add(std::string_view sql, std::uint64_t value) {
  return add_value(sql, as_signed(value));
}

// A "$" of the text is always a parameter's: nothing that came from outside is part of it.
Query& Query::add(const Query& other) {
  std::size_t value = 0;
  for (std::string_view rest = other.text_; !rest.empty();) {
    const auto at = rest.find('$');
    text_ += rest.substr(0, at);
    if (at == rest.npos) break;
    add_value("", other.values_.at(value++));
    rest.remove_prefix(std::min(rest.size(), rest.find_first_not_of("0123456789", at + 1)));
  }
  return *this;
}

std::string column_list(const Table& table) {
  return join(table.columns, ", ", &Column::name);
}

std::string select_from(const Table& table) {
  const std::string id = table.generated_id.empty() ? "" : table.generated_id + ", ";
  return "SELECT " + id + column_list(table) + " FROM " + table.name;
}

std::string upsert_clause(const Table& table) {
  const std::span columns(table.columns);
  const auto assignment = [](const Column& column) { return column.name + " = excluded." + column.name; };
  return " ON CONFLICT (" + join(columns.first(table.key_columns), ", ", &Column::name) + ") DO UPDATE SET " +
         join(columns.subspan(table.key_columns), ", ", assignment);
}

std::string insert_clause(const Table& table, const std::string& rows, bool upserts) {
  return "INSERT INTO " + table.name + " (" + column_list(table) + ") " + rows + (upserts ? upsert_clause(table) : "");
}

void RowWriter::put(std::uint64_t value) {
  put_integer(as_signed(value));
}

void RowWriter::put(Notional value) {
  put_decimal(edge_units(value), kEdgePlaces);
}

void RowWriter::put(const engine::Figure& value) {
  switch (value.unit) {
    case engine::Figure::Unit::kMoney:
      return put(Notional::from_units(value.amount));
    case engine::Figure::Unit::kCount:
      return put_decimal(value.amount, 0);
    case engine::Figure::Unit::kZScore:
      return put_decimal(value.amount, kEdgePlaces);
    case engine::Figure::Unit::kPrice:
      return put_decimal(value.amount, kDecimalPlaces);
  }
}

void RowWriter::put(ScaledE4 value) {
  if (!value.units) return put_null();
  put_decimal(*value.units, kEdgePlaces);
}

void RowReader::bad_value(std::string_view text, std::string_view wanted) {
  throw StoreError("the database holds '" + printable(text) + "' where " + std::string(wanted) + " belongs");
}

std::string_view RowReader::required() {
  const auto column = pending_used_ ? next_text() : pending_;
  pending_used_ = true;
  if (!column) throw StoreError("the database holds no value where one belongs");
  return *column;
}

void RowReader::get(bool& value) {
  const auto text = required();
  value = text == "t" || text == "1";
}

void RowReader::get(std::uint32_t& value) {
  const auto text = required();
  const auto whole = parse_whole<std::remove_cvref_t<decltype(value)>>(text);
  if (!whole) bad_value(text, "a count");
  value = *whole;
}

void RowReader::get(std::uint64_t& value) {
  const auto text = required();
  const auto whole = parse_whole<std::remove_cvref_t<decltype(value)>>(text);
  if (!whole) bad_value(text, "a count");
  value = *whole;
}

void RowReader::get(std::int64_t& value) {
  const auto text = required();
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) bad_value(text, "a number");
}

// A time from when there were more years is read as the first or the last that there is: what came after it stays so.
void RowReader::get(Timestamp& value) {
  const std::string text(required());
  const auto time = parse_timestamp(text);
  if (!time && time.error().reason == kOutsideTimestamps) {
    value = text < "1970" ? kTimestampMin : kTimestampMax;
    return;
  }
  if (!time) bad_value(text, "a time");
  value = *time;
}

void RowReader::get(IntoExact value) {
  get(value.time);
  const auto nanos = next<std::optional<std::int64_t>>();
  if (!nanos) return;
  const Timestamp exact{*nanos};
  if (!exact.is_in_range() || exact.micros() != value.time.micros()) {
    bad_value(std::to_string(*nanos), "the nanoseconds of " + format_timestamp(value.time));
  }
  value.time = exact;
}

void RowReader::get(IntoOptionalExact value) {
  pending_ = next_text();
  if (!pending_) {
    value.time.reset();
    return skip(1);
  }
  pending_used_ = false;
  get(IntoExact{value.time.emplace()});
}

void RowReader::get(Day& value) {
  const std::string text(required());
  const auto time = parse_timestamp(text + "T00:00:00Z");
  if (!time) bad_value(text, "a date");
  value = Day::of(*time);
}

void RowReader::get(Notional& value) {
  const auto text = required();
  const auto amount = Notional::parse(text);
  if (!amount) bad_value(text, "an amount of money");
  value = *amount;
}

void RowReader::get(ScaledE4& value) {
  const auto amount = next<std::optional<Notional>>();
  value.units.reset();
  if (amount) value.units = static_cast<std::int64_t>(edge_units(*amount));
}

std::optional<std::string> RowReader::next_bytes() {
  const auto column = next_text();
  if (!column) return std::nullopt;
  return decode_bytes(*column);
}

std::int64_t RowReader::decimal_units(std::string_view text) {
  const auto units = parse_decimal_units(text);
  if (!units) bad_value(text, "a decimal number");
  return *units;
}

}  // namespace risk::store

#include "postgres_binary.hpp"

#include <array>
#include <limits>

#include "risk/base/check.hpp"

namespace risk::store {
namespace {

__extension__ typedef unsigned __int128 Uint128;

constexpr std::int64_t kPostgresEpochMicros = 946'684'800'000'000;  // 2000-01-01
constexpr std::int32_t kPostgresEpochDays = 10'957;
constexpr std::size_t kArrayHeaderBytes = 20;
constexpr char kJsonbVersion = 1;
constexpr std::int32_t kNull = -1;

template <class T>
void append(std::string& out, T value) {
  const auto bits = static_cast<std::make_unsigned_t<T>>(value);
  for (int shift = (static_cast<int>(sizeof value) - 1) * 8; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(bits >> shift & 0xff));
  }
}

void append_length(std::string& out, std::size_t length) {
  if (length > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
    throw StoreError("a value of " + std::to_string(length) + " bytes is more than PostgreSQL can keep");
  }
  append(out, static_cast<std::int32_t>(length));
}

std::uint32_t type_oid(ColumnKind kind) {
  switch (kind) {
    case ColumnKind::kText:
      return 25;
    case ColumnKind::kInteger:
      return 20;
    case ColumnKind::kFlag:
      return 16;
    case ColumnKind::kTime:
      return 1184;
    case ColumnKind::kDate:
      return 1082;
    case ColumnKind::kDecimal:
      return 1700;
    case ColumnKind::kJson:
      return 3802;
    case ColumnKind::kBytes:
      return 17;
  }
  RISK_CHECK(!"a column kind");
}

}  // namespace

const char* postgres_type(ColumnKind kind) {
  switch (kind) {
    case ColumnKind::kText:
      return "text";
    case ColumnKind::kInteger:
      return "bigint";
    case ColumnKind::kFlag:
      return "boolean";
    case ColumnKind::kTime:
      return "timestamptz";
    case ColumnKind::kDate:
      return "date";
    case ColumnKind::kDecimal:
      return "numeric";
    case ColumnKind::kJson:
      return "jsonb";
    case ColumnKind::kBytes:
      return "bytea";
  }
  RISK_CHECK(!"a column kind");
}

void ArrayWriter::put_null() {
  append(next_field(), kNull);
}

void ArrayWriter::put_integer(std::int64_t value) {
  auto& out = next_field();
  append_length(out, sizeof value);
  append(out, value);
}

void ArrayWriter::put_flag(bool value) {
  auto& out = next_field();
  append_length(out, 1);
  out.push_back(value ? 1 : 0);
}

void ArrayWriter::put_text(std::string_view value) {
  auto& out = next_field();
  append_length(out, value.size());
  out += value;
}

void ArrayWriter::put_time(Timestamp value) {
  put_integer(value.micros() - kPostgresEpochMicros);
}

void ArrayWriter::put_date(Day value) {
  auto& out = next_field();
  append_length(out, sizeof value.since_epoch);
  append(out, value.since_epoch - kPostgresEpochDays);
}

// Four decimal digits to a group, the most significant first, trailing zero groups left out; `weight` is the power of
// 10,000 of the first. places is a multiple of four, so that the point falls between groups.
void ArrayWriter::put_decimal(Int128 units, int places) {
  RISK_CHECK(places % 4 == 0);
  Uint128 rest = units < 0 ? Uint128{0} - static_cast<Uint128>(units) : static_cast<Uint128>(units);
  std::array<std::int16_t, 10> groups;  // the least significant first; 2^127 has 39 digits
  std::size_t count = 0;
  for (; rest > std::numeric_limits<std::uint64_t>::max(); rest /= 10'000) {
    groups[count++] = static_cast<std::int16_t>(rest % 10'000);
  }
  for (auto low = static_cast<std::uint64_t>(rest); low != 0; low /= 10'000) {
    groups[count++] = static_cast<std::int16_t>(low % 10'000);
  }
  std::size_t zeros = 0;
  while (zeros < count && groups[zeros] == 0) ++zeros;

  auto& out = next_field();
  append_length(out, 8 + 2 * (count - zeros));
  append(out, static_cast<std::int16_t>(count - zeros));
  append(out, static_cast<std::int16_t>(count == 0 ? 0 : static_cast<int>(count) - 1 - places / 4));
  append(out, static_cast<std::int16_t>(units < 0 ? 0x4000 : 0));
  append(out, static_cast<std::int16_t>(places));
  for (auto i = count; i > zeros; --i) append(out, groups[i - 1]);
}

void ArrayWriter::put_json(std::string_view value) {
  auto& out = next_field();
  append_length(out, value.size() + 1);
  out.push_back(kJsonbVersion);
  out += value;
}

void ArrayWriter::put_bytes(std::string_view value) {
  put_text(value);
}

ArrayWriter::ArrayWriter(const std::vector<Column>& columns) {
  for (const auto& column : columns) {
    auto& header = arrays_.emplace_back();
    append(header, std::int32_t{1});  // one dimension
    append(header, std::int32_t{0});  // flags
    append(header, type_oid(column.kind));
    append(header, std::int32_t{0});  // rows: see take()
    append(header, std::int32_t{1});  // counted from 1
  }
}

void ArrayWriter::end_row() {
  column_ = 0;
  ++rows_;
}

std::vector<std::string> ArrayWriter::take() {
  std::string rows;
  append(rows, rows_);
  for (auto& array : arrays_) array.replace(kArrayHeaderBytes - 8, rows.size(), rows);
  return std::move(arrays_);
}

}  // namespace risk::store

// Our own files of positions, prices and rates: which columns each has, and the value that a row is.
#include <fstream>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "input_file.hpp"
#include "risk/ingest/csv.hpp"
#include "table.hpp"

namespace risk::ingest {
namespace {

TableShape shape_of(std::initializer_list<const char*> columns) {
  TableShape shape;
  for (const char* column : columns) shape.columns.push_back({{column}});
  return shape;
}

// One row, field by field in the order of the columns; after the first that cannot be read nothing more is read.
class RowFields {
 public:
  RowFields(const Table& row, const TableShape& shape) : row_(row), shape_(shape) {}

  RowFields& operator>>(std::string& value) {
    value = row_[column_++];
    return *this;
  }
  template <class Tag>
  RowFields& operator>>(Id<Tag>& id) {
    return *this >> id.text;
  }
  template <class Tag>
  RowFields& operator>>(Decimal<Tag>& value) {
    return take(Decimal<Tag>::parse(row_[column_]), value);
  }
  RowFields& operator>>(Timestamp& value) { return take(parse_timestamp(row_[column_]), value); }

  RowFields& operator>>(Multiplier& value) {
    return row_[column_].empty() ? pass_over() : take(Multiplier::parse(row_[column_]), value);
  }
  RowFields& operator>>(std::optional<Timestamp>& value) {
    if (row_[column_].empty()) return pass_over();
    return take(parse_timestamp(row_[column_]), value.emplace());
  }
  RowFields& operator>>(engine::Contract& value) {
    if (row_[column_].empty()) return pass_over();
    const auto contract = engine::parse_enum<engine::Contract>(row_[column_]);
    return take(contract ? Result<engine::Contract>(*contract) : Error{"not LINEAR or INVERSE"}, value);
  }
  RowFields& operator>>(std::optional<Quantity>& value) {
    if (row_[column_].empty()) return pass_over();
    return take(Quantity::parse(row_[column_]), value.emplace());
  }
  RowFields& operator>>(engine::AdjustmentKind& value) {
    const auto kind = engine::parse_enum<engine::AdjustmentKind>(row_[column_]);
    return take(kind ? Result<engine::AdjustmentKind>(*kind) : Error{"not SPLIT, RENAME or SET_POSITION"}, value);
  }
  RowFields& operator>>(bool& value) {
    const std::string_view text = row_[column_];
    if (text.empty()) return pass_over();
    return take(text == "true" || text == "false" ? Result<bool>(text == "true") : Error{"not true or false"}, value);
  }

  std::optional<BadRow> problem() && { return std::move(problem_); }

 private:
  RowFields& pass_over() {
    ++column_;
    return *this;
  }
  template <class T>
  RowFields& take(Result<T> parsed, T& value) {
    if (parsed) {
      value = *parsed;
    } else if (!problem_) {
      problem_ = row_.reject(shape_.columns[column_].names.front(), row_[column_], parsed.error().reason);
    }
    ++column_;
    return *this;
  }

  const Table& row_;
  const TableShape& shape_;
  std::size_t column_ = 0;
  std::optional<BadRow> problem_;
};

template <class Value>
const TableShape kShape{};
template <>
const TableShape kShape<engine::OpeningPosition> = shape_of({"client_id", "symbol", "quantity", "price", "currency"});
template <>
const TableShape kShape<engine::MarketPrice> = shape_of({"at", "symbol", "price", "currency"});
template <>
const TableShape kShape<engine::ExchangeRate> = shape_of({"at", "currency", "rate"});

template <>
const TableShape kShape<engine::Instrument> = shape_of({"symbol", "multiplier", "currency", "contract", "expires_at",
                                                        "allows_negative", "name", "asset_class"});

template <>
const TableShape kShape<engine::Adjustment> = shape_of({"effective_at", "kind", "symbol", "ratio", "new_symbol",
                                                        "client_id", "quantity", "reason"});

void read(RowFields& fields, engine::OpeningPosition& value) {
  fields >> value.client_id >> value.symbol >> value.quantity >> value.price >> value.currency;
}
void read(RowFields& fields, engine::MarketPrice& value) {
  fields >> value.at >> value.symbol >> value.price >> value.currency;
}
void read(RowFields& fields, engine::ExchangeRate& value) {
  fields >> value.at >> value.currency >> value.rate;
}

void read(RowFields& fields, engine::Instrument& value) {
  fields >> value.symbol >> value.multiplier >> value.currency >> value.contract >> value.expires_at >>
      value.allows_negative >> value.name >> value.asset_class;
}

void read(RowFields& fields, engine::Adjustment& value) {
  fields >> value.effective_at >> value.kind >> value.symbol >> value.ratio >> value.new_symbol >> value.client_id >>
      value.quantity >> value.reason;
}

}  // namespace

template <class Value>
class RowReader<Value>::Impl {
 public:
  explicit Impl(const std::string& path) : file(open_input(path)), table(file, path, kShape<Value>) {}
  Impl(std::istream& input, std::string name) : table(input, std::move(name), kShape<Value>) {}

  std::ifstream file;
  Table table;
};

template <class Value>
RowReader<Value>::RowReader(const std::string& path) : impl_(std::make_unique<Impl>(path)) {}
template <class Value>
RowReader<Value>::RowReader(std::istream& input, std::string name)
    : impl_(std::make_unique<Impl>(input, std::move(name))) {}
template <class Value>
RowReader<Value>::~RowReader() = default;

template <class Value>
std::optional<std::variant<Value, BadRow>> RowReader<Value>::next() {
  switch (impl_->table.next()) {
    case Step::kEnd:
      return std::nullopt;
    case Step::kBadRow:
      return impl_->table.bad_row();
    case Step::kValue:
      break;
  }
  Value value;
  RowFields fields(impl_->table, kShape<Value>);
  read(fields, value);
  if (auto problem = std::move(fields).problem()) return *std::move(problem);
  return value;
}
template <class Value>
std::uint64_t RowReader<Value>::line() const {
  return impl_->table.line();
}
template <class Value>
std::string RowReader<Value>::raw() const {
  return impl_->table.raw();
}

template class RowReader<engine::OpeningPosition>;
template class RowReader<engine::MarketPrice>;
template class RowReader<engine::ExchangeRate>;
template class RowReader<engine::Instrument>;
template class RowReader<engine::Adjustment>;

}  // namespace risk::ingest

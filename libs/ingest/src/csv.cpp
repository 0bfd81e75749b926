#include "risk/ingest/csv.hpp"

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "risk/base/os.hpp"
#include "table.hpp"

namespace risk::ingest {
namespace {

// Indices of kTransactionColumns.
enum TransactionColumn : std::size_t {
  kTransactionId,
  kExecutedAt,
  kClientId,
  kSymbol,
  kSide,
  kQuantity,
  kPrice,
  kCurrency,
  kBrokerId,
  kMarket,
};
constexpr std::string_view kTransactionColumns[] = {"transaction_id", "executed_at", "client_id", "symbol",
                                                    "side",           "quantity",    "price",     "currency",
                                                    "broker_id",      "market"};

namespace position {
enum Column : std::size_t { kClientId, kSymbol, kQuantity, kPrice, kCurrency };
constexpr std::string_view kColumns[] = {"client_id", "symbol", "quantity", "price", "currency"};
}  // namespace position

// Sets `transaction` from the row, or says what is wrong with it.
std::optional<BadRow> set_value(const Table& row, engine::Transaction& transaction) {
  const auto executed_at = parse_timestamp(row[kExecutedAt]);
  if (!executed_at) return row.reject(kExecutedAt, executed_at.error().reason);
  const auto side = engine::parse_enum<engine::Side>(row[kSide]);
  if (!side) return row.reject(kSide, "not BUY or SELL");
  const auto quantity = Quantity::parse(row[kQuantity]);
  if (!quantity) return row.reject(kQuantity, quantity.error().reason);
  const auto price = Price::parse(row[kPrice]);
  if (!price) return row.reject(kPrice, price.error().reason);

  transaction.transaction_id = row[kTransactionId];
  transaction.executed_at = *executed_at;
  transaction.client_id.text = row[kClientId];
  transaction.symbol.text = row[kSymbol];
  transaction.side = *side;
  transaction.quantity = *quantity;
  transaction.price = *price;
  transaction.currency = row[kCurrency];
  transaction.broker_id = row[kBrokerId];
  transaction.market = row[kMarket];
  return std::nullopt;
}

std::optional<BadRow> set_value(const Table& row, engine::OpeningPosition& opening) {
  const auto quantity = Quantity::parse(row[position::kQuantity]);
  if (!quantity) return row.reject(position::kQuantity, quantity.error().reason);
  const auto price = Price::parse(row[position::kPrice]);
  if (!price) return row.reject(position::kPrice, price.error().reason);

  opening.client_id.text = row[position::kClientId];
  opening.symbol.text = row[position::kSymbol];
  opening.quantity = *quantity;
  opening.price = *price;
  opening.currency = row[position::kCurrency];
  return std::nullopt;
}

// A device such as /dev/zero has no end. A pipe is fine.
std::ifstream open(const std::string& path) {
  using Type = std::filesystem::file_type;
  std::error_code ignored;  // the open below says why
  const auto type = std::filesystem::status(path, ignored).type();
  if (type == Type::directory) throw CsvError(path + ": is a directory");
  if (type == Type::character || type == Type::block) throw CsvError(path + ": is a device, not a file");
  std::ifstream file(path, std::ios::binary);
  if (!file) throw CsvError(path + ": " + errno_text(errno));
  return file;
}

template <class Value>
Step read_value(Table& table, Value& value, BadRow& bad) {
  const Step step = table.next();
  if (step == Step::kBadRow) bad = table.bad_row();
  if (step != Step::kValue) return step;
  auto problem = set_value(table, value);
  if (!problem) return step;
  bad = std::move(*problem);
  return Step::kBadRow;
}

template <class Value>
std::optional<std::variant<Value, BadRow>> next_value(Table& table) {
  Value value;
  BadRow bad;
  switch (read_value(table, value, bad)) {
    case Step::kValue:
      return value;
    case Step::kBadRow:
      return bad;
    case Step::kEnd:
      break;
  }
  return std::nullopt;
}

// A reader of a file of its own, or of a stream that someone else owns.
struct Source {
  Source(const std::string& path, std::span<const std::string_view> columns)
      : file(open(path)), table(file, path, columns) {}
  Source(std::istream& input, std::string name, std::span<const std::string_view> columns)
      : table(input, std::move(name), columns) {}

  std::ifstream file;
  Table table;
};

}  // namespace

class TransactionReader::Impl : public Source {
 public:
  using Source::Source;
};

TransactionReader::TransactionReader(const std::string& path)
    : impl_(std::make_unique<Impl>(path, kTransactionColumns)) {}
TransactionReader::TransactionReader(std::istream& input, std::string name)
    : impl_(std::make_unique<Impl>(input, std::move(name), kTransactionColumns)) {}
TransactionReader::~TransactionReader() = default;

std::optional<std::variant<engine::Transaction, BadRow>> TransactionReader::next() {
  return next_value<engine::Transaction>(impl_->table);
}
Step TransactionReader::read(engine::Transaction& transaction, BadRow& bad) {
  return read_value(impl_->table, transaction, bad);
}
std::uint64_t TransactionReader::bytes_read() const {
  return impl_->table.bytes_read();
}
std::uint64_t TransactionReader::line() const {
  return impl_->table.line();
}
std::string TransactionReader::raw() const {
  return impl_->table.raw();
}

class PositionReader::Impl : public Source {
 public:
  using Source::Source;
};

PositionReader::PositionReader(const std::string& path) : impl_(std::make_unique<Impl>(path, position::kColumns)) {}
PositionReader::PositionReader(std::istream& input, std::string name)
    : impl_(std::make_unique<Impl>(input, std::move(name), position::kColumns)) {}
PositionReader::~PositionReader() = default;

std::optional<std::variant<engine::OpeningPosition, BadRow>> PositionReader::next() {
  return next_value<engine::OpeningPosition>(impl_->table);
}
std::uint64_t PositionReader::line() const {
  return impl_->table.line();
}
std::string PositionReader::raw() const {
  return impl_->table.raw();
}

}  // namespace risk::ingest

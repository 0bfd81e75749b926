#include "risk/ingest/csv.hpp"

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>

#include "risk/base/os.hpp"
#include "risk/engine/transaction_fields.hpp"
#include "table.hpp"

namespace risk::ingest {
namespace {

// At the index of their field.
constexpr auto kTransactionColumns = engine::with_transaction_fields([](auto... field) {
  return std::array{Column{field.name, field.presence == engine::Presence::kOptionalColumn}...};
});

namespace position {
enum Index : std::size_t { kClientId, kSymbol, kQuantity, kPrice, kCurrency };
constexpr Column kColumns[] = {{"client_id"}, {"symbol"}, {"quantity"}, {"price"}, {"currency"}};
}  // namespace position

// Each sets a value from its text, or says why the text is none.
std::optional<std::string> set(std::string& value, std::string_view text) {
  value = text;
  return std::nullopt;
}
template <class Tag>
std::optional<std::string> set(Id<Tag>& value, std::string_view text) {
  value.text = text;
  return std::nullopt;
}
std::optional<std::string> set(Timestamp& value, std::string_view text) {
  const auto time = parse_timestamp(text);
  if (!time) return time.error().reason;
  value = *time;
  return std::nullopt;
}
std::optional<std::string> set(engine::Side& value, std::string_view text) {
  const auto side = engine::parse_enum<engine::Side>(text);
  if (!side) return "not BUY or SELL";
  value = *side;
  return std::nullopt;
}
template <class Tag>
std::optional<std::string> set(Decimal<Tag>& value, std::string_view text) {
  const auto decimal = Decimal<Tag>::parse(text);
  if (!decimal) return decimal.error().reason;
  value = *decimal;
  return std::nullopt;
}

// Sets `transaction` from the row, or says what is wrong with it.
std::optional<BadRow> set_value(const Table& row, engine::Transaction& transaction) {
  std::optional<BadRow> bad;
  engine::all_transaction_fields([&](auto field) {
    if (auto problem = set(field.of(transaction), row[field.index])) bad = row.reject(field.index, std::move(*problem));
    return !bad;
  });
  return bad;
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
  Source(const std::string& path, std::span<const Column> columns) : file(open(path)), table(file, path, columns) {}
  Source(std::istream& input, std::string name, std::span<const Column> columns)
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

#include "plain_transaction.hpp"

#include <bit>
#include <cstdint>
#include <cstring>

#include "risk/base/check.hpp"
#include "risk/v1/transaction.pb.h"

// https://protobuf.dev/programming-guides/encoding

namespace risk::wire {
namespace {

static_assert(std::endian::native == std::endian::little, "a sfixed64 is copied as it lies in memory");

enum WireType : unsigned { kVarint = 0, kFixed64 = 1, kLengthDelimited = 2 };

consteval char tag_of(int field, WireType type) {
  RISK_CHECK(field < 16);  // the tags of higher ones have two bytes
  return static_cast<char>(static_cast<unsigned>(field) << 3 | type);
}

using Message = v1::Transaction;
constexpr char kTransaction = tag_of(v1::TransactionRecord::kTransactionFieldNumber, kLengthDelimited);
constexpr char kTransactionId = tag_of(Message::kTransactionIdFieldNumber, kLengthDelimited);
constexpr char kExecutedAt = tag_of(Message::kExecutedAtUsFieldNumber, kFixed64);
constexpr char kClientId = tag_of(Message::kClientIdFieldNumber, kLengthDelimited);
constexpr char kSymbol = tag_of(Message::kSymbolFieldNumber, kLengthDelimited);
constexpr char kSide = tag_of(Message::kSideFieldNumber, kVarint);
constexpr char kQuantity = tag_of(Message::kQuantityE8FieldNumber, kVarint);
constexpr char kPrice = tag_of(Message::kPriceE8FieldNumber, kVarint);
constexpr char kCurrency = tag_of(Message::kCurrencyFieldNumber, kLengthDelimited);
constexpr char kBrokerId = tag_of(Message::kBrokerIdFieldNumber, kLengthDelimited);
constexpr char kMarket = tag_of(Message::kMarketFieldNumber, kLengthDelimited);
static_assert(static_cast<int>(engine::Side::kBuy) == v1::BUY && static_cast<int>(engine::Side::kSell) == v1::SELL);

// --- writing: fields in the order of their numbers, none that has its default

std::size_t varint_bytes(std::uint64_t value) {
  return (static_cast<std::size_t>(std::bit_width(value | 1)) + 6) / 7;
}

char* put_varint(char* at, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) *at++ = static_cast<char>(value | 0x80);
  *at++ = static_cast<char>(value);
  return at;
}

std::size_t text_bytes(std::string_view text) {
  return text.empty() ? 0 : 1 + varint_bytes(text.size()) + text.size();
}

char* put_text(char* at, char tag, std::string_view text) {
  if (text.empty()) return at;
  *at++ = tag;
  at = put_varint(at, text.size());
  return at + text.copy(at, text.size());
}

std::size_t number_bytes(std::int64_t value) {
  return value == 0 ? 0 : 1 + varint_bytes(static_cast<std::uint64_t>(value));
}

char* put_number(char* at, char tag, std::int64_t value) {
  if (value == 0) return at;
  *at++ = tag;
  return put_varint(at, static_cast<std::uint64_t>(value));
}

// --- reading

class Reader {
 public:
  explicit Reader(std::string_view bytes) : at_(bytes.data()), end_(at_ + bytes.size()) {}

  bool at_end() const { return at_ == end_; }
  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
  char tag() { return *at_++; }  // precondition: !at_end()

  // Each says whether it could be read.
  bool varint(std::uint64_t& value) {
    value = 0;
    for (int shift = 0; shift < 63 && at_ != end_; shift += 7) {
      const auto byte = static_cast<std::uint64_t>(static_cast<unsigned char>(*at_++));
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return true;
    }
    return false;  // cut off; or of ten bytes, as negative numbers are
  }
  // Longer ones than any record needs, and those in more bytes than they need, are left to the generated code.
  bool length(std::size_t& value) {
    constexpr std::ptrdiff_t kBytesMax = 4;
    const char* const before = at_;
    std::uint64_t number;
    if (!varint(number) || at_ - before > kBytesMax) return false;
    value = static_cast<std::size_t>(number);
    return true;
  }
  bool fixed64(std::int64_t& value) {
    if (left() < sizeof value) return false;
    std::memcpy(&value, at_, sizeof value);
    at_ += sizeof value;
    return true;
  }
  bool ascii(std::string_view& text) {
    std::size_t size;
    if (!length(size) || size > left()) return false;
    text = {at_, size};
    at_ += size;
    unsigned char all = 0;
    for (const char c : text) all |= static_cast<unsigned char>(c);
    return all < 0x80;
  }

 private:
  const char* at_;
  const char* end_;
};

void assign(std::string& to, std::string_view text) {
  if (!to.empty() || !text.empty()) to.assign(text);
}

}  // namespace

void write_plain(const engine::Transaction& t, std::string& bytes) {
  const auto side = static_cast<std::int64_t>(t.side);
  const std::size_t executed_at_bytes = t.executed_at.micros == 0 ? 0 : 1 + sizeof t.executed_at.micros;
  const auto size = text_bytes(t.transaction_id) + executed_at_bytes + text_bytes(t.client_id.text) +
                    text_bytes(t.symbol.text) + number_bytes(side) + number_bytes(t.quantity.units()) +
                    number_bytes(t.price.units()) + text_bytes(t.currency) + text_bytes(t.broker_id) +
                    text_bytes(t.market);
  bytes.resize(1 + varint_bytes(size) + size);
  char* at = bytes.data();
  *at++ = kTransaction;
  at = put_varint(at, size);
  at = put_text(at, kTransactionId, t.transaction_id);
  if (t.executed_at.micros != 0) {
    *at++ = kExecutedAt;
    std::memcpy(at, &t.executed_at.micros, sizeof t.executed_at.micros);
    at += sizeof t.executed_at.micros;
  }
  at = put_text(at, kClientId, t.client_id.text);
  at = put_text(at, kSymbol, t.symbol.text);
  at = put_number(at, kSide, side);
  at = put_number(at, kQuantity, t.quantity.units());
  at = put_number(at, kPrice, t.price.units());
  at = put_text(at, kCurrency, t.currency);
  at = put_text(at, kBrokerId, t.broker_id);
  put_text(at, kMarket, t.market);
}

bool read_plain(std::string_view bytes, engine::Transaction& into) {
  Reader reader(bytes);
  std::size_t size;
  if (reader.at_end() || reader.tag() != kTransaction || !reader.length(size) || size != reader.left()) return false;
  std::string_view transaction_id, client_id, symbol, currency, broker_id, market;
  std::int64_t executed_at = 0;
  std::uint64_t side = 0, quantity = 0, price = 0;
  const auto read_field = [&](char tag) {
    switch (tag) {
      case kTransactionId:
        return reader.ascii(transaction_id);
      case kExecutedAt:
        return reader.fixed64(executed_at);
      case kClientId:
        return reader.ascii(client_id);
      case kSymbol:
        return reader.ascii(symbol);
      case kSide:
        return reader.varint(side) && (side == v1::BUY || side == v1::SELL);
      case kQuantity:
        return reader.varint(quantity);
      case kPrice:
        return reader.varint(price);
      case kCurrency:
        return reader.ascii(currency);
      case kBrokerId:
        return reader.ascii(broker_id);
      case kMarket:
        return reader.ascii(market);
      default:
        return false;
    }
  };
  while (!reader.at_end()) {
    if (!read_field(reader.tag())) return false;
  }
  assign(into.transaction_id, transaction_id);
  into.executed_at = {executed_at};
  assign(into.client_id.text, client_id);
  assign(into.symbol.text, symbol);
  into.side = static_cast<engine::Side>(side);
  into.quantity = Quantity::from_units(static_cast<std::int64_t>(quantity));
  into.price = Price::from_units(static_cast<std::int64_t>(price));
  assign(into.currency, currency);
  assign(into.broker_id, broker_id);
  assign(into.market, market);
  return true;
}

}  // namespace risk::wire

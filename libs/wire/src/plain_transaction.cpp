#include "plain_transaction.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <tuple>
#include <type_traits>
#include <utility>

#include "risk/base/check.hpp"
#include "risk/base/text.hpp"
#include "risk/engine/transaction_fields.hpp"
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

constexpr char kTransaction = tag_of(v1::TransactionRecord::kTransactionFieldNumber, kLengthDelimited);
constexpr char kReceivedAt = tag_of(v1::TransactionRecord::kReceivedAtUsFieldNumber, kFixed64);
static_assert(static_cast<int>(engine::Side::kBuy) == v1::BUY && static_cast<int>(engine::Side::kSell) == v1::SELL);
static_assert(static_cast<int>(engine::ExecutionKind::kExecution) == v1::EXECUTION &&
              static_cast<int>(engine::ExecutionKind::kBust) == v1::BUST &&
              static_cast<int>(engine::ExecutionKind::kCorrection) == v1::CORRECTION);

// --- writing: fields in the order of their numbers, none that has its default

std::size_t varint_bytes(std::uint64_t value) {
  return (static_cast<std::size_t>(std::bit_width(value | 1)) + 6) / 7;
}

char* put_varint(char* at, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) *at++ = static_cast<char>(value | 0x80);
  *at++ = static_cast<char>(value);
  return at;
}

// What a field is on the wire: text, a varint, or eight bytes.
struct Fixed64 {
  std::int64_t value;
};

std::string_view on_wire(const std::string& text) {
  return text;
}
template <class Tag>
std::string_view on_wire(const Id<Tag>& id) {
  return id.text;
}
// Its whole microseconds: the rest is another field.
Fixed64 on_wire(Timestamp time) {
  return {time.micros()};
}
std::uint64_t on_wire(engine::Side side) {
  return static_cast<std::uint64_t>(side);
}
std::uint64_t on_wire(engine::ExecutionKind kind) {
  return static_cast<std::uint64_t>(kind);
}
template <class Tag>
std::uint64_t on_wire(Decimal<Tag> value) {
  return static_cast<std::uint64_t>(value.units());
}

template <class Field>
using OnWire = decltype(on_wire(std::declval<const typename Field::Type&>()));

constexpr WireType wire_type(std::string_view) {
  return kLengthDelimited;
}
constexpr WireType wire_type(Fixed64) {
  return kFixed64;
}
constexpr WireType wire_type(std::uint64_t) {
  return kVarint;
}

constexpr char kExecutedAtNanos = tag_of(v1::Transaction::kExecutedAtNanosFieldNumber, kVarint);

template <class Field>
constexpr char kTag = tag_of(Field::wire_number, wire_type(OnWire<Field>{}));

std::size_t bytes_of(std::string_view text) {
  return text.empty() ? 0 : 1 + varint_bytes(text.size()) + text.size();
}
std::size_t bytes_of(Fixed64 number) {
  return number.value == 0 ? 0 : 1 + sizeof number.value;
}
std::size_t bytes_of(std::uint64_t number) {
  return number == 0 ? 0 : 1 + varint_bytes(number);
}

char* put(char* at, char tag, std::string_view text) {
  if (text.empty()) return at;
  *at++ = tag;
  at = put_varint(at, text.size());
  return at + text.copy(at, text.size());
}
char* put(char* at, char tag, Fixed64 number) {
  if (number.value == 0) return at;
  *at++ = tag;
  std::memcpy(at, &number.value, sizeof number.value);
  return at + sizeof number.value;
}
char* put(char* at, char tag, std::uint64_t number) {
  if (number == 0) return at;
  *at++ = tag;
  return put_varint(at, number);
}

// --- reading

class Reader {
 public:
  explicit Reader(std::string_view bytes) : at_(bytes.data()), end_(at_ + bytes.size()) {}

  // So many bytes as a reader of their own; they are taken. Precondition: they are there.
  Reader part(std::size_t size) {
    const char* const begin = at_;
    at_ += size;
    return Reader({begin, size});
  }
  bool at_end() const { return at_ == end_; }
  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
  char tag() { return *at_++; }  // precondition: !at_end()
  bool take(char tag) {          // whether that is the next byte
    if (at_ == end_ || *at_ != tag) return false;
    ++at_;
    return true;
  }

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
    return is_ascii(text);
  }

 private:
  const char* at_;
  const char* end_;
};

// A field's value as read() leaves it, put where it belongs once the whole record has turned out to be plain.
void assign(std::string& to, std::string_view text) {
  if (!to.empty() || !text.empty()) to.assign(text);
}
template <class Tag>
void assign(Id<Tag>& to, std::string_view text) {
  assign(to.text, text);
}
void assign(engine::Side& to, std::uint64_t number) {
  to = static_cast<engine::Side>(number);
}
void assign(engine::ExecutionKind& to, std::uint64_t number) {
  to = static_cast<engine::ExecutionKind>(number);
}
template <class Tag>
void assign(Decimal<Tag>& to, std::uint64_t number) {
  to = Decimal<Tag>::from_units(static_cast<std::int64_t>(number));
}

// A number that is too large stays so.
std::uint32_t narrowed(std::uint64_t value) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(value, std::numeric_limits<std::uint32_t>::max()));
}

template <class Field>
bool read(Reader& reader, Field, std::string_view& text) {
  return reader.ascii(text);
}
template <class Field>
bool read(Reader& reader, Field, Fixed64& number) {
  return reader.fixed64(number.value);
}
template <class Field>
bool read(Reader& reader, Field, std::uint64_t& number) {
  if (!reader.varint(number)) return false;
  if constexpr (std::is_same_v<typename Field::Type, engine::Side>) return number == v1::BUY || number == v1::SELL;
  if constexpr (std::is_same_v<typename Field::Type, engine::ExecutionKind>) return number <= v1::CORRECTION;
  return true;
}

}  // namespace

void write_plain(const engine::Transaction& t, std::optional<Timestamp> received_at, std::string& bytes) {
  std::size_t size = 0;
  engine::for_each_transaction_field([&](auto field) { size += bytes_of(on_wire(field.of(t))); });
  const std::uint64_t nanos = t.executed_at.nanos_of_micro();
  size += bytes_of(nanos);
  bytes.resize(1 + varint_bytes(size) + size + (received_at ? 1 + sizeof(std::int64_t) : 0));
  char* at = bytes.data();
  *at++ = kTransaction;
  at = put_varint(at, size);
  engine::for_each_transaction_field([&](auto field) { at = put(at, kTag<decltype(field)>, on_wire(field.of(t))); });
  at = put(at, kExecutedAtNanos, nanos);
  if (!received_at) return;
  *at++ = kReceivedAt;
  const std::int64_t micros = received_at->micros();
  std::memcpy(at, &micros, sizeof micros);
}

bool read_plain(std::string_view bytes, engine::Transaction& into, std::optional<Timestamp>& received_at) {
  Reader record(bytes);
  std::size_t size;
  if (record.at_end() || record.tag() != kTransaction || !record.length(size) || size > record.left()) return false;
  Reader reader = record.part(size);
  received_at.reset();
  if (!record.at_end()) {
    std::int64_t micros;
    if (record.tag() != kReceivedAt || !record.fixed64(micros) || !record.at_end()) return false;
    received_at = timestamp_of(micros);
    if (!received_at) return false;
  }
  auto values = engine::with_transaction_fields([](auto... field) { return std::tuple<OnWire<decltype(field)>...>{}; });
  std::uint64_t nanos = 0;
  // Writers put the fields in the order of their numbers: one pass takes them all. Any other order takes more passes,
  // of which each must find one at least.
  while (!reader.at_end()) {
    const std::size_t before = reader.left();
    const bool readable = engine::all_transaction_fields([&](auto field) {
      return !reader.take(kTag<decltype(field)>) || read(reader, field, std::get<field.index>(values));
    });
    if (!readable || (reader.take(kExecutedAtNanos) && !reader.varint(nanos))) return false;
    if (reader.left() == before) return false;
  }
  bool has_time = true;
  engine::for_each_transaction_field([&](auto field) {
    if constexpr (is_field<&engine::Transaction::executed_at>(field)) {
      const auto time = timestamp_of(std::get<field.index>(values).value, narrowed(nanos));
      has_time = time.has_value();
      field.of(into) = time.value_or(Timestamp{});
    } else {
      assign(field.of(into), std::get<field.index>(values));
    }
  });
  return has_time;
}

}  // namespace risk::wire

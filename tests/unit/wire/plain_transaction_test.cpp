// What is written and read by hand is judged by the code that protobuf generates from the same message.
#include <google/protobuf/stubs/logging.h>

#include <algorithm>
#include <initializer_list>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "plain_transaction.hpp"
#include "risk/engine/rules.hpp"
#include "risk/engine/transaction_fields.hpp"
#include "risk/v1/transaction.pb.h"
#include "risk/wire/transaction.hpp"
#include "support/catch.hpp"
#include "support/distinct_transaction.hpp"
#include "transaction_message.hpp"

using namespace risk;

namespace {

constexpr int kRounds = 20'000;

class Chance {
 public:
  std::uint64_t below(std::uint64_t end) { return random_() % end; }
  template <class T>
  T one_of(std::initializer_list<T> values) {
    return values.begin()[below(values.size())];
  }

  std::string text() {
    std::string text(one_of<std::size_t>({0, 1, 5, 15, 16, 50, 127, 128, 300}), 'x');
    for (auto& c : text) c = static_cast<char>(' ' + below(95));
    return below(20) == 0 ? text + "ü" : text;
  }
  std::int64_t number() {
    const auto bits = static_cast<std::int64_t>(random_() >> below(64));
    return below(8) == 0 ? one_of<std::int64_t>({0, -1, std::numeric_limits<std::int64_t>::min()}) : bits;
  }

  engine::Transaction transaction() {
    engine::Transaction t;
    engine::for_each_transaction_field([&](auto field) { set(field.of(t)); });
    return t;
  }

 private:
  void set(std::string& value) { value = text(); }
  template <class Tag>
  void set(Id<Tag>& id) {
    id.text = text();
  }
  void set(Timestamp& time) { time = {std::clamp(number(), kTimestampMin.nanos, kTimestampMax.nanos)}; }
  void set(engine::Side& side) { side = one_of({engine::Side::kUnknown, engine::Side::kBuy, engine::Side::kSell}); }
  void set(engine::ExecutionKind& kind) {
    using Kind = engine::ExecutionKind;
    kind = one_of({Kind::kExecution, Kind::kBust, Kind::kCorrection});
  }
  template <class Tag>
  void set(Decimal<Tag>& value) {
    value = Decimal<Tag>::from_units(number());
  }

  std::mt19937_64 random_{42};
};

v1::TransactionRecord message_of(const engine::Transaction& t) {
  v1::TransactionRecord record;
  wire::to_message(t, *record.mutable_transaction());
  return record;
}

// What the general decoder, which parses with the generated code, makes of the bytes.
std::optional<engine::Transaction> parsed(std::string_view bytes) {
  static wire::InputDecoder decoder;
  const auto decoded = decoder.decode(bytes);
  const auto* transaction = decoded ? std::get_if<engine::Transaction>(&decoded->input) : nullptr;
  return transaction == nullptr ? std::nullopt : std::optional(*transaction);
}

std::optional<Timestamp> received_at;  // of the record that was read last

std::optional<engine::Transaction> read(std::string_view bytes) {
  static wire::InputDecoder decoder;
  static engine::Transaction into;  // holds the one before
  return decoder.decode_transaction(bytes, into, received_at) ? std::optional(into) : std::nullopt;
}

}  // namespace

TEST_CASE("a transaction is written byte by byte as protobuf writes it, and read as it was") {
  Chance chance;
  std::string bytes = "of the one before";
  for (int i = 0; i < kRounds; ++i) {
    const auto transaction = chance.transaction();
    wire::encode(transaction, {}, bytes);
    REQUIRE(bytes == message_of(transaction).SerializeAsString());
    REQUIRE(read(bytes) == transaction);
  }
}

TEST_CASE("when a transaction was received is written as protobuf writes it, and read with and without its code") {
  const auto transaction = test::distinct_transaction();
  for (const auto at : {Timestamp{}, Timestamp::from_micros(-1), Timestamp::from_micros(1'790'000'000'123'456)}) {
    auto record = message_of(transaction);
    record.set_received_at_us(at.micros());
    const auto bytes = wire::encode(transaction, {"", {}, at});
    CHECK(bytes == record.SerializeAsString());
    engine::Transaction into;
    received_at.reset();
    CHECK(wire::read_plain(bytes, into, received_at));
    CHECK(into == transaction);
    CHECK(received_at == at);
    for (const std::string source : {"", "fills.csv"}) {
      wire::InputDecoder decoder;
      const auto decoded = decoder.decode(wire::encode(transaction, {source, 12, at}));
      REQUIRE(decoded.ok());
      CHECK(decoded->provenance == wire::Provenance{source, 12, at});
      received_at.reset();
      CHECK(decoder.decode_transaction(wire::encode(transaction, {source, 12, at}), into, received_at));
      CHECK(received_at == at);
    }
  }
  engine::Transaction into;
  CHECK(wire::read_plain(wire::encode(transaction), into, received_at));
  CHECK_FALSE(received_at);
  auto record = message_of(transaction);
  record.set_received_at_us(kTimestampMax.micros() + 1);
  CHECK_FALSE(read(record.SerializeAsString()));
  wire::InputDecoder decoder;
  CHECK(decoder.decode(record.SerializeAsString()).error().reason == "received_at 9214646400000000 us: out of range");
}

TEST_CASE("the table of fields and the message in proto/ have the same numbers, of the same types") {
  using google::protobuf::FieldDescriptor;
  const auto* message = v1::Transaction::descriptor();
  // An instant has two: its microseconds, and the nanoseconds since.
  CHECK(static_cast<std::size_t>(message->field_count()) == engine::kTransactionFieldCount + 1);
  CHECK(message->FindFieldByNumber(15)->name() == "executed_at_nanos");
  engine::for_each_transaction_field([&](auto field) {
    using Type = typename decltype(field)::Type;
    CAPTURE(field.name);
    const auto* found = message->FindFieldByNumber(field.wire_number);
    REQUIRE(found != nullptr);
    CHECK(found->name().starts_with(field.name));  // some go on with their unit
    constexpr bool is_text = requires(const Type& value) {
      value.empty();
    };
    constexpr bool is_decimal = requires(const Type& value) {
      value.units();
    };
    CHECK(found->type() == (is_text                           ? FieldDescriptor::TYPE_STRING
                            : is_decimal                      ? FieldDescriptor::TYPE_INT64
                            : std::is_same_v<Type, Timestamp> ? FieldDescriptor::TYPE_SFIXED64
                                                              : FieldDescriptor::TYPE_ENUM));
  });
}

TEST_CASE("no field of a transaction is lost or taken for another, with and without protobuf's code") {
  const auto transaction = test::distinct_transaction();
  engine::Transaction into;
  CHECK(wire::read_plain(wire::encode(transaction), into, received_at));
  CHECK(into == transaction);
  CHECK(parsed(wire::encode(transaction, {"fills.csv", 12})) == transaction);
  CHECK_FALSE(wire::read(message_of(transaction).transaction(), into = {}));
  CHECK(into == transaction);
}

TEST_CASE("an instant that no transaction can have is refused with what was sent, and the others are taken") {
  const auto refused = [](std::int64_t micros, std::uint32_t nanos) -> std::optional<engine::Rejection> {
    auto record = message_of(test::distinct_transaction());
    record.mutable_transaction()->set_executed_at_us(micros);
    record.mutable_transaction()->set_executed_at_nanos(nanos);
    const auto bytes = record.SerializeAsString();
    wire::InputDecoder decoder;
    engine::Transaction into;
    const bool is_taken = decoder.decode_transaction(bytes, into, received_at);
    const auto decoded = decoder.decode(bytes);
    REQUIRE(decoded.ok());
    if (is_taken) {
      CHECK(into == std::get<engine::Transaction>(decoded->input));
      CHECK(into.executed_at == timestamp_of(micros, nanos));
      return std::nullopt;
    }
    const auto& rejected = std::get<wire::RejectedInput>(decoded->input);
    CHECK(rejected.raw.find("client_id: \"client_id\"") != std::string::npos);
    return rejected.rejection;
  };
  CHECK(refused(253'402'300'799'999'999, 0) ==
        engine::Rejection{"executed_at", "253402300799999999", "outside the years 1678 to 2261"});
  CHECK(refused(std::numeric_limits<std::int64_t>::min(), 0).has_value());
  CHECK(refused(kTimestampMax.micros() + 1, 0).has_value());
  CHECK(refused(kTimestampMin.micros() - 1, 999).has_value());
  CHECK(refused(0, 1'000) == engine::Rejection{"executed_at", "1000", "more nanoseconds than a microsecond has"});
  CHECK(refused(0, 0xffff'ffff).has_value());
  CHECK_FALSE(refused(kTimestampMax.micros(), 999));
  CHECK_FALSE(refused(kTimestampMin.micros(), 0));
  CHECK_FALSE(refused(-1, 1));
}

TEST_CASE("an execution without order, trader and kind is the bytes that it was before there were any") {
  // As publishers of release 1.0 write it, that know of none of them.
  constexpr std::string_view kBytes(
      "\x0a\x34\x0a\x02T1\x11\x00\xdc\xc0\xed\x88\x22\x06\x00\x1a\x02"
      "C1\x22\x04"
      "AAPL\x28\x01\x30\x80\x94\xeb\xdc\x03\x38\xc0\xec\xe9\xef\x46\x42\x03USD\x4a\x02"
      "B1\x52\x04XNAS",
      54);
  engine::Transaction t;
  t.transaction_id = "T1";
  t.executed_at = Timestamp::from_micros(1'726'821'360'000'000);
  t.client_id.text = "C1";
  t.symbol.text = "AAPL";
  t.side = engine::Side::kBuy;
  t.quantity = Quantity::from_whole(10);
  t.price = *Price::parse("190.25");
  t.currency = "USD";
  t.broker_id = "B1";
  t.market = "XNAS";
  CHECK(wire::encode(t) == kBytes);
  CHECK(parsed(kBytes) == t);
  engine::Transaction into = test::distinct_transaction();  // what is not sent is not left over
  REQUIRE(wire::read_plain(kBytes, into, received_at));
  CHECK(into == t);
  CHECK(into.kind == engine::ExecutionKind::kExecution);
  CHECK(into.ref_transaction_id.empty());
}

TEST_CASE("an execution, which names no other, is sent without kind and reference") {
  auto t = test::distinct_transaction();
  t.kind = engine::ExecutionKind::kExecution;
  t.ref_transaction_id.clear();
  const auto bytes = wire::encode(t);
  t.kind = engine::ExecutionKind::kBust;
  const auto bust = wire::encode(t);
  CHECK(bust.size() == bytes.size() + 2);
  CHECK(bust.find("\x68\x01") != std::string::npos);  // 13 << 3, and BUST
  t.ref_transaction_id = "T0";
  CHECK(wire::encode(t).size() == bust.size() + 4);
  for (const auto kind : {engine::ExecutionKind::kBust, engine::ExecutionKind::kCorrection}) {
    t.kind = kind;
    engine::Transaction into;
    CHECK(wire::read_plain(wire::encode(t), into, received_at));
    CHECK(into == t);
    CHECK(parsed(wire::encode(t)) == t);
  }
}

TEST_CASE("a kind of a newer program is left to protobuf's code, and is one that the core refuses") {
  auto message = message_of(test::distinct_transaction());
  for (const int number : {3, 127, 128, 255, 256, 257, 0x7fff'ffff, -1}) {
    CAPTURE(number);
    message.mutable_transaction()->set_kind(static_cast<v1::ExecutionKind>(number));
    const auto bytes = message.SerializeAsString();
    engine::Transaction into;
    CHECK_FALSE(wire::read_plain(bytes, into, received_at));
    const auto read_as = read(bytes);
    REQUIRE(read_as);
    CHECK(read_as == parsed(bytes));
    CHECK(to_string(read_as->kind) == "UNKNOWN");
    CHECK(engine::value_problem(*read_as) == engine::Rejection{"kind", "255", "not EXECUTION, BUST or CORRECTION"});
    // Sent on, it is none that is known either.
    CHECK(to_string(parsed(wire::encode(*read_as))->kind) == "UNKNOWN");
  }
}

TEST_CASE("fields in any order and more than once are read as protobuf reads them, without its code") {
  Chance chance;
  const auto fields = [&] {
    v1::Transaction message;
    wire::to_message(test::distinct_transaction(), message);
    std::vector<std::string> each;
    const auto* all = v1::Transaction::descriptor();
    for (int kept = 0; kept < all->field_count(); ++kept) {
      v1::Transaction one = message;
      for (int i = 0; i < all->field_count(); ++i) {
        if (i != kept) one.GetReflection()->ClearField(&one, all->field(i));
      }
      each.push_back(one.SerializeAsString());
    }
    return each;
  }();
  for (int i = 0; i < 1000; ++i) {
    std::string message;
    for (auto n = chance.below(2 * fields.size()); n > 0; --n) message += fields[chance.below(fields.size())];
    const auto record = std::string("\x0a") + static_cast<char>(message.size() | 0x80) +
                        static_cast<char>(message.size() >> 7) + message;
    engine::Transaction into;
    REQUIRE(wire::read_plain(record, into, received_at));
    REQUIRE(into == parsed(record));
  }
}

TEST_CASE("damaged bytes are read as protobuf reads them, or refused as it does") {
  const google::protobuf::LogSilencer silencer;  // of what is not UTF-8
  Chance chance;
  int refused = 0, taken = 0;
  for (int i = 0; i < kRounds; ++i) {
    auto bytes = wire::encode(chance.transaction());
    for (auto changes = chance.below(4); changes > 0 && !bytes.empty(); --changes) {
      const auto at = static_cast<std::size_t>(chance.below(bytes.size()));
      switch (chance.below(4)) {
        case 0:
          bytes[at] = static_cast<char>(chance.below(256));
          break;
        case 1:
          bytes.erase(at, 1 + static_cast<std::size_t>(chance.below(4)));
          break;
        case 2:
          bytes.insert(at, 1, static_cast<char>(chance.below(256)));
          break;
        default:
          bytes.resize(at);
      }
    }
    const auto expected = parsed(bytes);
    REQUIRE(read(bytes) == expected);
    (expected ? taken : refused) += 1;
  }
  CHECK(taken > kRounds / 10);
  CHECK(refused > kRounds / 10);
}

namespace {

engine::Transaction live() {
  engine::Transaction t;
  t.transaction_id = "T1";
  t.executed_at = Timestamp::from_micros(1'726'821'360'000'000);
  t.client_id.text = "C1";
  t.symbol.text = "S1";
  t.side = engine::Side::kSell;
  t.quantity = Quantity::from_whole(10);
  t.price = Price::from_whole(189);
  t.currency = "USD";
  return t;
}

std::string varint(std::uint64_t value, std::size_t bytes_min = 1) {
  std::string bytes;
  for (; value >= 0x80 || bytes.size() + 1 < bytes_min; value >>= 7) bytes += static_cast<char>(value | 0x80);
  return bytes += static_cast<char>(value);
}

std::string in_record(const std::string& message, std::size_t length_bytes = 1) {
  return '\x0a' + varint(message.size(), length_bytes) + message;
}

}  // namespace

TEST_CASE("what a live feed sends goes the short way") {
  auto expected = live();
  engine::Transaction into;
  CHECK(wire::read_plain(wire::encode(live()), into, received_at));
  CHECK(into == expected);

  v1::Transaction again;
  again.set_symbol("last");
  const auto bytes = message_of(live()).transaction().SerializeAsString();
  CHECK(wire::read_plain(in_record(bytes + again.SerializeAsString()), into, received_at));
  expected.symbol.text = "last";
  CHECK(into == expected);
  CHECK(parsed(in_record(bytes + again.SerializeAsString())) == expected);
  CHECK(wire::read_plain(in_record(bytes + std::string("\x22\x00", 2)), into, received_at));  // an empty symbol
  CHECK(into.symbol.empty());
}

TEST_CASE("what is left to protobuf's code comes to the same") {
  const auto changed = [](const auto& change) {
    auto t = live();
    change(t);
    return wire::encode(t);
  };
  const auto bytes = message_of(live()).transaction().SerializeAsString();
  const auto record = [&](const std::string& more) { return in_record(bytes + more); };
  const std::vector<std::string> left = {
      changed([](auto& t) { t.client_id.text = "Zürich"; }),
      changed([](auto& t) { t.quantity = Quantity::from_units(-1); }),
      changed([](auto& t) { t.side = engine::Side{3}; }),
      changed([](auto& t) { t.kind = engine::ExecutionKind{3}; }),
      wire::encode(live(), {"fills.csv", 12}),
      record("\xa2\x06\x03new"),  // a field 100
      record("\x22"),
      record("\x22\x05"
             "abc"),
      record("\x22" + varint(3, 5) + "abc"),  // lengths of more bytes than they need
      record("\x22" + varint(3, 6) + "abc"),
      in_record(bytes, 5),
      in_record(bytes, 6),
      in_record(bytes, 9),
      in_record("", 6),
      "",
      "\x0a",
  };
  for (const auto& each : left) {
    engine::Transaction into;
    CAPTURE(each);
    CHECK_FALSE(wire::read_plain(each, into, received_at));
    CHECK(read(each) == parsed(each));
  }
}

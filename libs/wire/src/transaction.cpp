#include "risk/wire/transaction.hpp"

#include <limits>
#include <tuple>
#include <type_traits>

#include "adjustment_message.hpp"
#include "plain_transaction.hpp"
#include "risk/base/overloaded.hpp"
#include "risk/engine/transaction_fields.hpp"
#include "risk/v1/transaction.pb.h"
#include "transaction_message.hpp"

namespace risk::wire {
namespace {

// How the generated message lets a field be read and written: get and set of a number, get and mutable of a text.
template <class Get, class Set>
struct Access {
  int wire_number;
  Get get;
  Set set;
};
// clang 14 does not deduce it of an aggregate by itself.
template <class Get, class Set>
Access(int, Get, Set) -> Access<Get, Set>;

// An instant is two fields: whole microseconds, and the nanoseconds since.
template <class Get, class Set, class GetNanos, class SetNanos>
struct TimeAccess {
  int wire_number;
  Get get;
  Set set;
  GetNanos get_nanos;
  SetNanos set_nanos;
};
template <class Get, class Set, class GetNanos, class SetNanos>
TimeAccess(int, Get, Set, GetNanos, SetNanos) -> TimeAccess<Get, Set, GetNanos, SetNanos>;

using Message = v1::Transaction;
constexpr std::tuple kAccess{
    Access{Message::kTransactionIdFieldNumber, &Message::transaction_id, &Message::mutable_transaction_id},
    TimeAccess{Message::kExecutedAtUsFieldNumber, &Message::executed_at_us, &Message::set_executed_at_us,
               &Message::executed_at_nanos, &Message::set_executed_at_nanos},
    Access{Message::kClientIdFieldNumber, &Message::client_id, &Message::mutable_client_id},
    Access{Message::kSymbolFieldNumber, &Message::symbol, &Message::mutable_symbol},
    Access{Message::kSideFieldNumber, &Message::side, &Message::set_side},
    Access{Message::kQuantityE8FieldNumber, &Message::quantity_e8, &Message::set_quantity_e8},
    Access{Message::kPriceE8FieldNumber, &Message::price_e8, &Message::set_price_e8},
    Access{Message::kCurrencyFieldNumber, &Message::currency, &Message::mutable_currency},
    Access{Message::kBrokerIdFieldNumber, &Message::broker_id, &Message::mutable_broker_id},
    Access{Message::kMarketFieldNumber, &Message::market, &Message::mutable_market},
    Access{Message::kOrderIdFieldNumber, &Message::order_id, &Message::mutable_order_id},
    Access{Message::kTraderIdFieldNumber, &Message::trader_id, &Message::mutable_trader_id},
    Access{Message::kKindFieldNumber, &Message::kind, &Message::set_kind},
    Access{Message::kRefTransactionIdFieldNumber, &Message::ref_transaction_id, &Message::mutable_ref_transaction_id},
};

template <std::size_t... Index>
consteval bool covers_all_fields(std::index_sequence<Index...>) {
  if constexpr (sizeof...(Index) != std::tuple_size_v<decltype(kAccess)>) {
    return false;
  } else {
    return ((std::get<Index>(kAccess).wire_number == engine::TransactionFieldAt<Index>::wire_number) && ...);
  }
}
static_assert(covers_all_fields(std::make_index_sequence<engine::kTransactionFieldCount>()),
              "kAccess has a line for each of kTransactionFields, in its order and of its number");

// Each kind of value to and from what the message holds.
const std::string& on_wire(const std::string& text) {
  return text;
}
template <class Tag>
const std::string& on_wire(const Id<Tag>& id) {
  return id.text;
}
v1::Side on_wire(engine::Side side) {
  return static_cast<v1::Side>(side);
}
v1::ExecutionKind on_wire(engine::ExecutionKind kind) {
  return static_cast<v1::ExecutionKind>(kind);
}
template <class Tag>
std::int64_t on_wire(Decimal<Tag> value) {
  return value.units();
}

void from_wire(const std::string& text, std::string& value) {
  value = text;
}
template <class Tag>
void from_wire(const std::string& text, Id<Tag>& value) {
  value.text = text;
}
void from_wire(v1::Side side, engine::Side& value) {
  value = side == v1::BUY || side == v1::SELL ? static_cast<engine::Side>(side) : engine::Side::kUnknown;
}
// One that is not known, of a newer program, stays so: the core refuses it.
void from_wire(v1::ExecutionKind kind, engine::ExecutionKind& value) {
  value = static_cast<engine::ExecutionKind>(v1::ExecutionKind_IsValid(kind) ? static_cast<int>(kind) : 255);
}
template <class Tag>
void from_wire(std::int64_t units, Decimal<Tag>& value) {
  value = Decimal<Tag>::from_units(units);
}

engine::OpeningPosition to_value(const v1::OpeningPosition& message) {
  return {ClientId(message.client_id()), Symbol(message.symbol()), Quantity::from_units(message.quantity_e8()),
          Price::from_units(message.price_e8()), message.currency()};
}

engine::Rejection out_of_range(std::string_view field, std::int64_t micros, std::uint32_t nanos) {
  if (nanos >= kNanosPerMicro) {
    return {std::string(field), std::to_string(nanos), "more nanoseconds than a microsecond has"};
  }
  return {std::string(field), std::to_string(micros), std::string(kOutsideTimestamps)};
}

// An instant `at` of a message that has at_us and at_nanos. Why it is none.
std::optional<engine::Rejection> read_at(const auto& message, Timestamp& at) {
  const auto time = timestamp_of(message.at_us(), message.at_nanos());
  if (!time) return out_of_range("at", message.at_us(), message.at_nanos());
  at = *time;
  return std::nullopt;
}

std::optional<engine::Rejection> read_value(const v1::Transaction& message, engine::Transaction& value) {
  return wire::read(message, value);
}

std::optional<engine::Rejection> read_value(const v1::MarketPrice& message, engine::MarketPrice& value) {
  value = {Symbol(message.symbol()), Price::from_units(message.price_e8()), message.currency(), {}};
  return read_at(message, value.at);
}

std::optional<engine::Rejection> read_value(const v1::ExchangeRate& message, engine::ExchangeRate& value) {
  value = {message.currency(), Rate::from_units(message.rate_e8()), {}};
  return read_at(message, value.at);
}

std::optional<engine::Rejection> read_value(const v1::Instrument& message, engine::Instrument& value) {
  value.symbol.text = message.symbol();
  value.multiplier = Multiplier::from_units(message.multiplier_e8());
  value.currency = message.currency();
  value.contract = message.contract() == v1::CONTRACT_UNSPECIFIED ? engine::Contract::kLinear
                                                                  : static_cast<engine::Contract>(message.contract());
  value.allows_negative = message.allows_negative();
  value.name = message.name();
  value.asset_class = message.asset_class();
  if (!message.has_expires_at_us()) return std::nullopt;
  value.expires_at = timestamp_of(message.expires_at_us(), message.expires_at_nanos());
  if (value.expires_at) return std::nullopt;
  return out_of_range("expires_at", message.expires_at_us(), message.expires_at_nanos());
}

std::optional<engine::Rejection> read_value(const v1::Adjustment& message, engine::Adjustment& value) {
  read_fields(message, value);
  const auto at = timestamp_of(message.effective_at_us(), message.effective_at_nanos());
  if (!at) return out_of_range("effective_at", message.effective_at_us(), message.effective_at_nanos());
  value.effective_at = *at;
  return std::nullopt;
}

// A message whose instant may be none, and then a rejected input.
template <class Value>
Decoded decoded(const auto& message, Provenance provenance) {
  Value value;
  if (auto problem = read_value(message, value)) {
    return {RejectedInput{*std::move(problem), printable(message.ShortDebugString())}, std::move(provenance)};
  }
  return {std::move(value), std::move(provenance)};
}

RejectedInput to_value(const v1::RejectedInput& message) {
  return {{message.field(), message.value(), message.reason()}, message.raw()};
}

}  // namespace

void to_message(const engine::Transaction& value, v1::Transaction& message) {
  engine::for_each_transaction_field([&](auto field) {
    constexpr auto access = std::get<field.index>(kAccess);
    if constexpr (requires { access.set_nanos; }) {
      (message.*access.set)(field.of(value).micros());
      (message.*access.set_nanos)(field.of(value).nanos_of_micro());
    } else if constexpr (std::is_invocable_v<decltype(access.set), v1::Transaction&>) {
      *(message.*access.set)() = on_wire(field.of(value));
    } else {
      (message.*access.set)(on_wire(field.of(value)));
    }
  });
}

std::optional<engine::Rejection> read(const v1::Transaction& message, engine::Transaction& value) {
  std::optional<engine::Rejection> problem;
  engine::for_each_transaction_field([&](auto field) {
    constexpr auto access = std::get<field.index>(kAccess);
    if constexpr (requires { access.get_nanos; }) {
      const auto micros = (message.*access.get)();
      const auto nanos = (message.*access.get_nanos)();
      const auto time = timestamp_of(micros, nanos);
      if (time) {
        field.of(value) = *time;
      } else if (!problem) {
        problem = out_of_range(field.name, micros, nanos);
      }
    } else {
      from_wire((message.*access.get)(), field.of(value));
    }
  });
  return problem;
}

std::string encode(const Input& input, const Provenance& provenance) {
  std::string bytes;
  encode(input, provenance, bytes);
  return bytes;
}

void encode(const Input& input, const Provenance& provenance, std::string& bytes) {
  const auto* transaction = std::get_if<engine::Transaction>(&input);
  if (transaction != nullptr && provenance.source.empty() && !provenance.line) {
    return write_plain(*transaction, provenance.received_at, bytes);
  }
  v1::TransactionRecord record;
  std::visit(Overloaded{
                 [&](const engine::Transaction& value) { to_message(value, *record.mutable_transaction()); },
                 [&](const Tick& value) {
                   record.mutable_tick()->set_time_us(value.time.micros());
                   record.mutable_tick()->set_time_nanos(value.time.nanos_of_micro());
                 },
                 [&](const engine::OpeningPosition& value) {
                   auto& message = *record.mutable_opening_position();
                   message.set_client_id(value.client_id.text);
                   message.set_symbol(value.symbol.text);
                   message.set_quantity_e8(value.quantity.units());
                   message.set_price_e8(value.price.units());
                   message.set_currency(value.currency);
                 },
                 [&](const engine::MarketPrice& value) {
                   auto& message = *record.mutable_market_price();
                   message.set_symbol(value.symbol.text);
                   message.set_price_e8(value.price.units());
                   message.set_currency(value.currency);
                   message.set_at_us(value.at.micros());
                   message.set_at_nanos(value.at.nanos_of_micro());
                 },
                 [&](const engine::ExchangeRate& value) {
                   auto& message = *record.mutable_exchange_rate();
                   message.set_currency(value.currency);
                   message.set_rate_e8(value.rate.units());
                   message.set_at_us(value.at.micros());
                   message.set_at_nanos(value.at.nanos_of_micro());
                 },
                 [&](const engine::Instrument& value) {
                   auto& message = *record.mutable_instrument();
                   message.set_symbol(value.symbol.text);
                   message.set_multiplier_e8(value.multiplier.units());
                   message.set_currency(value.currency);
                   message.set_contract(static_cast<v1::Contract>(value.contract));
                   if (value.expires_at) {
                     message.set_expires_at_us(value.expires_at->micros());
                     message.set_expires_at_nanos(value.expires_at->nanos_of_micro());
                   }
                   message.set_allows_negative(value.allows_negative);
                   message.set_name(value.name);
                   message.set_asset_class(value.asset_class);
                 },
                 [&](const engine::Adjustment& value) { to_message(value, *record.mutable_adjustment()); },
                 [&](const RejectedInput& value) {
                   auto& message = *record.mutable_rejected();
                   message.set_field(value.rejection.field);
                   message.set_value(value.rejection.value);
                   message.set_reason(value.rejection.reason);
                   message.set_raw(value.raw);
                 },
             },
             input);
  record.set_source(provenance.source);
  record.set_line(provenance.line.value_or(0));
  if (provenance.received_at) record.set_received_at_us(provenance.received_at->micros());
  record.SerializeToString(&bytes);
}

class InputDecoder::Impl {
 public:
  bool parse(std::string_view payload) {
    return record.ParseFromArray(payload.data(), static_cast<int>(payload.size()));
  }
  // No file has so many lines, and no database a number as large.
  bool line_fits() const {
    return record.line() <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  }
  bool received_at_fits() const { return !record.has_received_at_us() || received_at().has_value(); }
  std::optional<Timestamp> received_at() const {
    return record.has_received_at_us() ? timestamp_of(record.received_at_us()) : std::nullopt;
  }

  v1::TransactionRecord record;  // reused: keeps the memory of its strings
};

InputDecoder::InputDecoder() : impl_(std::make_unique<Impl>()) {}
InputDecoder::~InputDecoder() = default;

bool InputDecoder::decode_transaction(std::string_view payload, engine::Transaction& into,
                                      std::optional<Timestamp>& received_at) {
  if (read_plain(payload, into, received_at)) return true;
  if (!impl_->parse(payload) || !impl_->line_fits() || !impl_->received_at_fits()) return false;
  received_at = impl_->received_at();
  return impl_->record.has_transaction() && !read(impl_->record.transaction(), into);
}

Result<Decoded> InputDecoder::decode(std::string_view payload) {
  auto& record = impl_->record;
  if (!impl_->parse(payload)) return Error{"not a TransactionRecord"};
  if (!impl_->line_fits()) return Error{"line " + std::to_string(record.line()) + ": out of range"};
  if (!impl_->received_at_fits()) {
    return Error{"received_at " + std::to_string(record.received_at_us()) + " us: out of range"};
  }
  Provenance provenance{record.source(), record.line() == 0 ? std::nullopt : std::optional(record.line()),
                        impl_->received_at()};
  switch (record.input_case()) {
    case v1::TransactionRecord::kTransaction:
      return decoded<engine::Transaction>(record.transaction(), std::move(provenance));
    case v1::TransactionRecord::kMarketPrice:
      return decoded<engine::MarketPrice>(record.market_price(), std::move(provenance));
    case v1::TransactionRecord::kInstrument:
      return decoded<engine::Instrument>(record.instrument(), std::move(provenance));
    case v1::TransactionRecord::kAdjustment:
      return decoded<engine::Adjustment>(record.adjustment(), std::move(provenance));
    case v1::TransactionRecord::kExchangeRate:
      return decoded<engine::ExchangeRate>(record.exchange_rate(), std::move(provenance));
    case v1::TransactionRecord::kTick: {
      const auto& tick = record.tick();
      const auto time = timestamp_of(tick.time_us(), tick.time_nanos());
      if (time) return Decoded{Tick{*time}, std::move(provenance)};
      return Decoded{RejectedInput{out_of_range("time", tick.time_us(), tick.time_nanos()), ""}, std::move(provenance)};
    }
    case v1::TransactionRecord::kOpeningPosition:
      return Decoded{to_value(record.opening_position()), std::move(provenance)};
    case v1::TransactionRecord::kRejected:
      return Decoded{to_value(record.rejected()), std::move(provenance)};
    case v1::TransactionRecord::INPUT_NOT_SET:
      break;
  }
  return Error{"an empty TransactionRecord"};
}

}  // namespace risk::wire

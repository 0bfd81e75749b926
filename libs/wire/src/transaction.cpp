#include "risk/wire/transaction.hpp"

#include <limits>

#include "plain_transaction.hpp"
#include "risk/base/overloaded.hpp"
#include "risk/v1/transaction.pb.h"
#include "transaction_message.hpp"

namespace risk::wire {
namespace {

engine::Side side_of(v1::Side side) {
  switch (side) {
    case v1::BUY:
      return engine::Side::kBuy;
    case v1::SELL:
      return engine::Side::kSell;
    default:
      return engine::Side::kUnknown;
  }
}

engine::OpeningPosition to_value(const v1::OpeningPosition& message) {
  return {ClientId(message.client_id()), Symbol(message.symbol()), Quantity::from_units(message.quantity_e8()),
          Price::from_units(message.price_e8()), message.currency()};
}

RejectedInput to_value(const v1::RejectedInput& message) {
  return {{message.field(), message.value(), message.reason()}, message.raw()};
}

}  // namespace

void to_message(const engine::Transaction& value, v1::Transaction& message) {
  message.set_transaction_id(value.transaction_id);
  message.set_executed_at_us(value.executed_at.micros);
  message.set_client_id(value.client_id.text);
  message.set_symbol(value.symbol.text);
  message.set_side(static_cast<v1::Side>(value.side));
  message.set_quantity_e8(value.quantity.units());
  message.set_price_e8(value.price.units());
  message.set_currency(value.currency);
  message.set_broker_id(value.broker_id);
  message.set_market(value.market);
}

void to_value(const v1::Transaction& message, engine::Transaction& value) {
  value.transaction_id = message.transaction_id();
  value.executed_at = {message.executed_at_us()};
  value.client_id.text = message.client_id();
  value.symbol.text = message.symbol();
  value.side = side_of(message.side());
  value.quantity = Quantity::from_units(message.quantity_e8());
  value.price = Price::from_units(message.price_e8());
  value.currency = message.currency();
  value.broker_id = message.broker_id();
  value.market = message.market();
}

engine::Transaction to_value(const v1::Transaction& message) {
  engine::Transaction value;
  to_value(message, value);
  return value;
}

std::string encode(const Input& input, const Provenance& provenance) {
  std::string bytes;
  encode(input, provenance, bytes);
  return bytes;
}

void encode(const Input& input, const Provenance& provenance, std::string& bytes) {
  if (const auto* transaction = std::get_if<engine::Transaction>(&input); transaction && provenance == Provenance{}) {
    return encode(*transaction, bytes);
  }
  v1::TransactionRecord record;
  std::visit(Overloaded{
                 [&](const engine::Transaction& value) { to_message(value, *record.mutable_transaction()); },
                 [&](const Tick& value) { record.mutable_tick()->set_time_us(value.time.micros); },
                 [&](const engine::OpeningPosition& value) {
                   auto& message = *record.mutable_opening_position();
                   message.set_client_id(value.client_id.text);
                   message.set_symbol(value.symbol.text);
                   message.set_quantity_e8(value.quantity.units());
                   message.set_price_e8(value.price.units());
                   message.set_currency(value.currency);
                 },
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
  record.SerializeToString(&bytes);
}

void encode(const engine::Transaction& transaction, std::string& bytes) {
  write_plain(transaction, bytes);
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

  v1::TransactionRecord record;  // reused: keeps the memory of its strings
};

InputDecoder::InputDecoder() : impl_(std::make_unique<Impl>()) {}
InputDecoder::~InputDecoder() = default;

bool InputDecoder::decode_transaction(std::string_view payload, engine::Transaction& into) {
  if (read_plain(payload, into)) return true;
  if (!impl_->parse(payload) || !impl_->line_fits() || !impl_->record.has_transaction()) return false;
  to_value(impl_->record.transaction(), into);
  return true;
}

Result<Decoded> InputDecoder::decode(std::string_view payload) {
  auto& record = impl_->record;
  if (!impl_->parse(payload)) return Error{"not a TransactionRecord"};
  if (!impl_->line_fits()) return Error{"line " + std::to_string(record.line()) + ": out of range"};
  Provenance provenance{record.source(), record.line() == 0 ? std::nullopt : std::optional(record.line())};
  switch (record.input_case()) {
    case v1::TransactionRecord::kTransaction:
      return Decoded{to_value(record.transaction()), std::move(provenance)};
    case v1::TransactionRecord::kTick:
      return Decoded{Tick{{record.tick().time_us()}}, std::move(provenance)};
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

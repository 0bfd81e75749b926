#include "packed_inputs.hpp"

#include <cstring>
#include <string_view>
#include <type_traits>

#include "risk/base/check.hpp"
#include "risk/base/overloaded.hpp"
#include "risk/engine/transaction_fields.hpp"

namespace risk::store {
namespace {

constexpr std::size_t kBytesExpected = 128;      // of an input, with its ids
constexpr unsigned char kLongText = 255;         // its length comes in eight bytes after it
constexpr std::size_t kBufferBytes = 16 * 1024;  // gathered before they are appended

class Packer {
 public:
  explicit Packer(std::string& bytes) : bytes_(bytes) {}
  ~Packer() { flush(); }
  Packer(const Packer&) = delete;
  Packer& operator=(const Packer&) = delete;

  template <class T>
  void number(T value) {
    static_assert(std::is_integral_v<T> || std::is_enum_v<T>);
    raw({reinterpret_cast<const char*>(&value), sizeof value});
  }
  void text(std::string_view text) {
    if (text.size() < kLongText) {
      number(static_cast<unsigned char>(text.size()));
    } else {
      number(kLongText);
      number(std::uint64_t{text.size()});
    }
    raw(text);
  }

 private:
  void raw(std::string_view bytes) {
    if (bytes.size() > sizeof buffer_ - used_) flush();
    if (bytes.size() > sizeof buffer_) {
      bytes_.append(bytes);
    } else {
      used_ += bytes.copy(buffer_ + used_, bytes.size());
    }
  }
  void flush() {
    bytes_.append(buffer_, used_);
    used_ = 0;
  }

  std::string& bytes_;
  std::size_t used_ = 0;
  char buffer_[kBufferBytes];
};

class Unpacker {
 public:
  explicit Unpacker(std::string_view bytes) : rest_(bytes) {}

  template <class T>
  void number(T& value) {
    std::memcpy(&value, raw(sizeof value).data(), sizeof value);
  }
  template <class T>
  T number() {
    T value;
    number(value);
    return value;
  }
  std::string_view text() {
    const auto size = number<unsigned char>();
    return raw(size == kLongText ? static_cast<std::size_t>(number<std::uint64_t>()) : size);
  }
  void text(std::string& value) { value = text(); }

 private:
  std::string_view raw(std::size_t size) {
    RISK_CHECK(size <= rest_.size());
    const auto bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return bytes;
  }

  std::string_view rest_;
};

using StreamId = decltype(Origin::stream_id);

// An execution that has no value for what came after the first release takes no byte for it.
enum class Kind : unsigned char {
  kTransaction,
  kTick,
  kOpeningPosition,
  kRules,
  kTransactionWithAll,
  kMarketPrice,
  kExchangeRate,
  kInstrument,
  kHeldPriceDecision,
  kAdjustment
};

// Each kind of value.
void pack(const std::string& text, Packer& to) {
  to.text(text);
}
template <class Tag>
void pack(const Id<Tag>& id, Packer& to) {
  to.text(id.text);
}
void pack(Timestamp time, Packer& to) {
  to.number(time.nanos);
}
template <class Tag>
void pack(Decimal<Tag> value, Packer& to) {
  to.number(value.units());
}
template <class E>
requires std::is_enum_v<E>
void pack(E value, Packer& to) {
  to.number(value);
}

void unpack(Unpacker& from, std::string& text) {
  from.text(text);
}
template <class Tag>
void unpack(Unpacker& from, Id<Tag>& id) {
  from.text(id.text);
}
void unpack(Unpacker& from, Timestamp& time) {
  from.number(time.nanos);
}
template <class Tag>
void unpack(Unpacker& from, Decimal<Tag>& value) {
  value = Decimal<Tag>::from_units(from.number<std::int64_t>());
}
template <class E>
requires std::is_enum_v<E>
void unpack(Unpacker& from, E& value) {
  from.number(value);
}

template <class Field>
constexpr bool kCameLater = Field::presence == engine::Presence::kOptionalColumn;

Kind kind_of(const TransactionInput& input) {
  const engine::Transaction& t = input.transaction;
  const bool has_none = engine::all_transaction_fields([&](auto field) {
    if constexpr (kCameLater<decltype(field)>) return field.of(t) == typename decltype(field)::Type{};
    return true;
  });
  return has_none && !input.counted_only && !input.original ? Kind::kTransaction : Kind::kTransactionWithAll;
}

void pack(const engine::Transaction& t, Kind kind, Packer& to) {
  engine::for_each_transaction_field([&](auto field) {
    if (!kCameLater<decltype(field)> || kind == Kind::kTransactionWithAll) pack(field.of(t), to);
  });
}

void unpack(Unpacker& from, Kind kind, engine::Transaction& t) {
  engine::for_each_transaction_field([&](auto field) {
    if (!kCameLater<decltype(field)> || kind == Kind::kTransactionWithAll) unpack(from, field.of(t));
  });
}

void pack(const decltype(AppliedInput::input)& input, Packer& to) {
  std::visit(Overloaded{
                 [&](const TransactionInput& value) {
                   const Kind kind = kind_of(value);
                   to.number(kind);
                   pack(value.transaction, kind, to);
                   to.number(value.base_price.units());
                   to.number(value.late);
                   if (kind == Kind::kTransaction) return;
                   to.number(value.counted_only);
                   to.number(value.original.has_value());
                   if (!value.original) return;
                   to.number(value.original->input);
                   to.number(value.original->first_input);
                   pack(value.original->executed_at, to);
                   pack(value.original->quantity, to);
                   pack(value.original->unit_value, to);
                   pack(value.original->symbol, to);
                   to.number(value.original->first_executed_at.has_value());
                   pack(value.original->first_executed_at.value_or(Timestamp{}), to);
                 },
                 [&](const TickInput& value) {
                   to.number(Kind::kTick);
                   to.number(value.time.nanos);
                 },
                 [&](const engine::OpeningPosition& value) {
                   to.number(Kind::kOpeningPosition);
                   to.text(value.client_id.text);
                   to.text(value.symbol.text);
                   to.number(value.quantity.units());
                   to.number(value.price.units());
                   to.text(value.currency);
                 },
                 [&](const engine::MarketPrice& value) {
                   to.number(Kind::kMarketPrice);
                   pack(value.symbol, to);
                   pack(value.price, to);
                   pack(value.currency, to);
                   pack(value.at, to);
                 },
                 [&](const engine::ExchangeRate& value) {
                   to.number(Kind::kExchangeRate);
                   pack(value.currency, to);
                   pack(value.rate, to);
                   pack(value.at, to);
                 },
                 [&](const engine::Instrument& value) {
                   to.number(Kind::kInstrument);
                   pack(value.symbol, to);
                   pack(value.multiplier, to);
                   pack(value.currency, to);
                   pack(value.contract, to);
                   to.number(value.expires_at.has_value());
                   pack(value.expires_at.value_or(Timestamp{}), to);
                   to.number(value.allows_negative);
                   pack(value.name, to);
                   pack(value.asset_class, to);
                 },
                 [&](const engine::HeldPriceDecision& value) {
                   to.number(Kind::kHeldPriceDecision);
                   pack(value.symbol, to);
                   to.number(value.takes);
                   pack(value.at, to);
                 },
                 [&](const engine::Adjustment& value) {
                   to.number(Kind::kAdjustment);
                   pack(value.effective_at, to);
                   pack(value.kind, to);
                   pack(value.symbol, to);
                   pack(value.ratio, to);
                   pack(value.new_symbol, to);
                   pack(value.client_id, to);
                   to.number(value.quantity.has_value());
                   pack(value.quantity.value_or(Quantity{}), to);
                   pack(value.reason, to);
                 },
                 [&](const RulesInput& value) {
                   to.number(Kind::kRules);
                   to.number(value.config_version);
                   to.text(value.rules);
                 },
             },
             input);
}

decltype(AppliedInput::input) unpack(Unpacker& from) {
  const auto kind = from.number<Kind>();
  switch (kind) {
    case Kind::kTransaction:
    case Kind::kTransactionWithAll: {
      TransactionInput value;
      unpack(from, kind, value.transaction);
      value.base_price = Price::from_units(from.number<std::int64_t>());
      from.number(value.late);
      if (kind == Kind::kTransaction) return value;
      from.number(value.counted_only);
      if (!from.number<bool>()) return value;
      auto& original = value.original.emplace();
      from.number(original.input);
      from.number(original.first_input);
      unpack(from, original.executed_at);
      unpack(from, original.quantity);
      unpack(from, original.unit_value);
      unpack(from, original.symbol);
      const auto has_first = from.number<bool>();
      const Timestamp first_executed_at{from.number<std::int64_t>()};
      if (has_first) original.first_executed_at = first_executed_at;
      return value;
    }
    case Kind::kTick:
      return TickInput{{from.number<std::int64_t>()}};
    case Kind::kOpeningPosition: {
      engine::OpeningPosition value;
      from.text(value.client_id.text);
      from.text(value.symbol.text);
      value.quantity = Quantity::from_units(from.number<std::int64_t>());
      value.price = Price::from_units(from.number<std::int64_t>());
      from.text(value.currency);
      return value;
    }
    case Kind::kMarketPrice: {
      engine::MarketPrice value;
      unpack(from, value.symbol);
      unpack(from, value.price);
      unpack(from, value.currency);
      unpack(from, value.at);
      return value;
    }
    case Kind::kExchangeRate: {
      engine::ExchangeRate value;
      unpack(from, value.currency);
      unpack(from, value.rate);
      unpack(from, value.at);
      return value;
    }
    case Kind::kInstrument: {
      engine::Instrument value;
      unpack(from, value.symbol);
      unpack(from, value.multiplier);
      unpack(from, value.currency);
      unpack(from, value.contract);
      const auto expires = from.number<bool>();
      const Timestamp expires_at{from.number<std::int64_t>()};
      if (expires) value.expires_at = expires_at;
      from.number(value.allows_negative);
      unpack(from, value.name);
      unpack(from, value.asset_class);
      return value;
    }
    case Kind::kHeldPriceDecision: {
      engine::HeldPriceDecision value;
      unpack(from, value.symbol);
      from.number(value.takes);
      unpack(from, value.at);
      return value;
    }
    case Kind::kAdjustment: {
      engine::Adjustment value;
      unpack(from, value.effective_at);
      unpack(from, value.kind);
      unpack(from, value.symbol);
      unpack(from, value.ratio);
      unpack(from, value.new_symbol);
      unpack(from, value.client_id);
      const auto has_quantity = from.number<bool>();
      const auto quantity = Quantity::from_units(from.number<std::int64_t>());
      if (has_quantity) value.quantity = quantity;
      unpack(from, value.reason);
      return value;
    }
    case Kind::kRules:
      break;
  }
  RulesInput value;
  from.number(value.config_version);
  from.text(value.rules);
  return value;
}

}  // namespace

PackedInputs::PackedInputs(const AppliedInputs& inputs)
    : size_(inputs.size()), first_apply_seq_(inputs.front().apply_seq), last_apply_seq_(inputs.back().apply_seq) {
  bytes_.reserve(kBytesExpected * inputs.size());
  Packer to(bytes_);
  const StreamId* stream = nullptr;
  for (const auto& input : inputs) {
    to.number(input.apply_seq);
    // Nearly every input is of the same stream as the one before.
    const bool same = stream != nullptr && *stream == input.origin.stream_id;
    to.number(same);
    if (!same) to.text(input.origin.stream_id.view());
    stream = &input.origin.stream_id;
    to.number(input.origin.sequence);
    to.number(input.origin.epoch);
    pack(input.input, to);
  }
}

std::vector<AppliedInput> PackedInputs::unpack() const {
  std::vector<AppliedInput> inputs;
  inputs.reserve(size_);
  Unpacker from(bytes_);
  for (std::size_t i = 0; i < size_; ++i) {
    AppliedInput input;
    from.number(input.apply_seq);
    const auto same = from.number<bool>();
    input.origin.stream_id = same ? inputs.back().origin.stream_id : StreamId(from.text());
    from.number(input.origin.sequence);
    from.number(input.origin.epoch);
    input.input = store::unpack(from);
    inputs.push_back(std::move(input));
  }
  return inputs;
}

}  // namespace risk::store

// The inputs of the core: transactions by the table of their fields, and what else moved it.
#include <algorithm>
#include <array>

#include "risk/base/check.hpp"
#include "risk/engine/transaction_fields.hpp"
#include "tables.hpp"

namespace risk::store {
namespace {

using enum ColumnKind;

constexpr char kTick[] = "TICK";
constexpr char kOpeningPosition[] = "OPENING_POSITION";
constexpr char kRules[] = "RULES";
constexpr char kMarketPrice[] = "PRICE";
constexpr char kExchangeRate[] = "RATE";
constexpr char kInstrument[] = "INSTRUMENT";
constexpr char kHeldPriceDecision[] = "HELD_PRICE";
constexpr char kAdjustment[] = "ADJUSTMENT";

// The kind of a column by the type of its field.
template <class Field>
constexpr ColumnKind kind_of(Field) {
  using Type = typename Field::Type;
  if constexpr (std::is_same_v<Type, Timestamp>) {
    return kTime;
  } else if constexpr (requires(const Type& value) { value.units(); }) {
    return kDecimal;
  } else {
    return kText;
  }
}

// Beside a time, which is of whole microseconds.
std::string nanos_column(std::string_view time) {
  return std::string(time) + "_ns";
}

// What of a field the database takes, and gives back.
template <class T>
const T& stored(const T& value) {
  return value;
}
Exact stored(Timestamp time) {
  return {time};
}
template <class T>
T& into(T& value) {
  return value;
}
IntoExact into(Timestamp& time) {
  return {time};
}

Table transactions_table() {
  Table table{"transactions",
              "",
              0,
              {{"apply_seq", kInteger},
               {"recorded_on", kDate},
               {"stream_id", kText},
               {"epoch", kInteger},
               {"sequence", kInteger}}};
  engine::for_each_transaction_field([&](auto field) {
    table.columns.push_back({std::string(field.name), kind_of(field)});
    if (kind_of(field) == kTime) table.columns.push_back({nanos_column(field.name), kInteger});
  });
  table.columns.insert(table.columns.end(), {{"base_price", kDecimal},
                                             {"late", kFlag},
                                             {"counted_only", kFlag},
                                             {"original_apply_seq", kInteger},
                                             {"original_first_apply_seq", kInteger},
                                             {"original_executed_at_ns", kInteger},
                                             {"original_quantity", kDecimal},
                                             {"original_base_price", kDecimal},
                                             {"original_symbol", kText},
                                             {"original_first_executed_at_ns", kInteger},
                                             {"notional", kDecimal},
                                             {"reversed_by_apply_seq", kInteger},
                                             {"reversed_by_kind", kText},
                                             {"reversed_by_transaction_id", kText}});
  return table;
}

// What an input of either table is read back from: where it came from; its kind, which is NULL for a transaction, and
// what engine_inputs has of the others; a transaction's own. The columns that the other table has are NULL.
constexpr std::array kInputOrigin{"apply_seq", "stream_id", "epoch", "sequence"};
constexpr std::array kEngineInputValues{
    "time",           "time_ns",    "client_id",  "symbol",          "quantity",   "price",       "currency",
    "rate",           "multiplier", "contract",   "allows_negative", "name",       "asset_class", "takes",
    "config_version", "rules",      "adjustment", "ratio",           "new_symbol", "reason"};
constexpr std::array kTransactionExtras{"base_price",
                                        "late",
                                        "counted_only",
                                        "original_apply_seq",
                                        "original_first_apply_seq",
                                        "original_executed_at_ns",
                                        "original_quantity",
                                        "original_base_price",
                                        "original_symbol",
                                        "original_first_executed_at_ns"};

// How many columns lie between `kind` and this one.
consteval int columns_before(std::string_view engine_input_value) {
  const auto at = std::ranges::find(kEngineInputValues, engine_input_value);
  RISK_CHECK(at != kEngineInputValues.end());
  return static_cast<int>(at - kEngineInputValues.begin());
}

TransactionInput read_transaction(RowReader& in) {
  TransactionInput input;
  engine::with_transaction_fields([&](auto... field) {
    in.read(into(field.of(input.transaction))..., input.base_price, input.late, input.counted_only);
  });
  const auto original = in.next<std::optional<std::uint64_t>>();
  if (!original) {
    in.skip(6);
    return input;
  }
  auto& [seq, first_seq, executed_at, quantity, unit_value, symbol, first_executed_at] = input.original.emplace();
  seq = *original;
  in.read(first_seq, executed_at.nanos, quantity, unit_value);
  symbol = in.next<std::optional<std::string>>().value_or("");
  if (const auto nanos = in.next<std::optional<std::int64_t>>()) first_executed_at = Timestamp{*nanos};
  return input;
}

}  // namespace

const Table kTransactionsTable = transactions_table();

const Table kEngineInputsTable{
    "engine_inputs", "", 0, {{"apply_seq", kInteger}, {"recorded_on", kDate},     {"stream_id", kText},
                             {"epoch", kInteger},     {"sequence", kInteger},     {"kind", kText},
                             {"time", kTime},         {"time_ns", kInteger},      {"client_id", kText},
                             {"symbol", kText},       {"quantity", kDecimal},     {"price", kDecimal},
                             {"currency", kText},     {"rate", kDecimal},         {"multiplier", kDecimal},
                             {"contract", kText},     {"allows_negative", kFlag}, {"name", kText},
                             {"asset_class", kText},  {"takes", kFlag},           {"config_version", kInteger},
                             {"rules", kBytes},       {"adjustment", kText},      {"ratio", kText},
                             {"new_symbol", kText},   {"reason", kText}}};

std::string input_columns(const Table& table) {
  const bool transactions = &table == &kTransactionsTable;
  std::string list;
  const auto add = [&list](bool has, std::string_view column) {
    list.append(list.empty() ? "" : ", ").append(has ? column : "NULL");
  };
  for (const auto* column : kInputOrigin) add(true, column);
  add(!transactions, "kind");
  for (const auto* column : kEngineInputValues) add(!transactions, column);
  engine::for_each_transaction_field([&](auto field) {
    add(transactions, field.name);
    if (kind_of(field) == kTime) add(transactions, nanos_column(field.name));
  });
  for (const auto* column : kTransactionExtras) add(transactions, column);
  return list;
}

void write_transaction(RowWriter& out, const AppliedInput& row, Day day) {
  const auto& input = std::get<TransactionInput>(row.input);
  const auto write = [&](const auto&... original) {
    engine::with_transaction_fields([&](auto... field) {
      out.row(row.apply_seq, day, row.origin.stream_id, row.origin.epoch, row.origin.sequence,
              stored(field.of(input.transaction))..., input.base_price, input.late, input.counted_only, original...,
              input.notional(), std::nullopt, std::nullopt, std::nullopt);
    });
  };
  if (!input.original) {
    return write(std::nullopt, std::nullopt, std::nullopt, std::nullopt, std::nullopt, std::nullopt, std::nullopt);
  }
  const auto& [seq, first_seq, executed_at, quantity, unit_value, symbol, first_executed_at] = *input.original;
  write(seq, first_seq, executed_at.nanos, quantity, unit_value,
        symbol.empty() ? std::nullopt : std::optional<std::string_view>(symbol),
        first_executed_at ? std::optional(first_executed_at->nanos) : std::nullopt);
}

namespace {

// What a row of engine_inputs has of its kind; the rest is NULL.
struct EngineInputValues {
  const char* kind;
  std::optional<Timestamp> time{};
  const ClientId* client_id = nullptr;
  const Symbol* symbol = nullptr;
  std::optional<Quantity> quantity{};
  std::optional<Price> price{};
  const std::string* currency = nullptr;
  std::optional<Rate> rate{};
  const engine::Instrument* instrument = nullptr;
  std::optional<bool> takes{};
  const RulesInput* rules = nullptr;
  const engine::Adjustment* adjustment = nullptr;
};

EngineInputValues values_of(const TickInput& tick) {
  return {.kind = kTick, .time = tick.time};
}
EngineInputValues values_of(const engine::OpeningPosition& p) {
  return {.kind = kOpeningPosition,
          .client_id = &p.client_id,
          .symbol = &p.symbol,
          .quantity = p.quantity,
          .price = p.price,
          .currency = &p.currency};
}
EngineInputValues values_of(const engine::MarketPrice& p) {
  return {.kind = kMarketPrice, .time = p.at, .symbol = &p.symbol, .price = p.price, .currency = &p.currency};
}
EngineInputValues values_of(const engine::ExchangeRate& r) {
  return {.kind = kExchangeRate, .time = r.at, .currency = &r.currency, .rate = r.rate};
}
EngineInputValues values_of(const engine::Instrument& i) {
  return {.kind = kInstrument, .time = i.expires_at, .symbol = &i.symbol, .currency = &i.currency, .instrument = &i};
}
EngineInputValues values_of(const engine::HeldPriceDecision& d) {
  return {.kind = kHeldPriceDecision, .time = d.at, .symbol = &d.symbol, .takes = d.takes};
}
EngineInputValues values_of(const engine::Adjustment& a) {
  return {.kind = kAdjustment,
          .time = a.effective_at,
          .client_id = &a.client_id,
          .symbol = &a.symbol,
          .quantity = a.quantity,
          .adjustment = &a};
}
EngineInputValues values_of(const RulesInput& rules) {
  return {.kind = kRules, .rules = &rules};
}
EngineInputValues values_of(const TransactionInput&) {
  RISK_CHECK(!"a transaction");
}

// What a pointer leads to, or NULL.
template <class T>
std::optional<T> pointed(const T* value) {
  return value == nullptr ? std::nullopt : std::optional<T>(*value);
}

// What the input of a kind has, or NULL.
template <class Input, class Member>
auto member_of(const Input* input, Member member) {
  using Value = std::decay_t<decltype(input->*member)>;
  return input == nullptr ? std::optional<Value>() : std::optional<Value>(input->*member);
}

}  // namespace

void write_engine_input(RowWriter& out, const AppliedInput& row, Day day) {
  using engine::Adjustment;
  using engine::Instrument;
  const auto values = std::visit([](const auto& input) { return values_of(input); }, row.input);
  const auto* instrument = values.instrument;
  const auto* adjustment = values.adjustment;
  const auto& [stream_id, sequence, epoch] = row.origin;
  const auto write = [&](const auto& config_version, const auto& rules) {
    out.row(row.apply_seq, day, stream_id, epoch, sequence, values.kind, OptionalExact{values.time},
            pointed(values.client_id), pointed(values.symbol), values.quantity, values.price, pointed(values.currency),
            values.rate, member_of(instrument, &Instrument::multiplier), member_of(instrument, &Instrument::contract),
            member_of(instrument, &Instrument::allows_negative), member_of(instrument, &Instrument::name),
            member_of(instrument, &Instrument::asset_class), values.takes, config_version, rules,
            member_of(adjustment, &Adjustment::kind), member_of(adjustment, &Adjustment::ratio),
            member_of(adjustment, &Adjustment::new_symbol), member_of(adjustment, &Adjustment::reason));
  };
  if (values.rules == nullptr) return write(std::nullopt, std::nullopt);
  write(values.rules->config_version, Bytes{values.rules->rules});
}

void read_row(RowReader& in, StoredTransaction& r) {
  in.read(r.apply_seq);
  in.skip(1);
  in.read(r.origin.stream_id, r.origin.epoch, r.origin.sequence);
  auto input = read_transaction(in);
  r.transaction = std::move(input.transaction);
  r.base_price = input.base_price;
  r.late = input.late;
  r.counted_only = input.counted_only;
  r.original = input.original;
  in.read(r.notional);
  const auto reversed_by = in.next<std::optional<std::uint64_t>>();
  if (!reversed_by) return in.skip(2);
  auto& by = r.reversed_by.emplace();
  by.input = *reversed_by;
  in.read(by.kind, by.transaction_id);
}

void read_row(RowReader& in, AppliedInput& row) {
  in.read(row.apply_seq, row.origin.stream_id, row.origin.epoch, row.origin.sequence);
  const auto kind = in.next<std::optional<std::string>>();
  if (!kind) {
    in.skip(static_cast<int>(kEngineInputValues.size()));
    row.input = read_transaction(in);
  } else if (*kind == kTick) {
    in.skip(columns_before("time"));
    TickInput tick;
    in.read(IntoExact{tick.time});
    row.input = tick;
  } else if (*kind == kOpeningPosition) {
    engine::OpeningPosition position;
    in.skip(columns_before("client_id"));
    in.read(position.client_id, position.symbol, position.quantity, position.price, position.currency);
    row.input = std::move(position);
  } else if (*kind == kMarketPrice) {
    engine::MarketPrice price;
    in.skip(columns_before("time"));
    in.read(IntoExact{price.at});
    in.skip(1);
    in.read(price.symbol);
    in.skip(1);
    in.read(price.price, price.currency);
    row.input = std::move(price);
  } else if (*kind == kExchangeRate) {
    engine::ExchangeRate rate;
    in.skip(columns_before("time"));
    in.read(IntoExact{rate.at});
    in.skip(4);
    in.read(rate.currency, rate.rate);
    row.input = std::move(rate);
  } else if (*kind == kInstrument) {
    engine::Instrument i;
    in.skip(columns_before("time"));
    in.read(IntoOptionalExact{i.expires_at});
    in.skip(1);
    in.read(i.symbol);
    in.skip(2);
    in.read(i.currency);
    in.skip(1);
    in.read(i.multiplier, i.contract, i.allows_negative, i.name, i.asset_class);
    row.input = std::move(i);
  } else if (*kind == kHeldPriceDecision) {
    engine::HeldPriceDecision decision;
    in.skip(columns_before("time"));
    in.read(IntoExact{decision.at});
    in.skip(1);
    in.read(decision.symbol);
    in.skip(columns_before("takes") - columns_before("quantity"));
    in.read(decision.takes);
    row.input = std::move(decision);
  } else if (*kind == kAdjustment) {
    engine::Adjustment a;
    in.skip(columns_before("time"));
    in.read(IntoExact{a.effective_at}, a.client_id, a.symbol, a.quantity);
    in.skip(columns_before("adjustment") - columns_before("price"));
    in.read(a.kind, a.ratio, a.new_symbol, a.reason);
    row.input = std::move(a);
  } else {
    RulesInput rules;
    in.skip(columns_before("config_version"));
    in.read(rules.config_version);
    rules.rules = in.next_bytes().value_or("");
    row.input = std::move(rules);
  }
}

}  // namespace risk::store

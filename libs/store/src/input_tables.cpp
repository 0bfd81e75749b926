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
  table.columns.insert(table.columns.end(), {{"base_price", kDecimal}, {"late", kFlag}, {"notional", kDecimal}});
  return table;
}

// What an input of either table is read back from: where it came from; its kind, which is NULL for a transaction, and
// what engine_inputs has of the others; a transaction's own. The columns that the other table has are NULL.
constexpr std::array kInputOrigin{"apply_seq", "stream_id", "epoch", "sequence"};
constexpr std::array kEngineInputValues{"time",  "time_ns",  "client_id", "symbol",         "quantity",
                                        "price", "currency", "rate",      "config_version", "rules"};
constexpr std::array kTransactionExtras{"base_price", "late"};

// How many columns lie between `kind` and this one.
consteval int columns_before(std::string_view engine_input_value) {
  const auto at = std::ranges::find(kEngineInputValues, engine_input_value);
  RISK_CHECK(at != kEngineInputValues.end());
  return static_cast<int>(at - kEngineInputValues.begin());
}

TransactionInput read_transaction(RowReader& in) {
  TransactionInput input;
  engine::with_transaction_fields(
      [&](auto... field) { in.read(into(field.of(input.transaction))..., input.base_price, input.late); });
  return input;
}

}  // namespace

const Table kTransactionsTable = transactions_table();

const Table kEngineInputsTable{"engine_inputs",
                               "",
                               0,
                               {{"apply_seq", kInteger},
                                {"recorded_on", kDate},
                                {"stream_id", kText},
                                {"epoch", kInteger},
                                {"sequence", kInteger},
                                {"kind", kText},
                                {"time", kTime},
                                {"time_ns", kInteger},
                                {"client_id", kText},
                                {"symbol", kText},
                                {"quantity", kDecimal},
                                {"price", kDecimal},
                                {"currency", kText},
                                {"rate", kDecimal},
                                {"config_version", kInteger},
                                {"rules", kBytes}}};

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
  engine::with_transaction_fields([&](auto... field) {
    out.row(row.apply_seq, day, row.origin.stream_id, row.origin.epoch, row.origin.sequence,
            stored(field.of(input.transaction))..., input.base_price, input.late, input.notional());
  });
}

void write_engine_input(RowWriter& out, const AppliedInput& row, Day day) {
  const auto none = std::nullopt;
  const auto& [stream_id, sequence, epoch] = row.origin;
  if (const auto* tick = std::get_if<TickInput>(&row.input)) {
    out.row(row.apply_seq, day, stream_id, epoch, sequence, kTick, Exact{tick->time}, none, none, none, none, none,
            none, none, none);
  } else if (const auto* p = std::get_if<engine::OpeningPosition>(&row.input)) {
    out.row(row.apply_seq, day, stream_id, epoch, sequence, kOpeningPosition, none, none, p->client_id, p->symbol,
            p->quantity, p->price, p->currency, none, none, none);
  } else if (const auto* price = std::get_if<engine::MarketPrice>(&row.input)) {
    out.row(row.apply_seq, day, stream_id, epoch, sequence, kMarketPrice, Exact{price->at}, none, price->symbol, none,
            price->price, price->currency, none, none, none);
  } else if (const auto* rate = std::get_if<engine::ExchangeRate>(&row.input)) {
    out.row(row.apply_seq, day, stream_id, epoch, sequence, kExchangeRate, Exact{rate->at}, none, none, none, none,
            rate->currency, rate->rate, none, none);
  } else {
    const auto& rules = std::get<RulesInput>(row.input);
    out.row(row.apply_seq, day, stream_id, epoch, sequence, kRules, none, none, none, none, none, none, none, none,
            rules.config_version, Bytes{rules.rules});
  }
}

void read_row(RowReader& in, StoredTransaction& r) {
  in.read(r.apply_seq);
  in.skip(1);
  in.read(r.origin.stream_id, r.origin.epoch, r.origin.sequence);
  auto input = read_transaction(in);
  r.transaction = std::move(input.transaction);
  r.base_price = input.base_price;
  r.late = input.late;
  in.read(r.notional);
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
  } else {
    RulesInput rules;
    in.skip(columns_before("config_version"));
    in.read(rules.config_version);
    rules.rules = in.next_bytes().value_or("");
    row.input = std::move(rules);
  }
}

}  // namespace risk::store

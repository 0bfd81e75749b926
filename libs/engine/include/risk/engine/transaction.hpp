// One execution, and the table of its fields. What reads, judges, writes, sends, stores and shows a transaction follows
// this table by the visits of transaction_fields.hpp, or does not compile until it agrees with it.
//
// To add a field:
//   1. a member of Transaction and a line of kTransactionFields, here; the one without the other does not compile
//   2. the field in proto/risk/v1/transaction.proto, and a line of kAccess in libs/wire/src/transaction.cpp; until then
//      wire does not compile
//   3. a column of `transactions` of the same name in a new migration for each database of sql/, NOT NULL DEFAULT '' so
//      that what was stored before has the field's default; until then store does not compile
//   4. the member in services/dashboard-gateway/api/openapi.json; until then the gateway does not compile
//   5. what the page shows: services/dashboard-gateway/web/src/lib/core/contract.ts; an optional text is a line of
//      TRANSACTION_TEXTS there
// docs/CHANGING.md has the tests.
// A field of a type that no field has yet also needs an overload wherever types are told apart: the compiler names
// them. Tests whose transactions come from tests/support/distinct_transaction.hpp cover the new field as they are.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>

#include "risk/base/decimal.hpp"
#include "risk/base/id.hpp"
#include "risk/base/timestamp.hpp"

namespace risk::engine {

enum class Side : std::uint8_t { kUnknown = 0, kBuy = 1, kSell = 2 };

// A bust takes an execution back, a correction replaces it by another one.
enum class ExecutionKind : std::uint8_t { kExecution = 0, kBust = 1, kCorrection = 2 };

// One execution, or one bust or correction of one, as it arrived, not yet judged: see value_problem() in rules.hpp for
// what the core accepts. Of a bust only the ids, the instant, broker and market are read.
struct Transaction {
  std::string transaction_id;
  Timestamp executed_at;
  ClientId client_id;
  Symbol symbol;
  Side side = Side::kUnknown;
  Quantity quantity;     // > 0
  Price price;           // in `currency`; below 0 only where the instrument allows it
  std::string currency;  // of price: a currency with a rate; "": that of the instrument
  std::string broker_id;
  std::string market;
  std::string order_id;   // of the order that it fills
  std::string trader_id;  // who gave the order
  ExecutionKind kind = ExecutionKind::kExecution;
  std::string ref_transaction_id;  // of the execution or correction that a bust or a correction takes back

  Quantity signed_quantity() const {  // buy +, sell -
    return Quantity::from_units(side == Side::kBuy ? quantity.units() : -quantity.units());
  }
  bool is_reversal() const { return kind != ExecutionKind::kExecution; }

  friend bool operator==(const Transaction&, const Transaction&) = default;
};

// How much of a field a source may leave out, each value more than the one before. A text that is there is an id: at
// most kIdBytesMax bytes, see id.hpp.
enum class Presence : std::uint8_t {
  kRequired,       // the core refuses a transaction without it
  kDefaulted,      // empty stands for a default, and is shown as it is
  kOptional,       // empty is none: null in JSON
  kOptionalColumn  // as kOptional, and a CSV file need not have the column: for what came after the first release
};

// `name` is the column in CSV and in `transactions`, the member in JSON, and the field of a Rejection; `wire_number` is
// the number in v1.Transaction.
template <class T>
struct TransactionField {
  std::string_view name;
  T Transaction::*member;
  int wire_number;
  Presence presence;
};
// clang 14 does not deduce it of an aggregate by itself.
template <class T>
TransactionField(std::string_view, T Transaction::*, int, Presence) -> TransactionField<T>;

// In the order of the wire's numbers, in which the fields are also judged: the first that is wrong names the rejection.
inline constexpr std::tuple kTransactionFields{
    TransactionField{"transaction_id", &Transaction::transaction_id, 1, Presence::kRequired},
    TransactionField{"executed_at", &Transaction::executed_at, 2, Presence::kRequired},
    TransactionField{"client_id", &Transaction::client_id, 3, Presence::kRequired},
    TransactionField{"symbol", &Transaction::symbol, 4, Presence::kRequired},
    TransactionField{"side", &Transaction::side, 5, Presence::kRequired},
    TransactionField{"quantity", &Transaction::quantity, 6, Presence::kRequired},
    TransactionField{"price", &Transaction::price, 7, Presence::kRequired},
    TransactionField{"currency", &Transaction::currency, 8, Presence::kDefaulted},
    TransactionField{"broker_id", &Transaction::broker_id, 9, Presence::kOptional},
    TransactionField{"market", &Transaction::market, 10, Presence::kOptional},
    TransactionField{"order_id", &Transaction::order_id, 11, Presence::kOptionalColumn},
    TransactionField{"trader_id", &Transaction::trader_id, 12, Presence::kOptionalColumn},
    TransactionField{"kind", &Transaction::kind, 13, Presence::kOptionalColumn},
    TransactionField{"ref_transaction_id", &Transaction::ref_transaction_id, 14, Presence::kOptionalColumn},
};

}  // namespace risk::engine

// The orders of the clients: which order an execution belongs to (RULES.md, "Orders").
//
// Invariants, which Core::verify() checks
//   1. A client has one open order at most: one with an id, one without, or none before its first execution.
//   2. The ids that a client has had counted are different, and the open order's is among them.
//   3. Where every execution counts for itself, nothing is kept.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "entity_table.hpp"
#include "fetch.hpp"
#include "holdings.hpp"
#include "risk/base/decimal.hpp"
#include "risk/engine/rules.hpp"
#include "risk/engine/transaction.hpp"
#include "wide.hpp"

namespace risk::engine {

// What an execution is to the orders of its client.
enum class OrderPart : std::uint8_t {
  kBeginning,     // of an order that is counted
  kReturn,        // of an order whose id was counted lately: the client's orders are filled by turns
  kContinuation,  // of the open order
};

// An order id as 128 bits of XXH3. The hash has no key, for a snapshot holds it and other processes go on from that.
// Who makes ids that collide has fewer orders counted of his own client, and of no other.
using OrderHash = Uint128;
OrderHash order_hash(std::string_view order_id);

// How long an order without an id lasts: what the first velocity rule says that counts orders. 0: none does.
std::uint32_t order_window_ms(const RuleSet& rules);

// The open order of a client; its id, and those of earlier ones, are elsewhere, for few clients send any.
struct CurrentOrder {
  // Of an order without an id.
  Timestamp first;              // when it was first executed, in order of arrival
  SymbolIndex symbol = kNone;   // kNone: there is no order, or it has an id
  std::uint32_t sells : 1 = 0;  // its side
  std::uint32_t held : 1 = 0;   // a price of one of its executions was held, and none of another order of it since
  std::uint32_t ids : 30 = 0;   // which of the OrderIds are the client's, from 1; 0: it never sent an order id

  friend bool operator==(const CurrentOrder&, const CurrentOrder&) = default;
};

// The ids of a client's last orders.
struct OrderIds {
  static constexpr std::size_t kCounted = 8;
  static constexpr std::uint8_t kNoId = 0xff;

  std::array<OrderHash, kCounted> counted{};  // a ring, without a gap from its front on until it is full
  std::uint8_t size = 0;
  std::uint8_t next = 0;         // the place of the next one, which is the oldest's once it is full
  std::uint8_t current = kNoId;  // the place of the open order's; kNoId: it has none

  std::uint8_t place_of(OrderHash id) const;  // kNoId: it is not there
  std::uint8_t add(OrderHash id);             // its place
};

class Orders {
 public:
  // 0: every execution counts for itself. What clients keep is to be forgotten then (see forget).
  void set_window_ms(std::uint32_t window_ms) { window_nanos_ = std::int64_t{window_ms} * 1'000'000; }
  bool are_kept() const { return window_nanos_ != 0; }

  // Takes the next execution of a client, in order of arrival.
  RISK_HOT OrderPart add(CurrentOrder& order, SymbolIndex symbol, const Transaction& execution) {
    if (!are_kept()) return OrderPart::kBeginning;
    if (!execution.order_id.empty()) return add_with_id(order, execution);
    if (continues(order, symbol, execution)) return OrderPart::kContinuation;
    order.first = execution.executed_at;
    order.symbol = symbol;
    order.sells = execution.side == Side::kSell ? 1 : 0;
    order.held = 0;
    if (order.ids != 0) ids(order).current = OrderIds::kNoId;
    return OrderPart::kBeginning;
  }

  // Whether an execution without an order id is of the client's open order.
  bool continues(const CurrentOrder& order, SymbolIndex symbol, const Transaction& execution) const {
    return order.symbol == symbol && (order.sells != 0) == (execution.side == Side::kSell) &&
           Int128{execution.executed_at.nanos} - order.first.nanos < window_nanos_;
  }

  // The client's ids. Precondition: it sent one.
  OrderIds& ids(const CurrentOrder& order) { return const_cast<OrderIds&>(std::as_const(*this).ids(order)); }
  const OrderIds& ids(const CurrentOrder& order) const {
    return (*chunks_[(order.ids - 1) / kChunk])[(order.ids - 1) % kChunk];
  }
  // Makes room for a client's ids. Precondition: it has none.
  OrderIds& add_ids(CurrentOrder& order);
  // All ids. The caller forgets each CurrentOrder.
  void forget();

  RISK_FETCHES void fetch_ids(const CurrentOrder& order) const {
    if (order.ids != 0) fetch_all(ids(order));
  }

 private:
  friend struct Internals;
  static constexpr std::uint32_t kChunk = 64;

  OrderPart add_with_id(CurrentOrder& order, const Transaction& execution);

  std::int64_t window_nanos_ = 0;
  std::uint32_t used_ = 0;  // of the chunks
  std::vector<std::unique_ptr<std::array<OrderIds, kChunk>>> chunks_;
};

}  // namespace risk::engine

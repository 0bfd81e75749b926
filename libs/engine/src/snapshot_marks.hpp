// The remembered marks of a symbol and its held price in a snapshot. The format is in SNAPSHOT.md.
#pragma once

#include <string>

#include "held_prices.hpp"
#include "kinds/kind.hpp"
#include "positions.hpp"
#include "rates.hpp"
#include "remembered_marks.hpp"
#include "snapshot_stream.hpp"

namespace risk::engine {

namespace snapshot_marks {

// What the price of a mark is in.
enum class In : std::uint8_t { kBase = 0, kCurrency = 1, kWorth = 2 };

inline void write_mark(SnapshotWriter& out, const Mark& mark, const Rates& rates) {
  out.signed_number(mark.price.units());
  out.signed_number(mark.at.nanos);
  const In in = mark.currency == rates.base() ? In::kBase : mark.currency == kNoCurrency ? In::kWorth : In::kCurrency;
  out.number(static_cast<Uint128>(in));
  if (in == In::kCurrency) out.text(rates.name(mark.currency));
}

inline Mark read_mark(SnapshotReader& in, const Rates& rates) {
  Mark mark;
  mark.price = Price::from_units(in.signed_number("price of a mark", -INT64_MAX));
  mark.at = {in.signed_number("time of a mark", kOldest.nanos, kTimestampMax.nanos)};
  const auto of = static_cast<In>(in.number<std::uint8_t>("currency of a mark", 2));
  mark.currency = of == In::kBase    ? rates.base()
                  : of == In::kWorth ? kNoCurrency
                                     : rates.find(in.text("currency of a mark", kIdBytesMax));
  if (of == In::kCurrency && (mark.currency == kNoCurrency || mark.currency == rates.base())) {
    in.refuse("currency of a mark", "has no rate");
  }
  return mark;
}

}  // namespace snapshot_marks

// "": there are none. Of the newest only the input is written: it is the symbol's mark.
inline std::string remembered_marks_text(const RememberedMarks& marks, const Rates& rates,
                                         SnapshotWriter::InputNumbers input_numbers) {
  if (marks.empty()) return "";
  return SnapshotWriter::text_of(
      [&](SnapshotWriter& out) {
        out.number(marks.size());
        for (std::size_t i = 0; i < marks.size(); ++i) {
          const auto& [mark, input] = marks.at(i);
          out.input_number(input);
          if (i + 1 == marks.size()) return;
          snapshot_marks::write_mark(out, mark, rates);
        }
      },
      input_numbers);
}

inline RememberedMarks read_remembered_marks(SnapshotReader& in, const std::string& text, const Mark& newest,
                                             const Rates& rates) {
  RememberedMarks marks;
  in.read_inner("remembered marks", text, [&](SnapshotReader& inner) {
    const auto count = inner.number<std::uint8_t>("remembered marks", RememberedMarks::kMost);
    if (count == 0) inner.refuse("remembered marks", "are none");
    Timestamp before = kOldest;
    for (std::uint8_t i = 0; i < count; ++i) {
      MadeMark made{newest, inner.number("input of a mark", kCountMax)};
      if (i + 1 < count) made.mark = snapshot_marks::read_mark(inner, rates);
      if (made.mark.at < before) inner.refuse("remembered marks", "are not in order");
      before = made.mark.at;
      marks.add(made);
    }
  });
  return marks;
}

// The held price of a symbol. Whose order it was of stands with it, for a client's open order is written elsewhere.
enum class HeldOf : std::uint8_t { kOther = 0, kOrderId = 1, kOpenOrder = 2 };

inline std::string held_price_text(SymbolIndex symbol, const HeldPrice& held, const Positions& positions,
                                   const Rates& rates, SnapshotWriter::InputNumbers input_numbers) {
  return SnapshotWriter::text_of(
      [&](SnapshotWriter& out) {
        out.input_number(held.made.input);
        snapshot_marks::write_mark(out, held.made.mark, rates);
        out.text(held.client == kNone ? "" : positions.clients[held.client].id.view());
        if (held.client == kNone) return;
        const bool is_of_open = is_of_open_order(symbol, held, positions.clients[held.client].order);
        out.number(static_cast<Uint128>(held.has_order_id ? HeldOf::kOrderId
                                        : is_of_open      ? HeldOf::kOpenOrder
                                                          : HeldOf::kOther));
        if (held.has_order_id) out.number(held.order);
      },
      input_numbers);
}

// To be called when all clients are read. `symbol`: whose price it is.
inline HeldPrice read_held_price(SnapshotReader& in, const std::string& text, SymbolIndex symbol, Positions& positions,
                                 const Rates& rates) {
  HeldPrice held;
  in.read_inner("held price", text, [&](SnapshotReader& inner) {
    held.made.input = inner.number("input of a held price", kCountMax);
    held.made.mark = snapshot_marks::read_mark(inner, rates);
    const Mark& mark = positions.symbols[symbol].mark;
    if (held.made.mark.currency == kNoCurrency) inner.refuse("held price", "is in no currency");
    if (held.made.mark.at < mark.at) inner.refuse("held price", "is older than the mark");
    const std::string id = inner.text("client of a held price", kIdBytesMax);
    if (id.empty()) return;
    held.client = Named::in(positions.clients, id).index;
    if (held.client == kNone) inner.refuse("client of a held price", "is unknown");
    const auto of = static_cast<HeldOf>(inner.number<std::uint8_t>("order of a held price", 2));
    held.has_order_id = of == HeldOf::kOrderId;
    if (held.has_order_id) held.order = inner.number<OrderHash>("order id of a held price", ~OrderHash{0});
    if (of != HeldOf::kOpenOrder) return;
    CurrentOrder& order = positions.clients[held.client].order;
    if (order.symbol != symbol) inner.refuse("order of a held price", "is not open");
    held.is_of_order = true;
    order.held = 1;
  });
  return held;
}

}  // namespace risk::engine

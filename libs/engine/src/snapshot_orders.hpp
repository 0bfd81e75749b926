// Orders in a snapshot: the open one of a client, and of each velocity rule the executions that count for none. The
// format is in SNAPSHOT.md.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "orders.hpp"
#include "rule_states.hpp"
#include "snapshot_rules.hpp"
#include "snapshot_stream.hpp"

namespace risk::engine {

// Of a client.
inline constexpr std::uint32_t kOrderField = 10;
// Of a client and of a symbol.
inline constexpr std::uint32_t kFurtherExecutionsField = 11;

// "": the client has none. `place_of_symbol`: among the symbols of the snapshot.
inline std::string order_text(const Orders& orders, const CurrentOrder& order,
                              const std::vector<std::uint32_t>& place_of_symbol) {
  if (order == CurrentOrder{}) return "";
  static const OrderIds kNoIds;
  const OrderIds& ids = order.ids != 0 ? orders.ids(order) : kNoIds;
  const auto oldest = ids.size < OrderIds::kCounted ? 0U : ids.next;
  const auto at = [&](std::uint32_t age) { return (oldest + age) % OrderIds::kCounted; };
  return SnapshotWriter::text_of([&](SnapshotWriter& out) {
    std::uint32_t current = 0;
    out.number(ids.size);
    for (std::uint32_t i = 0; i < ids.size; ++i) {
      out.number(ids.counted[at(i)]);
      if (at(i) == ids.current) current = i + 1;
    }
    out.number(current);
    if (current != 0) return;
    out.number(place_of_symbol[order.symbol]);
    out.number(order.sells);
    out.signed_number(order.first.nanos);
  });
}

// `symbols`: how many there are.
inline void read_order(SnapshotReader& in, const std::string& text, Orders& orders, CurrentOrder& order,
                       std::size_t symbols, std::optional<Timestamp> now) {
  if (!orders.are_kept() || !now) in.refuse("order", "is of rules that count none, or before there was time");
  in.read_inner("order", text, [&](SnapshotReader& inner) {
    const auto count = inner.number<std::uint32_t>("order ids", OrderIds::kCounted);
    OrderIds* const ids = count != 0 ? &orders.add_ids(order) : nullptr;
    for (std::uint32_t i = 0; i < count; ++i) {
      const auto id = inner.number<OrderHash>("order id", ~OrderHash{0});
      if (ids->place_of(id) != OrderIds::kNoId) inner.refuse("order id", "is there twice");
      ids->add(id);
    }
    if (const auto current = inner.number<std::uint8_t>("open order", count); current != 0) {
      ids->current = current - 1;
      return;
    }
    order.symbol = inner.number<std::uint32_t>("symbol of an order");
    if (order.symbol >= symbols) inner.refuse("symbol of an order", "is unknown");
    order.sells = inner.flag("side of an order") ? 1 : 0;
    order.first = inner.timestamp("beginning of an order");
    if (order.first > *now) inner.refuse("beginning of an order", "is after now");
  });
}

// What a velocity rule is called there: 0 of version 1, else by the field that it has among the rules.
inline std::uint32_t field_of(const VelocityRule& rule, const std::vector<std::string>& later) {
  if (is_of_version_1(rule)) return 0;
  const auto found = std::find(later.begin(), later.end(), rule.name);
  return kLaterRulesFrom + static_cast<std::uint32_t>(found - later.begin());
}

// Calls look(rule, its state) for each velocity rule that watches an entity.
void for_each_velocity(const RuleSet& rules, EntityType type, auto& states, const auto& look) {
  const auto look_at = [&](const VelocityRule& rule, std::size_t place) {
    look(rule, states.template of<VelocityRule>(place));
  };
  for_each_rule_of(rules, type, look_at, RuleKindList<VelocityRule>{});
}

// Of all velocity rules that watch an entity; "": there are none.
inline std::string further_executions_text(const RuleSet& rules, const std::vector<std::string>& later,
                                           const RuleStates& states, EntityType type, std::optional<Timestamp> now) {
  std::uint32_t count = 0;
  const auto visit = [&](const auto& look) {
    for_each_velocity(rules, type, states, [&](const VelocityRule& rule, const StateOf<VelocityRule>& state) {
      if (KindOf<VelocityRule>::has_further(state, rule, now)) look(rule, state);
    });
  };
  visit([&](const auto&, const auto&) { ++count; });
  if (count == 0) return "";
  return SnapshotWriter::text_of([&](SnapshotWriter& out) {
    out.number(count);
    visit([&](const VelocityRule& rule, const StateOf<VelocityRule>& state) {
      out.number(field_of(rule, later));
      KindOf<VelocityRule>::save_further(out, state, rule, now);
    });
  });
}

inline void read_further_executions(SnapshotReader& in, const std::string& text, const RuleSet& rules,
                                    const std::vector<std::string>& later, RuleStates& states, EntityType type,
                                    const Loading& loading) {
  in.read_inner("executions that count for no order", text, [&](SnapshotReader& inner) {
    std::optional<std::uint32_t> before;
    const auto count = inner.number<std::uint32_t>("rules");
    if (count == 0) inner.refuse("rules", "are none");
    for (auto left = count; left > 0; --left) {
      const auto field = inner.number<std::uint32_t>("rule", kLaterRulesFrom - 1 + later.size());
      if (before && field <= *before) inner.refuse("rule", "is not in order");
      before = field;
      bool is_loaded = false;
      for_each_velocity(rules, type, states, [&](const VelocityRule& rule, StateOf<VelocityRule>& state) {
        if (is_loaded || field_of(rule, later) != field) return;
        is_loaded = true;
        KindOf<VelocityRule>::load_further(inner, state, rule, loading);
      });
      if (!is_loaded) inner.refuse("rule", "counts nothing of the entity");
    }
  });
}

// To be called when all of an entity is read.
inline void check_further_executions(const SnapshotReader& in, const RuleSet& rules, RuleStates& states,
                                     EntityType type) {
  for_each_velocity(rules, type, states, [&](const VelocityRule&, const StateOf<VelocityRule>& state) {
    if (!state.window.is_consistent()) in.refuse("executions that count for no order", "are more than there were");
  });
}

}  // namespace risk::engine

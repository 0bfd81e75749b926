// Prices that the jump guard holds: RULES.md, "The mark".
#include <algorithm>

#include "core_impl.hpp"
#include "risk/base/check.hpp"

namespace risk::engine {

bool Core::Impl::confirms(const Mark& price, SymbolIndex symbol, const Source* source) const {
  if (!positions.symbols[symbol].holds_price) return false;
  const HeldPrice& held = held_prices.at(symbol);
  if (!is_near(worth(price, rates), worth(held.made.mark, rates))) return false;
  if (source == nullptr || held.client == kNone || source->client != held.client) return true;

  const Transaction& execution = source->execution;
  if (held.has_order_id || !execution.order_id.empty()) {
    return !held.has_order_id || execution.order_id.empty() || order_hash(execution.order_id) != held.order;
  }
  const CurrentOrder& order = positions.clients[source->client].order;
  return !is_of_open_order(symbol, held, order) || !positions.orders.continues(order, symbol, execution);
}

void Core::Impl::set_held(SymbolIndex symbol, const std::optional<HeldPrice>& held) {
  const auto before = held_prices.find(symbol);
  if (before == held_prices.end() ? !held : held == before->second) return;
  held_changed.insert(symbol);
  positions.symbols[symbol].holds_price = held.has_value();
  if (held) {
    held_prices.insert_or_assign(symbol, *held);
  } else {
    held_prices.erase(symbol);
  }
}

HeldNow Core::Impl::hold(const Mark& price, SymbolIndex symbol) {
  set_held(symbol, HeldPrice{.made = {price, input}});
  const Mark& mark = positions.symbols[symbol].mark;
  return {.price = price.price,
          .mark = mark.price,
          .price_worth = worth(price, rates),
          .mark_worth = worth(mark, rates),
          .severity = Severity::kMedium,
          .client = "",
          .notional = {}};
}

HeldNow Core::Impl::hold_of(const RuleEvaluator::Executed& executed, Notional notional, const Mark& price,
                            PositionKey place) {
  HeldNow now_held = hold(price, place.symbol);
  ClientState& client = positions.clients[place.client];
  HeldPrice& held = held_prices.at(place.symbol);
  held.client = place.client;
  held.has_order_id = !executed.transaction.order_id.empty();
  if (held.has_order_id) {
    held.order = order_hash(executed.transaction.order_id);
  } else if (positions.orders.are_kept()) {
    held.is_of_order = true;
    client.order.held = 1;
  }
  now_held.client = client.id.view();
  now_held.notional = notional;
  now_held.severity = evaluator.severity_of_held(now_held.client, notional);
  return now_held;
}

Result<bool, Rejection> Core::apply(const HeldPriceDecision& decision, std::vector<AlertEvent>& events) {
  if (auto problem = value_problem(decision)) return *std::move(problem);
  const Named named = Named::in(impl_->positions.symbols, impl_->history.meaning(decision.symbol.text));
  const auto refuse = [&](const char* reason) { return Rejection{"symbol", decision.symbol.text, reason}; };
  if (named.index == kNone || !impl_->positions.symbols[named.index].holds_price)
    return refuse("no price of it is held");
  const HeldPrice held = impl_->held_prices.at(named.index);
  Positions& positions = impl_->positions;
  Positions::Revaluation revaluation;
  if (decision.takes) {
    if (!impl_->may_mark(named.index, held.made.mark.at))
      return refuse("the price of it that is held is older than the mark");
    const auto& mark = held.made.mark;
    const auto unit_value = impl_->rates.unit_value(mark.price, mark.currency, impl_->terms_of(named));
    if (unit_value) revaluation.add(named.index, *unit_value);
    if (!unit_value || !positions.plan(revaluation) || !positions.pnl_fits(revaluation)) {
      return Rejection{"price", mark.price.to_string(), "it would take the firm's gross exposure or P&L out of range"};
    }
  }

  impl_->advance(decision.at, events);
  if (!decision.takes) {
    impl_->drop_held(named.index);
    return true;
  }
  if (impl_->has_closed()) RISK_CHECK(positions.plan(revaluation));
  impl_->revalue(revaluation);
  impl_->set_mark(named.index, held.made);
  return true;
}

HeldPriceRow Core::Impl::held_row(SymbolIndex index) const {
  const SymbolState& symbol = positions.symbols[index];
  const HeldPrice& held = held_prices.at(index);
  const Mark& price = held.made.mark;
  return {.symbol = Symbol(std::string(symbol.id.view())),
          .price = price.price,
          .currency = rates.name(price.currency),
          .at = price.at,
          .client_id = held.client == kNone ? "" : std::string(positions.clients[held.client].id.view()),
          .input = held.made.input,
          .mark = symbol.mark.price,
          .mark_currency = symbol.mark.currency == kNoCurrency ? "" : rates.name(symbol.mark.currency)};
}

std::vector<HeldPriceRow> Core::held_price_rows() const {
  std::vector<HeldPriceRow> rows;
  for (const auto& [index, held] : impl_->held_prices) rows.push_back(impl_->held_row(index));
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.symbol < b.symbol; });
  return rows;
}

bool Core::has_held_changes() const {
  return !impl_->held_changed.empty();
}

std::vector<Core::HeldChange> Core::take_held_changes() {
  std::vector<HeldChange> changes;
  for (const SymbolIndex index : std::exchange(impl_->held_changed, {})) {
    const SymbolState& symbol = impl_->positions.symbols[index];
    changes.push_back({Symbol(std::string(symbol.id.view())),
                       symbol.holds_price ? std::optional(impl_->held_row(index)) : std::nullopt});
  }
  return changes;
}

}  // namespace risk::engine

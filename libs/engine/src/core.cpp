#include "risk/engine/core.hpp"

#include <algorithm>
#include <utility>

#include "core_impl.hpp"
#include "plain_text.hpp"
#include "risk/engine/transaction_fields.hpp"
#include "values.hpp"

namespace risk::engine {
namespace {

// Whether value_problem() finds nothing wrong with a field, when that shows at a glance.
template <class Field>
bool is_plainly_valid(Field, const std::string& text) {
  return (Field::presence != Presence::kRequired && text.empty()) || is_plain_id(text);
}
template <class Field, class Tag>
bool is_plainly_valid(Field field, const Id<Tag>& id) {
  return is_plainly_valid(field, id.text);
}
template <class Field>
bool is_plainly_valid(Field, Timestamp time) {
  return kTimestampMin <= time && time <= kTimestampMax;
}
template <class Field>
bool is_plainly_valid(Field, ExecutionKind kind) {
  return kind == ExecutionKind::kExecution;
}
template <class Field>
bool is_plainly_valid(Field, Side side) {
  return side == Side::kBuy || side == Side::kSell;
}
template <class Field, class Tag>
bool is_plainly_valid(Field, Decimal<Tag> value) {
  return value.units() > 0;
}

// The same of all fields, and that the price is in base currency; known ids were judged when they were new.
bool is_plainly_valid(const Transaction& t, const Prefetcher::Pair& named, const RuleSet& rules) {
  return all_transaction_fields([&](auto field) {
    if constexpr (is_field<&Transaction::client_id>(field)) {
      return named.client.index != kNone || is_plainly_valid(field, t.client_id);
    } else if constexpr (is_field<&Transaction::symbol>(field)) {
      return named.symbol.index != kNone || is_plainly_valid(field, t.symbol);
    } else if constexpr (is_field<&Transaction::currency>(field)) {
      return t.currency.empty() || t.currency == rules.base_currency;
    } else if constexpr (is_field<&Transaction::ref_transaction_id>(field)) {
      return t.ref_transaction_id.empty();
    } else {
      return is_plainly_valid(field, field.of(t));
    }
  });
}

// Measure, limit and utilisation are those of the first exposure rule of the entity type; the risk level is the highest
// that any of them gives.
ExposureRow row_of(std::string_view id, const Exposure& exposure, EntityType type, const RuleSet& rules,
                   const RuleStates& states) {
  ExposureRow row;
  row.id = std::string(id);
  row.exposure = exposure;
  std::size_t place = 0;
  for (const ExposureRule& rule : rules.exposure_rules) {
    if (rule.entity_type != type) continue;
    const Notional measured = exposure.value(rule.measure);
    if (place == 0) row.total_exposure = measured;
    if (const ExposureThresholds* limit = states.of<ExposureRule>(place).limit) {
      const Int128 value = measured.magnitude().units();
      if (place == 0) row.utilisation_e4 = utilisation_e4(value, limit->limit);
      row.risk_level = std::max(row.risk_level, risk_level(value, limit->limit));
    }
    ++place;
  }
  return row;
}

ExposureRow row_of(const Positions& positions, const RuleSet& rules, const ClientState& client) {
  auto row = row_of(client.id.view(), positions.exposure_of(client), EntityType::kClient, rules, client.rules);
  row.position_count = client.positions;
  row.transaction_count = client.transactions;
  row.pnl = positions.pnl(row.exposure, client.basis);
  row.last_updated = client.touched;
  for (const Holding& holding : client.holdings) {
    if (holding.quantity_units == 0) continue;
    row.last_updated = std::max(row.last_updated, positions.symbols[holding.symbol()].mark_moved);
  }
  return row;
}

ExposureRow row_of(const Positions& positions, const RuleSet& rules, const SymbolState& symbol) {
  auto row = row_of(symbol.id.view(), Positions::exposure_of(symbol), EntityType::kSymbol, rules, symbol.rules);
  row.position_count = symbol.positions;
  row.transaction_count = symbol.transactions;
  row.pnl = positions.pnl(row.exposure, symbol.basis);
  row.last_updated = symbol.touched;
  row.mark = symbol.unit_value;
  return row;
}

PositionRow row_of(const Positions& positions, const ClientState& client, const Holding& holding) {
  const SymbolState& symbol = positions.symbols[holding.symbol()];
  return {ClientId(std::string(client.id.view())), Symbol(std::string(symbol.id.view())), holding.quantity(),
          symbol.unit_value};
}

}  // namespace

Core::Core(RuleSet rules, HashKey key, const Tuning& tuning)
    : impl_(std::make_unique<Impl>(std::move(rules), key, tuning)) {}
Core::Core(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Core::~Core() = default;
Core::Core(Core&&) noexcept = default;
Core& Core::operator=(Core&&) noexcept = default;

void Core::set_bounds(const Bounds& bounds) {
  impl_->positions.set_bounds(bounds);
}

void Core::expect(std::span<const Transaction> next) {
  impl_->prefetcher.expect(next);
}

void Core::expect_at(std::span<const Transaction* const> next) {
  impl_->prefetcher.expect_at(next);
}

Result<Applied, Rejection> Core::apply(const Transaction& received, std::vector<AlertEvent>& events) {
  RISK_CHECK(!received.is_reversal());
  const Prefetcher::Pair named = impl_->prefetcher.take(received);
  if (impl_->may_restate(impl_->known(named.symbol.index))) [[unlikely]]
    return impl_->apply_restated(received, named, events);
  return impl_->apply_as(received, received, named, events);
}

Result<Applied, Rejection> Core::Impl::apply_restated(const Transaction& received, Prefetcher::Pair named,
                                                      std::vector<AlertEvent>& events) {
  if (auto problem = value_problem(received)) return *std::move(problem);
  const auto as_of_now = restated(received);
  if (!as_of_now) return as_of_now.error();
  if (!*as_of_now) return apply_as(received, received, named, events);
  named.symbol = Named::in(positions.symbols, (*as_of_now)->symbol.text);
  return apply_as(received, **as_of_now, named, events);
}

Result<Applied, Rejection> Core::Impl::apply_as(const Transaction& received, const Transaction& transaction,
                                                const Prefetcher::Pair& named, std::vector<AlertEvent>& events) {
  const RuleSet& rules = evaluator.rules();
  const SymbolState* symbol = known(named.symbol.index);
  Impl::Valued valued = value_in_base(transaction.price, transaction.executed_at);
  if (!is_plainly_valid(transaction, named, rules) || !is_plain(named.symbol.id, symbol)) {
    if (auto problem = value_problem(received)) return *std::move(problem);
    const auto judged = value(named.symbol, transaction.price, transaction.currency, transaction.executed_at);
    if (!judged) return judged.error();
    valued = *judged;
  }
  const Quantity signed_quantity = transaction.signed_quantity();
  const Notional notional = Notional::of(transaction.quantity, valued.unit_value).magnitude();
  const Impl::Source source{transaction, named.client.index};
  const Impl::Fate fate = fate_of(valued.mark, named.symbol.index, symbol, after(transaction.executed_at), &source);
  const bool marks = fate == Impl::Fate::kMarks;
  Positions::Plan plan(named.client, named.symbol, marks ? valued.unit_value : symbol->unit_value);
  if (auto rejection = positions.plan_move(signed_quantity.units(), notional.units(), plan))
    return std::move(*rejection);
  if (may_close(symbol, transaction.executed_at)) [[unlikely]] {
    if (auto rejection = positions.check_move_after_close(signed_quantity.units(), plan)) return std::move(*rejection);
  }
  const Int128 value = notional_units(signed_quantity.units(), valued.unit_value.units());
  const bool is_first_mark = is_unmarked(named.symbol.index, symbol);
  if (!positions.pnl_fits(plan, {.value = value, .with_net = is_first_mark})) {
    return Rejection{"quantity", transaction.quantity.to_string(), "it would take the session's P&L out of range"};
  }

  const bool late = now && transaction.executed_at < *now;
  if (advance(transaction.executed_at, events) && has_closed()) {
    plan = Positions::Plan(plan.client, plan.symbol, plan.unit_value);
    RISK_CHECK(!positions.plan_move(signed_quantity.units(), notional.units(), plan));
  }
  if (is_first_mark) [[unlikely]]
    positions.move_bases(plan.symbol.index, {}, plan.unit_value);
  const PositionKey place = take(plan, *now);
  ClientState& client = positions.clients[place.client];
  SymbolState& traded = positions.symbols[place.symbol];
  if (marks) set_mark(place.symbol, traded, {valued.mark, input});
  positions.move_turnover(client, traded, notional.units());
  Positions::count_transaction(client, traded);
  positions.trade_bases(client, traded, value);
  RuleEvaluator::Executed executed{transaction, input, positions.orders.add(client.order, place.symbol, transaction),
                                   nullptr};
  HeldNow held;
  if (fate == Impl::Fate::kHeld) [[unlikely]] {
    held = hold_of(executed, notional, valued.mark, place);
    executed.held = &held;
  }
  evaluator.evaluate(executed, notional, place, *now, events);
  ++counters.transactions;
  counters.late += late ? 1 : 0;
  return Applied{valued.unit_value, late};
}

std::optional<Rejection> Core::apply(const OpeningPosition& position) {
  if (auto problem = value_problem(position)) return problem;
  const Named symbol = Named::in(impl_->positions.symbols, impl_->history.meaning(position.symbol.text));
  const auto valued = impl_->value(symbol, position.price, position.currency, kOldest);
  if (!valued) return valued.error();
  const bool marks = impl_->may_mark(symbol.index, kOldest);
  Positions::Plan plan(Named::in(impl_->positions.clients, position.client_id.text), symbol,
                       marks ? valued->unit_value : impl_->positions.symbols[symbol.index].unit_value);
  if (auto rejection = impl_->positions.plan_opening(position.quantity, plan)) return rejection;
  if (!impl_->positions.pnl_fits(plan, {.with_net = true})) {
    return Rejection{"quantity", position.quantity.to_string(),
                     "it would take what P&L is measured against out of range"};
  }
  const Int128 before =
      plan.holding == nullptr ? 0 : notional_units(plan.holding->quantity_units, plan.unit_value.units());
  if (symbol.index != kNone) {
    impl_->positions.move_bases(symbol.index, impl_->positions.symbols[symbol.index].unit_value, plan.unit_value);
  }
  const PositionKey place = impl_->take(plan, impl_->now.value_or(Timestamp{}));
  impl_->positions.trade_bases(place, notional_units(position.quantity.units(), plan.unit_value.units()) - before);
  if (marks) impl_->set_mark(place.symbol, valued->mark);
  impl_->evaluator.note_symbol(place.symbol);
  ++impl_->counters.opening_positions;
  return std::nullopt;
}

bool Core::tick(Timestamp time, std::vector<AlertEvent>& events) {
  return impl_->advance(time, events);
}

void Core::set_rules(RuleSet rules) {
  const bool knew_reversals = impl_->evaluator.rules().knows_reversals();
  impl_->change_marks(rules);
  impl_->positions.keep_bases(rules.has_pnl());
  impl_->evaluator.set_rules(std::move(rules));
  if (impl_->evaluator.rules().knows_reversals() != knew_reversals) impl_->begin_to_remember();
  impl_->positions.note_all_changed();
}

const RuleSet& Core::rules() const {
  return impl_->evaluator.rules();
}

Counters Core::counters() const {
  Counters counters = impl_->counters;
  counters.alerts_opened = impl_->evaluator.alerts_opened();
  return counters;
}

std::optional<Timestamp> Core::now() const {
  return impl_->now;
}

Core::Changes Core::take_changes(Scope scope, std::size_t marked_max) {
  Positions& positions = impl_->positions;
  const RuleSet& rules = impl_->evaluator.rules();
  auto changed = positions.take_changed(scope == Scope::kMarked ? marked_max : 0);
  positions.put_in_order(changed);
  Changes changes;
  changes.clients.reserve(changed.clients.size());
  changes.symbols.reserve(changed.symbols.size());
  changes.positions.reserve(changed.positions.size());
  for (const ClientIndex index : changed.clients)
    changes.clients.push_back(row_of(positions, rules, positions.clients[index]));
  for (const SymbolIndex index : changed.symbols)
    changes.symbols.push_back(row_of(positions, rules, positions.symbols[index]));
  for (const PositionKey place : changed.positions) {
    changes.positions.push_back(row_of(positions, positions.clients[place.client], positions.holding(place)));
  }
  return changes;
}

void Core::note_all_changed() {
  impl_->positions.note_all_changed();
}

bool Core::has_moved_marks() const {
  return impl_->positions.has_moved_marks();
}

std::size_t Core::marked_left() const {
  return impl_->positions.marked_left();
}

std::vector<ExposureRow> Core::client_rows() const {
  const Positions& positions = impl_->positions;
  std::vector<ExposureRow> rows;
  for (const auto index : positions.clients.in_order())
    rows.push_back(row_of(positions, rules(), positions.clients[index]));
  return rows;
}

std::vector<ExposureRow> Core::symbol_rows() const {
  const Positions& positions = impl_->positions;
  std::vector<ExposureRow> rows;
  for (const auto index : positions.symbols.in_order())
    rows.push_back(row_of(positions, rules(), positions.symbols[index]));
  return rows;
}

std::vector<PositionRow> Core::position_rows() const {
  const Positions& positions = impl_->positions;
  std::vector<PositionRow> rows;
  for (const auto index : positions.clients.in_order()) {
    const ClientState& client = positions.clients[index];
    const auto first = static_cast<std::ptrdiff_t>(rows.size());
    for (const Holding& holding : client.holdings) {
      if (holding.key != 0) rows.push_back(row_of(positions, client, holding));
    }
    std::sort(rows.begin() + first, rows.end(),
              [](const PositionRow& a, const PositionRow& b) { return a.symbol < b.symbol; });
  }
  return rows;
}

ExposureRow Core::firm_row() const {
  const Positions& positions = impl_->positions;
  auto row = row_of("", positions.firm_exposure(), EntityType::kFirm, rules(), positions.firm.rules);
  for (std::uint32_t i = 0; i < positions.symbols.size(); ++i) row.position_count += positions.symbols[i].positions;
  row.pnl = positions.pnl(row.exposure, positions.firm.basis);
  row.transaction_count = impl_->counters.transactions;
  row.last_updated = impl_->now.value_or(Timestamp{});
  return row;
}

}  // namespace risk::engine

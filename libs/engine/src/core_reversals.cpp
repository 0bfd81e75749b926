// Busts and corrections, and executions that come after theirs: RULES.md, "Busts and corrections".
#include <utility>

#include "core_impl.hpp"
#include "risk/base/check.hpp"
#include "values.hpp"

namespace risk::engine {
namespace {

// What an execution, a bust or a correction moves.
struct Move {
  Int128 quantity_units = 0;  // of the position
  Int128 value = 0;           // of the bases
  Int128 turnover = 0;        // where the original is of this session
};

// Nothing: the bases would move by more than 127 bits hold.
std::optional<Move> move_of(Price original_unit_value, Quantity applied, Quantity original, Quantity quantity,
                            Price unit_value) {
  const Int128 old_value = notional_units(applied.units(), original_unit_value.units());
  const Int128 value = notional_units(quantity.units(), unit_value.units());
  Move move;
  move.quantity_units = Int128{quantity.units()} - original.units();
  if (__builtin_sub_overflow(value, old_value, &move.value)) return std::nullopt;
  move.turnover = (value < 0 ? -value : value) - (old_value < 0 ? -old_value : old_value);
  return move;
}

// Which field of a reversal is to blame for what does not fit, when it cannot be blamed on one of its own values.
Rejection out_of_range(const Transaction& reversal, const std::string& reason) {
  if (reversal.kind == ExecutionKind::kBust) return {"ref_transaction_id", reversal.ref_transaction_id, reason};
  return {"quantity", reversal.quantity.to_string(), reason};
}

}  // namespace

void Core::number_next(std::uint64_t input) {
  impl_->input = input;
}

Result<Applied, Rejection> Core::count(const Transaction& transaction, std::vector<AlertEvent>& events) {
  const auto unit_value = this->unit_value(transaction);
  if (!unit_value) return unit_value.error();
  Positions& positions = impl_->positions;
  const Named symbol = Named::in(positions.symbols, impl_->history.meaning(transaction.symbol.text));
  Positions::Plan plan(Named::in(positions.clients, transaction.client_id.text), symbol,
                       symbol.index == kNone ? Price{} : positions.symbols[symbol.index].unit_value);
  if (auto rejection = positions.plan_move(0, 0, plan)) return *std::move(rejection);

  const bool late = impl_->now && transaction.executed_at < *impl_->now;
  if (impl_->advance(transaction.executed_at, events) && impl_->has_closed()) {
    plan = Positions::Plan(plan.client, plan.symbol, plan.unit_value);
    RISK_CHECK(!positions.plan_move(0, 0, plan));
  }
  const PositionKey place = impl_->take(plan, *impl_->now);
  // Whatever comes first marks a symbol that nothing has marked yet; until then it is worth nothing.
  if (symbol.index == kNone) positions.symbols[place.symbol].mark = {{}, kOldest, kNoCurrency};
  Positions::count_transaction(positions.clients[place.client], positions.symbols[place.symbol]);
  ++impl_->counters.transactions;
  impl_->counters.late += late ? 1 : 0;
  return Applied{*unit_value, late};
}

Result<Core::Impl::Reversal, Rejection> Core::Impl::plan_reversal(const Transaction& reversal,
                                                                  const Original& original) {
  auto descent = descent_of(reversal, original);
  if (!descent) return descent.error();
  const Named client = Named::in(positions.clients, reversal.client_id.text);
  RISK_CHECK(descent->symbol != kNone && client.index != kNone);
  const SymbolState& state = positions.symbols[descent->symbol];
  const Named symbol{state.id.view(), 0, descent->symbol};
  Reversal plan{
      *std::move(descent), Positions::Plan(client, symbol, state.unit_value), remembered[symbol.index], {}, {}, {}};
  if (state.holds_price) plan.held = held_prices.at(symbol.index);
  std::optional<HeldPrice> its_held;  // of the original
  if (plan.held && plan.held->made.input == original.input) its_held.swap(plan.held);

  RememberedMarks& marks = plan.marks;
  const std::size_t made = marks.find(original.input);
  const bool has_made = made != RememberedMarks::kMost;
  if (reversal.kind == ExecutionKind::kCorrection) {
    const Timestamp at = has_made ? marks.at(made).mark.at : its_held ? its_held->made.mark.at : original.executed_at;
    const auto price = split_price(reversal.price, plan.original.splits);
    if (!price) return price.error();
    const auto quantity = split_quantity(reversal.signed_quantity(), plan.original.splits);
    if (!quantity) return quantity.error();
    auto valued = value(symbol, *price, reversal.currency, at);
    if (!valued) return valued.error();
    plan.quantity = *quantity;
    plan.unit_value = valued->unit_value;
    if (has_made) {
      marks.replace(made, {valued->mark, input});
    } else if ((its_held || original.quantity == Quantity{}) && may_mark(symbol.index, at)) {
      // The original's price was held, or it was not there to mark the symbol when it was its time.
      const MadeMark made_now{valued->mark, input};
      if (jumps(made_now.mark, positions.symbols[symbol.index], after(reversal.executed_at))) {
        plan.held = its_held.value_or(HeldPrice{.made = made_now, .client = client.index});
        plan.held->made = made_now;
      } else {
        marks.add(made_now);
        plan.held.reset();
      }
    }
  } else if (has_made) {
    marks.remove(made);
  }

  if (!marks.empty()) {
    const Mark& mark = marks.newest().mark;
    const auto worth = rates.unit_value(mark.price, mark.currency, terms_of(symbol));
    if (!worth) return out_of_range(reversal, "it would take what the symbol is worth out of range");
    plan.positions.unit_value = *worth;
  }
  return plan;
}

Result<Applied, Rejection> Core::apply(const Transaction& reversal, const Original& original,
                                       std::vector<AlertEvent>& events) {
  RISK_CHECK(reversal.is_reversal() && rules().knows_reversals());
  if (auto problem = value_problem(reversal)) return *std::move(problem);
  auto planned = impl_->plan_reversal(reversal, original);
  if (!planned) return planned.error();
  Impl::Reversal plan = *std::move(planned);
  Positions& positions = impl_->positions;
  const auto move =
      move_of(original.unit_value, plan.original.applied, plan.original.quantity, plan.quantity, plan.unit_value);
  if (!move) return out_of_range(reversal, "it would take the session's P&L out of range");
  const auto turnover = [&] { return original.first_input >= impl_->session_from ? move->turnover : Int128{0}; };
  if (auto rejection = positions.plan_move(move->quantity_units, turnover(), plan.positions)) {
    return out_of_range(reversal, rejection->reason);
  }
  if (impl_->may_close(plan.positions.symbol.index, reversal.executed_at)) {
    if (auto rejection = positions.check_move_after_close(move->quantity_units, plan.positions)) {
      return out_of_range(reversal, rejection->reason);
    }
    if (!positions.pnl_fits_after_close(move->quantity_units, plan.positions, move->value)) {
      return out_of_range(reversal, "it would take the session's P&L out of range");
    }
  }
  const bool is_first_mark = impl_->is_unmarked(plan.positions.symbol.index) && !plan.marks.empty();
  if (!positions.pnl_fits(plan.positions, {.value = move->value, .with_net = is_first_mark})) {
    return out_of_range(reversal, "it would take the session's P&L out of range");
  }

  if (impl_->advance(reversal.executed_at, events) && impl_->has_closed()) {
    plan.positions = Positions::Plan(plan.positions.client, plan.positions.symbol, plan.positions.unit_value);
    RISK_CHECK(!positions.plan_move(move->quantity_units, 0, plan.positions));
  }
  if (is_first_mark) positions.move_bases(plan.positions.symbol.index, {}, plan.positions.unit_value);
  const PositionKey place = impl_->take(plan.positions, *impl_->now);
  impl_->remembered[place.symbol] = plan.marks;
  impl_->set_held(place.symbol, plan.held);
  if (!plan.marks.empty()) positions.symbols[place.symbol].mark = plan.marks.newest().mark;
  positions.move_turnover(positions.clients[place.client], positions.symbols[plan.original.counted_in], turnover());
  if (plan.original.counted_in != place.symbol) {
    positions.note_symbol_changed(plan.original.counted_in, *impl_->now);
    impl_->evaluator.note_symbol(plan.original.counted_in);
  }
  positions.trade_bases(place, move->value);
  const bool corrects = reversal.kind == ExecutionKind::kCorrection;
  const auto notional = Notional::of(plan.quantity, plan.unit_value).magnitude();
  impl_->evaluator.evaluate_reversal({reversal, impl_->input, original.input, plan.original.judged_in},
                                     corrects ? std::optional(notional) : std::nullopt, place, *impl_->now, events);
  return Applied{corrects ? plan.unit_value : original.unit_value, false};
}

}  // namespace risk::engine

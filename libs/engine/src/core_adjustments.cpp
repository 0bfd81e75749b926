// Splits, renames and positions that are set, and what they make of inputs that come later: RULES.md, "Adjustments".
#include <algorithm>
#include <utility>

#include "core_impl.hpp"
#include "risk/base/check.hpp"
#include "risk/base/text.hpp"
#include "values.hpp"

namespace risk::engine {
namespace {

constexpr char kWorthOutOfRange[] = "it would take what the symbol is worth out of range";
constexpr char kExposureOutOfRange[] = "it would take the firm's gross exposure out of range";
constexpr char kBasisOutOfRange[] = "it would take what P&L is measured against out of range";

// units x times / by, half to even. Nothing: more than a Decimal holds.
template <class D>
std::optional<D> scaled(D value, std::uint32_t times, std::uint32_t by) {
  const Int128 units = divide_half_even(Int128{value.units()} * times, by);
  if (units > INT64_MAX || units < -INT64_MAX) return std::nullopt;
  return D::from_units(static_cast<std::int64_t>(units));
}

// By each of them in turn.
template <class D>
std::optional<D> split_by(D value, std::span<const Split> splits) {
  std::optional<D> result = value;
  for (auto by = splits.begin(); by != splits.end() && result; ++by) result = split(*result, by->ratio);
  return result;
}

// The last marks of two symbols as those of one. Of one instant those of `first` are older.
RememberedMarks merged(const RememberedMarks& first, const RememberedMarks& second) {
  RememberedMarks marks;
  for (std::size_t i = 0, j = 0; i < first.size() || j < second.size();) {
    const bool takes_first = j == second.size() || (i < first.size() && first.at(i).mark.at <= second.at(j).mark.at);
    marks.add(takes_first ? first.at(i++) : second.at(j++));
  }
  return marks;
}

// Of two symbols that become one, where nothing but the marks is kept.
Mark newer(const Mark& first, const Mark& second) {
  return second == kUnmarked || first.at > second.at ? first : second;
}

}  // namespace

std::optional<SplitRatio> SplitRatio::parse(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto fits = [](std::optional<std::uint32_t> units) { return units && 1 <= *units && *units <= kMost; };
  const auto new_units = parse_whole<std::uint32_t>(text.substr(0, colon));
  const auto old_units = parse_whole<std::uint32_t>(text.substr(colon + 1));
  if (!fits(new_units) || !fits(old_units)) return std::nullopt;
  return SplitRatio{*new_units, *old_units};
}

std::optional<Quantity> split(Quantity quantity, SplitRatio ratio) {
  return scaled(quantity, ratio.new_units, ratio.old_units);
}
std::optional<Price> split(Price price, SplitRatio ratio) {
  return scaled(price, ratio.old_units, ratio.new_units);
}

Result<Price, Rejection> Core::Impl::split_price(Price price, std::span<const Split> splits) const {
  if (const auto after = split_by(price, splits)) return *after;
  return Rejection{"price", price.to_string(), "out of range after the splits that came since"};
}

Result<Quantity, Rejection> Core::Impl::split_quantity(Quantity quantity, std::span<const Split> splits) const {
  if (const auto after = split_by(quantity, splits)) return *after;
  return Rejection{"quantity", quantity.to_string(), "out of range after the splits that came since"};
}

Result<std::optional<Transaction>, Rejection> Core::Impl::restated(const Transaction& received) const {
  if (!history.knows(received.symbol.text)) return std::optional<Transaction>();
  Transaction transaction = received;
  transaction.symbol.text = std::string(history.meaning(received.symbol.text));
  // Of a reversal the execution says by what it is split.
  if (received.is_reversal()) return std::optional(std::move(transaction));
  const auto splits = history.before(received.symbol.text, received.executed_at, input);
  const auto quantity = split_quantity(received.quantity, splits);
  if (!quantity) return quantity.error();
  const auto price = split_price(received.price, splits);
  if (!price) return price.error();
  transaction.quantity = *quantity;
  transaction.price = *price;
  return std::optional(std::move(transaction));
}

Result<MarketPrice, Rejection> Core::Impl::restated(const MarketPrice& received) const {
  const auto price = split_price(received.price, history.before(received.symbol.text, received.at, input));
  if (!price) return price.error();
  MarketPrice after = received;
  after.symbol.text = std::string(history.meaning(received.symbol.text));
  after.price = *price;
  return after;
}

Result<Core::Impl::Descent, Rejection> Core::Impl::descent_of(const Transaction& reversal,
                                                              const Original& original) const {
  const std::string& name = original.symbol.empty() ? reversal.symbol.text : original.symbol;
  Descent descent;
  if (history.empty()) {
    const SymbolIndex symbol = Named::in(positions.symbols, name).index;
    descent.symbol = descent.counted_in = descent.judged_in = symbol;
    descent.applied = descent.quantity = original.quantity;
    return descent;
  }
  const auto index_of = [this](std::string_view id) { return Named::in(positions.symbols, id).index; };
  const auto executed_at = original.first_executed_at.value_or(original.executed_at);
  descent.splits = history.before(name, executed_at, original.first_input);
  const auto begin = history.after(name, original.first_input, original.first_input);
  const auto applied = history.after(name, original.first_input, original.input);
  const auto now = history.after(name, original.first_input);
  descent.counted_in = index_of(begin.symbol);
  descent.judged_in = index_of(applied.symbol);
  descent.symbol = index_of(now.symbol);
  std::vector<Split> when_applied = descent.splits;
  when_applied.insert(when_applied.end(), applied.splits.begin(), applied.splits.end());
  descent.splits.insert(descent.splits.end(), now.splits.begin(), now.splits.end());
  const auto quantity_when_applied = split_by(original.quantity, when_applied);
  const auto quantity = split_by(original.quantity, descent.splits);
  if (!quantity_when_applied || !quantity) {
    return Rejection{"ref_transaction_id", reversal.ref_transaction_id,
                     "the splits since have taken its quantity out of range"};
  }
  descent.applied = *quantity_when_applied;
  descent.quantity = *quantity;
  return descent;
}

std::optional<Rejection> Core::apply(const Adjustment& adjustment, std::vector<AlertEvent>& events) {
  if (auto problem = value_problem(adjustment)) return problem;
  switch (adjustment.kind) {
    case AdjustmentKind::kSplit:
      return impl_->apply_split(adjustment, events);
    case AdjustmentKind::kRename:
      return impl_->apply_rename(adjustment, events);
    case AdjustmentKind::kSetPosition:
      return impl_->apply_position(adjustment, events);
  }
  RISK_CHECK(!"a kind of adjustment");
}

std::optional<Rejection> Core::Impl::apply_split(const Adjustment& adjustment, std::vector<AlertEvent>& events) {
  const auto reject = [&](std::string reason) { return Rejection{"ratio", adjustment.ratio, std::move(reason)}; };
  const Named named = Named::in(positions.symbols, history.meaning(adjustment.symbol.text));
  if (named.index == kNone) return Rejection{"symbol", adjustment.symbol.text, "nobody has traded it"};
  if (history.splits.of(named.id).size() >= kSplitsOfSymbolMax || history.splits.size() >= kSplitsMax) {
    return reject("there are as many splits already as are remembered");
  }
  const SplitRatio ratio = SplitRatio::parse(adjustment.ratio).value();

  RememberedMarks marks = remembered[named.index];
  for (std::size_t i = 0; i < marks.size(); ++i) {
    MadeMark made = marks.at(i);
    const auto price = engine::split(made.mark.price, ratio);
    if (!price) return reject("it would take a price of the symbol out of range");
    made.mark.price = *price;
    marks.replace(i, made);
  }
  Mark mark = positions.symbols[named.index].mark;
  const auto price = engine::split(mark.price, ratio);
  if (!price) return reject("it would take a price of the symbol out of range");
  mark.price = *price;
  const auto unit_value = rates.unit_value(mark.price, mark.currency, terms_of(named));
  if (!unit_value) return reject(kWorthOutOfRange);

  bool positions_fit = true;
  const auto plan = [&] {
    Positions::Restatement::Part part{named.index, *unit_value};
    positions.visit_holders(named.index, [&](ClientIndex client, const Holding& holding) {
      if (holding.quantity_units == 0) return;
      const auto quantity = engine::split(holding.quantity(), ratio);
      positions_fit = positions_fit && quantity;
      if (quantity) part.positions.push_back({client, holding.quantity_units, quantity->units()});
    });
    Positions::Restatement restatement;
    restatement.parts.push_back(std::move(part));
    return restatement;
  };
  auto restatement = plan();
  if (!positions_fit) return reject("it would take a position out of range");
  if (!positions.plan(restatement)) return reject(kExposureOutOfRange);
  if (!positions.pnl_fits(restatement)) return reject(kBasisOutOfRange);

  advance(adjustment.effective_at, events);
  if (has_closed()) {
    restatement = plan();
    RISK_CHECK(positions.plan(restatement));
  }
  positions.take(restatement, *now);
  drop_held(named.index);
  positions.symbols[named.index].mark = mark;
  remembered[named.index] = marks;
  history.splits.add(named.id, {adjustment.effective_at, ratio, input});
  positions.symbols[named.index].has_history = true;
  evaluator.note_symbol(named.index);
  return std::nullopt;
}

std::optional<Rejection> Core::Impl::apply_rename(const Adjustment& adjustment, std::vector<AlertEvent>& events) {
  const auto reject = [&](std::string reason) {
    return Rejection{"new_symbol", adjustment.new_symbol.text, std::move(reason)};
  };
  const std::string from(history.meaning(adjustment.symbol.text));
  std::string to(history.meaning(adjustment.new_symbol.text));
  const bool revives = from == to && adjustment.new_symbol.text != to;
  if (revives) to = adjustment.new_symbol.text;
  if (from == to) return reject("is what " + printable(adjustment.symbol.text) + " means already");
  if (history.renames.size() >= kRenamesMax) {
    return too_many("new_symbol", adjustment.new_symbol.text, kRenamesMax, "renames");
  }
  const SymbolIndex old = Named::in(positions.symbols, from).index;
  const Named next = Named::in(positions.symbols, to);
  const bool adds = old != kNone && next.index == kNone;
  if (adds) {
    if (auto rejection = positions.too_many_symbols(to)) return reject(rejection->reason);
  }

  const RememberedMarks none;
  const RememberedMarks marks =
      merged(old == kNone ? none : remembered[old], next.index == kNone ? none : remembered[next.index]);
  const Mark mark = !marks.empty() ? marks.newest().mark
                                   : newer(old == kNone ? kUnmarked : positions.symbols[old].mark,
                                           next.index == kNone ? kUnmarked : positions.symbols[next.index].mark);
  const Terms* const own = instruments.find(to);
  const auto unit_value = rates.unit_value(mark.price, mark.currency, own != nullptr ? own : instruments.find(from));
  if (!unit_value) return reject(kWorthOutOfRange);

  bool positions_fit = true;
  // Where the sweep before it may close a symbol's positions, it has to fit in either case.
  const auto plan = [&](SymbolIndex added, bool closes_old, bool closes_next) {
    Positions::Restatement restatement;
    Positions::Restatement::Part emptied{old, {}}, filled{added, *unit_value};
    emptied.is_closed = closes_old;
    filled.is_closed = closes_next;
    if (old != kNone && !closes_old) {
      positions.visit_holders(old, [&](ClientIndex client, const Holding& holding) {
        if (holding.quantity_units == 0) return;
        const std::int64_t held = closes_next ? 0 : positions.quantity_of(client, added).units();
        const auto sum = add(holding.quantity(), Quantity::from_units(held));
        const bool fits = sum && sum->units() != INT64_MIN;
        positions_fit = positions_fit && fits;
        emptied.positions.push_back({client, holding.quantity_units, 0});
        if (fits) filled.positions.push_back({client, held, sum->units()});
      });
    }
    if (old != kNone) restatement.parts.push_back(std::move(emptied));
    if (old != kNone || added != kNone) restatement.parts.push_back(std::move(filled));
    return restatement;
  };
  auto restatement = plan(next.index, false, false);
  if (!positions_fit) return reject("it would take a position out of range");
  if (!positions.plan(restatement)) return reject(kExposureOutOfRange);
  if (!positions.pnl_fits(restatement)) return reject(kBasisOutOfRange);
  if (auto rejection = positions.too_many_positions("new_symbol", to, restatement)) return rejection;
  if (may_close(next.index, adjustment.effective_at)) {
    auto with_closed = plan(next.index, false, true);
    if (!positions.plan(with_closed)) return reject(kExposureOutOfRange);
  }
  if (may_close(old, adjustment.effective_at)) {
    auto with_closed = plan(next.index, true, false);
    if (!positions.plan(with_closed)) return reject(kExposureOutOfRange);
  }

  advance(adjustment.effective_at, events);
  if (revives) history.renames.end(to, input, true);
  history.renames.add(from, to, input);
  if (old != kNone) positions.symbols[old].has_history = true;
  const SymbolIndex into = adds ? add_symbol(next, *unit_value) : next.index;
  if (has_closed() || adds) {
    restatement = plan(into, false, false);
    RISK_CHECK(positions.plan(restatement));
  }
  positions.take(restatement, *now);
  const bool moves_terms = instruments.move(from, to);
  if (old != kNone) {
    drop_held(old);
    positions.symbols[old].mark = kUnmarked;
    remembered[old] = {};
    if (moves_terms) note_terms(old);
    evaluator.note_symbol(old);
  }
  if (into != kNone) {
    drop_held(into);
    positions.symbols[into].mark = mark;
    remembered[into] = marks;
    note_terms(into);
    evaluator.note_symbol(into);
  }
  return std::nullopt;
}

std::optional<Rejection> Core::Impl::apply_position(const Adjustment& adjustment, std::vector<AlertEvent>& events) {
  const auto reject = [&](std::string reason) {
    return Rejection{"quantity", adjustment.quantity->to_string(), std::move(reason)};
  };
  const Named symbol = Named::in(positions.symbols, history.meaning(adjustment.symbol.text));
  const Named client = Named::in(positions.clients, adjustment.client_id.text);
  if (terms_of(symbol) == nullptr && evaluator.rules().require_instruments) {
    return Rejection{"symbol", printable(symbol.id), "there is no instrument of it"};
  }
  Positions::Plan plan(client, symbol, symbol.index == kNone ? Price{} : positions.symbols[symbol.index].unit_value);
  if (auto rejection = positions.plan_opening(*adjustment.quantity, plan)) {
    // Of a price that leaves its range the quantity is to blame; what else there is are bounds.
    return rejection->field == "price" ? reject(rejection->reason) : *rejection;
  }
  if (may_close(symbol.index, adjustment.effective_at)) {
    if (auto rejection = positions.check_move_after_close(adjustment.quantity->units(), plan)) {
      return reject(rejection->reason);
    }
  }
  if (!positions.pnl_fits(plan, {.with_net = true})) return reject(kBasisOutOfRange);

  advance(adjustment.effective_at, events);
  if (has_closed()) {
    plan = Positions::Plan(client, symbol, plan.unit_value);
    RISK_CHECK(!positions.plan_opening(*adjustment.quantity, plan));
  }
  const std::int64_t before = plan.holding == nullptr ? 0 : plan.holding->quantity_units;
  const PositionKey place = take(plan, *now);
  positions.trade_bases(place, notional_units(adjustment.quantity->units(), plan.unit_value.units()) -
                                   notional_units(before, plan.unit_value.units()));
  if (symbol.index == kNone) positions.symbols[place.symbol].mark = kUnmarked;
  evaluator.note_symbol(place.symbol);
  return std::nullopt;
}

std::vector<std::string> Core::names_of(std::string_view symbol) const {
  std::vector<std::string> names{std::string(symbol)};
  const auto add = [&names](std::string_view name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.emplace_back(name);
  };
  // Each name that is found is asked in its turn, both for what it became and for what became it.
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string name = names[i];
    for (const auto& [old, renames] : impl_->history.renames.all()) {
      for (const Rename& rename : renames) {
        if (old == name) add(rename.new_symbol);
        if (rename.new_symbol == name) add(old);
      }
    }
  }
  return names;
}

}  // namespace risk::engine

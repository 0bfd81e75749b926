#!/usr/bin/env python3
"""Breaks a copy of the core on purpose, one way at a time, and tells whether the oracle notices.

    mutants.py [--streams N] [--only WORDS]     builds each mutant in a temporary folder (minutes in all); exit status 1 if one survives
"""
import argparse
import pathlib
import shutil
import sys
import tempfile

from build import build_driver
from compare import ROOT, Driver, compare_streams

# What it breaks, the file in libs/engine/src, what stands there once and what shall stand there instead.
MUTANTS = (
    ("an exposure at its limit opens", "alert_states.hpp", "value <= thresholds->limit", "value < thresholds->limit"),
    ("an exposure at its lower bound stays open", "alert_states.hpp", "value <= thresholds->resolved", "value < thresholds->resolved"),
    ("the velocity window is a slot short", "velocity_window.hpp", "if (age >= kSlots) return;", "if (age >= kSlots - 1) return;"),
    ("a late transaction counts as one of now", "kinds/velocity.hpp", "executed_at == e.parts.at ? now_slot", "true ? now_slot"),
    ("an order lasts an instant longer", "orders.hpp", "order.first.nanos < window_nanos_", "order.first.nanos <= window_nanos_"),
    ("an order goes on in another symbol", "orders.hpp", "order.symbol == symbol &&", "order.symbol != kNone &&"),
    ("an order goes on on the other side", "orders.hpp", "(order.sells != 0) == (execution.side == Side::kSell) &&", ""),
    ("an order goes on from its latest execution", "orders.hpp", "if (continues(order, symbol, execution)) return OrderPart::kContinuation;",
     "if (continues(order, symbol, execution)) return order.first = execution.executed_at, OrderPart::kContinuation;"),
    ("an order has no execution from before its first", "orders.hpp", "order.symbol == symbol &&", "order.symbol == symbol && order.first <= execution.executed_at &&"),
    ("an order with an id stays open beside one without", "orders.hpp", "if (order.ids != 0) ids(order).current = OrderIds::kNoId;", ""),
    ("an order without an id stays open beside one with an id", "orders.cpp", "order.symbol = kNone;", ""),
    ("one order id less is remembered", "orders.hpp", "kCounted = 8;", "kCounted = 7;"),
    ("an order that returns is counted again", "kinds/velocity.hpp", "e.parts.order == OrderPart::kBeginning", "e.parts.order != OrderPart::kContinuation"),
    ("a rule that counts each execution counts orders", "kinds/velocity.hpp", "e.rule.order_window_ms == 0 || ", ""),
    ("the order window is that of the last rule", "orders.cpp", "first->order_window_ms", "rules.velocity_rules.back().order_window_ms"),
    ("orders outlive the last rule that counts them", "rule_evaluator.cpp", "if (window_ms != 0) return;", "return;"),
    ("eleven executions count as an order", "activity_window.hpp", "kExecutionsAnOrder = 10;", "kExecutionsAnOrder = 11;"),
    ("a velocity falls when the executions do", "activity_window.cpp", "if (count_of(executions, further) > most)", "if (executions > most)"),
    ("a snapshot has no executions that count for no order", "snapshot.cpp", "save_further_executions(symbol.rules, EntityType::kSymbol);", ""),
    ("a snapshot has the order ids as they lie", "snapshot_orders.hpp", "ids.size < OrderIds::kCounted ? 0U : ids.next", "0U"),
    ("a snapshot has no open order", "snapshot.cpp", "order_text(core_.positions.orders, client.order, place_of_symbol_)", '""'),
    ("a late price becomes the mark", "core_impl.hpp", "at >= positions.symbols[symbol].mark.at", "true"),
    ("a price of the mark's instant does not become it", "core_impl.hpp", "at >= positions.symbols[symbol].mark.at",
     "at > positions.symbols[symbol].mark.at"),
    ("the mark's time is that of now", "core.cpp", "impl_->set_mark(place.symbol, valued.mark);",
     "impl_->set_mark(place.symbol, {valued.mark.price, *impl_->now, valued.mark.currency});"),
    ("a mark is in base currency, whatever it was given in", "core_inputs.cpp", "evaluator.rules().edition < 3", "true"),
    ("a price without a trade moves no time", "core_inputs.cpp", "const bool moved = impl_->advance(price.at, events);", "const bool moved = false;"),
    ("a rate moves no time", "core_inputs.cpp", "impl_->advance(rate.at, events);", "if (!impl_->now) impl_->advance(rate.at, events);"),
    ("an older rate is taken", "core_inputs.cpp", "if (rate.at < before.at) {", "if (false) {"),
    ("a rate re-values nothing", "core_inputs.cpp", "if (index != kNoCurrency) impl_->revalue(revaluation);", ""),
    ("no sweep looks at a symbol that a price moved", "core_inputs.cpp",
     "if (part.unit_value != positions.symbols[part.symbol].unit_value) evaluator.note_symbol(part.symbol);", ""),
    ("a rate of the rules takes the place of an exchange rate", "core_inputs.cpp", "if (rates[index].at != kOldest) continue;", ""),
    ("a rate of the rules re-values nothing", "core_inputs.cpp", "revalue(*at_new_rate);", ""),
    ("the firm keeps what a symbol was worth", "revaluation.cpp", "firm_long -= symbols[part.symbol].long_value;", ""),
    ("a rate may take the firm out of its range", "revaluation.cpp", "if (__builtin_add_overflow(firm_long, firm_short, &gross)) return false;",
     "(void)gross;"),
    ("another base currency re-reads no mark", "core_inputs.cpp", "symbol.mark = {symbol.unit_value, symbol.mark.at, label};", "symbol.mark = Mark(symbol.mark);"),
    ("an inverse contract is worth its price", "rates.hpp", "is_inverse ? Price::from_whole(1) : price", "is_inverse ? price : price"),
    ("an empty currency is the base currency", "core_inputs.cpp", "currency.empty() && terms != nullptr ? terms->currency : currency", "currency"),
    ("any price may be negative", "core_inputs.cpp", "price.units() < 0 && (terms == nullptr || !terms->allows_negative)", "false"),
    ("an instrument is for what is traded later", "core_inputs.cpp", "if (unit_value) revaluation.add(named.index, *unit_value);", ""),
    ("what expires at a sweep's second waits for the next", "core_inputs.cpp", "expiring_.begin()->first <= at", "expiring_.begin()->first < at"),
    ("expiries go by their instants, not by id", "core_inputs.cpp",
     "std::sort(expired.begin(), expired.end(), [this](auto a, auto b) { return positions.symbols.before(a, b); });", ""),
    ("what was traded after its end stays", "core_impl.hpp", "if (positions.symbols[place.symbol].terms != nullptr) watch_expiry(place.symbol);", ""),
    ("an expired symbol's alerts stay", "core_inputs.cpp", "evaluator.end_symbol(index, at, events);", ""),
    ("a plan is older than what was closed", "core.cpp", "impl_->advance(transaction.executed_at, events) && impl_->has_closed()",
     "impl_->advance(transaction.executed_at, events) && false"),
    ("the firm's net forgets what has a negative price", "revaluation.cpp", "firm_inverted += inverted(part.unit_value, part.long_value, part.short_value);", ""),
    ("a client's net forgets what has a negative price", "positions.cpp", "total -= counted_twice;\n      total -= counted_twice;", "(void)counted_twice;"),
    ("a part of net has the sign of its position", "positions.cpp", "return unit_value.units() < 0 ? -value : value;", "return value;"),
    ("a notional is below zero where the price is", "core.cpp", "valued.unit_value).magnitude();", "valued.unit_value);"),
    ("a mark is worth more after another base currency", "core_inputs.cpp", "before.edition >= 3 ? kNoCurrency : rates.base()", "rates.base()"),
    ("a slot is of microseconds", "velocity_window.hpp", "const Int128 thirds = Int128{3} * time.nanos;", "const Int128 thirds = Int128{3'000} * time.micros();"),
    ("a price at the limit jumps", "jump_guard.hpp", "scaled_price > Int128{mark.price.units()}", "scaled_price >= Int128{mark.price.units()}"),
    ("a price below the mark does not jump", "jump_guard.hpp", "Int128{price.price.units()} * multiple.units() < scaled_mark", "false"),
    ("prices are compared without their rates", "jump_guard.hpp", "price.currency == mark.currency", "true"),
    ("a price at the limit jumps at another rate", "jump_guard.cpp", "of_price * one > of_mark * times", "of_price * one >= of_mark * times"),
    ("a price of less than zero in another currency is near the mark", "jump_guard.cpp", "if (price <= 0) return true;", "if (price <= 0) return false;"),
    ("a mark guards for a day and an instant", "jump_guard.hpp", "mark.at.nanos < kGuardedNanos", "mark.at.nanos <= kGuardedNanos"),
    ("a tenth is not within a tenth", "jump_guard.cpp", "* Wide(Uint128{10}) <=", "* Wide(Uint128{10}) <"),
    ("a mark's age is that of before the input", "core_impl.hpp", "return now ? std::max(*now, at) : at;", "return now.value_or(at);"),
    ("an order confirms itself", "core_held_prices.cpp", "source->client != held.client) return true;", "source->client != held.client || true) return true;"),
    ("the same client confirms nothing", "core_held_prices.cpp",
     "  const Transaction& execution = source->execution;", "  return false;\n  const Transaction& execution = source->execution;"),
    ("an order id is as good as another", "core_held_prices.cpp", "order_hash(execution.order_id) != held.order", "false"),
    ("a client's next order is the one that held", "orders.hpp", "order.held = 0;", ""),
    ("a client's order with an id is the one without that held", "orders.cpp", "order.held = 0;", ""),
    ("what is held outlives the next mark", "core_impl.hpp", "    drop_held(symbol);\n    Mark& kept", "    Mark& kept"),
    ("a held price makes turnover at the mark", "core.cpp", "impl_->positions.move_turnover(place, notional.units());",
     "impl_->positions.move_turnover(place, fate == Impl::Fate::kHeld ? Notional::of(transaction.quantity, plan.unit_value).magnitude().units() : notional.units());"),
    ("an anomaly of a held price is one of its price", "rule_evaluator.cpp", "executed.held == nullptr\n", "executed.held != executed.held + 1\n"),
    ("a held price is high from above a thousandth", "rule_evaluator.cpp", "notional.units() >= Notional::of(*limit)", "notional.units() > Notional::of(*limit)"),
    ("a held price without a trade waits for the sweep", "core_inputs.cpp",
     "impl_->evaluator.evaluate_price(held, impl_->input, named.index, *impl_->now, events);", "(void)held;"),
    ("a price of zero is told of", "kinds/price.hpp", " || held.price == Price{}", ""),
    ("a second held price is no further one", "kinds/price.hpp", "state.alert->last_seen = e.parts.at;", "if (state.alert->last == 0) state.alert->last_seen = e.parts.at;"),
    ("a price alert outlives its rule", "kinds/price.hpp", "state.limit != Ratio{} && e.parts.at < quiet", "e.parts.at < quiet"),
    ("a bust leaves the held price", "core_reversals.cpp", "its_held.swap(plan.held);", "its_held = plan.held;"),
    ("a correction of a held price marks unguarded", "core_reversals.cpp", "if (jumps(made_now.mark, symbol.index, after(reversal.executed_at))) {", "if (false) {"),
    ("a correction of a held price is of its own instant", "core_reversals.cpp", "its_held ? its_held->made.mark.at", "its_held ? reversal.executed_at"),
    ("a person's price is of now", "core_held_prices.cpp",
     "impl_->set_mark(named.index, held.made);", "impl_->set_mark(named.index, Mark{held.made.mark.price, *impl_->now, held.made.mark.currency});"),
    ("another base currency keeps what is held", "core_inputs.cpp", "    drop_held(i);\n", ""),
    ("a snapshot has no held price", "snapshot.cpp", "if (symbol.holds_price) {", "if (false) {"),
    ("a snapshot has no open order that held", "snapshot_marks.hpp", "order.held = 1;", ""),
    ("an exposure that rises again is still low", "kinds/exposure.hpp", "low_since.reset();", ""),
    ("an exposure resolves at a transaction", "kinds/exposure.hpp", "e.parts.transaction != nullptr || ", ""),
    ("no sweep comes when a symbol can resolve", "kinds/exposure.hpp", "e.is_to_be_watched = true;", ""),
    ("valuations do not hear of a mark", "positions.cpp", "marks.set(index, magnitude(unit_value));", ""),
    ("one sample too many is needed", "anomaly_window.hpp", "size_ < rule.samples_min", "size_ <= rule.samples_min"),
    ("half a cent is rounded up", "anomaly_window.cpp", "cents % 2 == 1", "true"),
    ("a sweep goes by appearance, not by id", "watchlist.hpp", "entities.before(a.index, b.index)", "a.index < b.index"),
    ("a session begins a day late", "core_impl.hpp", "session_begin(evaluator.rules().session_start, second) > before",
     "session_begin(evaluator.rules().session_start, second) > before + 86'400"),
    ("a session begins by UTC", "session.cpp", "start.changes.empty() ? local : first_showing(start.changes, local)", "local"),
    ("clocks that are set forward begin no session", "session.cpp", "change == changes.begin() ? std::numeric_limits<std::int64_t>::min()",
     "true ? std::numeric_limits<std::int64_t>::min()"),
    ("the prefilter does not hear of a trade", "positions.cpp", "client.bound = prefilter.moved(client.bound, symbol, from_units, to.units());", ""),
    ("the prefilter does not hear of a rise", "prefilter.hpp", "rise_ = std::max(rise_, rise);", ""),
    ("a valuation misses its own trade", "positions.cpp", "add_wrapping(client.valuation->long_value, long_units(to.units(), mark_units));", ""),
    ("the squares forget nothing", "anomaly_window.hpp", "squares_ += Uint128{cents} * cents - Uint128{gone} * gone;", "squares_ += Uint128{cents} * cents;"),
    ("a trade makes no basis", "basis.cpp", "add_wrapping(clients[place.client].basis, value);", ""),
    ("a trade's basis is at the mark", "core.cpp", "notional_units(signed_quantity.units(), valued.unit_value.units())",
     "notional_units(signed_quantity.units(), plan.unit_value.units())"),
    ("a session goes on with its P&L", "core_impl.hpp", "positions.reset_bases(at);", ""),
    ("an instrument makes P&L", "core_inputs.cpp", "revaluation.moves_bases = true;", ""),
    ("a position that expires makes P&L", "revaluation.cpp", "move_bases(index, symbol.unit_value, {});", ""),
    ("an opening position makes P&L of those who hold", "core.cpp",
     "impl_->positions.move_bases(symbol.index, impl_->positions.symbols[symbol.index].unit_value, plan.unit_value);", ""),
    ("an opening position replaces nothing in the basis", "core.cpp",
     "notional_units(position.quantity.units(), plan.unit_value.units()) - before", "notional_units(position.quantity.units(), plan.unit_value.units())"),
    ("a P&L out of range is taken", "core.cpp", "if (!impl_->positions.pnl_fits(plan, {.value = value, .with_net = is_first_mark})) {", "if (false) {"),
    ("a bust leaves the position", "core_reversals.cpp", "Int128{quantity.units()} - original.units();", "Int128{quantity.units()};"),
    ("a bust leaves the basis", "core_reversals.cpp", "positions.trade_bases(place, move->value);", "positions.trade_bases(place, 0);"),
    ("a bust moves the turnover of any session", "core_reversals.cpp", "original.first_input >= impl_->session_from ?", "true ?"),
    ("a chain's turnover is of the session of its latest correction", "core_reversals.cpp", "original.first_input >= impl_->session_from",
     "original.input >= impl_->session_from"),
    ("a bust of a sale adds turnover", "core_reversals.cpp", "(old_value < 0 ? -old_value : old_value)", "old_value"),
    ("a bust of the mark leaves it", "core_reversals.cpp", "marks.remove(made);", ""),
    ("a bust's mark is worth what the busted one was", "core_reversals.cpp", "plan.positions.unit_value = *worth;", ""),
    ("a bust that takes the P&L out of range is taken", "core_reversals.cpp",
     "if (!positions.pnl_fits(plan.positions, {.value = move->value, .with_net = is_first_mark})) {",
     "if (false) {"),
    ("a bust is not judged as if its symbol had closed", "core_reversals.cpp", "if (impl_->may_close(plan.positions.symbol.index, reversal.executed_at)) {",
     "if (false) {"),
    ("a bust's plan is older than what was closed", "core_reversals.cpp", "impl_->advance(reversal.executed_at, events) && impl_->has_closed()",
     "impl_->advance(reversal.executed_at, events) && false"),
    ("a bust out of range is to blame by its quantity", "core_reversals.cpp", 'return {"ref_transaction_id", reversal.ref_transaction_id, reason};',
     'return {"quantity", reversal.quantity.to_string(), reason};'),
    ("a correction's price is of its own instant", "core_reversals.cpp", "has_made ? marks.at(made).mark.at", "reversal.executed_at"),
    ("a correction leaves the mark", "core_reversals.cpp", "marks.replace(made, {valued->mark, input});", ""),
    ("a correction's mark is still its original's", "core_reversals.cpp", "marks.replace(made, {valued->mark, input});", "marks.replace(made, {valued->mark, original.input});"),
    ("a correction's size is not judged", "core_reversals.cpp", "corrects ? std::optional(notional) : std::nullopt", "std::optional<Notional>()"),
    ("what was only counted never marks", "core_reversals.cpp", "marks.add(made_now);", ""),
    ("what was only counted marks whatever is newer", "core_reversals.cpp", " && may_mark(symbol.index, at)", ""),
    ("what is only counted is no transaction", "core_reversals.cpp", "positions.count_transaction(place);", ""),
    ("what is only counted moves no time", "core_reversals.cpp", "impl_->advance(transaction.executed_at, events) && impl_->has_closed()",
     "(impl_->now || impl_->advance(transaction.executed_at, events)) && false"),
    ("a symbol that was only counted is marked", "core_reversals.cpp", "if (symbol.index == kNone) positions.symbols[place.symbol].mark = {{}, kOldest, kNoCurrency};", ""),
    ("one mark less is remembered", "remembered_marks.hpp", "kMost = 8;", "kMost = 7;"),
    ("the only mark leaves", "remembered_marks.hpp", "if (size_ == 1) return;", ""),
    ("any mark that leaves is the newest", "remembered_marks.hpp", "mark_at(place) = mark_at(place + 1);", "(void)place;"),
    ("marks beyond the last eight come before them", "remembered_marks.hpp", "oldest_ = (oldest_ + 1) % kMost;", ""),
    ("nobody knows who made a mark", "core_impl.hpp", "remembered[symbol].add(made);", "remembered[symbol].add({made.mark, 0});"),
    ("another base currency remembers no maker", "core_inputs.cpp", "marks.keep_only({symbol.mark, marks.newest().input})", "marks.keep_only({symbol.mark, 0})"),
    ("another base currency remembers the marks before", "core_inputs.cpp", "marks.keep_only({symbol.mark, marks.newest().input})",
     "marks.replace(marks.size() - 1, {symbol.mark, marks.newest().input})"),
    ("what begins a session is of the one before", "core_impl.hpp", "session_from = input;", "session_from = input + 1;"),
    ("no session begins for turnover", "core_impl.hpp", "if (evaluator.rules().knows_reversals()) session_from = input;", ""),
    ("a position may be a unit below its range", "positions.cpp", "to < -INT64_MAX ||", "to < -INT64_MAX - 1 ||"),
    ("the firm's turnover may leave its range", "positions.cpp",
     'if (__builtin_add_overflow(firm.turnover.units(), turnover, &turnover)) return reject("firm\'s turnover");', ""),
    ("a move of more than a position fits a closed one", "revaluation.cpp", "(units < 0 ? -units : units) <= INT64_MAX &&", ""),
    ("a bust resolves no alert", "rule_evaluator.cpp", "if (!state.alert || state.alert->tipped_by != reversing.original) return;", "if (true) return;"),
    ("a bust resolves what another tipped", "rule_evaluator.cpp", "if (!state.alert || state.alert->tipped_by != reversing.original) return;", "if (!state.alert) return;"),
    ("what a correction tips is its original's", "rule_evaluator.cpp", "&reversing.transaction, reversing.input};", "&reversing.transaction, reversing.original};"),
    ("a bust leaves exposures to the next sweep", "rule_evaluator.cpp", "!std::is_same_v<Rule, ExposureRule> && !(std::is_same_v<Rule, SizeRule> && notional)",
     "!(std::is_same_v<Rule, SizeRule> && notional)"),
    ("a correction is judged by every rule", "rule_evaluator.cpp", "!std::is_same_v<Rule, ExposureRule> && !(std::is_same_v<Rule, SizeRule> && notional)",
     "!std::is_same_v<Rule, ExposureRule> && !notional"),
    ("an alert is tipped by what opened it", "kinds/kind.hpp", "if (decision.event != AlertEventType::kResolved) alert->tipped_by",
     "if (decision.event == AlertEventType::kOpened) alert->tipped_by"),
    ("an anomaly outlives its execution", "kinds/anomaly.hpp", "kIsOfOneTransaction = true;", "kIsOfOneTransaction = false;"),
    ("a holder who grows does not lead", "positions.cpp", "symbol.top_holders_floor = symbol.top_holders->floor();", ""),
    ("a split leaves positions", "core_adjustments.cpp", "if (quantity) part.positions.push_back({client, holding.quantity_units, quantity->units()});",
     "if (quantity) part.positions.push_back({client, holding.quantity_units, holding.quantity_units});"),
    ("a split price is rounded towards zero", "core_adjustments.cpp", "const Int128 units = divide_half_even(Int128{value.units()} * times, by);",
     "const Int128 units = Int128{value.units()} * times / by;"),
    ("a split leaves the remembered marks", "core_adjustments.cpp", "marks.replace(i, made);", ""),
    ("what comes late is not split", "symbol_history.hpp", "if (executed_at < split.effective_at) found.push_back(split);", ""),
    ("what is of a split's instant is split", "symbol_history.hpp", "if (executed_at < split.effective_at) found", "if (executed_at <= split.effective_at) found"),
    ("splits of what comes late go by their application", "symbol_history.hpp", "return a.effective_at < b.effective_at; });", "return a.input < b.input; });"),
    ("the new name's earlier splits are the old one's too", "symbol_history.hpp", "      since = rename->input;", "      since = 0;"),
    ("a bust of what was split takes what came", "core_reversals.cpp", "Int128{quantity.units()} - original.units();", "Int128{quantity.units()} - applied.units();"),
    ("a correction is in the units of now", "core_reversals.cpp", "split_price(reversal.price, plan.original.splits);", "split_price(reversal.price, {});"),
    ("a bust after a rename moves the new symbol's turnover", "core_reversals.cpp", "{place.client, plan.original.counted_in}, turnover()", "place, turnover()"),
    ("no sweep looks at the old symbol whose turnover a bust moved", "core_reversals.cpp", "impl_->evaluator.note_symbol(plan.original.counted_in);", ""),
    ("an old name is a symbol of its own", "symbol_history.hpp", "return renames.meaning(symbol); }", "return symbol; }"),
    ("an instrument leaves a rename in force", "core_inputs.cpp", "impl_->history.renames.end(id, impl_->input, false);", ""),
    ("an instrument takes a rename back", "core_inputs.cpp", "impl_->history.renames.end(id, impl_->input, false);", "impl_->history.renames.end(id, impl_->input, true);"),
    ("of two marks of one instant the old symbol's is newer", "core_adjustments.cpp", "i < first.size() && first.at(i).mark.at <= second.at(j).mark.at",
     "i < first.size() && first.at(i).mark.at < second.at(j).mark.at"),
    ("the old symbol keeps its mark", "core_adjustments.cpp", "positions.symbols[old].mark = kUnmarked;", ""),
    ("a renamed symbol's instrument wins", "core_adjustments.cpp",
     "own != nullptr ? own : instruments.find(from)",
     "instruments.find(from) != nullptr ? instruments.find(from) : own"),
    ("an adjustment is a gain", "restatement.cpp", "move_bases(part.symbol, symbol.unit_value, part.unit_value);", ""),
    ("a split is a gain", "restatement.cpp", "trade_bases(place, notional_units(position.to", "if (position.from == 0) trade_bases(place, notional_units(position.to"),
    ("a first mark is a gain", "core.cpp", "if (is_first_mark) [[unlikely]]", "if (false)"),
    ("a snapshot has no splits", "snapshot.cpp", "splits_text(core_.history.splits, out_.input_numbers())", '""'),
    ("a snapshot has no renames", "snapshot.cpp", "renames_text(core_.history.renames, out_.input_numbers())", '""'),
)


def mutate(folder, file, old, new):
    path = folder / "libs/engine/src" / file
    text = path.read_text(encoding="utf-8")
    if text.count(old) != 1:
        sys.exit(f"mutants: {file} has {text.count(old)} times: {old}")
    path.write_text(text.replace(old, new), encoding="utf-8")


def noticed(mutant, streams):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for part in ("base", "engine"):
            shutil.copytree(ROOT / "libs" / part, folder / "libs" / part)
        for part in ("tests/differential/core_driver.cpp", "tests/support/snapshots.hpp", "tests/support/verified.hpp"):
            (folder / part).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / part, folder / part)
        mutate(folder, *mutant[1:])
        build_driver(folder / "core_driver", folder)
        return compare_streams(Driver(folder / "core_driver"), 1, streams).differences


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=200)
    parser.add_argument("--only", default="", metavar="WORDS", help="those whose description has them")
    options = parser.parse_args()
    streams, mutants = options.streams, [mutant for mutant in MUTANTS if options.only in mutant[0]]
    survivors = 0
    for mutant in mutants:
        differences = noticed(mutant, streams)
        survivors += not differences
        print(f"{f'caught by {len(differences)} of {streams} streams' if differences else 'SURVIVES':32} {mutant[0]}", flush=True)
    print(f"{len(mutants) - survivors} of {len(mutants)} caught")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())

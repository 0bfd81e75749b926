// What changes marks and rates without a trade: prices, exchange rates, and other rules.
#include <algorithm>
#include <utility>

#include "core_impl.hpp"
#include "risk/base/check.hpp"
#include "risk/base/text.hpp"
#include "values.hpp"

namespace risk::engine {

Result<Core::Impl::Valued, Rejection> Core::Impl::value(const Named& symbol, Price price, const std::string& currency,
                                                        Timestamp at) const {
  const Terms* terms = terms_of(symbol);
  if (terms == nullptr && evaluator.rules().require_instruments) {
    return Rejection{"symbol", printable(symbol.id), "there is no instrument of it"};
  }
  if (price.units() < 0 && (terms == nullptr || !terms->allows_negative)) {
    return Rejection{"price", price.to_string(), "a negative price where the instrument has none"};
  }
  const std::string& name = currency.empty() && terms != nullptr ? terms->currency : currency;
  const CurrencyIndex index = rates.find(name);
  if (index == kNoCurrency) return Rejection{"currency", printable(name), "there is no rate for it"};
  const auto unit_value = rates.unit_value(price, index, terms);
  if (!unit_value) {
    return Rejection{"price", price.to_string(),
                     "out of range in " + rates.name(rates.base()) + " at rate " + rates[index].rate.to_string()};
  }
  if (evaluator.rules().edition < 3) return value_in_base(*unit_value, at);
  return Valued{{price, at, index}, *unit_value};
}

std::optional<Positions::Revaluation> Core::Impl::revaluation(CurrencyIndex currency, Rate rate) {
  Positions::Revaluation revaluation;
  for (SymbolIndex index = 0; index < positions.symbols.size(); ++index) {
    const Mark& mark = positions.symbols[index].mark;
    if (mark.currency != currency) continue;
    const auto unit_value = Rates::unit_value_at(rate, mark.price, positions.symbols[index].terms);
    if (!unit_value) return std::nullopt;
    revaluation.add(index, *unit_value);
  }
  if (!positions.plan(revaluation) || !positions.pnl_fits(revaluation)) return std::nullopt;
  return revaluation;
}

void Core::Impl::revalue(const Positions::Revaluation& revaluation) {
  for (const auto& part : revaluation.parts) {
    if (part.unit_value != positions.symbols[part.symbol].unit_value) evaluator.note_symbol(part.symbol);
  }
  positions.take(revaluation, now.value_or(Timestamp{}));
}

void Core::Impl::change_marks(const RuleSet& next) {
  const RuleSet& before = evaluator.rules();
  const bool keeps_times = before.edition >= 2 || next.edition < 2;
  const bool keeps_currencies = before.edition >= 3 && next.edition >= 3 && before.base_currency == next.base_currency;
  if (!keeps_currencies) rates = Rates(next);
  const CurrencyIndex label = before.edition >= 3 ? kNoCurrency : rates.base();
  for (SymbolIndex i = 0; i < positions.symbols.size(); ++i) {
    SymbolState& symbol = positions.symbols[i];
    // When a symbol was marked under edition 1 is not known, and now may be that of a wrong clock: any price may
    // follow.
    if (!keeps_times) symbol.mark.at = kOldest;
    if (keeps_currencies) continue;
    drop_held(i);
    symbol.mark = {symbol.unit_value, symbol.mark.at, label};
    RememberedMarks& marks = remembered[i];
    if (!marks.empty()) marks.keep_only({symbol.mark, marks.newest().input});
  }
  if (!keeps_currencies) return;
  for (const auto& [currency, rate] : next.rates) {
    const CurrencyIndex index = rates.find(currency);
    if (index == rates.base()) continue;
    if (index != kNoCurrency) {
      if (rates[index].at != kOldest) continue;  // an ExchangeRate is newer
      const auto at_new_rate = revaluation(index, rate);
      if (!at_new_rate) continue;
      revalue(*at_new_rate);
    }
    rates.set(currency, {rate});
  }
}

void Core::Impl::begin_to_remember() {
  const bool remembers = evaluator.rules().knows_reversals();
  session_from = remembers ? input : 0;
  for (SymbolIndex i = 0; i < positions.symbols.size(); ++i) {
    remembered[i] = {};
    if (remembers) remembered[i].add({positions.symbols[i].mark, 0});
  }
}

Result<Price, Rejection> Core::unit_value(const Transaction& received) const {
  if (auto problem = value_problem(received)) return *std::move(problem);
  const auto restated = impl_->restated(received);
  if (!restated) return restated.error();
  const Transaction& transaction = restated->has_value() ? **restated : received;
  const Named symbol = Named::in(impl_->positions.symbols, transaction.symbol.text);
  const auto valued = impl_->value(symbol, transaction.price, transaction.currency, transaction.executed_at);
  if (!valued) return valued.error();
  return valued->unit_value;
}

Result<bool, Rejection> Core::apply(const MarketPrice& received, std::vector<AlertEvent>& events) {
  if (auto problem = value_problem(received)) return *std::move(problem);
  const auto restated = impl_->restated(received);
  if (!restated) return restated.error();
  const MarketPrice& price = *restated;
  Positions& positions = impl_->positions;
  const Named named = Named::in(positions.symbols, price.symbol.text);
  const auto valued = impl_->value(named, price.price, price.currency, price.at);
  if (!valued) return valued.error();
  const Impl::Fate fate =
      impl_->fate_of(valued->mark, named.index, impl_->known(named.index), impl_->after(price.at), nullptr);
  if (fate == Impl::Fate::kIgnored) return false;
  if (fate == Impl::Fate::kHeld) {
    impl_->advance(price.at, events);
    const HeldNow held = impl_->hold(valued->mark, named.index);
    impl_->evaluator.evaluate_price(held, impl_->input, named.index, *impl_->now, events);
    impl_->watch_expiry(named.index);  // whose alerts the next sweep ends
    return true;
  }
  Positions::Revaluation revaluation;
  if (named.index != kNone) {
    revaluation.add(named.index, valued->unit_value);
    revaluation.moves_bases = impl_->is_unmarked(named.index);
    if (!positions.plan(revaluation) || !positions.pnl_fits(revaluation)) {
      return Rejection{"price", price.price.to_string(), "it would take the firm's gross exposure or P&L out of range"};
    }
  } else if (auto rejection = positions.too_many_symbols(price.symbol.text)) {
    return *std::move(rejection);
  }

  const bool moved = impl_->advance(price.at, events);
  if (named.index == kNone) {
    const SymbolIndex added = impl_->add_symbol(named, valued->unit_value);
    impl_->set_mark(added, valued->mark);
    positions.note_symbol_changed(added, *impl_->now);
    return true;
  }
  const Mark before = positions.symbols[named.index].mark;
  if (impl_->has_closed()) RISK_CHECK(positions.plan(revaluation));
  impl_->revalue(revaluation);
  impl_->set_mark(named.index, valued->mark);
  return moved || before != positions.symbols[named.index].mark;
}

Result<bool, Rejection> Core::apply(const ExchangeRate& rate, std::vector<AlertEvent>& events) {
  if (auto problem = value_problem(rate)) return *std::move(problem);
  Rates& rates = impl_->rates;
  const CurrencyIndex index = rates.find(rate.currency);
  if (index == rates.base()) {
    return Rejection{"currency", printable(rate.currency), "it is the base currency, whose rate is 1"};
  }
  if (index == kNoCurrency && rates.is_full()) {
    return too_many("currency", rate.currency, Rates::kCurrenciesMax, "currencies");
  }
  const Rates::InForce next{rate.rate, rate.at};
  Positions::Revaluation revaluation;
  if (index != kNoCurrency) {
    const Rates::InForce before = rates[index];
    if (rate.at < before.at) {
      return Rejection{"at", format_timestamp(rate.at),
                       "older than the rate in force, which is of " + format_timestamp(before.at)};
    }
    auto at_new_rate = impl_->revaluation(index, rate.rate);
    if (!at_new_rate) {
      return Rejection{"rate", rate.rate.to_string(), "it would take what a symbol is worth out of range"};
    }
    revaluation = *std::move(at_new_rate);
    if (next == before && impl_->now && rate.at <= *impl_->now) return false;
  }

  impl_->advance(rate.at, events);
  if (impl_->has_closed()) RISK_CHECK(impl_->positions.plan(revaluation));
  if (index != kNoCurrency) impl_->revalue(revaluation);
  rates.set(rate.currency, next);
  return true;
}

Result<bool, Rejection> Core::apply(const Instrument& instrument) {
  if (auto problem = value_problem(instrument)) return *std::move(problem);
  const std::string& id = instrument.symbol.text;
  const Terms terms = Terms::of(instrument);
  const Terms* before = impl_->instruments.find(id);
  if (before == nullptr && impl_->instruments.is_full()) {
    return too_many("symbol", id, kInstrumentsMax, "instruments");
  }
  if (before != nullptr && *before == terms) return false;
  Positions& positions = impl_->positions;
  const Named named = Named::in(positions.symbols, id);
  Positions::Revaluation revaluation;
  revaluation.moves_bases = true;
  if (named.index != kNone) {
    const Mark& mark = positions.symbols[named.index].mark;
    const auto unit_value = impl_->rates.unit_value(mark.price, mark.currency, &terms);
    if (unit_value) revaluation.add(named.index, *unit_value);
    if (!unit_value || !positions.plan(revaluation) || !positions.pnl_fits(revaluation)) {
      return Rejection{"multiplier", terms.multiplier.to_string(),
                       "it would take what the symbol is worth out of range"};
    }
  }
  impl_->history.renames.end(id, impl_->input, false);  // it is a symbol of its own again
  impl_->instruments.set(id, terms);
  if (named.index == kNone) return true;
  impl_->note_terms(named.index);
  impl_->revalue(revaluation);
  impl_->evaluator.note_symbol(named.index);
  return true;
}

void Core::Impl::close_expired(Timestamp at, std::vector<AlertEvent>& events) {
  std::vector<SymbolIndex> expired;
  for (; !expiring_.empty() && expiring_.begin()->first <= at; expiring_.erase(expiring_.begin())) {
    const SymbolIndex index = expiring_.begin()->second;
    positions.symbols[index].expiry_watched.reset();
    expired.push_back(index);
  }
  std::sort(expired.begin(), expired.end(), [this](auto a, auto b) { return positions.symbols.before(a, b); });
  for (const SymbolIndex index : expired) {
    if (positions.symbols[index].positions != 0) {
      positions.close(index, at);
      has_closed_ = true;
    }
    evaluator.end_symbol(index, at, events);
  }
}

}  // namespace risk::engine

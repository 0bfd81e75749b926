#include "drop-copy/contracts.hpp"

#include <utility>

#include "drop-copy/fix/tags.hpp"
#include "risk/engine/rules.hpp"

namespace risk::drop_copy {

void Contracts::restore(engine::Instrument instrument) {
  if (known_.size() >= engine::kInstrumentsMax) return;
  const auto symbol = instrument.symbol.text;
  known_.insert_or_assign(symbol, Known{std::move(instrument)});
}

Contracts::News Contracts::note(const Execution& execution) {
  // Of a bust a broker may leave out anything, and it says nothing that its execution has not said.
  if (execution.transaction.kind == engine::ExecutionKind::kBust) return std::monostate();
  const auto& [multiplier, expires_at, asset_class] = execution.terms;
  if (!multiplier && !expires_at) return std::monostate();
  const auto& transaction = execution.transaction;
  const auto found = known_.find(transaction.symbol.text);
  const bool is_known = found != known_.end();
  engine::Instrument instrument;
  if (is_known) {
    instrument = found->second.instrument;
    const auto& known = instrument.expires_at;
    if (known && expires_at && *known != *expires_at && transaction.executed_at < *known) {
      return Unusable{tag::kMaturityDate, format_timestamp(*expires_at),
                      "\"" + printable(transaction.symbol.text) + "\" expires " + format_timestamp(*known) +
                          " in an earlier message, and so stands for two contracts: set the session's symbol_from to "
                          "security_id"};
    }
  }
  instrument.symbol = transaction.symbol;
  if (instrument.currency.empty()) instrument.currency = transaction.currency;
  if (instrument.asset_class.empty()) {
    instrument.asset_class = printable(asset_class, engine::kInstrumentTextBytesMax);
  }
  if (multiplier) instrument.multiplier = *multiplier;
  if (expires_at) instrument.expires_at = *expires_at;
  if (is_known && found->second.is_told && found->second.instrument == instrument) return std::monostate();
  if (const auto problem = engine::value_problem(instrument)) {
    return Unusable{tag_of_field(problem->field, {}), problem->value, problem->reason};
  }
  if (is_known || known_.size() < engine::kInstrumentsMax) {
    known_.insert_or_assign(transaction.symbol.text, Known{instrument, true});
  }
  return instrument;
}

}  // namespace risk::drop_copy

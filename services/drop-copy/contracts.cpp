#include "drop-copy/contracts.hpp"

#include "drop-copy/fix/tags.hpp"
#include "risk/engine/rules.hpp"

namespace risk::drop_copy {

Contracts::News Contracts::note(const Execution& execution) {
  // Of a bust a broker may leave out currency and expiry, and after a start nothing is known that would have them.
  if (execution.transaction.kind == engine::ExecutionKind::kBust) return std::monostate();
  const auto& [multiplier, expires_at, asset_class] = execution.terms;
  if (!multiplier && !expires_at) return std::monostate();
  const auto& transaction = execution.transaction;
  const auto found = known_.find(transaction.symbol.text);
  engine::Instrument instrument;
  if (found != known_.end()) {
    instrument = found->second;
    const auto& known = instrument.expires_at;
    if (known && expires_at && *known != *expires_at && transaction.executed_at < *known) {
      return Unusable{tag::kMaturityDate, format_timestamp(*expires_at),
                      "\"" + printable(transaction.symbol.text) + "\" expires " + format_timestamp(*known) +
                          " in an earlier message, and so stands for two contracts: set the session's symbol_from to "
                          "security_id"};
    }
  } else {
    instrument.symbol = transaction.symbol;
    instrument.currency = transaction.currency;
    instrument.asset_class = printable(asset_class, engine::kInstrumentTextBytesMax);
  }
  if (multiplier) instrument.multiplier = *multiplier;
  if (expires_at) instrument.expires_at = *expires_at;
  if (found != known_.end() && found->second == instrument) return std::monostate();
  if (const auto problem = engine::value_problem(instrument)) {
    return Unusable{tag_of_field(problem->field, {}), problem->value, problem->reason};
  }
  if (found != known_.end() || known_.size() < engine::kInstrumentsMax) known_[transaction.symbol.text] = instrument;
  return instrument;
}

}  // namespace risk::drop_copy

// What symbols stand for, as the messages of a session say it.
#include "drop-copy/contracts.hpp"

#include "support/catch.hpp"

using namespace risk;
using namespace risk::drop_copy;

namespace {

Execution execution(const std::string& symbol, const std::string& multiplier, const std::string& expiry,
                    const std::string& at = "2026-03-02T14:30:00Z") {
  Execution made;
  made.transaction.symbol = Symbol(symbol);
  made.transaction.currency = "USD";
  made.transaction.executed_at = *parse_timestamp(at);
  if (!multiplier.empty()) made.terms.multiplier = *Multiplier::parse(multiplier);
  if (!expiry.empty()) made.terms.expires_at = *parse_timestamp(expiry);
  return made;
}

std::string told(const Contracts::News& news) {
  if (const auto* unusable = std::get_if<Unusable>(&news)) return unusable->reason;
  const auto* instrument = std::get_if<engine::Instrument>(&news);
  if (instrument == nullptr) return "nothing";
  return instrument->symbol.text + " x " + instrument->multiplier.to_string() +
         (instrument->expires_at ? " until " + format_timestamp(*instrument->expires_at).substr(0, 10) : "");
}

constexpr char kMarch[] = "2026-03-21T00:00:00Z";
constexpr char kJune[] = "2026-06-20T00:00:00Z";

}  // namespace

TEST_CASE("what messages say of a symbol is told once, and again when they say more or something else") {
  Contracts contracts;
  CHECK(told(contracts.note(execution("AAPL", "", ""))) == "nothing");
  CHECK(told(contracts.note(execution("ES", "50", ""))) == "ES x 50");
  CHECK(told(contracts.note(execution("ES", "50", ""))) == "nothing");
  CHECK(told(contracts.note(execution("ES", "", kMarch))) == "ES x 50 until 2026-03-21");
  CHECK(told(contracts.note(execution("ES", "", ""))) == "nothing");
  CHECK(told(contracts.note(execution("ES", "20", kMarch))) == "ES x 20 until 2026-03-21");
}

TEST_CASE(
    "a symbol that stands for two contracts at a time is not added up, but one that has expired may be used again") {
  Contracts contracts;
  CHECK(told(contracts.note(execution("ES", "50", kMarch))) == "ES x 50 until 2026-03-21");
  CHECK(told(contracts.note(execution("ES", "50", kJune))) ==
        "\"ES\" expires 2026-03-21T00:00:00.000000Z in an earlier message, and so stands for two contracts: set the "
        "session's symbol_from to security_id");
  CHECK(told(contracts.note(execution("ES", "50", kMarch))) == "nothing");
  CHECK(told(contracts.note(execution("ES", "50", kJune, kMarch))) == "ES x 50 until 2026-06-20");
}

TEST_CASE("a bust says nothing of what its symbol stands for: brokers leave out of it what the execution had said") {
  Contracts contracts;
  auto bust = execution("ES", "50", "");
  bust.transaction.kind = engine::ExecutionKind::kBust;
  bust.transaction.currency.clear();
  CHECK(told(contracts.note(bust)) == "nothing");
  CHECK(told(contracts.note(execution("ES", "50", kMarch))) == "ES x 50 until 2026-03-21");
  CHECK(told(contracts.note(bust)) == "nothing");
}

TEST_CASE("what had been said before a restart is told again, with what the first message after it leaves out") {
  Contracts before;
  const auto said = std::get<engine::Instrument>(before.note(execution("ES", "50", kMarch)));
  Contracts contracts;
  contracts.restore(said);
  auto silent = execution("ES", "50", "");
  silent.transaction.currency.clear();
  CHECK(std::get<engine::Instrument>(contracts.note(silent)) == said);
  CHECK(told(contracts.note(silent)) == "nothing");
  CHECK(told(contracts.note(execution("ES", "20", ""))) == "ES x 20 until 2026-03-21");
  CHECK(told(contracts.note(execution("ES", "20", kJune))).starts_with("\"ES\" expires 2026-03-21"));
}

TEST_CASE("a currency that the first message leaves out is taken from a later one, and does not change then") {
  Contracts contracts;
  auto silent = execution("ES", "50", kMarch);
  silent.transaction.currency.clear();
  CHECK(std::get<engine::Instrument>(contracts.note(silent)).currency.empty());
  CHECK(std::get<engine::Instrument>(contracts.note(execution("ES", "50", ""))).currency == "USD");
  auto other = execution("ES", "50", "");
  other.transaction.currency = "GBP";
  CHECK(told(contracts.note(other)) == "nothing");
  CHECK(told(contracts.note(silent)) == "nothing");
}

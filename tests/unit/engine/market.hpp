// A market whose transactions follow from a seed, and rules of which each alerts now and then in it.
#pragma once

#include <random>
#include <string>
#include <utility>

#include "desk.hpp"
#include "risk/base/check.hpp"

namespace risk::engine {

inline RuleSet lively_rules() {
  RuleSet rules;
  rules.config_version = 7;
  for (auto& rule : rules.exposure_rules) rule.resolved_after_seconds = 0;
  for (auto& rule : rules.velocity_rules) rule.order_window_ms = 0;
  rules.price("price_deviation").enabled = false;
  rules.rates["EUR"] = *Rate::parse("1.08");
  rules.exposure("client_exposure").limit = Money::from_whole(20'000);
  rules.exposure("client_exposure").limit_by_entity["C1"] = Money::from_whole(5'000);
  rules.exposure("symbol_exposure").limit = Money::from_whole(30'000);
  rules.exposure("firm_exposure").limit = Money::from_whole(60'000);
  rules.velocity("client_velocity").limit_by_entity["C2"] = 3;
  rules.anomaly("system_anomaly").enabled = true;
  rules.anomaly("client_anomaly").window = 40;
  return rules;
}

// The same by which velocity counts orders.
inline RuleSet lively_rules_of_orders() {
  RuleSet rules = lively_rules();
  for (auto& rule : rules.velocity_rules) rule.order_window_ms = 1'000;
  rules.velocity("client_velocity").limit = 5;
  return rules;
}

class Market {
 public:
  explicit Market(unsigned seed) : random_(seed) {}

  // An execution of a market in which half of the clients send order ids, and orders are filled in parts and by turns.
  Transaction next_of_orders() {
    Transaction transaction = next();
    const auto client = static_cast<unsigned>(transaction.client_id.text.back() - '0');
    if (client < 4 && count_ % 7 != 0) {
      transaction.order_id = "O" + std::to_string(count_ / 200 + count_ % (3 + client * 3));
    }
    if (++count_ % 3 == 0) {  // the last one once more
      last_.transaction_id.swap(transaction.transaction_id);
      return last_;
    }
    return last_ = transaction;
  }

  Transaction next() {
    second_ += random_() % 10 == 0 ? 3 : 0.2;
    const auto quantity = static_cast<int>(1 + random_() % 20) * (random_() % 50 == 0 ? 100'000 : 1);
    // One draw a statement: the order of draws in one expression is the compiler's.
    const double at = second_ - (random_() % 20 == 0 ? 30 : 0);
    const std::string client = "C" + std::to_string(random_() % 8);
    const std::string symbol = "S" + std::to_string(random_() % 5);
    const std::string sign = random_() % 2 == 0 ? "-" : "";
    return maker_.transaction(at, client, symbol, sign + std::to_string(quantity), std::to_string(80 + random_() % 40));
  }

 private:
  std::mt19937 random_;
  Desk maker_;
  double second_ = 86'000;
  unsigned count_ = 0;
  Transaction last_;
};

// A core in which 3,000 transactions of a market left alerts of every rule and full windows. The files in tests/data
// hold it.
inline Core core_of_golden_files() {
  Market market(1);
  Core core(lively_rules());
  std::vector<AlertEvent> events;
  CHECK_FALSE(
      core.apply(OpeningPosition{ClientId("C9"), Symbol("S1"), *Quantity::parse("-500"), *Price::parse("100"), ""}));
  for (int i = 0; i < 3'000; ++i) CHECK(core.apply(market.next(), events).ok());
  return core;
}

// The same with instruments (one inverse, one that has expired, one with a price below zero, one that nobody has
// traded), marks in other currencies and rates that are not those of the rules.
inline Core core_of_golden_instruments() {
  Core core = core_of_golden_files();
  std::vector<AlertEvent> events;
  const Timestamp now = *core.now();
  const auto in = [&](std::int64_t seconds) { return Timestamp{now.nanos + seconds * kNanosPerSecond}; };
  const auto know = [&](const char* symbol, const char* multiplier, const char* currency, Contract contract) {
    Instrument i{.symbol = Symbol(symbol), .multiplier = *Multiplier::parse(multiplier), .currency = currency};
    i.contract = contract;
    i.allows_negative = symbol == std::string("S2");
    if (symbol == std::string("S3")) i.expires_at = in(1);
    RISK_CHECK(core.apply(i).ok());
  };
  know("S0", "5", "EUR", Contract::kLinear);
  know("S1", "1", "", Contract::kInverse);
  know("S2", "0.5", "", Contract::kLinear);
  know("S3", "1", "", Contract::kLinear);
  know("UNKNOWN", "1000", "GBX", Contract::kLinear);
  RISK_CHECK(core.apply(ExchangeRate{"EUR", *Rate::parse("1.1"), in(1)}, events).ok());
  RISK_CHECK(core.apply(ExchangeRate{"GBX", *Rate::parse("0.0127"), in(1)}, events).ok());
  RISK_CHECK(core.apply(MarketPrice{Symbol("S0"), *Price::parse("100"), "", in(2)}, events).ok());
  RISK_CHECK(core.apply(MarketPrice{Symbol("S2"), *Price::parse("-37.63"), "", in(2)}, events).ok());
  RISK_CHECK(core.apply(MarketPrice{Symbol("NEW"), *Price::parse("7"), "GBX", in(3)}, events).ok());
  return core;
}

// A core like that of the golden files, whose clients' orders are counted: some with ids, some without.
inline Core core_of_golden_orders() {
  Market market(2);
  Core core(lively_rules_of_orders());
  std::vector<AlertEvent> events;
  for (int i = 0; i < 3'000; ++i) CHECK(core.apply(market.next_of_orders(), events).ok());
  return core;
}

// Rules of which each alerts now and then in the market, of single executions too.
inline RuleSet lively_rules_of_reversals() {
  RuleSet rules = lively_rules_of_orders();
  rules.size("client_size").limit = Money::from_whole(1'800);
  return rules;
}

// A core in which executions of such a market, in three currencies, were busted and corrected, or were only counted;
// near the end its base currency became another one.
inline Core core_of_golden_reversals() {
  Market market(3);
  Core core(lively_rules_of_reversals());
  std::vector<AlertEvent> events;
  struct Standing {
    Transaction transaction;
    Original original;
  };
  std::vector<Standing> standing;
  std::uint64_t input = 0;
  const auto reverse = [&](std::size_t back, ExecutionKind kind) {
    const Standing old = standing[standing.size() - back];
    standing.erase(standing.end() - static_cast<std::ptrdiff_t>(back));
    Transaction reversal = old.transaction;
    reversal.kind = kind;
    reversal.ref_transaction_id = std::exchange(reversal.transaction_id, "R" + std::to_string(input));
    reversal.quantity = Quantity::from_units(reversal.quantity.units() / 2);
    core.number_next(++input);
    const auto applied = core.apply(reversal, old.original, events);
    RISK_CHECK(applied.ok());
    if (kind == ExecutionKind::kBust) return;
    const Original original{input, old.original.first_input, reversal.executed_at, reversal.signed_quantity(),
                            applied->price};
    standing.push_back({reversal, original});
  };
  for (int i = 0; i < 3'000; ++i) {
    if (i == 2'980) {
      RuleSet rules = lively_rules_of_reversals();
      rules.base_currency = "EUR";
      rules.rates = {{"USD", *Rate::parse("0.92")}};
      core.number_next(++input);
      core.set_rules(rules);
    }
    Transaction execution = market.next_of_orders();
    if (i % 4 == 0) execution.currency = "EUR";
    core.number_next(++input);
    const bool is_counted = i % 50 == 49;
    const auto applied = is_counted ? core.count(execution, events) : core.apply(execution, events);
    RISK_CHECK(applied.ok());
    standing.push_back(
        {execution,
         {input, input, execution.executed_at, is_counted ? Quantity{} : execution.signed_quantity(), applied->price}});
    if (i % 9 == 8) reverse(static_cast<std::size_t>(1 + i % 7), ExecutionKind::kBust);
    if (i % 11 == 10) reverse(static_cast<std::size_t>(1 + i % 5), ExecutionKind::kCorrection);
  }
  return core;
}

// The core of the golden reversals after splits, renames, a name that came back and a position that was set.
inline Core core_of_golden_adjustments() {
  Core core = core_of_golden_reversals();
  std::vector<AlertEvent> events;
  std::uint64_t input = 100'000;
  const Timestamp now = *core.now();
  const auto adjust = [&](Adjustment adjustment) {
    core.number_next(++input);
    adjustment.effective_at = {now.nanos + static_cast<std::int64_t>(input % 1'000) * kNanosPerSecond};
    RISK_CHECK(!core.apply(adjustment, events));
  };
  adjust({.kind = AdjustmentKind::kSplit, .symbol = Symbol("S0"), .ratio = "3:2"});
  adjust({.kind = AdjustmentKind::kRename, .symbol = Symbol("S0"), .new_symbol = Symbol("S1")});
  adjust({.kind = AdjustmentKind::kSplit, .symbol = Symbol("S0"), .ratio = "1:7"});
  core.number_next(++input);
  RISK_CHECK(core.apply(Instrument{.symbol = Symbol("S0")}).ok());
  adjust({.kind = AdjustmentKind::kRename, .symbol = Symbol("S2"), .new_symbol = Symbol("NEW")});
  adjust({.kind = AdjustmentKind::kRename, .symbol = Symbol("UNKNOWN"), .new_symbol = Symbol("S3")});
  adjust({.kind = AdjustmentKind::kSetPosition,
          .symbol = Symbol("S4"),
          .client_id = ClientId("C1"),
          .quantity = *Quantity::parse("-12.5")});
  return core;
}

}  // namespace risk::engine

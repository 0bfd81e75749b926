// Prices and exchange rates without a trade.
#include "desk.hpp"
#include "support/snapshots.hpp"

using namespace risk;
using namespace risk::engine;

namespace {

Timestamp at(double second) {
  return Timestamp::from_micros(kMidnight * kMicrosPerSecond + static_cast<std::int64_t>(second * 1e6));
}

// A desk whose rules know a rate of EUR, and that is told prices and rates.
struct MarketDesk : Desk {
  MarketDesk() : MarketDesk(with_rates("1.27")) {}
  explicit MarketDesk(RuleSet rules) : Desk(std::move(rules)) {}

  static RuleSet with_rates(const char* euro) {
    RuleSet rules = quiet_rules();
    rules.rates["EUR"] = *Rate::parse(euro);
    return rules;
  }

  Result<bool, Rejection> tell(const MarketPrice& price) {
    events.clear();
    auto changed = core.apply(price, events);
    CHECK(broken(core) == "");
    return changed;
  }
  Result<bool, Rejection> tell(const ExchangeRate& rate) {
    events.clear();
    auto changed = core.apply(rate, events);
    CHECK(broken(core) == "");
    return changed;
  }
  Result<bool, Rejection> price(double second, const char* symbol, const char* price, const char* currency = "") {
    return tell(MarketPrice{Symbol(symbol), *Price::parse(price), currency, at(second)});
  }
  Result<bool, Rejection> rate(double second, const char* currency, const char* rate) {
    return tell(ExchangeRate{currency, *Rate::parse(rate), at(second)});
  }
  // Of a position held before everything.
  void hold(const char* client, const char* symbol, const char* quantity, const char* price, const char* currency) {
    REQUIRE_FALSE(core.apply(
        OpeningPosition{ClientId(client), Symbol(symbol), *Quantity::parse(quantity), *Price::parse(price), currency}));
  }

  std::string unit_value(const std::string& symbol) const {
    for (const auto& row : core.symbol_rows()) {
      if (row.id == symbol) return row.mark->to_string();
    }
    return "none";
  }
  std::string gross() const { return core.firm_row().exposure.gross().to_string(); }
};

}  // namespace

TEST_CASE("a rate that falls re-values idle clients at once, and the next sweep judges them") {
  MarketDesk desk;
  desk.hold("C", "SAP", "10", "120", "EUR");
  desk.hold("D", "IBM", "10", "120", "USD");
  CHECK(desk.unit_value("SAP") == "152.4");
  CHECK(desk.tick(1) == Texts{});
  CHECK(desk.tick(2) ==
        Texts{"OPENED CRITICAL HIGH_CLIENT_EXPOSURE C 1524.0000", "OPENED HIGH HIGH_CLIENT_EXPOSURE D 1200.0000"});
  REQUIRE(desk.rate(2.5, "EUR", "0.7").value());
  CHECK(desk.texts() == Texts{});
  CHECK(desk.unit_value("SAP") == "84");
  CHECK(desk.gross() == "2040.0000");
  CHECK(desk.core.client_rows()[0].exposure.gross().to_string() == "840.0000");
  CHECK(desk.core.client_rows()[0].last_updated == at(2.5));
  CHECK(desk.core.has_moved_marks());
  CHECK(desk.tick(3) == Texts{"RESOLVED CRITICAL HIGH_CLIENT_EXPOSURE C 840.0000"});
}

TEST_CASE("a rate moves now, with the sweep that is due before it") {
  MarketDesk desk;
  desk.trade(1, "C", "A", "10", "90");
  desk.hold("D", "SAP", "10", "120", "EUR");
  REQUIRE(desk.rate(4.25, "EUR", "0.5").value());
  CHECK(desk.texts() == Texts{"OPENED CRITICAL HIGH_CLIENT_EXPOSURE D 1524.0000"});  // as it was before the rate
  CHECK(desk.events[0].at == at(4));
  CHECK_FALSE(desk.events[0].transaction_id);
  CHECK(desk.core.now() == at(4.25));
  CHECK(desk.core.counters().sweeps == 1);
  CHECK(desk.tick(5) == Texts{"RESOLVED CRITICAL HIGH_CLIENT_EXPOSURE D 600.0000"});
}

TEST_CASE("a rate is refused that is of the base currency, not above 0, or older than the one in force") {
  MarketDesk desk;
  REQUIRE(desk.rate(10, "EUR", "1.1").value());
  const auto refused = [&](const Result<bool, Rejection>& result, const Rejection& rejection) {
    REQUIRE_FALSE(result.ok());
    CHECK(result.error() == rejection);
  };
  const std::string hash = desk.core.state_hash();
  refused(desk.rate(11, "USD", "1"), {"currency", "USD", "it is the base currency, whose rate is 1"});
  refused(desk.rate(11, "", "1"), {"currency", "", "empty"});
  refused(desk.rate(11, "EUR", "0"), {"rate", "0", "must be above 0"});
  refused(desk.rate(11, "EUR", "-1"), {"rate", "-1", "must be above 0"});
  refused(desk.rate(9.5, "EUR", "1.2"), {"at", "2024-09-20T00:00:09.500000Z",
                                         "older than the rate in force, which is of 2024-09-20T00:00:10.000000Z"});
  CHECK(desk.core.state_hash() == hash);
  CHECK_FALSE(desk.rate(10, "EUR", "1.1").value());  // as it is
  CHECK(desk.rate(10, "EUR", "1.2").value());        // of two of one instant the later one
}

TEST_CASE("a currency without a rate of the rules can be traded once there is an exchange rate") {
  MarketDesk desk;
  const auto refused = desk.price(1, "VOD", "100", "GBX");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error() == Rejection{"currency", "GBX", "there is no rate for it"});
  REQUIRE(desk.rate(1, "GBX", "0.01").value());
  REQUIRE(desk.price(2, "VOD", "100", "GBX").value());
  CHECK(desk.unit_value("VOD") == "1");
}

TEST_CASE("a rate that would take a unit value or an exposure out of its range is refused, and changes nothing") {
  const std::string most = "92233720368.54775807";
  MarketDesk desk;
  desk.hold("C", "A", most.c_str(), "50000000000", "EUR");  // a unit is worth 6.35e10
  const std::string hash = desk.core.state_hash();
  const auto unit_value = desk.rate(1, "EUR", "2");
  REQUIRE_FALSE(unit_value.ok());
  CHECK(unit_value.error() == Rejection{"rate", "2", "it would take what a symbol is worth out of range"});
  CHECK(desk.core.state_hash() == hash);

  for (const char* client : {"D", "E", "F"}) desk.hold(client, "B", most.c_str(), "20000000000", "EUR");
  const auto exposure = desk.rate(1, "EUR", "1.84");  // one unit of each fits
  REQUIRE_FALSE(exposure.ok());
  CHECK(exposure.error().field == "rate");
  CHECK_FALSE(desk.core.now());
  CHECK(desk.rate(1, "EUR", "0.9").value());
}

TEST_CASE("a price without a trade marks a symbol, and the next sweep judges who holds it") {
  MarketDesk desk;
  desk.trade(1, "C", "A", "10", "90");
  REQUIRE(desk.price(1.5, "A", "110").value());
  CHECK(desk.texts() == Texts{});
  CHECK(desk.unit_value("A") == "110");
  CHECK(desk.core.symbol_rows()[0].last_updated == at(1.5));
  const auto changes = desk.core.take_changes(Core::Scope::kMarked);
  CHECK(changes.symbols.size() == 1);
  CHECK(changes.clients.size() == 1);
  CHECK(desk.tick(2) == Texts{"OPENED HIGH HIGH_CLIENT_EXPOSURE C 1100.0000"});
  CHECK(desk.core.counters().transactions == 1);
}

TEST_CASE("the next sweep judges a symbol that a price moved, also while its alert is open") {
  RuleSet rules = quiet_rules();
  rules.exposure("symbol_exposure").enabled = true;
  rules.exposure("symbol_exposure").limit = Money::from_whole(1'000);
  rules.exposure("client_exposure").enabled = false;
  MarketDesk desk(rules);
  desk.trade(1, "C", "A", "10", "90");
  REQUIRE(desk.price(1.5, "A", "110").value());
  CHECK(desk.tick(2) == Texts{"OPENED HIGH HIGH_SYMBOL_EXPOSURE A 1100.0000"});
  CHECK(desk.tick(3) == Texts{});
  REQUIRE(desk.price(3.5, "A", "80").value());
  CHECK(desk.tick(4) == Texts{"RESOLVED HIGH HIGH_SYMBOL_EXPOSURE A 800.0000"});
}

TEST_CASE("a price that is older than the mark does nothing, one of its instant marks") {
  MarketDesk desk;
  desk.trade(10, "C", "A", "1", "100");
  const std::string hash = desk.core.state_hash();
  CHECK_FALSE(desk.price(9.9, "A", "1").value());
  CHECK(desk.core.state_hash() == hash);
  CHECK(desk.price(10, "A", "101").value());
  CHECK(desk.unit_value("A") == "101");
  CHECK_FALSE(desk.price(10, "A", "101").value());  // as it is
  desk.tick(20);
  CHECK(desk.price(15, "A", "102").value());  // older than now, not than the mark
  CHECK(desk.unit_value("A") == "102");
  CHECK(desk.core.now() == at(20));
  CHECK(desk.core.counters().late == 0);
  desk.trade(14, "C", "A", "1", "50");  // older than that price
  CHECK(desk.unit_value("A") == "102");
}

TEST_CASE("a price makes a row of a symbol that nobody has traded, within the bounds") {
  MarketDesk desk;
  desk.core.set_bounds({10, 1, 10});
  REQUIRE(desk.price(5, "A", "7.5", "EUR").value());
  const auto rows = desk.core.symbol_rows();
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].mark->to_string() == "9.525");
  CHECK(rows[0].last_updated == at(5));
  CHECK(desk.core.take_changes(Core::Scope::kTraded).symbols.size() == 1);
  const auto refused = desk.price(6, "B", "1");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error() == Rejection{"symbol", "B", "there are 1 symbols already, as many as allowed"});
  CHECK(desk.core.now() == at(5));
}

TEST_CASE("a price is refused that does not fit, with field, value and reason") {
  MarketDesk desk;
  const std::string most = "92233720368.54775807";
  const auto refused = [&](const Result<bool, Rejection>& result, const std::string& field) {
    REQUIRE_FALSE(result.ok());
    CHECK(result.error().field == field);
    CHECK_FALSE(desk.core.now());
  };
  refused(desk.price(1, "", "1"), "symbol");
  refused(desk.price(1, "A", "-1"), "price");
  refused(desk.price(1, "A", "1", "XTS"), "currency");
  refused(desk.price(1, "A", most.c_str(), "EUR"), "price");
  refused(desk.tell(MarketPrice{Symbol("A"), Price::from_whole(1), "", Timestamp{kTimestampMin.nanos - 1}}), "at");
  for (const char* client : {"C", "D", "E"}) desk.hold(client, "A", most.c_str(), "1", "");
  refused(desk.price(1, "A", most.c_str()), "price");
  CHECK(desk.unit_value("A") == "1");
}

TEST_CASE("a mark keeps its currency: a late trade counts at its own price and the rate of now") {
  MarketDesk desk;
  auto transaction = desk.transaction(1, "C", "SAP", "1", "100");
  transaction.currency = "EUR";
  REQUIRE(desk.core.apply(transaction, desk.events).ok());
  REQUIRE(desk.rate(2, "EUR", "1.1").value());
  CHECK(desk.unit_value("SAP") == "110");
  auto late = desk.transaction(0.5, "C", "SAP", "1", "50");
  late.currency = "EUR";
  const auto applied = desk.core.apply(late, desk.events);
  REQUIRE(applied.ok());
  CHECK(applied->price.to_string() == "55");
  CHECK(desk.unit_value("SAP") == "110");
  CHECK(desk.core.firm_row().exposure.turnover.to_string() == "182.0000");  // 127 when it came, and 55
  CHECK(desk.gross() == "220.0000");
}

TEST_CASE("a unit value is rounded once, half to even, and may come to nothing") {
  MarketDesk desk;
  desk.hold("C", "A", "1", "0.00000005", "EUR");
  REQUIRE(desk.rate(1, "EUR", "0.5").value());
  CHECK(desk.unit_value("A") == "0.00000002");  // of 0.000000025
  REQUIRE(desk.rate(2, "EUR", "0.7").value());
  CHECK(desk.unit_value("A") == "0.00000004");  // of 0.000000035: from the price, not from what it was worth
  REQUIRE(desk.rate(3, "EUR", "0.00000001").value());
  CHECK(desk.unit_value("A") == "0");
  REQUIRE(desk.rate(4, "EUR", "1000000000").value());
  CHECK(desk.unit_value("A") == "50");
  CHECK(load(save(desk.core))->state_hash() == desk.core.state_hash());
}

TEST_CASE("other rates of the rules re-value marks, unless an exchange rate is in force") {
  MarketDesk desk;
  desk.hold("C", "SAP", "1", "100", "EUR");
  desk.core.set_rules(MarketDesk::with_rates("1.2"));
  CHECK(desk.unit_value("SAP") == "120");
  REQUIRE(desk.rate(1, "EUR", "1.1").value());
  desk.core.set_rules(MarketDesk::with_rates("1.3"));
  CHECK(desk.unit_value("SAP") == "110");
  desk.core.set_rules(quiet_rules());  // which know no EUR any more
  CHECK(desk.unit_value("SAP") == "110");
  CHECK(desk.price(2, "SAP", "200", "EUR").value());
  CHECK(desk.unit_value("SAP") == "220");
  desk.core.set_rules(MarketDesk::with_rates("90000000000"));
  CHECK(desk.unit_value("SAP") == "220");
  CHECK(broken(desk.core) == "");
}

TEST_CASE("a rate of the rules that does not fit is not taken") {
  MarketDesk desk;
  desk.hold("C", "SAP", "1", "100", "EUR");
  desk.core.set_rules(MarketDesk::with_rates("90000000000"));
  CHECK(desk.unit_value("SAP") == "127");
  Core loaded = load(save(desk.core)).value();
  CHECK(loaded.state_hash() == desk.core.state_hash());
  CHECK(loaded.symbol_rows()[0].mark->to_string() == "127");
  CHECK(broken(loaded) == "");
}

TEST_CASE("of another base currency all numbers are read as they stand") {
  MarketDesk desk;
  desk.hold("C", "SAP", "1", "100", "EUR");
  RuleSet rules = quiet_rules();
  rules.base_currency = "EUR";
  rules.rates["USD"] = *Rate::parse("0.8");
  desk.core.set_rules(rules);
  CHECK(desk.unit_value("SAP") == "127");
  REQUIRE(desk.rate(1, "USD", "0.9").value());
  CHECK(desk.unit_value("SAP") == "127");
  CHECK(desk.price(2, "SAP", "100", "EUR").value());
  CHECK(desk.unit_value("SAP") == "100");
  CHECK(broken(desk.core) == "");
}

TEST_CASE("marks and rates outlive a snapshot, and the hash is another one for each") {
  MarketDesk desk;
  desk.hold("C", "SAP", "7", "100", "EUR");
  REQUIRE(desk.price(1, "VOD", "50", "EUR").value());
  REQUIRE(desk.rate(2, "EUR", "1.1").value());
  REQUIRE(desk.rate(2, "GBX", "0.01").value());
  Core loaded = load(save(desk.core), {5, 6}).value();
  CHECK(loaded.state_hash() == desk.core.state_hash());
  CHECK(broken(loaded) == "");
  std::vector<AlertEvent> events;
  for (Core* core : std::initializer_list<Core*>{&desk.core, &loaded}) {
    CHECK_FALSE(core->apply(ExchangeRate{"EUR", *Rate::parse("9"), at(1.9)}, events).ok());
    REQUIRE(core->apply(ExchangeRate{"EUR", *Rate::parse("2"), at(3)}, events).ok());
    CHECK(core->firm_row().exposure.gross().to_string() == "1400.0000");
  }
  CHECK(loaded.state_hash() == desk.core.state_hash());
  const auto hash_with = [](const char* euro, double second, const char* currency) {
    MarketDesk other;
    REQUIRE(other.rate(2, "GBP", "1.1").value());
    REQUIRE(other.rate(second, "EUR", euro).value());
    other.hold("C", "SAP", "7", "100", currency);
    other.tick(9);
    return other.core.state_hash();
  };
  const std::string hash = hash_with("1.1", 3, "EUR");
  CHECK(hash == hash_with("1.1", 3, "EUR"));
  CHECK(hash != hash_with("1.2", 3, "EUR"));
  CHECK(hash != hash_with("1.1", 4, "EUR"));
  CHECK(hash != hash_with("1.1", 3, "GBP"));  // worth the same
}

TEST_CASE("by editions before the third a price is converted once, and stays so") {
  RuleSet rules = MarketDesk::with_rates("1.27");
  rules.edition = 2;
  MarketDesk desk(rules);
  desk.hold("C", "SAP", "1", "100", "EUR");
  rules.rates["EUR"] = *Rate::parse("2");
  desk.core.set_rules(rules);
  CHECK(desk.unit_value("SAP") == "127");
  RuleSet third = MarketDesk::with_rates("3");
  desk.core.set_rules(third);
  CHECK(desk.unit_value("SAP") == "127");  // as a mark in base currency
  CHECK(broken(desk.core) == "");
  REQUIRE(desk.price(1, "SAP", "100", "EUR").value());
  CHECK(desk.unit_value("SAP") == "300");
  desk.core.set_rules(MarketDesk::with_rates("2.5"));
  CHECK(desk.unit_value("SAP") == "250");
}

TEST_CASE("there may be a thousand currencies, and a state with all of them can be loaded") {
  Core core(quiet_rules());
  std::vector<AlertEvent> events;
  std::size_t taken = 0;
  std::string reason;
  for (int i = 0; i < 1'100; ++i) {
    const auto currency = std::string(40, 'C') + std::to_string(i);
    const auto changed =
        core.apply(ExchangeRate{currency, Rate::from_whole(2), Timestamp::from_seconds(1'000'000)}, events);
    taken += changed ? 1 : 0;
    if (!changed) reason = changed.error().reason;
  }
  CHECK(taken < 1'000);
  CHECK(taken > 900);
  CHECK(reason == "there are 1000 currencies already, as many as allowed");
  const auto loaded = load(save(core));
  REQUIRE(loaded.ok());
  CHECK(loaded->state_hash() == core.state_hash());
}

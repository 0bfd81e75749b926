// What symbols stand for: multipliers, currencies, inverse contracts, prices of zero and below, and what expires.
#include "desk.hpp"
#include "support/snapshots.hpp"

using namespace risk;
using namespace risk::engine;

namespace {

Timestamp at(double second) {
  return Timestamp::from_micros(kMidnight * kMicrosPerSecond + static_cast<std::int64_t>(second * 1e6));
}

Instrument instrument(const char* symbol, const char* multiplier, const char* currency = "",
                      Contract contract = Contract::kLinear) {
  Instrument i;
  i.symbol = Symbol(symbol);
  i.multiplier = *Multiplier::parse(multiplier);
  i.currency = currency;
  i.contract = contract;
  return i;
}

RuleSet rules_with_rates() {
  RuleSet rules = quiet_rules();
  rules.exposure("client_exposure").limit = Money::from_whole(1'000'000);
  rules.rates["GBX"] = *Rate::parse("0.0127");
  rules.rates["EUR"] = *Rate::parse("1.1");
  return rules;
}

struct InstrumentDesk : Desk {
  InstrumentDesk() : InstrumentDesk(rules_with_rates()) {}
  explicit InstrumentDesk(RuleSet rules) : Desk(std::move(rules)) {}

  bool know(const Instrument& instrument) {
    const auto changed = core.apply(instrument);
    REQUIRE(changed.ok());
    CHECK(broken(core) == "");
    return *changed;
  }
  // A trade whose price says no currency.
  Result<Applied, Rejection> plain(double second, const char* client, const char* symbol, const char* quantity,
                                   const char* price, const char* currency = "") {
    auto t = transaction(second, client, symbol, quantity, price);
    t.currency = currency;
    events.clear();
    auto applied = core.apply(t, events);
    CHECK(broken(core) == "");
    return applied;
  }
  void price(double second, const char* symbol, const char* price) {
    events.clear();
    REQUIRE(core.apply(MarketPrice{Symbol(symbol), *Price::parse(price), "", at(second)}, events).ok());
    CHECK(broken(core) == "");
  }
  std::string gross() const { return core.firm_row().exposure.gross().to_string(); }
  std::string net() const { return core.firm_row().exposure.net().to_string(); }
  std::string mark(std::size_t symbol = 0) const { return core.symbol_rows().at(symbol).mark->to_string(); }
};

}  // namespace

TEST_CASE("ten MES at 5125.25 with multiplier 5 are 256,262.50") {
  InstrumentDesk desk;
  CHECK(desk.know(instrument("MES", "5")));
  const auto applied = desk.plain(1, "C", "MES", "10", "5125.25");
  REQUIRE(applied.ok());
  CHECK(applied->price.to_string() == "25626.25");
  CHECK(desk.gross() == "256262.5000");
  CHECK(desk.core.firm_row().exposure.turnover.to_string() == "256262.5000");
  CHECK(desk.core.client_rows()[0].exposure.gross().to_string() == "256262.5000");
  desk.price(2, "MES", "5000");
  CHECK(desk.gross() == "250000.0000");
}

TEST_CASE("100,000 XBTUSD of an inverse contract are 100,000, whatever the price") {
  InstrumentDesk desk;
  desk.know(instrument("XBTUSD", "1", "USD", Contract::kInverse));
  REQUIRE(desk.plain(1, "C", "XBTUSD", "100000", "64000").ok());
  CHECK(desk.gross() == "100000.0000");
  desk.price(2, "XBTUSD", "32000");
  CHECK(desk.gross() == "100000.0000");
}

TEST_CASE("a price without a currency is in that of the instrument: pence at 0.0127 dollars") {
  InstrumentDesk desk;
  desk.know(instrument("VOD", "1", "GBX"));
  REQUIRE(desk.plain(1, "C", "VOD", "1000", "101.5").ok());
  CHECK(desk.mark() == "1.28905");
  CHECK(desk.gross() == "1289.0500");
  REQUIRE(desk.plain(2, "C", "VOD", "1", "2", "USD").ok());  // what it says is what counts
  CHECK(desk.mark() == "2");
  desk.know(instrument("X", "1", "XTS"));
  const auto refused = desk.plain(3, "C", "X", "1", "1");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error() == Rejection{"currency", "XTS", "there is no rate for it"});
}

TEST_CASE("price, multiplier and rate are rounded together, once, half to even") {
  InstrumentDesk desk;
  desk.know(instrument("A", "0.5", "EUR"));
  REQUIRE(desk.plain(1, "C", "A", "1", "0.00000005").ok());  // 0.0000000275
  CHECK(desk.mark() == "0.00000003");
  desk.know(instrument("B", "1000000", "GBX"));
  REQUIRE(desk.plain(2, "C", "B", "1", "7000000").ok());  // 7e6 x 1e6 x 0.0127 fits; 7e6 x 1e6 alone does not
  CHECK(desk.mark(1) == "88900000000");
  const auto too_much = desk.plain(3, "C", "B", "1", "8000000");
  REQUIRE_FALSE(too_much.ok());
  CHECK(too_much.error().field == "price");
}

TEST_CASE("an instrument that comes later re-values what is held, and the next sweep judges it") {
  InstrumentDesk desk;
  REQUIRE(desk.plain(1, "C", "MES", "100", "5000").ok());
  CHECK(desk.gross() == "500000.0000");
  CHECK(desk.know(instrument("MES", "5")));
  CHECK_FALSE(desk.know(instrument("MES", "5")));  // as it is
  CHECK(desk.gross() == "2500000.0000");
  CHECK(desk.core.now() == at(1));
  CHECK(desk.tick(2) == Texts{"OPENED CRITICAL HIGH_CLIENT_EXPOSURE C 2500000.0000"});
  const auto refused = desk.core.apply(instrument("MES", "90000000000"));
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error() ==
        Rejection{"multiplier", "90000000000", "it would take what the symbol is worth out of range"});
  CHECK(desk.gross() == "2500000.0000");
}

TEST_CASE("an instrument that does not fit is refused, with field, value and reason") {
  InstrumentDesk desk;
  const auto field = [&](Instrument i) { return desk.core.apply(i).error().field; };
  CHECK(field(instrument("", "1")) == "symbol");
  CHECK(field(instrument("A", "0")) == "multiplier");
  CHECK(field(instrument("A", "-1")) == "multiplier");
  CHECK(field(instrument("A", "1", "a\nb")) == "currency");
  CHECK(field(instrument("A", "1", "", Contract{9})) == "contract");
  auto late = instrument("A", "1");
  late.expires_at = Timestamp{kTimestampMin.nanos - 1};
  CHECK(field(late) == "expires_at");
  auto named = instrument("A", "1");
  named.name = std::string(201, 'x');
  CHECK(field(named) == "name");
  named.name = "two\nlines";
  CHECK(field(named) == "name");
}

TEST_CASE("with require_instruments a symbol without one is refused, whatever comes of it") {
  RuleSet rules = rules_with_rates();
  rules.require_instruments = true;
  InstrumentDesk desk(rules);
  const Rejection expected{"symbol", "A", "there is no instrument of it"};
  CHECK(desk.plain(1, "C", "A", "1", "1").error() == expected);
  CHECK(desk.core.apply(MarketPrice{Symbol("A"), *Price::parse("1"), "", at(1)}, desk.events).error() == expected);
  CHECK(desk.core.apply(OpeningPosition{ClientId("C"), Symbol("A"), *Quantity::parse("1"), *Price::parse("1"), ""}) ==
        expected);
  desk.know(instrument("A", "1"));
  CHECK(desk.plain(1, "C", "A", "1", "1").ok());
  CHECK(load(save(desk.core))->state_hash() == desk.core.state_hash());
  CHECK(load(save(desk.core))->rules().require_instruments);
}

TEST_CASE("a price may be zero, and below zero where the instrument allows it: oil in April 2020") {
  InstrumentDesk desk;
  REQUIRE(desk.plain(1, "C", "CL", "1", "10").ok());
  CHECK(desk.plain(2, "C", "CL", "1", "-37.63").error() ==
        Rejection{"price", "-37.63", "a negative price where the instrument has none"});
  auto oil = instrument("CL", "1000");
  oil.allows_negative = true;
  desk.know(oil);
  REQUIRE(desk.plain(2, "C", "CL", "1", "-37.63").ok());
  REQUIRE(desk.plain(2, "D", "CL", "-5", "-37.63").ok());
  CHECK(desk.mark() == "-37630");
  const auto rows = desk.core.client_rows();
  CHECK(rows[0].exposure.long_value.to_string() == "75260.0000");
  CHECK(rows[0].exposure.net().to_string() == "-75260.0000");  // two long are a debt
  CHECK(rows[1].exposure.short_value.to_string() == "188150.0000");
  CHECK(rows[1].exposure.net().to_string() == "188150.0000");
  CHECK(desk.gross() == "263410.0000");
  CHECK(desk.net() == "112890.0000");
  CHECK(desk.core.symbol_rows()[0].exposure.net().to_string() == "112890.0000");
  CHECK(desk.core.firm_row().exposure.turnover.to_string() == "225790.0000");  // 10, and six at 37,630
  Core loaded = load(save(desk.core), {7, 8}).value();
  CHECK(loaded.state_hash() == desk.core.state_hash());
  CHECK(loaded.firm_row().exposure.net().to_string() == "112890.0000");
  CHECK(broken(loaded) == "");
  desk.price(3, "CL", "0");
  CHECK(desk.gross() == "0.0000");
  desk.price(4, "CL", "1");
  CHECK(desk.net() == "-3000.0000");
}

TEST_CASE("net is judged by the market value of what has a negative price") {
  RuleSet rules = rules_with_rates();
  rules.exposure("client_exposure").measure = Measure::kNet;
  rules.exposure("client_exposure").limit = Money::from_whole(100);
  InstrumentDesk desk(rules);
  auto oil = instrument("CL", "1");
  oil.allows_negative = true;
  desk.know(oil);
  REQUIRE(desk.plain(1, "C", "CL", "10", "-9").ok());
  CHECK(desk.texts() == Texts{});
  REQUIRE(desk.plain(1, "C", "A", "1", "190").ok());  // 190 - 90
  CHECK(desk.texts() == Texts{});
  REQUIRE(desk.plain(1, "C", "A", "1", "190").ok());  // 380 - 90
  CHECK(desk.texts() == Texts{"OPENED CRITICAL HIGH_CLIENT_EXPOSURE C 290.0000"});
  REQUIRE(desk.events[0].contributors.size() == 2);
  CHECK(desk.events[0].contributors[1] == Contributor{"CL", Notional::of(Money::from_whole(-90))});
}

TEST_CASE("an option that expires worthless is closed by the first sweep from its end on") {
  InstrumentDesk desk;
  auto option = instrument("SPX_P", "100");
  option.expires_at = at(10);
  desk.know(option);
  REQUIRE(desk.plain(1, "C", "SPX_P", "500", "2").ok());
  REQUIRE(desk.plain(1, "D", "SPX_P", "-500", "2").ok());
  REQUIRE(desk.plain(1, "D", "SPX", "1", "5000").ok());
  desk.price(9, "SPX_P", "0");
  CHECK(desk.gross() == "5000.0000");
  CHECK(desk.core.client_rows()[0].position_count == 1);
  desk.tick(9.9);
  CHECK(desk.core.client_rows()[0].position_count == 1);
  (void)desk.core.take_changes(Core::Scope::kTraded);
  CHECK(desk.tick(10) == Texts{});
  CHECK(desk.core.client_rows()[0].position_count == 0);
  CHECK(desk.core.firm_row().position_count == 1);
  const auto changes = desk.core.take_changes(Core::Scope::kTraded);
  CHECK(changes.positions.size() == 2);
  CHECK(changes.clients.size() == 2);
  CHECK(desk.core.client_rows()[0].last_updated == at(10));
  CHECK(desk.core.counters().transactions == 3);
  CHECK(broken(desk.core) == "");
}

TEST_CASE("what expires at a price above zero leaves the exposure, and the symbol's alerts resolve in their order") {
  RuleSet rules = rules_with_rates();
  rules.exposure("symbol_exposure").enabled = rules.velocity("symbol_velocity").enabled = true;
  rules.exposure("symbol_exposure").limit = Money::from_whole(1'000);
  rules.velocity("symbol_velocity").limit = 1;
  rules.velocity("symbol_velocity").order_window_ms = 0;
  rules.exposure("client_exposure").limit = Money::from_whole(1'000);
  InstrumentDesk desk(rules);
  for (const char* symbol : {"Z", "B"}) {
    auto future = instrument(symbol, "10");
    future.expires_at = at(5.5);
    desk.know(future);
    REQUIRE(desk.plain(1, "C", symbol, "1", "120").ok());
    REQUIRE(desk.plain(1, "C", symbol, "1", "120").ok());
  }
  CHECK(desk.tick(5.9) == Texts{});
  // The transaction comes after the sweep that closes: what it finds is zero.
  REQUIRE(desk.plain(6, "C", "Z", "-3", "120").ok());
  CHECK(desk.texts() ==
        Texts{"RESOLVED CRITICAL HIGH_SYMBOL_EXPOSURE B 0.0000", "RESOLVED HIGH HIGH_TRANSACTION_VELOCITY B 2",
              "RESOLVED CRITICAL HIGH_SYMBOL_EXPOSURE Z 0.0000", "RESOLVED HIGH HIGH_TRANSACTION_VELOCITY Z 2",
              "RESOLVED CRITICAL HIGH_CLIENT_EXPOSURE C 0.0000", "OPENED CRITICAL HIGH_CLIENT_EXPOSURE C 3600.0000",
              "OPENED CRITICAL HIGH_SYMBOL_EXPOSURE Z 3600.0000", "OPENED HIGH HIGH_TRANSACTION_VELOCITY Z 3"});
  CHECK(desk.events[0].at == at(6));
  CHECK(desk.core.position_rows()[1].quantity.to_string() == "-3");
  // What is traded after the end is closed by the next sweep.
  CHECK(desk.tick(7) == Texts{"RESOLVED CRITICAL HIGH_SYMBOL_EXPOSURE Z 0.0000",
                              "RESOLVED HIGH HIGH_TRANSACTION_VELOCITY Z 3",
                              "RESOLVED CRITICAL HIGH_CLIENT_EXPOSURE C 0.0000"});
  CHECK(desk.tick(8) == Texts{});
  CHECK(desk.gross() == "0.0000");
}

TEST_CASE("an end that is put off closes nothing, and one that is put forward does at the next sweep") {
  InstrumentDesk desk;
  auto future = instrument("F", "1");
  future.expires_at = at(5);
  desk.know(future);
  REQUIRE(desk.plain(1, "C", "F", "1", "120").ok());
  future.expires_at = at(100);
  desk.know(future);
  desk.tick(50);
  CHECK(desk.gross() == "120.0000");
  Core loaded = load(save(desk.core), {7, 8}).value();
  for (Core* core : std::initializer_list<Core*>{&desk.core, &loaded}) {
    future.expires_at = at(40);
    REQUIRE(core->apply(future).value());
    CHECK(core->firm_row().exposure.gross().to_string() == "120.0000");
    core->tick(at(51), desk.events);
    CHECK(core->firm_row().exposure.gross().to_string() == "0.0000");
    CHECK(broken(*core) == "");
  }
  CHECK(loaded.state_hash() == desk.core.state_hash());
}

TEST_CASE("a price or a rate finds what the sweep before it has closed") {
  InstrumentDesk desk;
  auto future = instrument("F", "1", "EUR");
  future.expires_at = at(5);
  desk.know(future);
  REQUIRE(desk.plain(1, "C", "F", "1", "120").ok());
  REQUIRE(desk.plain(1, "C", "G", "1", "10", "EUR").ok());
  REQUIRE(desk.core.apply(ExchangeRate{"EUR", *Rate::parse("2"), at(5)}, desk.events).value());
  CHECK(desk.gross() == "20.0000");
  CHECK(broken(desk.core) == "");
  REQUIRE(desk.plain(5.1, "C", "F", "1", "120").ok());
  desk.price(6, "F", "130");
  CHECK(desk.gross() == "20.0000");
}

TEST_CASE("of another base currency a mark is what one unit was worth, whatever its instrument") {
  InstrumentDesk desk;
  desk.know(instrument("MES", "5"));
  REQUIRE(desk.plain(1, "C", "MES", "1", "100").ok());
  RuleSet rules = quiet_rules();
  rules.base_currency = "EUR";
  desk.core.set_rules(rules);
  CHECK(desk.mark() == "500");
  desk.know(instrument("MES", "7"));
  CHECK(desk.mark() == "500");
  CHECK(load(save(desk.core))->state_hash() == desk.core.state_hash());
  desk.price(2, "MES", "100");
  CHECK(desk.mark() == "700");
}

TEST_CASE("instruments that nobody trades outlive a snapshot, and each of their terms is in the hash") {
  const auto hash_with = [](const Instrument& i) {
    InstrumentDesk desk;
    desk.know(i);
    Core loaded = load(save(desk.core)).value();
    CHECK(loaded.state_hash() == desk.core.state_hash());
    CHECK_FALSE(loaded.apply(i).value());
    return desk.core.state_hash();
  };
  const auto plain = instrument("A", "1");
  std::vector<Instrument> others(5, plain);
  others[0].multiplier = *Multiplier::parse("1.00000001");
  others[1].currency = "EUR";
  others[2].contract = Contract::kInverse;
  others[3].expires_at = at(0);
  others[4].allows_negative = true;
  const std::string hash = hash_with(plain);
  CHECK(hash != InstrumentDesk().core.state_hash());
  for (const auto& other : others) CHECK(hash_with(other) != hash);
  auto named = plain;
  named.name = "E-mini";
  CHECK(hash_with(named) == hash);  // it is for people
}

TEST_CASE("a trade that would fit only because its symbol's positions are not closed yet is refused") {
  InstrumentDesk desk;
  auto x = instrument("X", "1");
  x.expires_at = at(10);
  desk.know(x);
  const auto open = [&desk](const char* client, const char* symbol, const char* quantity) {
    REQUIRE_FALSE(desk.core.apply(OpeningPosition{ClientId(client), Symbol(symbol), *Quantity::parse(quantity),
                                                  *Price::parse("92000000000"), ""}));
  };
  open("A", "X", "-46000000000");
  open("B", "Y", "92000000000");
  open("C", "Z", "36000000000");
  std::vector<AlertEvent> events;
  desk.core.tick(at(1), events);
  const auto hash = desk.core.state_hash();
  const auto refused = desk.plain(11, "A", "X", "92000000000", "92000000000");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().reason == "it would take the firm's gross exposure out of range");
  CHECK(desk.core.state_hash() == hash);
  CHECK(desk.plain(11, "A", "X", "1", "92000000000").ok());
}

// The session's P&L: what moves it, and what only moves what it is measured against.
#include "desk.hpp"
#include "support/snapshots.hpp"

using namespace risk;
using namespace risk::engine;

namespace {

Timestamp at(double second) {
  return Timestamp::from_micros(kMidnight * kMicrosPerSecond + static_cast<std::int64_t>(second * 1e6));
}

RuleSet rules_with_euro() {
  RuleSet rules = quiet_rules();
  rules.rates["EUR"] = *Rate::parse("1.27");
  return rules;
}

struct PnlDesk : Desk {
  explicit PnlDesk(RuleSet rules = rules_with_euro()) : Desk(std::move(rules)) {}

  void know(const Instrument& instrument) {
    REQUIRE(core.apply(instrument).ok());
    CHECK(broken(core) == "");
  }
  void price(double second, const char* symbol, const char* price, const char* currency = "") {
    events.clear();
    REQUIRE(core.apply(MarketPrice{Symbol(symbol), *Price::parse(price), currency, at(second)}, events).ok());
    CHECK(broken(core) == "");
  }
  void rate(double second, const char* rate) {
    events.clear();
    REQUIRE(core.apply(ExchangeRate{"EUR", *Rate::parse(rate), at(second)}, events).ok());
    CHECK(broken(core) == "");
  }
  void open(const char* client, const char* symbol, const char* quantity, const char* price) {
    REQUIRE_FALSE(core.apply(
        OpeningPosition{ClientId(client), Symbol(symbol), *Quantity::parse(quantity), *Price::parse(price), ""}));
    CHECK(broken(core) == "");
  }
  // Of the clients in their order, the symbols in theirs, and the firm.
  std::string pnl() const {
    std::string all;
    for (const auto& row : core.client_rows()) all += row.pnl.to_string() + " ";
    all += "|";
    for (const auto& row : core.symbol_rows()) all += " " + row.pnl.to_string();
    return all + " | " + core.firm_row().pnl.to_string();
  }
};

Instrument futures(const char* symbol, const char* multiplier) {
  Instrument i;
  i.symbol = Symbol(symbol);
  i.multiplier = *Multiplier::parse(multiplier);
  i.allows_negative = true;
  return i;
}

}  // namespace

TEST_CASE("what is bought and sold again leaves the difference as P&L, also at a price below zero") {
  PnlDesk desk;
  desk.know(futures("CL", "1"));
  desk.trade(1, "C", "CL", "100", "10");
  CHECK(desk.pnl() == "0.0000 | 0.0000 | 0.0000");
  desk.trade(2, "C", "CL", "-100", "-37.63");
  CHECK(desk.core.firm_row().exposure.gross() == Notional{});
  CHECK(desk.pnl() == "-4763.0000 | -4763.0000 | -4763.0000");
}

TEST_CASE("a price moves the P&L of all who hold, and what one gains by a trade another's need not lose") {
  PnlDesk desk;
  desk.know(futures("MES", "5"));
  desk.trade(1, "A", "MES", "10", "5125.25");
  desk.trade(2, "B", "MES", "-4", "5125.25");
  desk.price(3, "MES", "5130.25");
  CHECK(desk.pnl() == "250.0000 -100.0000 | 150.0000 | 150.0000");
}

TEST_CASE("a late execution gains or loses against the mark, which it leaves") {
  PnlDesk desk;
  desk.trade(10, "C", "A", "1", "100");
  desk.trade(5, "C", "A", "10", "90");
  CHECK(desk.pnl() == "100.0000 | 100.0000 | 100.0000");
}

TEST_CASE("opening positions, instruments and expiries make no P&L, whatever they are worth") {
  PnlDesk desk;
  desk.open("A", "X", "100", "10");
  desk.open("B", "X", "-30", "12");  // marks A's anew
  CHECK(desk.pnl() == "0.0000 0.0000 | 0.0000 | 0.0000");
  desk.open("A", "X", "40", "12");
  CHECK(desk.pnl() == "0.0000 0.0000 | 0.0000 | 0.0000");
  desk.price(1, "X", "13");
  CHECK(desk.pnl() == "40.0000 -30.0000 | 10.0000 | 10.0000");
  desk.know(futures("X", "50"));
  CHECK(desk.pnl() == "40.0000 -30.0000 | 10.0000 | 10.0000");
  auto expiring = futures("X", "50");
  expiring.expires_at = at(5);
  desk.know(expiring);
  desk.tick(6);
  CHECK(desk.core.firm_row().exposure.gross() == Notional{});
  CHECK(desk.pnl() == "40.0000 -30.0000 | 10.0000 | 10.0000");
}

TEST_CASE("an exchange rate moves P&L at once, also of clients who do not trade") {
  PnlDesk desk;
  desk.price(1, "SAP", "100", "EUR");
  desk.open("IDLE", "SAP", "10", "127");
  desk.rate(2, "1.10");
  CHECK(desk.pnl() == "-170.0000 | -170.0000 | -170.0000");
}

TEST_CASE("a session begins without P&L, also for who holds and did not trade") {
  PnlDesk desk;
  desk.open("IDLE", "A", "10", "100");
  desk.trade(1, "C", "A", "1", "110");
  CHECK(desk.pnl() == "0.0000 100.0000 | 100.0000 | 100.0000");
  desk.core.take_changes(Core::Scope::kMarked);
  desk.tick(24 * 3600);
  CHECK(desk.pnl() == "0.0000 0.0000 | 0.0000 | 0.0000");
  const auto changes = desk.core.take_changes(Core::Scope::kTraded);
  REQUIRE(changes.clients.size() == 2);  // the idle one too: its row has another P&L now
  CHECK(changes.clients[1].id == "IDLE");
  CHECK(changes.clients[1].last_updated == at(24 * 3600));
  desk.price(24 * 3600 + 1, "A", "111");
  CHECK(desk.pnl() == "1.0000 10.0000 | 11.0000 | 11.0000");
}

TEST_CASE("rules of an earlier edition keep no P&L, and it begins with those that do") {
  RuleSet before = rules_with_euro();
  before.edition = 3;
  PnlDesk desk(before);
  desk.trade(1, "C", "A", "10", "100");
  desk.price(2, "A", "110");
  CHECK(desk.pnl() == "0.0000 | 0.0000 | 0.0000");
  desk.core.set_rules(rules_with_euro());
  CHECK(desk.pnl() == "0.0000 | 0.0000 | 0.0000");
  desk.price(3, "A", "111");
  CHECK(desk.pnl() == "10.0000 | 10.0000 | 10.0000");
  CHECK(broken(desk.core) == "");
}

TEST_CASE("a snapshot keeps P&L, and bases that do not add up are refused") {
  PnlDesk desk;
  desk.trade(1, "C", "A", "10", "100");
  desk.trade(2, "D", "A", "-3", "90");
  auto loaded = load(save(desk.core));
  REQUIRE(loaded.ok());
  CHECK(loaded->state_hash() == desk.core.state_hash());
  CHECK(broken(*loaded) == "");
  CHECK(loaded->client_rows()[0].pnl.to_string() == "-100.0000");
  CHECK(loaded->firm_row().pnl == desk.core.firm_row().pnl);
}

TEST_CASE("what is near the range stays so through trades at nothing, and a core that is loaded refuses the same") {
  const char *const kMost = "92233720368.54775807", *const kHalf = "46116860184.27387904";
  PnlDesk desk;
  desk.know(futures("A", "1"));
  desk.open("C", "A", kMost, kMost);
  desk.price(1, "A", "0");
  bool fits = true;
  for (int i = 0; i < 8 && fits; ++i) {
    const auto symbol = "B" + std::to_string(i);
    desk.trade(2, "Z", "ZERO", "1", "0");
    Core loaded = load(save(desk.core)).value();
    const auto trade = desk.transaction(2, "D" + std::to_string(i), symbol, kHalf, kHalf);
    std::vector<AlertEvent> events;
    fits = desk.core.apply(trade, events).ok();
    CHECK(loaded.apply(trade, events).ok() == fits);
    CHECK(loaded.state_hash() == desk.core.state_hash());
    const bool is_marked = desk.core.apply(MarketPrice{Symbol(symbol), {}, "", at(2)}, events).ok();
    CHECK(desk.core.firm_row().pnl.units() < 0);
    fits = fits && is_marked;
  }
  CHECK_FALSE(fits);
}

TEST_CASE("a trade that leaves the range on both sides of zero is refused, and nothing else") {
  const char *const kMost = "92233720368.54775807", *const kLeast = "-92233720368.54775807";
  PnlDesk desk;
  desk.know(futures("A", "1"));
  desk.know(futures("B", "1"));
  desk.trade(1, "C", "B", std::string("-") + kMost, kLeast);
  desk.trade(1, "D", "A", kMost, "-0.00000001");
  desk.trade(1, "E", "A", kMost, "-0.00000001");
  const auto hash = desk.core.state_hash();
  CHECK_FALSE(desk.core.apply(desk.transaction(1, "F", "A", kMost, kLeast), desk.events).ok());
  CHECK(desk.core.state_hash() == hash);
}

TEST_CASE("what would take P&L out of 127 bits is refused, and what comes near it is exact") {
  const char* const kMost = "92233720368.54775807";  // 2^63 - 1 units; its square is just above 2^126 units less 2^64
  PnlDesk desk;
  desk.know(futures("A", "1"));
  desk.open("C", "A", kMost, kMost);
  desk.price(2, "A", "0");
  const Int128 lost = desk.core.firm_row().pnl.units();
  CHECK(lost == -(Int128{INT64_MAX} * INT64_MAX));
  // Who buys as much of something else, which is worth nothing then, loses as much again: nearly 2^127.
  desk.trade(3, "D", "B", kMost, kMost);
  desk.price(4, "B", "0");
  CHECK(desk.core.firm_row().pnl.units() == 2 * lost);
  // A third time does not fit, and changes nothing.
  const auto hash = desk.core.state_hash();
  const auto applied = desk.core.apply(desk.transaction(3, "E", "A", kMost, kMost), desk.events);  // late: no mark
  REQUIRE_FALSE(applied.ok());
  CHECK(applied.error().field == "quantity");
  CHECK(applied.error().reason == "it would take the session's P&L out of range");
  CHECK(desk.core.state_hash() == hash);
  // What gains is taken.
  desk.trade(4, "E", "A", "-1", "1");
  CHECK(desk.core.firm_row().pnl.units() > 2 * lost);
}

TEST_CASE("a trade that brings a basis back into range is taken, after a closing that took it out") {
  const char* const kMost = "92233720368.54775807";
  PnlDesk desk;
  Instrument future = futures("B", "1");
  future.expires_at = at(10);
  desk.know(future);
  for (const char* symbol : {"A", "B"}) {
    desk.trade(1, "C", symbol, kMost, "0.00000001");
    desk.price(2, symbol, kMost);
    if (symbol == std::string("A")) desk.trade(2, "C", symbol, std::string("-") + kMost, kMost);
  }
  desk.trade(3, "E", "Z", "-1000", "100");
  // Nobody gains by the closing: what the firm has gained, nearly 2^127, is in its basis alone from here on.
  desk.tick(11);
  const Int128 gained = desk.core.firm_row().pnl.units();
  CHECK(gained > Int128{INT64_MAX} * INT64_MAX);
  desk.trade(20, "E", "Z", "1000", "100");
  CHECK(desk.core.firm_row().pnl.units() == gained);
  CHECK(desk.core.firm_row().exposure.net() == Notional{});
}

// Prices far from the mark: held, confirmed, dropped, and told of.
#include <random>

#include "jump_guard.hpp"
#include "reversal_desk.hpp"

namespace risk::engine {
namespace {

RuleSet guarded_rules() {
  RuleSet rules = quiet_rules();
  rules.exposure("client_exposure").limit = Money::from_whole(1'000'000'000);
  rules.price("price_deviation").enabled = true;
  rules.velocity("client_velocity").order_window_ms = 1'000;
  return rules;
}

struct GuardedDesk : ReversalDesk {
  explicit GuardedDesk(RuleSet rules = guarded_rules()) : ReversalDesk(std::move(rules)) {
    book(0, "A", "X", "1", "100");
  }

  Texts at_price(double second, const char* client, const char* price, const char* order = "") {
    Transaction t = transaction(second, client, "X", "1", price);
    t.order_id = order;
    book(t);
    return texts();
  }
  std::string held() const {
    const auto rows = core.held_price_rows();
    return rows.empty() ? "none" : rows.front().price.to_string();
  }
  Result<bool, Rejection> decide(bool takes, double second) {
    begin_input();
    auto result = core.apply(HeldPriceDecision{Symbol("X"), takes, at(second)}, events);
    verify();
    return result;
  }
};

}  // namespace

TEST_CASE("one print times a hundred among three hundred holders is one alert and moves no mark") {
  RuleSet rules;  // the defaults
  rules.anomaly("client_anomaly").samples_min = 2;
  Desk desk(rules);
  const auto mark = [&] { return desk.core.symbol_rows().front().mark->to_string(); };
  for (int i = 0; i < 300; ++i) {
    const std::string client = "C" + std::to_string(i);
    REQUIRE(desk.trade(13 * i, client, "X", "10", "100").empty());
    REQUIRE(desk.trade(13 * i + 5, client, "X", "1", "100.5").empty());
  }
  CHECK(desk.trade(4000, "C7", "X", "10", "10000") == Texts{"OPENED HIGH PRICE_DEVIATION X 10000"});
  CHECK(alert_message(desk.events.front(), "USD") ==
        "Symbol X trade of client C7 at 10000 against a mark of 100.5 (9950.2%) is held, and the mark stays");
  CHECK(desk.events.front().contributors == std::vector<Contributor>{{"C7", Notional::of(Money::from_whole(100'000))}});
  CHECK(mark() == "100.5");
  // Another fill of the same wrong order confirms nothing.
  CHECK(desk.trade(4000.5, "C7", "X", "10", "10001").empty());
  CHECK(mark() == "100.5");
  CHECK(desk.trade(4001, "C8", "X", "10", "100.5").empty());
  CHECK(desk.core.held_price_rows().empty());
  CHECK(desk.tick(4300).empty());
  CHECK(desk.tick(4301) == Texts{"RESOLVED HIGH PRICE_DEVIATION X 10001"});
  CHECK(alert_message(desk.events.front(), "USD") ==
        "Symbol X has had no further price far from its mark (last 10001 against a mark of 100.5 (9951.2%))");
}

TEST_CASE("a price up to twice the mark, and down to its half, is within the guard") {
  const auto [price, is_held] = GENERATE(table<std::string, bool>(
      {{"200", false}, {"200.00000001", true}, {"50", false}, {"49.99999999", true}, {"0", true}, {"100", false}}));
  GuardedDesk desk;
  desk.at_price(1, "B", price.c_str());
  CHECK((desk.held() != "none") == is_held);
  CHECK(desk.mark("X") == (is_held ? "100" : price));
}

TEST_CASE("no price that is passed at a glance jumps, however large or far below zero") {
  std::mt19937_64 random(7);
  const auto near_an_end = [&](std::int64_t end) {
    return end - static_cast<std::int64_t>(random() % 1'000) * (end < 0 ? -1 : 1);
  };
  std::size_t passed = 0;
  for (int i = 0; i < 300'000; ++i) {
    const std::int64_t mark = std::max<std::int64_t>(
        random() % 3 == 0 ? near_an_end(INT64_MAX) : static_cast<std::int64_t>(random() >> (1 + random() % 60)), 1);
    std::int64_t price =
        mark - mark / 4 + static_cast<std::int64_t>(random() % (static_cast<std::uint64_t>(mark) / 4 + 1));
    if (random() % 4 == 0) price = near_an_end(random() % 2 == 0 ? -INT64_MAX : INT64_MAX);
    const std::int64_t multiple = kDecimalScale + static_cast<std::int64_t>(random() % (2 * kDecimalScale));
    if (!is_close({Price::from_units(price), {}, 0}, {Price::from_units(mark), {}, 0}, Ratio::from_units(multiple)))
      continue;
    ++passed;
    INFO(price << " at " << mark << " by " << multiple);
    REQUIRE_FALSE(is_jump(Int128{price}, Int128{mark}, Ratio::from_units(multiple)));
  }
  CHECK(passed > 50'000);
}

TEST_CASE("a held price is confirmed within a tenth of it") {
  const auto [price, confirms] = GENERATE(table<std::string, bool>(
      {{"1000", true}, {"1100", true}, {"1100.00000001", false}, {"900", true}, {"899.99999999", false}}));
  GuardedDesk desk;
  desk.at_price(1, "B", "1000");
  desk.at_price(2, "C", price.c_str());
  CHECK(desk.mark("X") == (confirms ? price : "100"));
  CHECK(desk.held() == (confirms ? "none" : price));
}

TEST_CASE("a held price is confirmed by another client, another order or a price, and not by its own order") {
  GuardedDesk desk;
  SECTION("the same order goes on") {
    desk.at_price(1, "B", "1000");
    desk.at_price(1.5, "B", "1000");
    CHECK(desk.mark("X") == "100");
    SECTION("and another order of the client comes") {
      desk.at_price(2.5, "B", "1000");
      CHECK(desk.mark("X") == "1000");
    }
    SECTION("and the order of another symbol comes between") {
      desk.book(1.6, "B", "Y", "1", "1");
      desk.at_price(1.7, "B", "1000");
      CHECK(desk.mark("X") == "1000");
    }
  }
  SECTION("by order id") {
    desk.at_price(1, "B", "1000", "O1");
    desk.at_price(9, "B", "1001", "O1");
    desk.at_price(10, "B", "5", "O2");
    desk.at_price(11, "B", "1001", "O1");
    CHECK(desk.mark("X") == "100");
    desk.at_price(12, "B", "1001", "O3");
    CHECK(desk.mark("X") == "1001");
  }
  SECTION("one with an id, one without") {
    desk.at_price(1, "B", "1000", "O1");
    desk.at_price(1.1, "B", "1000");
    CHECK(desk.mark("X") == "1000");
  }
  SECTION("a price confirms its like") {
    desk.price(1, "X", "1000");
    CHECK(desk.texts() == Texts{"OPENED MEDIUM PRICE_DEVIATION X 1000"});
    CHECK_FALSE(desk.events.front().transaction_id);
    CHECK(desk.events.front().contributors.empty());
    desk.price(2, "X", "1000");
    CHECK(desk.mark("X") == "1000");
  }
  SECTION("an execution confirms a price") {
    desk.price(1, "X", "1000");
    desk.at_price(2, "B", "1000");
    CHECK(desk.mark("X") == "1000");
  }
  SECTION("where no rule counts orders, each execution is one") {
    RuleSet rules = guarded_rules();
    for (auto& rule : rules.velocity_rules) rule.order_window_ms = 0;
    desk.set_rules(rules);
    desk.at_price(1, "B", "1000");
    desk.at_price(1, "B", "1000");
    CHECK(desk.mark("X") == "1000");
  }
}

TEST_CASE("whoever trades at a held price has the position at the mark, and the turnover at his price") {
  GuardedDesk desk;
  desk.book(1, "B", "X", "10", "1000");
  CHECK(desk.client("B") == "1000.0000 0.0000 10000.0000 -9000.0000 1");
  CHECK(desk.mark("X") == "100");
}

TEST_CASE("a mark guards for less than a day, and one of an opening position does not") {
  GuardedDesk desk;
  SECTION("until the day is over") {
    desk.at_price(86'399.999999, "B", "1000");
    CHECK(desk.mark("X") == "100");
  }
  SECTION("not after") {
    desk.at_price(86'400, "B", "1000");
    CHECK(desk.mark("X") == "1000");
  }
  SECTION("an opening position") {
    desk.open("A", "Y", "5", "100");
    desk.book(1, "B", "Y", "1", "1000");
    CHECK(desk.mark("Y") == "1000");
  }
}

TEST_CASE("a price that is older than the mark is neither held nor confirms") {
  GuardedDesk desk;
  desk.book(10, "A", "X", "1", "100");
  desk.at_price(9, "B", "1000");
  CHECK(desk.texts().empty());
  CHECK(desk.held() == "none");
  desk.at_price(11, "B", "1000");
  desk.at_price(9, "C", "1000");
  CHECK(desk.mark("X") == "100");
  CHECK(desk.held() == "1000");
}

TEST_CASE("prices are compared at the rates of now") {
  RuleSet rules = guarded_rules();
  rules.rates["EUR"] = *Rate::parse("1.1");
  GuardedDesk desk(rules);
  desk.book(1, "B", "X", "1", "181.81", "EUR");  // 199.991
  CHECK(desk.held() == "none");
  desk.rate(2, "EUR", "0.5");  // the mark is worth 90.905
  desk.book(3, "B", "X", "1", "200", "USD");
  CHECK(desk.held() == "200");
  desk.rate(4, "EUR", "2");  // 363.62: half of it is 181.81
  desk.book(5, "C", "X", "1", "181.81", "USD");
  CHECK(desk.held() == "none");
  CHECK(desk.mark("X") == "181.81");
}

TEST_CASE("an alert is high from a thousandth of the client's limit, and says the higher later") {
  RuleSet rules = guarded_rules();
  rules.exposure("client_exposure").limit = Money::from_whole(1'000'000);
  rules.exposure("client_exposure").limit_by_entity["VIP"] = Money::from_whole(1'000'001);
  GuardedDesk desk(rules);
  CHECK(desk.at_price(1, "B", "999.99999999") == Texts{"OPENED MEDIUM PRICE_DEVIATION X 999.99999999"});
  CHECK(desk.at_price(1.1, "VIP", "1200") == Texts{"ESCALATED HIGH PRICE_DEVIATION X 1200"});
  CHECK(desk.at_price(1.2, "B", "30").empty());
  CHECK(desk.pass(301).empty());
  CHECK(desk.pass(302) == Texts{"RESOLVED HIGH PRICE_DEVIATION X 30"});
  CHECK(desk.events.front().peak.to_string() == "1200");
  CHECK(desk.at_price(303, "VIP", "1000") == Texts{"OPENED MEDIUM PRICE_DEVIATION X 1000"});
  RuleSet none = rules;
  none.exposure("client_exposure").limit.reset();
  desk.set_rules(none);
  CHECK(desk.at_price(304, "B", "3") == Texts{"ESCALATED HIGH PRICE_DEVIATION X 3"});
}

TEST_CASE("a negative price is far from a positive mark, and none guards against a negative mark") {
  GuardedDesk desk;
  desk.know({.symbol = Symbol("X"), .allows_negative = true});
  CHECK(desk.at_price(1, "B", "-37.63") == Texts{"OPENED MEDIUM PRICE_DEVIATION X -37.63"});
  CHECK(desk.events.front().peak.to_string() == "-37.63");
  CHECK(desk.events.front().utilisation_e4 == 3'763);
  desk.at_price(2, "C", "-39");
  CHECK(desk.mark("X") == "-39");
  CHECK(desk.at_price(3, "B", "500").empty());
  CHECK(desk.mark("X") == "500");
}

TEST_CASE("a price of zero is held and says nothing, and a second one makes the mark") {
  GuardedDesk desk;
  CHECK(desk.at_price(1, "B", "0").empty());
  CHECK(desk.held() == "0");
  CHECK(desk.at_price(2, "C", "0").empty());
  CHECK(desk.mark("X") == "0");
}

TEST_CASE("the bust of an execution takes its held price and its alert with it") {
  GuardedDesk desk;
  const auto wild = desk.book(1, "B", "X", "1", "1000");
  CHECK(desk.bust(wild, 2) == Texts{"RESOLVED MEDIUM PRICE_DEVIATION X 1000"});
  CHECK(desk.held() == "none");
  desk.at_price(3, "C", "1000");
  CHECK(desk.mark("X") == "100");
}

TEST_CASE("a correction of an execution whose price is held is judged in its place") {
  GuardedDesk desk;
  const auto wild = desk.book(1, "B", "X", "1", "1000");
  SECTION("the right price makes the mark, at the instant of the execution") {
    desk.correct(wild, 2, "1", "101");
    CHECK(desk.mark("X") == "101");
    CHECK(desk.held() == "none");
    desk.price(0.5, "X", "99");
    CHECK(desk.mark("X") == "101");
  }
  SECTION("a price as wrong is held in its place") {
    const auto still = desk.correct(wild, 2, "1", "1001");
    CHECK(desk.held() == "1001");
    desk.correct(still, 3, "1", "102");
    CHECK(desk.mark("X") == "102");
  }
  SECTION("one that is late by now does neither") {
    desk.book(3, "C", "X", "1", "102");
    CHECK(desk.held() == "none");
    desk.correct(wild, 4, "1", "101");
    CHECK(desk.mark("X") == "102");
  }
  SECTION("held, it is of the order of the execution") {
    desk.correct(wild, 2, "1", "1001");
    desk.book(1.5, "B", "X", "1", "1000");
    CHECK(desk.mark("X") == "100");
    desk.book(9, "B", "X", "1", "1000");
    CHECK(desk.mark("X") == "1000");
  }
}

TEST_CASE("a person takes a held price as the mark, or drops it") {
  GuardedDesk desk;
  CHECK(desk.decide(true, 1).error() == Rejection{"symbol", "X", "no price of it is held"});
  const auto wild = desk.book(2, "B", "X", "1", "1000");
  SECTION("takes it") {
    CHECK(desk.decide(true, 3).ok());
    CHECK(desk.mark("X") == "1000");
    CHECK(desk.held() == "none");
    desk.price(1.5, "X", "999");  // it has the instant that it came with
    CHECK(desk.mark("X") == "1000");
    desk.bust(wild, 4);
    CHECK(desk.mark("X") == "100");
  }
  SECTION("drops it") {
    CHECK(desk.decide(false, 3).ok());
    CHECK(desk.mark("X") == "100");
    CHECK(desk.held() == "none");
    desk.at_price(4, "C", "1000");
    CHECK(desk.held() == "1000");
  }
}

TEST_CASE("without the guard every price makes the mark, and drops what was held") {
  GuardedDesk desk;
  desk.at_price(1, "B", "1000");
  RuleSet rules = guarded_rules();
  SECTION("disabled") {
    rules.price("price_deviation").enabled = false;
  }
  SECTION("no limit") {
    rules.price("price_deviation").limit = {};
  }
  SECTION("of the symbol") {
    rules.price("price_deviation").limit_by_entity["X"] = {};
  }
  desk.set_rules(rules);
  CHECK(desk.held() == "1000");
  CHECK(desk.pass(2) == Texts{"RESOLVED MEDIUM PRICE_DEVIATION X 1000"});
  desk.at_price(3, "C", "5000");
  CHECK(desk.mark("X") == "5000");
  CHECK(desk.held() == "none");
}

TEST_CASE("another base currency drops what is held, for its rate may be gone") {
  GuardedDesk desk;
  desk.at_price(1, "B", "1000");
  RuleSet rules = guarded_rules();
  rules.base_currency = "EUR";
  desk.set_rules(rules);
  CHECK(desk.held() == "none");
  desk.book(2, "B", "X", "1", "1000", "EUR");
  CHECK(desk.mark("X") == "1000");
}

TEST_CASE("a further rule tells of held prices beyond its own limit") {
  RuleSet rules = guarded_rules();
  PriceRule further;
  further.name = "wild_prices";
  further.limit = Ratio::from_whole(10);
  rules.price_rules.push_back(further);
  GuardedDesk desk(rules);
  CHECK(desk.at_price(1, "B", "1000").size() == 1);
  CHECK(desk.at_price(1.5, "B", "1001") == Texts{"OPENED MEDIUM PRICE_DEVIATION X 1001"});
  rules.price_rules.back().entity_type = EntityType::kClient;
  CHECK(problems(rules) == std::vector<std::string>{"wild_prices: prices are of symbols"});
}

TEST_CASE("an anomaly is one of quantity where the price is held") {
  RuleSet rules = guarded_rules();
  rules.anomaly("client_anomaly").enabled = true;
  rules.anomaly("client_anomaly").samples_min = 5;
  GuardedDesk desk(rules);
  for (int i = 0; i < 20; ++i) desk.book(i, "B", "X", i % 2 == 0 ? "10" : "11", "100");
  CHECK(desk.book(20, "B", "X", "10", "100000").transaction.price == *Price::parse("100000"));
  CHECK(desk.texts() == Texts{"OPENED HIGH PRICE_DEVIATION X 100000"});
  desk.book(21, "B", "X", "1000", "80000");
  CHECK(desk.texts().size() == 1);
  CHECK(desk.events.front().alert_type == AlertType::kAnomalyDetected);
  CHECK(desk.events.front().anomaly->notional == Notional::of(Money::from_whole(100'000)));
}

}  // namespace risk::engine

#include "risk/engine/rules.hpp"

#include <functional>
#include <limits>

#include "desk.hpp"

using namespace risk;
using namespace risk::engine;

TEST_CASE("a transaction that does not fit is refused with field, value and reason, and changes nothing") {
  struct Case {
    std::function<void(Transaction&)> spoil;
    Rejection rejection;
  };
  const std::vector<Case> cases = {
      {[](auto& t) { t.transaction_id.clear(); }, {"transaction_id", "", "empty"}},
      {[](auto& t) { t.executed_at = {kTimestampMax.nanos + 1}; },
       {"executed_at", "9214646400000000000", "outside the years 1678 to 2261"}},
      {[](auto& t) { t.client_id.text = "a\tb"; }, {"client_id", "a\\x09b", "contains a control character"}},
      {[](auto& t) { t.symbol.text = std::string(51, 'S'); }, {"symbol", std::string(51, 'S'), "longer than 50 bytes"}},
      {[](auto& t) { t.side = Side::kUnknown; }, {"side", "0", "not BUY or SELL"}},
      {[](auto& t) { t.quantity = {}; }, {"quantity", "0", "must be above 0"}},
      {[](auto& t) { t.price = *Price::parse("-1.5"); },
       {"price", "-1.5", "a negative price where the instrument has none"}},
      {[](auto& t) { t.currency = "XXX"; }, {"currency", "XXX", "there is no rate for it"}},
      {[](auto& t) { t.market = "\xff"; }, {"market", "\\xff", "not valid UTF-8"}},
      {[](auto& t) { t.order_id = std::string(51, 'O'); }, {"order_id", std::string(51, 'O'), "longer than 50 bytes"}},
      {[](auto& t) { t.order_id = "\xff"; }, {"order_id", "\\xff", "not valid UTF-8"}},
      {[](auto& t) { t.trader_id = "a\nb"; }, {"trader_id", "a\\x0ab", "contains a control character"}},
  };
  for (const auto& [spoil, rejection] : cases) {
    Desk desk;
    desk.trade(1, "C", "A", "1", "100");
    const auto before = desk.core.client_rows();
    auto transaction = desk.transaction(2, "C", "A", "1", "100");
    spoil(transaction);
    const auto applied = desk.core.apply(transaction, desk.events);
    REQUIRE_FALSE(applied.ok());
    CHECK(applied.error().field == rejection.field);
    CHECK(applied.error().value == rejection.value);
    CHECK(applied.error().reason == rejection.reason);
    CHECK(desk.core.client_rows() == before);
    CHECK(desk.core.counters().transactions == 1);
    CHECK(desk.core.now() == Timestamp::from_seconds(kMidnight + 1));
  }
}

TEST_CASE("order and trader of an execution may be there, up to 50 bytes each, and change no figure") {
  RuleSet rules = quiet_rules();
  for (auto& rule : rules.velocity_rules) rule.order_window_ms = 0;
  Desk with(rules), without(rules);
  auto transaction = without.transaction(1, "C", "A", "1", "100");
  REQUIRE(without.core.apply(transaction, without.events).ok());
  transaction.order_id = std::string(50, 'O');
  transaction.trader_id = "Zürich desk";
  REQUIRE(with.core.apply(transaction, with.events).ok());
  CHECK(with.core.client_rows() == without.core.client_rows());
  CHECK(with.core.state_hash() == without.core.state_hash());
}

TEST_CASE("a position or an exposure that would leave its range is refused, and changes nothing") {
  const std::string most = "92233720368.54775807";
  Desk desk;
  desk.trade(1, "C", "A", most, "1");
  auto position = desk.core.apply(desk.transaction(2, "C", "A", "0.00000001", "1"), desk.events);
  REQUIRE_FALSE(position.ok());
  CHECK(position.error() == Rejection{"quantity", "0.00000001", "it would take the position out of range"});

  desk.trade(3, "D", "A", "1", most);
  auto exposure = desk.core.apply(desk.transaction(4, "E", "A", most, most), desk.events);
  REQUIRE_FALSE(exposure.ok());
  CHECK(exposure.error().reason == "it would take the firm's gross exposure out of range");
  CHECK(desk.core.client_rows().size() == 2);
}

TEST_CASE("a price in another currency is converted before anything sees it") {
  RuleSet rules = quiet_rules();
  rules.rates["EUR"] = *Rate::parse("1.0842");
  Desk desk(rules);
  auto transaction = desk.transaction(1, "C", "A", "10", "100");
  transaction.currency = "EUR";
  const auto applied = desk.core.apply(transaction, desk.events);
  REQUIRE(applied.ok());
  CHECK(applied->price.to_string() == "108.42");
  CHECK(desk.texts() == Texts{"OPENED HIGH HIGH_CLIENT_EXPOSURE C 1084.2000"});
  CHECK(desk.core.symbol_rows().front().mark == Price::parse("108.42").value());
}

TEST_CASE("every mistake of a rule set is named at once") {
  RuleSet rules;
  CHECK(problems(rules).empty());
  rules.exposure("client_exposure").limit = Money{};
  rules.velocity("symbol_velocity").window_seconds = 0;
  rules.anomaly("client_anomaly").samples_min = 101;
  rules.rates["EUR"] = Rate{};
  CHECK(problems(rules) == std::vector<std::string>{"rates.EUR 0: must be above 0",
                                                    "client_exposure.limit 0: must be above 0",
                                                    "symbol_velocity.window_seconds 0: must be 1 to 86400",
                                                    "client_anomaly.samples_min 101: must be 2 to the window"});
}

TEST_CASE("names of enumerations are read back as they are printed") {
  for (const auto type : {AlertType::kHighClientExposure, AlertType::kHighSymbolExposure, AlertType::kHighFirmExposure,
                          AlertType::kHighTransactionVelocity, AlertType::kAnomalyDetected}) {
    CHECK(parse_enum<AlertType>(to_string(type)) == type);
  }
  CHECK(to_string(Measure::kShort) == "short");
  CHECK(to_string(AlertEventType::kAcknowledged) == "ACKNOWLEDGED");
  CHECK_FALSE(parse_enum<Severity>("high"));
}

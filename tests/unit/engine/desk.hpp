// A core with short words for the tests: trades at seconds after midnight, and the events they caused as text.
#pragma once

#include <string>
#include <vector>

#include "risk/engine/core.hpp"
#include "support/catch.hpp"
#include "support/verified.hpp"

namespace risk::engine {

inline constexpr std::int64_t kMidnight = 1'726'790'400;  // 2024-09-20T00:00:00Z

// Only the exposure rules of clients, gross, limit 1,000, resolved at once, unless the test says otherwise.
inline RuleSet quiet_rules() {
  RuleSet rules;
  for (auto& rule : rules.exposure_rules) rule.resolved_after_seconds = 0;
  rules.exposure("client_exposure").limit = Money::from_whole(1'000);
  rules.exposure("symbol_exposure").enabled = rules.exposure("firm_exposure").enabled = false;
  rules.velocity("client_velocity").enabled = rules.velocity("symbol_velocity").enabled = false;
  rules.price("price_deviation").enabled = false;
  rules.anomaly("client_anomaly").enabled = rules.anomaly("symbol_anomaly").enabled = false;
  return rules;
}

inline std::string text_of(const AlertEvent& event) {
  return std::string(to_string(event.type)) + " " + std::string(to_string(event.severity)) + " " +
         std::string(to_string(event.alert_type)) + " " + event.entity_id + " " + event.value.to_string();
}

struct Desk {
  explicit Desk(RuleSet rules = quiet_rules()) : core(std::move(rules)) {}

  Transaction transaction(double second, const std::string& client, const std::string& symbol,
                          const std::string& signed_quantity, const std::string& price) {
    const bool sells = signed_quantity.front() == '-';
    Transaction t;
    t.transaction_id = "T" + std::to_string(++count);
    t.executed_at = Timestamp::from_micros(kMidnight * kMicrosPerSecond + static_cast<std::int64_t>(second * 1e6));
    t.client_id = ClientId(client);
    t.symbol = Symbol(symbol);
    t.side = sells ? Side::kSell : Side::kBuy;
    t.quantity = *Quantity::parse(sells ? signed_quantity.substr(1) : signed_quantity);
    t.price = *Price::parse(price);
    t.currency = "USD";
    return t;
  }

  std::vector<std::string> trade(double second, const std::string& client, const std::string& symbol,
                                 const std::string& signed_quantity, const std::string& price) {
    events.clear();
    const auto applied = core.apply(transaction(second, client, symbol, signed_quantity, price), events);
    REQUIRE(applied.ok());
    verify_at_times();
    return texts();
  }

  std::vector<std::string> tick(double second) {
    events.clear();
    core.tick(Timestamp::from_micros(kMidnight * kMicrosPerSecond + static_cast<std::int64_t>(second * 1e6)), events);
    verify_at_times();
    return texts();
  }

  // After each of the first inputs, then ever more rarely, for it looks at the whole state.
  void verify_at_times() {
    if (++inputs < verified_next) return;
    CHECK(broken(core) == "");
    verified_next = inputs + 1 + (inputs < 64 ? 0 : inputs / 4);
  }

  std::vector<std::string> texts() const {
    std::vector<std::string> all;
    for (const auto& event : events) all.push_back(text_of(event));
    return all;
  }

  Core core;
  std::vector<AlertEvent> events;  // of the last trade or tick
  int count = 0;
  unsigned inputs = 0, verified_next = 1;
};

using Texts = std::vector<std::string>;

}  // namespace risk::engine

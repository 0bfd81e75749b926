// A desk that takes executions back: each input has its number, and what was applied is known by it.
#pragma once

#include <algorithm>
#include <string>
#include <utility>

#include "desk.hpp"
#include "support/snapshots.hpp"

namespace risk::engine {

inline Timestamp at(double second) {
  return Timestamp::from_micros(kMidnight * kMicrosPerSecond + static_cast<std::int64_t>(second * 1e6));
}

struct ReversalDesk : Desk {
  explicit ReversalDesk(RuleSet rules = quiet_rules()) : Desk(std::move(rules)) {}

  // What stands, and what is known of it by who takes it back.
  struct Booked {
    Transaction transaction;
    Original original;
  };

  // An execution that is applied.
  Booked book(double second, const char* client, const char* symbol, const char* quantity, const char* price,
              const char* currency = "USD") {
    Transaction t = transaction(second, client, symbol, quantity, price);
    t.currency = currency;
    return book(t);
  }
  Booked book(const Transaction& t) {
    begin_input();
    const auto applied = core.apply(t, events);
    REQUIRE(applied.ok());
    verify();
    return {t, original_of(t, t.signed_quantity(), applied->price)};
  }
  // One that comes after its bust or correction.
  Booked count(double second, const char* client, const char* symbol, const char* quantity, const char* price) {
    const Transaction t = transaction(second, client, symbol, quantity, price);
    begin_input();
    const auto applied = core.count(t, events);
    REQUIRE(applied.ok());
    verify();
    return {t, original_of(t, {}, applied->price)};
  }

  // Of a bust everything is wrong that is not read of it.
  Transaction bust_of(const Booked& booked, double second) {
    Transaction t = transaction(second, booked.transaction.client_id.text, booked.transaction.symbol.text, "1", "-7");
    t.kind = ExecutionKind::kBust;
    t.ref_transaction_id = booked.transaction.transaction_id;
    t.side = Side::kUnknown;
    t.quantity = {};
    t.currency = t.order_id = t.trader_id = "\n";
    return t;
  }
  Transaction correction_of(const Booked& booked, double second, const char* quantity, const char* price,
                            const char* currency = "USD") {
    Transaction t =
        transaction(second, booked.transaction.client_id.text, booked.transaction.symbol.text, quantity, price);
    t.kind = ExecutionKind::kCorrection;
    t.ref_transaction_id = booked.transaction.transaction_id;
    t.currency = currency;
    return t;
  }
  Texts bust(const Booked& booked, double second) {
    begin_input();
    const auto applied = core.apply(bust_of(booked, second), booked.original, events);
    REQUIRE(applied.ok());
    CHECK(applied->price == booked.original.unit_value);
    CHECK_FALSE(applied->late);
    verify();
    return texts();
  }
  Booked correct(const Booked& booked, double second, const char* quantity, const char* price,
                 const char* currency = "USD") {
    const Transaction t = correction_of(booked, second, quantity, price, currency);
    begin_input();
    const auto applied = core.apply(t, booked.original, events);
    REQUIRE(applied.ok());
    CHECK_FALSE(applied->late);
    verify();
    Original corrected = original_of(t, t.signed_quantity(), applied->price);
    corrected.first_input = booked.original.first_input;
    corrected.symbol = booked.original.symbol;
    corrected.first_executed_at = booked.original.first_executed_at;
    return {t, corrected};
  }
  // What cannot be applied changes nothing and tells nothing.
  Rejection refused(const Transaction& reversal, const Booked& of) {
    const std::string hash = core.state_hash();
    core.number_next(input + 1);
    events.clear();
    const auto applied = core.apply(reversal, of.original, events);
    REQUIRE_FALSE(applied.ok());
    CHECK(core.state_hash() == hash);
    CHECK(events.empty());
    CHECK(broken(core) == "");
    return applied.error();
  }

  void price(double second, const char* symbol, const char* price, const char* currency = "") {
    begin_input();
    REQUIRE(core.apply(MarketPrice{Symbol(symbol), *Price::parse(price), currency, at(second)}, events).ok());
    verify();
  }
  void rate(double second, const char* currency, const char* rate) {
    begin_input();
    REQUIRE(core.apply(ExchangeRate{currency, *Rate::parse(rate), at(second)}, events).ok());
    verify();
  }
  void open(const char* client, const char* symbol, const char* quantity, const char* price) {
    begin_input();
    REQUIRE_FALSE(core.apply(
        OpeningPosition{ClientId(client), Symbol(symbol), *Quantity::parse(quantity), *Price::parse(price), ""}));
    verify();
  }
  void know(const Instrument& instrument) {
    begin_input();
    REQUIRE(core.apply(instrument).ok());
    verify();
  }
  Texts pass(double second) {
    begin_input();
    core.tick(at(second), events);
    verify();
    return texts();
  }
  void set_rules(RuleSet rules) {
    begin_input();
    core.set_rules(std::move(rules));
    verify();
  }

  // "long short turnover P&L transactions"
  static std::string text_of(const ExposureRow& row) {
    return row.exposure.long_value.to_string() + " " + row.exposure.short_value.to_string() + " " +
           row.exposure.turnover.to_string() + " " + row.pnl.to_string() + " " + std::to_string(row.transaction_count);
  }
  std::string firm() const { return text_of(core.firm_row()); }
  std::string client(const std::string& id) const { return text_of(row_of(core.client_rows(), id)); }
  std::string symbol(const std::string& id) const { return text_of(row_of(core.symbol_rows(), id)); }
  std::string mark(const std::string& id) const { return row_of(core.symbol_rows(), id).mark->to_string(); }
  std::string position(const std::string& client, const std::string& symbol) const {
    for (const auto& row : core.position_rows()) {
      if (row.client_id.text == client && row.symbol.text == symbol) return row.quantity.to_string();
    }
    return "none";
  }

  void begin_input() {
    events.clear();
    core.number_next(++input);
  }
  // What is loaded of it is the same core.
  void verify() const {
    CHECK(broken(core) == "");
    const auto loaded = load(save(core));
    REQUIRE(loaded.ok());
    CHECK(broken(*loaded) == "");
    CHECK(loaded->state_hash() == core.state_hash());
    CHECK(save(*loaded) == save(core));  // with the numbers of inputs
  }

  std::uint64_t input = 0;  // the number of the last one

 private:
  Original original_of(const Transaction& t, Quantity quantity, Price unit_value) const {
    return {input, input, t.executed_at, quantity, unit_value, t.symbol.text, t.executed_at};
  }
  static ExposureRow row_of(const std::vector<ExposureRow>& rows, const std::string& id) {
    const auto found = std::find_if(rows.begin(), rows.end(), [&](const auto& row) { return row.id == id; });
    REQUIRE(found != rows.end());
    return *found;
  }
};

}  // namespace risk::engine

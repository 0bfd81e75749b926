#include "risk/engine/identity.hpp"

#include "support/catch.hpp"

using namespace risk;
using namespace risk::engine;

namespace {

constexpr HashKey kKey{1, 2};

Timestamp at(const char* text) {
  return parse_timestamp(text).value();
}

Transaction fill() {
  Transaction t;
  t.transaction_id = "T1";
  t.executed_at = at("2026-11-27T14:30:00.250Z");
  t.client_id = ClientId("CLIENT_001");
  t.symbol = Symbol("AAPL");
  t.side = Side::kBuy;
  t.quantity = Quantity::from_whole(100);
  t.price = Price::from_whole(187);
  t.currency = "USD";
  t.broker_id = "IBKR";
  t.market = "NASDAQ";
  t.order_id = "O1";
  t.trader_id = "TR1";
  return t;
}

ExecutionDigest digest(const Transaction& transaction, const BrokerAliases& aliases = {}) {
  return digest_of(transaction, aliases, kKey);
}

template <class Change>
ExecutionDigest changed(Change change) {
  auto transaction = fill();
  change(transaction);
  return digest(transaction);
}

}  // namespace

TEST_CASE("an execution's identity is its broker, market, client, symbol, side and id") {
  const auto same = digest(fill());
  CHECK(digest(fill()).has_identity_of(same));
  CHECK_FALSE(changed([](auto& t) { t.broker_id = "DEGIRO"; }).has_identity_of(same));
  CHECK_FALSE(changed([](auto& t) { t.market = "NYSE"; }).has_identity_of(same));
  CHECK_FALSE(changed([](auto& t) { t.client_id = ClientId("CLIENT_002"); }).has_identity_of(same));
  CHECK_FALSE(changed([](auto& t) { t.symbol = Symbol("AAPL.O"); }).has_identity_of(same));
  CHECK_FALSE(changed([](auto& t) { t.side = Side::kSell; }).has_identity_of(same));
  CHECK_FALSE(changed([](auto& t) { t.transaction_id = "T2"; }).has_identity_of(same));
}

TEST_CASE("what an execution was for does not change its identity") {
  CHECK(changed([](auto& t) {
          t.order_id = "";
          t.trader_id = "TR2";
          t.currency = "";
          t.quantity = Quantity::from_whole(1);
          t.price = Price::from_whole(1);
          t.executed_at = {};
        }).has_identity_of(digest(fill())));
}

TEST_CASE("the letters of one part of an identity do not pass for those of another") {
  const auto moved = [](const char* id, const char* client) {
    return changed([&](auto& t) {
      t.transaction_id = id;
      t.client_id = ClientId(client);
    });
  };
  CHECK_FALSE(moved("AB", "C").has_identity_of(moved("A", "BC")));
  CHECK_FALSE(moved("", "ABC").has_identity_of(moved("ABC", "")));
}

TEST_CASE("an identity of any length is told from those that begin alike") {
  const std::string longest(100'000, 'x');
  const auto of = [](const std::string& id) { return changed([&id](auto& t) { t.transaction_id = id; }); };
  CHECK(of(longest).has_identity_of(of(longest)));
  for (std::size_t length = 150; length < 300; ++length) {
    CHECK_FALSE(of(std::string(length, 'x')).has_identity_of(of(std::string(length + 1, 'x'))));
  }
}

TEST_CASE("a broker is the same under each of its names") {
  const BrokerAliases aliases({{"IB", "IBKR"}, {"Interactive", "IBKR"}});
  auto other = fill();
  other.broker_id = "IB";
  CHECK(digest(other, aliases).has_identity_of(digest(fill(), aliases)));
  CHECK_FALSE(digest(other).has_identity_of(digest(fill())));
  other.broker_id = "ib";
  CHECK_FALSE(digest(other, aliases).has_identity_of(digest(fill(), aliases)));
  // What is kept of it does not depend on the names.
  CHECK(digest(other).fingerprint() == digest(fill()).fingerprint());
}

TEST_CASE("another quantity, price or instant makes a conflict") {
  const auto same = digest(fill());
  CHECK(digest(fill()).is_duplicate_of(same));
  CHECK_FALSE(changed([](auto& t) { t.quantity = Quantity::from_whole(101); }).is_duplicate_of(same));
  CHECK_FALSE(changed([](auto& t) { t.price = Price::from_units(t.price.units() + 1); }).is_duplicate_of(same));
  CHECK_FALSE(changed([](auto& t) { t.executed_at.nanos += 1'000'000; }).is_duplicate_of(same));
}

TEST_CASE("instants agree at the coarser precision of the two") {
  const auto agree = [](const char* a, const char* b) {
    CHECK(instants_agree(at(a), at(b)) == instants_agree(at(b), at(a)));
    return instants_agree(at(a), at(b));
  };
  CHECK(agree("2026-11-27T14:30:00Z", "2026-11-27T14:30:00.999999999Z"));
  CHECK_FALSE(agree("2026-11-27T14:30:00Z", "2026-11-27T14:30:01Z"));
  CHECK_FALSE(agree("2026-11-27T14:30:00Z", "2026-11-27T14:29:59.999999999Z"));
  CHECK(agree("2026-11-27T14:30:00.250Z", "2026-11-27T14:30:00.250999Z"));
  CHECK_FALSE(agree("2026-11-27T14:30:00.250Z", "2026-11-27T14:30:00.251001Z"));
  CHECK(agree("2026-11-27T14:30:00.250123Z", "2026-11-27T14:30:00.250123456Z"));
  CHECK_FALSE(agree("2026-11-27T14:30:00.250123455Z", "2026-11-27T14:30:00.250123456Z"));
  CHECK(agree("1969-12-31T23:59:59Z", "1969-12-31T23:59:59.5Z"));
  CHECK_FALSE(agree("1969-12-31T23:59:59Z", "1969-12-31T23:59:58.5Z"));
}

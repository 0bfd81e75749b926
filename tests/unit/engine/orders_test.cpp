#include "orders.hpp"

#include "desk.hpp"
#include "internals.hpp"
#include "support/snapshots.hpp"

using namespace risk;
using namespace risk::engine;

namespace {

constexpr SymbolIndex kA = 0, kB = 1;

// One client, whose executions are told by their second, symbol, side and order id.
struct Client {
  explicit Client(std::uint32_t window_ms = 1'000) { orders.set_window_ms(window_ms); }

  OrderPart fill(double second, SymbolIndex symbol, Side side, std::string order_id = "") {
    Transaction t;
    t.executed_at = Timestamp{static_cast<std::int64_t>(second * 1e9)};
    t.side = side;
    t.order_id = std::move(order_id);
    return orders.add(order, symbol, t);
  }
  OrderPart fill(const std::string& order_id) { return fill(0, kA, Side::kBuy, order_id); }

  Orders orders;
  CurrentOrder order;
};

constexpr auto kBegins = OrderPart::kBeginning;
constexpr auto kReturns = OrderPart::kReturn;
constexpr auto kContinues = OrderPart::kContinuation;

RuleSet order_rules(std::uint32_t limit = 3) {
  RuleSet rules = quiet_rules();
  rules.exposure("client_exposure").enabled = false;
  rules.velocity("client_velocity").enabled = true;
  rules.velocity("client_velocity").limit = limit;
  return rules;
}

struct Fills : Desk {
  using Desk::Desk;
  Texts fill(double second, const std::string& client, const std::string& symbol, const std::string& order_id) {
    events.clear();
    Transaction t = transaction(second, client, symbol, "1", "1");
    t.order_id = order_id;
    REQUIRE(core.apply(t, events).ok());
    verify_at_times();
    return texts();
  }
};

}  // namespace

TEST_CASE("executions with the same order id are of one order, whatever their symbol, side and time") {
  Client client;
  CHECK(client.fill(0, kA, Side::kBuy, "O1") == kBegins);
  CHECK(client.fill(0, kA, Side::kBuy, "O1") == kContinues);
  CHECK(client.fill(5'000, kB, Side::kSell, "O1") == kContinues);
  CHECK(client.fill(5'000, kB, Side::kSell, "O2") == kBegins);
}

TEST_CASE("executions without an order id are of one order in the same symbol and on the same side") {
  Client client;
  CHECK(client.fill(0, kA, Side::kBuy) == kBegins);
  CHECK(client.fill(0, kA, Side::kBuy) == kContinues);
  CHECK(client.fill(0, kA, Side::kSell) == kBegins);
  CHECK(client.fill(0, kB, Side::kSell) == kBegins);
  CHECK(client.fill(0, kB, Side::kSell) == kContinues);
}

TEST_CASE("an order without an id ends a second after its first execution") {
  Client client;
  CHECK(client.fill(10, kA, Side::kBuy) == kBegins);
  CHECK(client.fill(10.6, kA, Side::kBuy) == kContinues);
  CHECK(client.fill(10.999999999, kA, Side::kBuy) == kContinues);
  CHECK(client.fill(11, kA, Side::kBuy) == kBegins);
  CHECK(client.fill(11.999, kA, Side::kBuy) == kContinues);
}

TEST_CASE("an execution from before the order's first continues it, and the first stays in order of arrival") {
  Client client;
  CHECK(client.fill(10, kA, Side::kBuy) == kBegins);
  CHECK(client.fill(-9'000'000'000, kA, Side::kBuy) == kContinues);
  CHECK(client.fill(10.9, kA, Side::kBuy) == kContinues);
  CHECK(client.fill(9'000'000'000, kA, Side::kBuy) == kBegins);  // further apart than 64 bits hold
  CHECK(client.fill(-9'000'000'000, kA, Side::kBuy) == kContinues);
}

TEST_CASE("an execution with an order id and one without are not of one order") {
  Client client;
  CHECK(client.fill(0, kA, Side::kBuy) == kBegins);
  CHECK(client.fill(0, kA, Side::kBuy, "O1") == kBegins);
  CHECK(client.fill(0, kA, Side::kBuy) == kBegins);
  CHECK(client.fill(0, kA, Side::kBuy) == kContinues);
}

TEST_CASE("a client has one open order: one that another came after has closed") {
  Client client;
  CHECK(client.fill(0, kA, Side::kBuy) == kBegins);
  CHECK(client.fill(0, kB, Side::kBuy) == kBegins);
  CHECK(client.fill(0, kA, Side::kBuy) == kBegins);
}

TEST_CASE("an order id among the last eight that were counted is not counted again") {
  Client client;
  for (int n = 1; n <= 8; ++n) CHECK(client.fill("O" + std::to_string(n)) == kBegins);
  CHECK(client.fill("O1") == kReturns);
  CHECK(client.fill("O1") == kContinues);
  CHECK(client.fill("O8") == kReturns);
  CHECK(client.fill(0, kA, Side::kBuy) == kBegins);  // an order without an id pushes none out
  CHECK(client.fill("O1") == kReturns);
  CHECK(client.fill("O9") == kBegins);  // first in, first out: O1, although it came last
  CHECK(client.fill("O2") == kReturns);
  CHECK(client.fill("O1") == kBegins);
  CHECK(client.fill("O2") == kBegins);
  CHECK(client.fill("O4") == kReturns);
}

TEST_CASE("a client that sends no order id has none kept") {
  Client client;
  for (int n = 0; n < 10; ++n) client.fill(2 * n, kA, Side::kBuy);
  CHECK(client.order.ids == 0);
  client.fill("O1");
  CHECK(client.order.ids == 1);
}

TEST_CASE("with an order window of zero every execution begins an order, and nothing is kept") {
  Client client(0);
  for (int n = 0; n < 3; ++n) CHECK(client.fill("O1") == kBegins);
  CHECK(client.order == CurrentOrder{});
}

TEST_CASE("the hash of an order id is the same in every process") {
  CHECK(order_hash("O1") == (OrderHash{0xae3ca2da179f1993ULL} << 64 | 0x1a1e5c9610eadaf3ULL));
  CHECK(order_hash("O1") != order_hash("O2"));
}

TEST_CASE("forty fills of one order are one for velocity, and count like four for their number") {
  const std::string order_id = GENERATE("", "O1");
  Fills desk(order_rules());
  for (int n = 1; n < 40; ++n) REQUIRE(desk.fill(0.02 * n, "C", "A", order_id).empty());
  CHECK(desk.fill(0.9, "C", "A", order_id) == Texts{"OPENED HIGH HIGH_TRANSACTION_VELOCITY C 4"});
  CHECK(desk.fill(0.9, "C", "B", "O2").empty());
  CHECK(desk.core.client_rows().front().transaction_count == 41);
}

TEST_CASE("an order counts in the slot of its first execution alone") {
  Fills desk(order_rules(1));
  CHECK(desk.fill(0, "C", "A", "O1").empty());
  CHECK(desk.fill(59.5, "C", "A", "O1").empty());
  CHECK(desk.fill(60, "C", "A", "O1").empty());  // the first has left the window
  CHECK(desk.fill(60, "C", "A", "O2").empty());
  CHECK(desk.fill(61, "C", "A", "O3") == Texts{"OPENED HIGH HIGH_TRANSACTION_VELOCITY C 2"});
}

TEST_CASE("an order whose first execution came too late for the window is not counted later") {
  Fills desk(order_rules(1));
  CHECK(desk.fill(100, "C", "A", "O1").empty());
  CHECK(desk.fill(40, "C", "A", "O2").empty());
  CHECK(desk.fill(100, "C", "A", "O2").empty());
  CHECK(desk.fill(41, "C", "A", "O3") == Texts{"OPENED HIGH HIGH_TRANSACTION_VELOCITY C 2"});
}

TEST_CASE("of a symbol the orders count whose first execution is in it") {
  RuleSet rules = order_rules(100);
  rules.velocity("symbol_velocity").enabled = true;
  rules.velocity("symbol_velocity").limit = 1;
  Fills desk(rules);
  CHECK(desk.fill(0, "C", "A", "O1").empty());
  CHECK(desk.fill(0, "C", "B", "O1").empty());
  CHECK(desk.fill(0, "D", "B", "O1").empty());  // of another client: another order
  CHECK(desk.fill(0, "C", "B", "O2") == Texts{"OPENED HIGH HIGH_TRANSACTION_VELOCITY B 2"});
  CHECK(desk.fill(0, "C", "A", "O1").empty());  // by turns
}

TEST_CASE("an alert on executions resolves when their tenth has left the window") {
  Fills desk(order_rules(2));
  for (int n = 0; n < 29; ++n) desk.fill(0, "C", "A", "O1");
  CHECK(desk.fill(1, "C", "A", "O1") == Texts{"OPENED HIGH HIGH_TRANSACTION_VELOCITY C 3"});
  CHECK(desk.fill(30, "C", "A", "O2").empty());
  CHECK(desk.tick(59).empty());
  CHECK(desk.tick(60) == Texts{"RESOLVED HIGH HIGH_TRANSACTION_VELOCITY C 1"});
}

TEST_CASE("a rule whose order window is zero counts executions beside one that counts orders") {
  RuleSet rules = order_rules();
  rules.velocity("symbol_velocity").enabled = true;
  rules.velocity("symbol_velocity").limit = 3;
  rules.velocity(GENERATE(true, false) ? "client_velocity" : "symbol_velocity").order_window_ms = 0;
  const bool is_symbol = rules.velocity("symbol_velocity").order_window_ms == 0;
  Fills desk(rules);
  for (int n = 0; n < 3; ++n) CHECK(desk.fill(0, "C", "A", "O1").empty());
  CHECK(desk.fill(0, "C", "A", "O1") ==
        Texts{std::string("OPENED HIGH HIGH_TRANSACTION_VELOCITY ") + (is_symbol ? "A" : "C") + " 4"});
}

TEST_CASE("an order lasts as long as the first rule that counts orders says") {
  RuleSet rules = order_rules(1);
  rules.velocity("client_velocity").order_window_ms = 500;
  rules.velocity("symbol_velocity").order_window_ms = 2'000;
  CHECK(order_window_ms(rules) == 500);
  Fills desk(rules);
  CHECK(desk.fill(0, "C", "A", "").empty());
  CHECK(desk.fill(0.499, "C", "A", "").empty());
  CHECK(desk.fill(0.5, "C", "A", "") == Texts{"OPENED HIGH HIGH_TRANSACTION_VELOCITY C 2"});
  rules.velocity("client_velocity").order_window_ms = 0;
  CHECK(order_window_ms(rules) == 2'000);
  rules.velocity("symbol_velocity").order_window_ms = 0;
  CHECK(order_window_ms(rules) == 0);
}

TEST_CASE("rules that begin to count orders keep what they counted, and those that no longer do forget the orders") {
  RuleSet rules = order_rules(4);
  rules.velocity("client_velocity").order_window_ms = rules.velocity("symbol_velocity").order_window_ms = 0;
  Fills desk(rules);
  for (int n = 0; n < 3; ++n) CHECK(desk.fill(0, "C", "A", "O1").empty());
  const auto hash = desk.core.state_hash();
  desk.core.set_rules(order_rules(4));
  CHECK(desk.fill(0.5, "C", "A", "O1").empty());  // begins: what came before was of no order
  CHECK(desk.fill(0.5, "C", "A", "O1").empty());
  CHECK(desk.fill(0.5, "C", "A", "O2") == Texts{"OPENED HIGH HIGH_TRANSACTION_VELOCITY C 5"});
  desk.core.set_rules(rules);
  CHECK(broken(desk.core) == "");
  CHECK(load(save(desk.core))->state_hash() == desk.core.state_hash());
  CHECK(desk.core.state_hash() != hash);
  desk.core.set_rules(order_rules(4));
  desk.tick(100);
  CHECK(desk.fill(100, "C", "A", "O1").empty());
  CHECK(desk.fill(100, "C", "A", "O2").empty());
  for (const char* id : {"O3", "O4"}) CHECK(desk.fill(100, "C", "A", id).empty());
  CHECK(desk.fill(100, "C", "A", "O5").size() == 1);
}

TEST_CASE("a state hash tells open orders apart, and the ids that were counted") {
  const auto hash_after = [](const std::vector<std::string>& ids) {
    Fills desk(order_rules(100));
    for (const auto& id : ids) desk.fill(0, "C", "A", id);
    return desk.core.state_hash();
  };
  const auto same = hash_after({"O1", "O2"});
  CHECK(hash_after({"O1", "O2"}) == same);
  CHECK(hash_after({"O2", "O1"}) != same);
  CHECK(hash_after({"O1", "O3"}) != same);
  CHECK(hash_after({"O1", ""}) != same);
  CHECK(hash_after({"", ""}) != hash_after({"O1", "O1"}));
}

TEST_CASE("an order that cannot be, and executions that count for no order and were none, are found") {
  struct Break {
    const char* finding;
    std::function<void(Internals::Impl&, ClientState&)> breaks;  // of client C, who has two ids and an open one
  };
  const auto further = [](ClientState& client) -> VelocityWindow& {
    return *Internals::further(client.rules.of<VelocityRule>(0).window);
  };
  const Break breaks[] = {
      {"client C: it has 9 order ids, and the next would be at place 2",
       [](auto& impl, auto& client) { impl.positions.orders.ids(client.order).size = 9; }},
      {"the next would be at place 8",
       [](auto& impl, auto& client) { impl.positions.orders.ids(client.order).next = 8; }},
      {"the next would be at place 1",
       [](auto& impl, auto& client) { impl.positions.orders.ids(client.order).next = 1; }},
      {"its open order has id 2 of 2",
       [](auto& impl, auto& client) { impl.positions.orders.ids(client.order).current = 2; }},
      {"it has an order id twice",
       [](auto& impl, auto& client) {
         auto& counted = impl.positions.orders.ids(client.order).counted;
         counted[0] = counted[1];
       }},
      {"its order ids 9 are not there", [](auto&, auto& client) { client.order.ids = 9; }},
      {"its order ids 2 are not there, or somebody else's too", [](auto&, auto& client) { client.order.ids = 2; }},
      {"order ids: of 2 only 1 are a client's", [](auto&, auto& client) { client.order.ids = 0; }},
      {"its open order has an id and a symbol", [](auto&, auto& client) { client.order.symbol = 0; }},
      {"its open order has neither an id nor a symbol",
       [](auto& impl, auto& client) { impl.positions.orders.ids(client.order).current = OrderIds::kNoId; }},
      {"client E: its open order is in a symbol that is not there",
       [](auto& impl, auto&) { impl.positions.clients[2].order.symbol = 7; }},
      {"client E: its open order began after now",
       [](auto& impl, auto&) { impl.positions.clients[2].order.first.nanos += 1; }},
      {"it keeps an order, and every execution counts for itself",
       [](auto& impl, auto&) { impl.positions.orders.set_window_ms(0); }},
      {"client C's velocity window: of those that count for no order: it counts",
       [&](auto&, auto& client) { ++Internals::total(further(client)); }},
      {"in a slot more executions count for no order than there are",
       [&](auto& impl, auto& client) {
         const auto slot = SlotClock(60).slot_of(*impl.now);
         for (int n = 0; n < 4; ++n) further(client).add(slot, slot);
       }},
  };
  for (const Break& one : breaks) {
    Fills desk(order_rules());
    for (const char* id : {"O1", "O2", "O2"}) desk.fill(0, "C", "A", id);
    desk.fill(0, "D", "A", "O1");
    desk.fill(0, "E", "A", "");
    REQUIRE(broken(desk.core) == "");
    auto& impl = Internals::impl(desk.core);
    REQUIRE(impl.positions.clients[0].id.view() == "C");
    one.breaks(impl, impl.positions.clients[0]);
    INFO(one.finding << " not in " << broken(desk.core));
    CHECK(broken(desk.core).find(one.finding) != std::string::npos);
  }
}

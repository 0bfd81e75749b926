// Clients with many positions, symbols with many holders and prices that leap: where the core does not walk through
// everything at every trade, it must say what a walk would.
#include <map>
#include <random>

#include "desk.hpp"
#include "positions.hpp"

using namespace risk;
using namespace risk::engine;

namespace {

// The books of clients as lists, summed from scratch.
struct Ledger {
  void trade(const std::string& client, const std::string& symbol, std::int64_t quantity, std::int64_t price) {
    positions[client][symbol] += quantity;
    marks[symbol] = price;
  }
  Int128 gross(const std::string& client) const {
    Int128 sum = 0;
    for (const auto& [symbol, quantity] : positions.at(client)) {
      sum += (quantity < 0 ? -Int128{quantity} : Int128{quantity}) * marks.at(symbol);
    }
    return sum;
  }

  std::map<std::string, std::map<std::string, std::int64_t>> positions;
  std::map<std::string, std::int64_t> marks;
};

// Judges alerts of client exposures as RULES.md has it, from the ledger.
class Auditor {
 public:
  explicit Auditor(std::int64_t limit) : limit_(Int128{limit} * kDecimalScale * kDecimalScale) {}

  void evaluate(const Ledger& ledger, const std::string& client, Texts& events) {
    const Int128 value = ledger.gross(client);
    State& state = states_[client];
    const auto tell = [&](const char* event) {
      state.announced = value;
      events.push_back(std::string(event) + (state.critical ? " CRITICAL" : " HIGH") + " HIGH_CLIENT_EXPOSURE " +
                       client + " " + Notional::from_units(value).to_string());
    };
    if (!state.open) {
      if (value <= limit_) return;
      state.open = true;
      state.critical = 2 * value > 3 * limit_;
      tell("OPENED");
    } else if (100 * value <= 95 * limit_) {
      tell("RESOLVED");
      state = {};
    } else if (!state.critical && 2 * value > 3 * limit_) {
      state.critical = true;
      tell("ESCALATED");
    } else if (4 * value >= 5 * state.announced) {
      tell("WORSENED");
    }
  }

 private:
  struct State {
    bool open = false;
    bool critical = false;
    Int128 announced = 0;
  };
  Int128 limit_;
  std::map<std::string, State> states_;
};

}  // namespace

TEST_CASE("every exposure event comes when a walk through all positions would give it") {
  const unsigned seed = GENERATE(range(1u, 13u));
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  const auto below = [&](std::uint64_t end) { return static_cast<std::int64_t>(random() % end); };
  const std::int64_t clients = seed % 3 == 0 ? 300 : 6, symbols = 5 + 40 * below(6);
  const std::int64_t limit = clients > 100 ? 20'000 : 200'000;

  RuleSet rules = quiet_rules();
  rules.exposure("client_exposure").limit = Money::from_whole(limit);
  Desk desk(rules);
  Ledger ledger;
  Auditor auditor(limit);
  std::vector<std::int64_t> prices(static_cast<std::size_t>(symbols), 100 * kDecimalScale);
  double second = 0;
  std::int64_t swept = 0, events = 0;

  for (int i = 0; i < 6'000; ++i) {
    // A market maker makes a tenth of all trades; now and then a price leaps, or time passes.
    const std::string client = "C" + std::to_string(below(10) == 0 ? 0 : below(static_cast<std::uint64_t>(clients)));
    const auto at = static_cast<std::size_t>(below(static_cast<std::uint64_t>(symbols)));
    const std::string symbol = "S" + std::to_string(at);
    auto& price = prices[at];
    const std::int64_t move = below(100);
    price = move == 0 ? price * 3 : move == 1 ? price / 3 : price + price / 1000 * (below(21) - 10);
    price = std::clamp<std::int64_t>(price, kDecimalScale / 100, 5'000 * kDecimalScale);
    second += below(20) == 0 ? 1.5 : 0.001;
    const std::int64_t quantity = (below(2) == 0 ? -1 : 1) * (1 + below(30)) * kDecimalScale;

    Texts expected;
    if (i == 0) swept = static_cast<std::int64_t>(second);
    if (static_cast<std::int64_t>(second) > swept) {
      swept = static_cast<std::int64_t>(second);
      for (const auto& [id, held] : ledger.positions) auditor.evaluate(ledger, id, expected);
    }
    ledger.trade(client, symbol, quantity, price);
    auditor.evaluate(ledger, client, expected);
    const Texts told = desk.trade(second, client, symbol, format_exact(quantity, 8), format_exact(price, 8));
    REQUIRE(told == expected);
    events += static_cast<std::int64_t>(told.size());
  }
  CHECK(events > 20);
  for (const auto& row : desk.core.client_rows()) CHECK(row.exposure.gross().units() == ledger.gross(row.id));
}

TEST_CASE("a client at its limit is not cleared though most of its positions are too small for a double's sum") {
  const ExposureThresholds limit = ExposureThresholds::of(Money::from_whole(1'000'000), ExposureRule{});
  HashKey key;
  // The key decides the order of the walk: the more dust comes after the large position, the more a sum loses.
  for (key.k0 = 0; key.k0 < 6; ++key.k0) {
    Positions positions(key, {});
    const auto open = [&](const std::string& symbol, std::int64_t quantity, std::int64_t price) {
      Positions::Plan plan(Named::in(positions.clients, "C"), Named::in(positions.symbols, symbol),
                           Price::from_units(price));
      REQUIRE_FALSE(positions.plan_opening(Quantity::from_units(quantity), plan));
      positions.take(plan, {});
    };
    constexpr std::int64_t kDust = 20'000;  // positions of 10^-10 each
    for (std::int64_t i = 0; i < kDust; ++i) open("D" + std::to_string(i), 1, 1'000'000);
    open("BIG", kDecimalScale, 1'000'000 * kDecimalScale - kDust / 100);
    ClientState& client = positions.clients[0];
    client.rules.of<ExposureRule>(0).limit = &limit;
    REQUIRE(positions.value(client, Measure::kGross) == limit.limit);
    CHECK_FALSE(positions.prefilter.clears(client.bound, limit.inverse));
  }
}

TEST_CASE("the largest contributors of a symbol and of the firm are found among many") {
  RuleSet rules = quiet_rules();
  rules.exposure("client_exposure").enabled = false;
  Desk desk(rules);
  for (int i = 0; i < 500; ++i) {
    const std::string client = "C" + std::to_string(1'000 + i);
    desk.trade(1, client, "A", (i % 2 == 0 ? "-" : "") + std::to_string(1 + i * 7'919 % 500), "10");
    desk.trade(1, client, "B", "1", "1");
  }
  rules.exposure("symbol_exposure").enabled = rules.exposure("firm_exposure").enabled = true;
  rules.exposure("symbol_exposure").limit = rules.exposure("firm_exposure").limit = Money::from_whole(1'000);
  desk.core.set_rules(rules);
  CHECK(desk.tick(2).size() == 2);
  for (const auto& event : desk.events) {
    REQUIRE(event.contributors.size() == kContributorsMax);
    const std::int64_t own = event.entity_type == EntityType::kFirm ? 1 : 0;  // of B, at 1
    for (std::int64_t i = 0; i < std::int64_t{kContributorsMax}; ++i) {
      CHECK(event.contributors[static_cast<std::size_t>(i)].value ==
            Notional::of(Money::from_whole((500 - i) * 10 + own)));
    }
  }
}

TEST_CASE("expected transactions are applied as unexpected ones are") {
  std::mt19937_64 random(3);
  std::vector<Transaction> transactions;
  Desk maker;
  for (int i = 0; i < 5'000; ++i) {
    transactions.push_back(maker.transaction(i * 0.01, "C" + std::to_string(random() % 700),
                                             "S" + std::to_string(random() % 50), random() % 2 == 0 ? "5" : "-7",
                                             std::to_string(90 + random() % 20)));
  }
  RuleSet rules;
  rules.exposure("client_exposure").limit = Money::from_whole(3'000);
  Core plain(rules), keyed(rules, {1, 2});
  std::vector<AlertEvent> plain_events, keyed_events;
  for (const auto& transaction : transactions) CHECK(plain.apply(transaction, plain_events));
  const auto batch = GENERATE(std::size_t{1}, std::size_t{7}, std::size_t{256}, std::size_t{5'000});
  for (std::size_t first = 0; first < transactions.size(); first += batch) {
    const auto count = std::min(batch, transactions.size() - first);
    keyed.expect(std::span(transactions).subspan(first, count));
    for (std::size_t i = 0; i < count; ++i) CHECK(keyed.apply(transactions[first + i], keyed_events));
  }
  CHECK(plain_events == keyed_events);
  CHECK_FALSE(plain_events.empty());
  CHECK(plain.state_hash() == keyed.state_hash());
}

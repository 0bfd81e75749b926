// What a scenario has beside the flow of executions, by its own accounts and judged by the core.
#include "simulator/scenario/scenario.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <vector>

#include "judge.hpp"
#include "simulated.hpp"
#include "support/catch.hpp"

using namespace risk;
using namespace risk::simulator;
using engine::Adjustment;
using engine::AdjustmentKind;
using engine::Transaction;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

namespace {

double factor_of(const Adjustment& split) {
  const auto ratio = engine::SplitRatio::parse(split.ratio).value();
  return static_cast<double>(ratio.new_units) / ratio.old_units;
}

// What everybody holds, from every fill by itself: what it is by now, and of which name.
class Accounts {
 public:
  void take(const wire::Input& input) {
    if (const auto* adjustment = std::get_if<Adjustment>(&input)) adjust(*adjustment);
    if (const auto* transaction = std::get_if<Transaction>(&input)) trade(*transaction);
  }

  std::map<std::pair<std::string, std::string>, double> positions() const {
    std::map<std::pair<std::string, std::string>, double> held;
    for (const auto& [id, fill] : fills_) held[{fill.client, fill.symbol}] += fill.shares;
    return held;
  }

 private:
  struct Fill {
    std::string client, symbol;
    double shares;
  };

  void adjust(const Adjustment& adjustment) {
    adjustments_.push_back(adjustment);
    for (auto& [id, fill] : fills_) become(fill, adjustment);
  }

  static void become(Fill& fill, const Adjustment& adjustment) {
    if (fill.symbol != adjustment.symbol.text) return;
    if (adjustment.kind == AdjustmentKind::kSplit) {
      fill.shares *= factor_of(adjustment);
    } else {
      fill.symbol = adjustment.new_symbol.text;
    }
  }

  void trade(const Transaction& t) {
    if (t.kind != engine::ExecutionKind::kExecution) fills_.erase(t.ref_transaction_id);
    if (t.kind == engine::ExecutionKind::kBust || !known_.insert(t.transaction_id).second) return;
    Fill fill{t.client_id.text, t.symbol.text, number(t.signed_quantity())};
    for (const auto& adjustment : adjustments_) {
      if (t.executed_at < adjustment.effective_at) become(fill, adjustment);
    }
    fills_.emplace(t.transaction_id, fill);
  }

  std::map<std::string, Fill> fills_;  // that stand, by id
  std::set<std::string> known_;        // ids of all that came
  std::vector<Adjustment> adjustments_;
};

}  // namespace

TEST_CASE("a scenario is read by the names of its parts, and unknown ones are refused", "[simulator]") {
  CHECK(of("all") == Scenario::all());
  CHECK(of("none") == Scenario::none());
  CHECK(of("none").is_none());
  CHECK(of("renames,splits").has(ScenarioPart::kSplits));
  CHECK_FALSE(of("renames,splits").has(ScenarioPart::kFutures));
  CHECK(of("renames,splits").to_string() == "splits,renames");
  CHECK(of("duplicates,reversals,wild-prices,late-fills,splits,renames,prices,currencies,futures") == Scenario::all());
  CHECK(Scenario::all().to_string() == "all");
  CHECK(Scenario::none().to_string() == "none");
  for (const char* wrong : {"", "split", "splits,", ",splits", "splits,splits", "all,splits", "none,all", "SPLITS"}) {
    CHECK_FALSE(Scenario::parse(wrong));
  }
}

TEST_CASE("the records of a scenario are the same for the same seed and run, in order of time, and acceptable",
          "[simulator]") {
  const auto options = options_of("all", 3);
  const auto all = generate(options, minutes{30});
  const auto again = generate(options, minutes{30});
  REQUIRE(all.size() == again.size());
  nanoseconds last{0};
  for (std::size_t i = 0; i < all.size(); ++i) {
    REQUIRE(all[i].input == again[i].input);
    REQUIRE(all[i].due >= last);
    last = all[i].due;
    const auto problem = std::visit(
        [](const auto& value) -> std::optional<engine::Rejection> {
          if constexpr (requires { engine::value_problem(value); }) return engine::value_problem(value);
          FAIL("nothing that is generated");
          return std::nullopt;
        },
        all[i].input);
    if (problem) FAIL(problem->field << " " << problem->value << ": " << problem->reason);
  }
  // About one execution in sixteen is of each part, and the rate stays what it is.
  std::size_t of_flow = 0;
  const auto executions = all_of<Transaction>(all);
  for (const auto& t : executions) of_flow += is_listed_for_the_flow(t.symbol.text);
  CHECK(static_cast<double>(of_flow) / static_cast<double>(executions.size()) == Approx(13.0 / 16).margin(0.02));
  const auto plain = generate({.seed = 3}, minutes{30});
  CHECK(static_cast<double>(executions.size()) / static_cast<double>(plain.size()) == Approx(1).margin(0.05));
}

TEST_CASE("the core has nothing to refuse, and holds what every fill by itself comes to", "[simulator]") {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    INFO("seed " << seed);
    auto options = options_of("all", seed);
    options.reversal_probability = options.duplicate_probability = 0.01;
    Judge judge;
    Accounts accounts;
    for (const auto& [due, input] : generate(options, hours{3})) {
      const auto rejection = judge.apply(input);
      if (rejection) FAIL(rejection->field << " " << rejection->value << ": " << rejection->reason);
      accounts.take(input);
    }
    CHECK(judge.core().verify().empty());
    // Without wild prices none is held: splits, renames and contracts that roll come with prices that fit.
    const auto is_of_price = [](const auto& event) { return event.alert_type == engine::AlertType::kPriceDeviation; };
    CHECK(std::none_of(judge.events.begin(), judge.events.end(), is_of_price));
    std::size_t compared = 0;
    auto held = accounts.positions();
    for (const auto& row : judge.core().position_rows()) {
      if (judge.is_future(row.symbol.text)) continue;  // closed when it expires
      const auto expected = held[{row.client_id.text, row.symbol.text}];
      REQUIRE(number(row.quantity) == Approx(expected).margin(1e-6));
      ++compared;
    }
    CHECK(compared > 1'000);
    CHECK(judge.splits() > 15);
    CHECK(judge.renames() > 15);
  }
}

TEST_CASE("what is bought of a name that is split or renamed is sold again in its new terms", "[simulator]") {
  Accounts accounts;
  std::map<std::string, double> price;
  for (const auto& [due, input] : generate(options_of("splits,renames,late-fills", 4), hours{12})) {
    accounts.take(input);
    if (const auto* t = std::get_if<Transaction>(&input)) price[t->symbol.text] = number(t->price);
  }
  double gross = 0;
  for (const auto& [key, shares] : accounts.positions()) {
    if (!is_listed_for_the_flow(key.second)) gross += std::abs(shares) * price[key.second];
  }
  CHECK(gross < 100'000);  // about eighteen orders are open, of 5,000 each, and most of them offset each other
}

TEST_CASE(
    "splits and renames happen to names of the run, at prices that follow, and late fills in old terms come after",
    "[simulator]") {
  std::set<std::string> ratios;
  std::size_t late_of_splits = 0, late_of_renames = 0, busted = 0;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    INFO("seed " << seed);
    const auto all = generate(options_of("splits,renames,late-fills", seed), hours{4});
    std::map<std::string, double> price;                              // by name
    std::map<std::string, Adjustment> renamed;                        // by old name
    std::map<std::string, std::pair<Adjustment, double>> last_split;  // with the price before it, by name
    std::map<std::string, std::size_t> fills;                         // late ones, by id
    std::set<std::string> traded;
    for (const auto& [due, input] : all) {
      if (const auto* a = std::get_if<Adjustment>(&input)) {
        const std::string name = a->symbol.text;
        CHECK(a->effective_at.micros() == kStart.micros() + due.count() / 1'000);
        CHECK_FALSE(is_listed_for_the_flow(name));
        REQUIRE(traded.count(name) == 1);
        if (a->kind == AdjustmentKind::kSplit) {
          ratios.insert(a->ratio);
          last_split[name] = {*a, price[name]};
          price[name] /= factor_of(*a);
        } else {
          REQUIRE(traded.count(a->new_symbol.text) == 0);
          renamed.emplace(name, *a);
          traded.insert(a->new_symbol.text);
          price[a->new_symbol.text] = price[name];
          if (last_split.count(name) != 0) last_split[a->new_symbol.text] = last_split[name];
        }
      }
      const auto* t = std::get_if<Transaction>(&input);
      if (t == nullptr || is_listed_for_the_flow(t->symbol.text)) continue;
      const std::string name = t->symbol.text;
      if (t->kind == engine::ExecutionKind::kBust) {
        REQUIRE(fills.count(t->ref_transaction_id) == 1);
        ++busted;
        continue;
      }
      traded.insert(name);
      const bool is_late = t->executed_at.micros() < kStart.micros() + due.count() / 1'000;
      if (is_late) fills[t->transaction_id] = 1;
      if (renamed.count(name) != 0) {  // whatever still comes under an old name is from before
        REQUIRE(is_late);
        REQUIRE(t->executed_at < renamed.at(name).effective_at);
        ++late_of_renames;
        continue;
      }
      if (last_split.count(name) != 0 && t->executed_at < last_split[name].first.effective_at) {
        const auto& [split, before] = last_split[name];
        REQUIRE(is_late);
        if (before != 0) CHECK(number(t->price) / before == Approx(1).margin(0.5));
        ++late_of_splits;
        continue;
      }
      if (price.count(name) != 0 && price[name] != 0) REQUIRE(number(t->price) / price[name] == Approx(1).margin(0.5));
      if (!is_late) price[name] = number(t->price);
    }
  }
  CHECK(ratios == std::set<std::string>{"10:1", "1:5", "2:1", "4:1"});
  CHECK(late_of_splits >= 3 * 24);
  CHECK(late_of_renames >= 3 * 20);
  CHECK(busted >= 3 * 20);
}

TEST_CASE("a split and a rename come within two minutes, with a late fill and its bust, and then every ten minutes",
          "[simulator]") {
  const auto times = [](double rate, AdjustmentKind kind) {
    auto options = options_of("all");
    options.rate = rate;
    std::vector<nanoseconds> found;
    for (const auto& [due, input] : generate(options, rate > 10 ? minutes{1} : minutes{25})) {
      const auto* adjustment = std::get_if<Adjustment>(&input);
      if (adjustment != nullptr && adjustment->kind == kind) found.push_back(due);
    }
    return found;
  };
  using Times = std::vector<nanoseconds>;
  CHECK(times(2, AdjustmentKind::kSplit) == Times{seconds{30}, seconds{630}, seconds{1230}});
  CHECK(times(2, AdjustmentKind::kRename) == Times{seconds{60}, seconds{660}, seconds{1260}});
  CHECK(times(2'000, AdjustmentKind::kSplit) == Times{seconds{2}});
  CHECK(times(2'000, AdjustmentKind::kRename) == Times{seconds{4}});
  CHECK(times(0.1, AdjustmentKind::kSplit).front() == seconds{45});

  const auto all = generate(options_of("splits,renames,late-fills"), minutes{2});
  std::size_t late = 0, busts = 0;
  for (const auto& [due, input] : all) {
    const auto* t = std::get_if<Transaction>(&input);
    if (t == nullptr) continue;
    late += t->executed_at.micros() < kStart.micros() + due.count() / 1'000;
    busts += t->kind == engine::ExecutionKind::kBust;
  }
  CHECK(late >= 2);
  CHECK(busts == 1);
}

TEST_CASE("instruments come before what is of them, and a contract is traded until it expires", "[simulator]") {
  std::size_t rolls = 0;
  std::set<std::string> contracts;
  std::map<std::string, engine::Instrument> listed;
  for (const auto& [due, input] : generate(options_of("all"), hours{2})) {
    if (const auto* instrument = std::get_if<engine::Instrument>(&input)) {
      if (instrument->expires_at) {
        CHECK(*instrument->expires_at > Timestamp{kStart.nanos + due.count()});
        contracts.insert(instrument->symbol.text);
        ++rolls;
      }
      listed[instrument->symbol.text] = *instrument;
    }
    if (const auto* adjustment = std::get_if<Adjustment>(&input); adjustment && !adjustment->new_symbol.empty()) {
      listed[adjustment->new_symbol.text] = listed.at(adjustment->symbol.text);
    }
    const auto check = [&](const std::string& symbol, const std::string& currency, Timestamp at) {
      if (is_listed_for_the_flow(symbol)) return;
      INFO(symbol);
      REQUIRE(listed.count(symbol) == 1);
      CHECK(currency == listed[symbol].currency);
      if (listed[symbol].expires_at) CHECK(at < *listed[symbol].expires_at);
    };
    if (const auto* t = std::get_if<Transaction>(&input); t && t->kind != engine::ExecutionKind::kBust) {
      check(t->symbol.text, t->currency, t->executed_at);
    }
    if (const auto* price = std::get_if<engine::MarketPrice>(&input)) {
      check(price->symbol.text, price->currency, price->at);
    }
  }
  CHECK(rolls == 30 + 31);  // one in front at the beginning, and one every four minutes, of two products
  CHECK(contracts.size() == rolls);
  for (const auto& name : contracts) {
    INFO(name);
    const bool is_oil = name.starts_with("CL");
    CHECK(name.size() == (is_oil ? 7 : 8));
    CHECK(listed[name].multiplier == Multiplier::from_whole(is_oil ? 1'000 : 5));
    CHECK(listed[name].allows_negative == is_oil);
  }
}

TEST_CASE("each part comes alone, and prices one a second at most", "[simulator]") {
  const auto count = [](const char* names) {
    const auto all = generate(options_of(names), minutes{20});
    return std::array{all_of<Adjustment>(all).size(), all_of<engine::Instrument>(all).size(),
                      all_of<engine::MarketPrice>(all).size(), all_of<engine::ExchangeRate>(all).size()};
  };
  using Counts = std::array<std::size_t, 4>;
  CHECK(count("none") == Counts{0, 0, 0, 0});
  CHECK(count("duplicates,reversals,wild-prices") == Counts{0, 0, 0, 0});
  CHECK(count("splits") == Counts{2, 3, 0, 0});
  CHECK(count("renames") == Counts{2, 3, 0, 0});
  CHECK(count("late-fills") == Counts{0, 3, 0, 0});
  CHECK(count("prices") == Counts{0, 0, 1'199, 0});
  CHECK(count("currencies") == Counts{0, 6, 0, 3 + 239});
  CHECK(count("futures")[1] == 5 + 6);
}

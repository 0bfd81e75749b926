// What several runs have in common: of one seed the executions, of any the contracts and the rates; and what no two
// have.
#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "judge.hpp"
#include "simulated.hpp"
#include "simulator/options.hpp"
#include "simulator/scenario/corporate_actions.hpp"
#include "support/catch.hpp"

using namespace risk;
using namespace risk::simulator;
using engine::Transaction;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

TEST_CASE("the executions of a seed are the same without duplicates, reversals, wild prices or prices beside them",
          "[simulator]") {
  Options defaults;
  defaults.seed = 5;
  const auto executions_of = [&](const char* names) {
    std::vector<Transaction> executions;
    std::set<std::string> known;
    defaults.scenario = of(names);
    for (auto& t : all_of<Transaction>(generate(generator_options(defaults), hours{3}))) {
      const bool is_of_flow = is_listed_for_the_flow(t.symbol.text);
      if (is_of_flow && (t.is_reversal() || !known.insert(t.transaction_id).second)) continue;
      executions.push_back(std::move(t));
    }
    return executions;
  };
  const auto all = executions_of("all");
  CHECK(all.size() > 30'000);
  for (const char* others : {"duplicates,wild-prices,late-fills,splits,renames,prices,currencies,futures",
                             "reversals,wild-prices,late-fills,splits,renames,prices,currencies,futures",
                             "duplicates,reversals,wild-prices,late-fills,splits,renames,currencies,futures"}) {
    INFO(others);
    const auto same = executions_of(others);
    REQUIRE(same.size() == all.size());
    for (std::size_t i = 0; i < all.size(); ++i) REQUIRE(same[i] == all[i]);
  }
  // What differs without wild prices is these.
  const auto tame = executions_of("duplicates,reversals,late-fills,splits,renames,prices,currencies,futures");
  REQUIRE(tame.size() == all.size());
  std::size_t wild = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    Transaction expected = tame[i];
    if (all[i] == expected) continue;
    expected.price = Price::from_units(expected.price.units() * 100);
    REQUIRE(all[i] == expected);
    ++wild;
  }
  CHECK(wild > 20);
}

TEST_CASE("two simulators list the same contracts, whenever they begin", "[simulator]") {
  const auto later = Timestamp{kStart.nanos + 700 * kNanosPerSecond};
  const auto first = generate(options_of("futures", 1), minutes{30});
  const auto second = generate(options_of("futures", 2), minutes{15}, later);
  std::map<std::string, std::set<Timestamp>> expiries;
  for (const auto& instrument : all_of<engine::Instrument>(first)) {
    if (instrument.expires_at) expiries[instrument.symbol.text].insert(*instrument.expires_at);
  }
  std::size_t compared = 0;
  for (const auto& instrument : all_of<engine::Instrument>(second)) {
    if (!instrument.expires_at) continue;
    REQUIRE(expiries[instrument.symbol.text].count(*instrument.expires_at) == 1);
    ++compared;
  }
  CHECK(compared > 6);
}

TEST_CASE("no contract's name comes again within three days", "[simulator]") {
  std::map<std::string, std::set<Timestamp>> expiries;
  auto options = options_of("futures");
  options.rate = options.spike_rate = 0.1;
  for (const auto& instrument : all_of<engine::Instrument>(generate(options, hours{72}))) {
    expiries[instrument.symbol.text].insert(instrument.expires_at.value());
  }
  CHECK(expiries.size() == 1 + 2 * 72 * 15);  // one every four minutes, of two products
  for (const auto& [name, times] : expiries) CHECK(times.size() == 1);
}

TEST_CASE("two simulators tell the same rate of the same five seconds, whenever they begin", "[simulator]") {
  // By currency and slot of time.
  const auto rates_of = [](std::uint64_t seed, minutes time, Timestamp start) {
    std::map<std::pair<std::string, std::int64_t>, Rate> rates;
    for (const auto& [due, input] : generate(options_of("currencies", seed), time, start)) {
      const auto* rate = std::get_if<engine::ExchangeRate>(&input);
      if (rate == nullptr) continue;
      const std::int64_t slot = Timestamp{start.nanos + due.count()}.seconds() / 5;
      const auto [told, is_new] = rates.try_emplace({rate->currency, slot}, rate->rate);
      CHECK(told->second == rate->rate);
    }
    return rates;
  };
  const auto first = rates_of(1, minutes{60}, kStart);
  std::map<std::string, std::set<Rate>> moves;
  for (const auto& [key, rate] : first) moves[key.first].insert(rate);
  for (const auto& [currency, values] : moves) CHECK(values.size() > 100);
  // A currency has every third slot, of each run other ones where it does not begin a multiple of them later; in the
  // first slot a run tells all.
  for (const std::int64_t later_ms : {0, 705'000, 705'001, 1'189'999, 1'231'000}) {
    std::map<std::string, std::size_t> compared;
    const auto second = rates_of(2, minutes{15}, Timestamp{kStart.nanos + later_ms * 1'000'000});
    for (const auto& [key, rate] : second) {
      const auto same = first.find(key);
      if (same == first.end()) continue;
      INFO(later_ms << " ms later: " << key.first << " of slot " << key.second);
      REQUIRE(same->second == rate);
      ++compared[key.first];
    }
    for (const char* currency : {"EUR", "GBP", "JPY"}) CHECK(compared[currency] >= 50);
  }
}

TEST_CASE("rates are in the engine's base currency, which has none itself, and exact to eight places", "[simulator]") {
  const std::set<std::string> currencies{"USD", "EUR", "GBP", "JPY"};
  for (const std::int64_t later : {0, 203, 401}) {
    const Timestamp start{kStart.nanos + later * kNanosPerSecond};
    std::map<std::string, double> dollars{{"USD", 1}};  // at the start
    for (const std::string base : {"USD", "EUR", "GBP", "JPY"}) {
      INFO(base << " " << later);
      auto options = options_of("all");
      options.base_currency = base;
      engine::RuleSet rules;
      rules.base_currency = base;
      Judge judge(std::move(rules));
      std::map<std::string, std::set<Rate>> told;
      for (const auto& [due, input] : generate(options, minutes{30}, start)) {
        const auto rejection = judge.apply(input);
        if (rejection) FAIL(rejection->field << " " << rejection->value << ": " << rejection->reason);
        const auto* rate = std::get_if<engine::ExchangeRate>(&input);
        if (rate == nullptr) continue;
        const double value = static_cast<double>(rate->rate.units()) / kDecimalScale;
        if (base == "USD" && told.count(rate->currency) == 0) dollars[rate->currency] = value;
        if (told.count(rate->currency) == 0) {
          CHECK(value == Approx(dollars[rate->currency] / dollars[base]).epsilon(2e-6));
        }
        CHECK(value == Approx(dollars[rate->currency] / dollars[base]).epsilon(0.022));
        told[rate->currency].insert(rate->rate);
      }
      CHECK(told.size() == 3);
      for (const auto& currency : currencies) {
        CHECK((currency == base ? told.count(currency) == 0 : told[currency].size() > 50));
      }
    }
  }
}

TEST_CASE("no rate is older than one before it, whichever of two streams is ahead of the other", "[simulator]") {
  const auto day = parse_timestamp("2024-09-21T00:00:00Z").value();
  const auto begin_at = [&](std::int64_t before) { return Timestamp{day.nanos - before * kNanosPerSecond}; };
  const auto first = generate(options_of("currencies", 1), minutes{40}, begin_at(1'200));
  for (const std::int64_t before : {1'100, 250, 1, -1, -250}) {
    const auto second = generate(options_of("currencies", 2), minutes{15}, begin_at(before));
    for (const std::int64_t behind : {-299, -5, 0, 5, 299}) {  // seconds that the second stream comes later
      std::multimap<std::int64_t, engine::ExchangeRate> merged;
      const auto add = [&](const auto& all, std::int64_t offset) {
        for (const auto& [due, input] : all) {
          if (const auto* rate = std::get_if<engine::ExchangeRate>(&input)) {
            merged.emplace(due.count() + offset * kNanosPerSecond, *rate);
          }
        }
      };
      add(first, -1'200);
      add(second, -before + behind);
      std::map<std::string, Timestamp> in_force;
      for (const auto& [due, rate] : merged) {
        INFO(before << " " << behind << " " << rate.currency);
        REQUIRE(rate.at >= in_force[rate.currency]);
        in_force[rate.currency] = rate.at;
      }
      CHECK(in_force["EUR"] == day);
    }
  }
  // Each currency has one before anything is traded in it.
  std::set<std::string> known{"USD"};
  for (const auto& [due, input] : first) {
    if (const auto* rate = std::get_if<engine::ExchangeRate>(&input)) known.insert(rate->currency);
    if (const auto* t = std::get_if<Transaction>(&input)) REQUIRE(known.count(t->currency) == 1);
  }
}

TEST_CASE("no symbol that two simulators have comes at prices further apart than the jump guard allows",
          "[simulator]") {
  std::map<std::string, std::pair<double, double>> prices;  // least and greatest
  std::map<std::string, std::set<std::uint64_t>> runs;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    auto options = options_of("all", seed);
    options.symbols = 20 + 5 * static_cast<std::uint32_t>(seed);
    const auto note = [&](const std::string& symbol, double price) {
      const auto [found, is_new] = prices.try_emplace(symbol, price, price);
      found->second = {std::min(found->second.first, price), std::max(found->second.second, price)};
      runs[symbol].insert(seed);
    };
    for (const auto& [due, input] : generate(options, hours{6})) {
      if (const auto* t = std::get_if<Transaction>(&input); t && t->kind != engine::ExecutionKind::kBust) {
        note(t->symbol.text, number(t->price));
      }
      if (const auto* price = std::get_if<engine::MarketPrice>(&input)) note(price->symbol.text, number(price->price));
    }
  }
  std::size_t shared = 0;
  for (const auto& [symbol, range] : prices) {
    if (runs[symbol].size() == 1) continue;
    INFO(symbol);
    CHECK(range.second < 2 * range.first);
    ++shared;
  }
  CHECK(shared >= 35 + 6 + 24);
}

TEST_CASE("the names that are split and renamed are nobody else's", "[simulator]") {
  std::set<std::string> names;
  std::size_t count = 0;
  const auto take = [&](const std::string& name) {
    REQUIRE(name.size() == 8);
    names.insert(name);
    ++count;
  };
  for (std::uint64_t run = 1; run <= 50; ++run) {
    auto options = options_of("splits,renames");
    options.id_prefix = "T" + std::to_string(run);  // one seed, as that of a demo that is started again
    const auto all = generate(options, minutes{12});
    for (const auto& instrument : all_of<engine::Instrument>(all)) take(instrument.symbol.text);
    for (const auto& adjustment : all_of<engine::Adjustment>(all)) {
      if (adjustment.kind == engine::AdjustmentKind::kRename) take(adjustment.new_symbol.text);
    }
  }
  CHECK(count == 50 * (3 + 2));
  // More than come in a month.
  for (std::uint64_t run = 51; run <= 100; ++run) {
    Tickers tickers("T" + std::to_string(run));
    for (int i = 0; i < 1'000; ++i) take(tickers.next().text);
  }
  CHECK(names.size() == count);
  const auto is_letters = [](const std::string& name) {
    return std::all_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  };
  CHECK(std::all_of(names.begin(), names.end(), is_letters));
  std::set<std::string> listed;
  for (const auto& listing : make_listings(100'000)) listed.insert(listing.symbol.text);
  for (const auto& instrument : all_of<engine::Instrument>(generate(options_of("currencies,futures"), hours{1}))) {
    listed.insert(instrument.symbol.text);
  }
  for (const auto& name : listed) REQUIRE((name.size() != 8 || !is_letters(name)));
}

TEST_CASE("splits and renames of a run end, before an engine remembers no more", "[simulator]") {
  auto options = options_of("splits,renames");
  options.rate = options.spike_rate = 0.1;
  std::map<engine::AdjustmentKind, std::size_t> count;
  for (const auto& adjustment : all_of<engine::Adjustment>(generate(options, hours{24 * 7}))) ++count[adjustment.kind];
  CHECK(count[engine::AdjustmentKind::kSplit] == 900);
  CHECK(count[engine::AdjustmentKind::kRename] == 900);
}

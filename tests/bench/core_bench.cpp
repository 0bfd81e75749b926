// The core: transactions a second with every rule on, beside a bare loop of the same look-ups; what prices without
// trades take of its time; and what it keeps of each client and position.
#include <benchmark/benchmark.h>
#include <malloc.h>
#include <unistd.h>

#include <chrono>
#include <ctime>
#include <fstream>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "positions.hpp"
#include "prefetcher.hpp"
#include "workload.hpp"

namespace {

using namespace risk;
using bench::Market;
using bench::Workload;

constexpr std::size_t kTrades = 2'000'000;
constexpr engine::HashKey kKey{0x0123456789abcdef, 0xfedcba9876543210};

// The time that this thread has been given: a machine that others use too says more by it than by its clock.
std::chrono::nanoseconds thread_time() {
  timespec time{};
  RISK_CHECK(::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

// Times only what `apply` does with a batch.
void measure(benchmark::State& state, Workload& workload, const auto& apply) {
  constexpr std::size_t kBatches = 1'000'000 / Workload::kBatch;
  for (auto _ : state) {
    std::chrono::duration<double> seconds{};
    for (std::size_t i = 0; i < kBatches; ++i) {
      const auto batch = workload.next();
      const auto start = thread_time();
      apply(batch);
      seconds += thread_time() - start;
    }
    state.SetIterationTime(seconds.count());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBatches * Workload::kBatch));
}

// A core, or the tables alone, in the steady state of a market; kept from one repetition to the next.
struct CoreUnderLoad {
  explicit CoreUnderLoad(const Market& market) : workload(market, kTrades), core(bench::all_rules(), kKey) {
    core.set_bounds({2'000'000, 100'000, 50'000'000});
    for (const auto& opening : workload.openings()) rejected += core.apply(opening) ? 1 : 0;
    for (std::size_t i = 0; i < kTrades / Workload::kBatch; ++i) apply(workload.next());  // until windows are full
  }

  void apply(std::span<const engine::Transaction> batch) {
    core.expect(batch);
    for (const auto& transaction : batch) rejected += core.apply(transaction, events).ok() ? 0 : 1;
    told += events.size();
    events.clear();
  }

  Workload workload;
  engine::Core core;
  std::vector<engine::AlertEvent> events;
  std::uint64_t rejected = 0, told = 0;
};

struct BareTables {
  explicit BareTables(const Market& market)
      : workload(market, kTrades), positions(kKey, {}), prefetcher(positions, remembered) {
    positions.set_bounds({2'000'000, 100'000, 50'000'000});
    for (const auto& opening : workload.openings()) {
      engine::Positions::Plan plan(engine::Named::in(positions.clients, opening.client_id.text),
                                   engine::Named::in(positions.symbols, opening.symbol.text), opening.price);
      RISK_CHECK(!positions.plan_opening(opening.quantity, plan));
      positions.take(plan, {});
    }
  }

  // Finds client, symbol and position, and changes one figure of each.
  void apply(std::span<const engine::Transaction> batch, bool fetched_ahead) {
    prefetcher.expect(fetched_ahead ? batch : std::span<const engine::Transaction>());
    for (const auto& transaction : batch) {
      const auto [client, symbol] = prefetcher.take(transaction);
      auto& holding = const_cast<engine::Holding&>(positions.holding({client.index, symbol.index}));
      holding.quantity_units += transaction.quantity.units();
      ++positions.clients[client.index].transactions;
      positions.symbols[symbol.index].unit_value = transaction.price;
    }
  }

  Workload workload;
  engine::Positions positions;
  std::vector<engine::RememberedMarks> remembered;  // none
  engine::Prefetcher prefetcher;
};

template <class Setup>
Setup& kept(const std::string& name, const Market& market) {
  static std::map<std::string, std::unique_ptr<Setup>> all;
  auto& setup = all[name];
  if (!setup) setup = std::make_unique<Setup>(market);
  return *setup;
}

void core(benchmark::State& state, const std::string& name, const Market& market) {
  auto& setup = kept<CoreUnderLoad>(name, market);
  const std::uint64_t told = setup.told, applied = setup.core.counters().transactions;
  measure(state, setup.workload, [&](auto batch) { setup.apply(batch); });
  if (setup.rejected != 0) state.SkipWithError("an input was rejected");
  state.counters["events_per_million"] =
      1e6 * static_cast<double>(setup.told - told) / static_cast<double>(setup.core.counters().transactions - applied);
}

void bare(benchmark::State& state, const std::string& name, const Market& market) {
  auto& setup = kept<BareTables>(name, market);
  measure(state, setup.workload, [&](auto batch) { setup.apply(batch, false); });
}

void bare_fetched(benchmark::State& state, const std::string& name, const Market& market) {
  auto& setup = kept<BareTables>(name, market);
  measure(state, setup.workload, [&](auto batch) { setup.apply(batch, true); });
}

Market sized(std::uint32_t clients, double zipf) {
  Market market;
  market.clients = clients;
  market.zipf = zipf;
  return market;
}

Market with_market_maker() {
  Market market;
  market.market_maker_share = 0.1;
  return market;
}

Market with_common_symbol() {
  Market market;
  market.has_common_symbol = true;
  return market;
}

const std::vector<std::pair<std::string, Market>> kMarkets = {
    {"10k_zipf_0", sized(10'000, 0)},         {"10k_zipf_0.99", sized(10'000, 0.99)},
    {"10k_zipf_1.2", sized(10'000, 1.2)},     {"100k_zipf_0", sized(100'000, 0)},
    {"100k_zipf_0.99", sized(100'000, 0.99)}, {"100k_zipf_1.2", sized(100'000, 1.2)},
    {"1M_zipf_0", sized(1'000'000, 0)},       {"1M_zipf_0.99", sized(1'000'000, 0.99)},
    {"1M_zipf_1.2", sized(1'000'000, 1.2)},   {"market_maker", with_market_maker()},
    {"common_symbol", with_common_symbol()},
};

using Run = void (*)(benchmark::State&, const std::string&, const Market&);
const std::vector<std::pair<std::string, Run>> kRuns = {{"core", core}, {"bare", bare}, {"bare_fetched", bare_fetched}};

void register_markets() {
  for (const auto& [name, market] : kMarkets) {
    for (const auto& [what, run] : kRuns) {
      benchmark::RegisterBenchmark(
          (what + "/" + name).c_str(),
          [run = run, name = name, market = market](benchmark::State& state) { run(state, name, market); })
          ->UseManualTime()
          ->Unit(benchmark::kMillisecond)
          ->Iterations(1);
    }
  }
}

// What share of its time the core needs for prices alone: 5,000 symbols, each moved once a second by up to a
// thousandth, held by 100,000 clients, by the default rules.
void prices(benchmark::State& state) {
  constexpr std::int64_t kSeconds = 60;
  const Market market;
  const Workload workload(market, 2);
  engine::Core core(engine::RuleSet{}, kKey);
  std::vector<engine::MarketPrice> symbols(market.symbols);
  for (const auto& opening : workload.openings()) {
    if (core.apply(opening)) state.SkipWithError("a position was rejected");
    const auto number = static_cast<std::size_t>(std::stoul(opening.symbol.text.substr(3)));
    symbols[number] = {opening.symbol, opening.price, "", {}};
  }
  std::mt19937_64 random(42);
  std::vector<engine::AlertEvent> events;
  std::int64_t second = 1'726'790'400;
  for (auto _ : state) {
    std::chrono::duration<double> spent{};
    for (std::int64_t i = 0; i < kSeconds; ++i, ++second) {
      for (std::size_t symbol = 0; symbol < symbols.size(); ++symbol) {
        const std::int64_t units = symbols[symbol].price.units();
        const std::int64_t step = static_cast<std::int64_t>(random() % 2001) - 1000;
        symbols[symbol].price = Price::from_units(units + units / 1'000'000 * step);
        symbols[symbol].at = {second * kNanosPerSecond + static_cast<std::int64_t>(symbol) * 200'000};
      }
      const auto start = thread_time();
      for (const auto& price : symbols) {
        if (!core.apply(price, events)) state.SkipWithError("a price was rejected");
      }
      spent += thread_time() - start;
      events.clear();
    }
    state.SetIterationTime(spent.count());
    state.counters["share_of_a_core"] = spent.count() / static_cast<double>(kSeconds);
  }
}
BENCHMARK(prices)->UseManualTime()->Unit(benchmark::kMillisecond)->Iterations(1);

// What the process holds of the machine's memory.
std::size_t resident() {
  malloc_trim(0);
  std::ifstream statm("/proc/self/statm");
  std::size_t size_pages = 0, resident_pages = 0;
  statm >> size_pages >> resident_pages;
  return resident_pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

// By how much that grows for 100,000 clients with both windows full, with one position and with twenty-one.
void bytes(benchmark::State& state) {
  constexpr std::uint32_t kClients = 100'000, kSymbols = 5'000, kMore = 20;
  for (auto _ : state) {
    const std::size_t before = resident();
    std::size_t with_one = 0, with_all = 0;
    {
      engine::Core core(bench::all_rules(), kKey);
      std::vector<engine::AlertEvent> events;
      const auto trade = [&](std::uint32_t client, std::uint32_t symbol, std::int64_t at) {
        engine::Transaction transaction;
        transaction.transaction_id = "T";
        transaction.executed_at = Timestamp::from_seconds(at);
        transaction.client_id.text = "CLIENT_" + std::to_string(client);
        transaction.symbol.text = "SYM" + std::to_string(symbol % kSymbols);
        transaction.side = engine::Side::kBuy;
        transaction.quantity = Quantity::from_whole(1 + client % 7);
        transaction.price = Price::from_whole(100);
        if (!core.apply(transaction, events)) state.SkipWithError("a transaction was rejected");
        events.clear();
      };
      for (std::int64_t i = 0; i < 110; ++i) {
        for (std::uint32_t client = 0; client < kClients; ++client) trade(client, client, i);
      }
      (void)core.take_changes(engine::Core::Scope::kMarked);
      with_one = resident() - before;
      for (std::uint32_t more = 1; more <= kMore; ++more) {
        for (std::uint32_t client = 0; client < kClients; ++client) trade(client, client + more * 37, 110);
      }
      (void)core.take_changes(engine::Core::Scope::kMarked);
      with_all = resident() - before;
    }
    state.counters["per_client"] = static_cast<double>(with_one) / kClients;
    state.counters["per_position"] = static_cast<double>(with_all - with_one) / (kClients * kMore);
  }
}
BENCHMARK(bytes)->Iterations(1);

}  // namespace

int main(int argc, char** argv) {
  register_markets();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

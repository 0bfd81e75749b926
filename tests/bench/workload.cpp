#include "workload.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <random>
#include <unordered_map>

namespace risk::bench {
namespace {

constexpr std::int32_t kHeldMax = 100;  // shares of one symbol that a client wants at most

// Ranks from 0, the first the likeliest.
class Zipf {
 public:
  Zipf(std::uint32_t count, double exponent) : cumulated_(count) {
    double sum = 0;
    for (std::uint32_t rank = 0; rank < count; ++rank) cumulated_[rank] = sum += std::pow(rank + 1, -exponent);
  }
  std::uint32_t operator()(std::mt19937_64& random) const {
    const double at = std::uniform_real_distribution<>(0, cumulated_.back())(random);
    return static_cast<std::uint32_t>(std::upper_bound(cumulated_.begin(), cumulated_.end() - 1, at) -
                                      cumulated_.begin());
  }

 private:
  std::vector<double> cumulated_;
};

std::uint64_t mixed(std::uint64_t x) {  // splitmix64
  x += 0x9e3779b97f4a7c15;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
  x = (x ^ x >> 27) * 0x94d049bb133111eb;
  return x ^ x >> 31;
}

std::string id(const char* prefix, std::uint32_t number) {
  char text[24];
  std::snprintf(text, sizeof text, "%s%06u", prefix, number);
  return text;
}

}  // namespace

engine::RuleSet all_rules() {
  engine::RuleSet rules;
  rules.exposure("symbol_exposure").limit = Money::from_whole(25'000'000);
  rules.exposure("firm_exposure").limit = Money::from_whole(90'000'000'000);
  rules.velocity("client_velocity").limit = 600;
  rules.velocity("symbol_velocity").limit = 10'000;
  rules.anomaly("system_anomaly").enabled = true;
  return rules;
}

Workload::Workload(const Market& market, std::size_t trades) : market_(market), ranks_(market.symbols) {
  for (std::uint32_t i = 0; i < market.clients; ++i) client_ids_.push_back(id("CLIENT_", i));
  for (std::uint32_t i = 0; i < market.symbols; ++i) symbol_ids_.push_back(id("SYM", i));
  std::mt19937_64 random(42);
  const Zipf by_client(market.clients, market.zipf), by_symbol(market.symbols, market.zipf);
  // The busy are not next to each other.
  std::vector<std::uint32_t> client_of_rank(market.clients);
  std::iota(client_of_rank.begin(), client_of_rank.end(), 0);
  std::shuffle(client_of_rank.begin(), client_of_rank.end(), random);
  std::iota(ranks_.begin(), ranks_.end(), 0);
  std::shuffle(ranks_.begin(), ranks_.end(), random);

  std::vector<std::int32_t> cents(market.symbols);
  for (auto& price : cents) price = static_cast<std::int32_t>(1'000 + random() % 40'000);
  std::lognormal_distribution<> size(std::log(20.0), 1.4);  // half are 20 shares or fewer, the mean is about 52
  std::uniform_real_distribution<> unit(0, 1);
  std::unordered_map<std::uint64_t, std::int32_t> positions;
  trades_.resize(trades / 2);
  for (auto& trade : trades_) {
    trade.client = client_of_rank[by_client(random)];
    trade.symbol = symbol_of(trade.client, static_cast<std::uint32_t>(random() % market.positions));
    if (market.has_common_symbol && unit(random) < 0.05) trade.symbol = 0;
    if (unit(random) < market.market_maker_share) {
      trade.client = 0;
      trade.symbol = ranks_[by_symbol(random)];
    }
    auto& price = cents[trade.symbol];
    price = std::max(price + static_cast<std::int32_t>(random() % 5) - 2, 100);
    trade.cents = price;
    const auto shares = static_cast<std::int32_t>(std::clamp(size(random), 1.0, 100'000.0));
    // Who holds much of a symbol sells it, who is short buys it back.
    std::int32_t& held = positions[std::uint64_t{trade.client} << 32 | trade.symbol];
    const bool buys = held > kHeldMax ? false : held < -kHeldMax ? true : random() % 2 == 0;
    trade.quantity = buys ? shares : -shares;
    held += trade.quantity;
  }
  // Then all of it backwards, so that going round leads where it began.
  for (std::size_t i = trades / 2; i-- > 0;) {
    Trade undo = trades_[i];
    undo.quantity = -undo.quantity;
    trades_.push_back(undo);
  }
  batch_.resize(kBatch);
}

std::uint32_t Workload::symbol_of(std::uint32_t client, std::uint32_t position) const {
  // Squeezed towards the low ranks, so that popular symbols have many holders.
  const double at = static_cast<double>(mixed(std::uint64_t{client} << 20 | position) >> 11) * 0x1p-53;
  return ranks_[static_cast<std::uint32_t>(std::pow(at, 1 + market_.zipf) * market_.symbols)];
}

std::vector<engine::OpeningPosition> Workload::openings() const {
  std::vector<engine::OpeningPosition> all;
  const auto open = [&](std::uint32_t client, std::uint32_t symbol) {
    all.push_back({ClientId(client_ids_[client]), Symbol(symbol_ids_[symbol]),
                   Quantity::from_whole(static_cast<std::int64_t>(mixed(client + symbol) % 41) - 20),
                   Price::from_whole(100), ""});
  };
  for (std::uint32_t client = 0; client < market_.clients; ++client) {
    if (client == 0 && market_.market_maker_share > 0) {
      for (std::uint32_t symbol = 0; symbol < market_.symbols; ++symbol) open(client, symbol);
    }
    for (std::uint32_t position = 0; position < market_.positions; ++position)
      open(client, symbol_of(client, position));
    if (market_.has_common_symbol) open(client, 0);
  }
  return all;
}

std::span<const engine::Transaction> Workload::next() {
  constexpr std::int64_t kStart = 1'726'790'400;  // 2024-09-20T00:00:00Z
  for (auto& transaction : batch_) {
    const Trade& trade = trades_[next_];
    next_ = next_ + 1 == trades_.size() ? 0 : next_ + 1;
    char transaction_id[24];
    std::snprintf(transaction_id, sizeof transaction_id, "T%012llu", static_cast<unsigned long long>(made_));
    transaction.transaction_id = transaction_id;
    transaction.executed_at = Timestamp::from_micros(
        kStart * kMicrosPerSecond + static_cast<std::int64_t>(made_ * kMicrosPerSecond / market_.per_second));
    transaction.client_id.text = client_ids_[trade.client];
    transaction.symbol.text = symbol_ids_[trade.symbol];
    transaction.side = trade.quantity > 0 ? engine::Side::kBuy : engine::Side::kSell;
    transaction.quantity = Quantity::from_whole(std::abs(trade.quantity));
    transaction.price = Price::from_units(std::int64_t{trade.cents} * (kDecimalScale / 100));
    transaction.currency = "USD";
    transaction.broker_id = "BROKER_1";
    transaction.market = "XNAS";
    ++made_;
  }
  return batch_;
}

}  // namespace risk::bench

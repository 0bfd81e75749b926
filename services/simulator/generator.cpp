#include "simulator/generator.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace risk::simulator {
namespace {

constexpr std::uint32_t kBrokers = 8;
constexpr std::uint32_t kOrdersPerClip = 4;  // a program is at most a quarter of the flow
constexpr std::int64_t kUnitsPerCent = kDecimalScale / 100;

std::chrono::nanoseconds interval_of(double rate) {
  return std::chrono::nanoseconds{std::llround(1e9 / rate)};
}

std::vector<ClientId> make_client_ids(std::uint32_t count) {
  std::vector<ClientId> ids;
  ids.reserve(count);
  for (std::uint32_t i = 1; i <= count; ++i) {
    char name[24];
    std::snprintf(name, sizeof name, "CLIENT_%03u", i);
    ids.emplace_back(name);
  }
  return ids;
}

std::vector<std::string> make_broker_ids() {
  std::vector<std::string> ids;
  for (std::uint32_t i = 1; i <= kBrokers; ++i) ids.push_back("BROKER_" + std::to_string(i));
  return ids;
}

}  // namespace

Generator::Generator(const GeneratorOptions& options, Timestamp start)
    : start_(start),
      random_(options.seed),
      population_{Popularity(options.clients), Popularity(options.symbols), options.symbols},
      listings_(make_listings(options.symbols)),
      client_ids_(make_client_ids(options.clients)),
      broker_ids_(make_broker_ids()),
      flow_(options.symbols, options.fat_finger_probability),
      amendments_(options.seed, {.reversal = options.reversal_probability,
                                 .duplicate = options.duplicate_probability,
                                 .wild_price = options.wild_price_probability}),
      interval_(interval_of(options.rate)),
      spike_interval_(interval_of(std::max(options.spike_rate, options.rate))),
      has_spikes_(options.spike_rate > options.rate),
      burst_share_(has_spikes_ ? share_of(1 - options.rate / options.spike_rate) : 0),
      id_(options.id_prefix),
      id_prefix_bytes_(options.id_prefix.size()) {}

std::chrono::nanoseconds Generator::next(engine::Transaction& transaction) {
  const auto due = now_;
  // Beside the next execution: it takes neither its time nor its number.
  if (amendments_.take(transaction)) {
    if (transaction.is_reversal()) transaction.executed_at = now();
    return due;
  }
  spike_on_ = has_spikes_ && bursts_.is_on(due, population_, random_);
  fill_in(transaction, next_order());
  amendments_.note(transaction);
  now_ += spike_on_ ? spike_interval_ : interval_;
  return due;
}

Order Generator::next_order() {
  if (spike_on_ && random_.chance(burst_share_)) return bursts_.next(random_);
  if (++orders_since_clip_ >= kOrdersPerClip) {
    if (const auto clip = programs_.next_if_due(now_, population_, listings_, random_)) {
      orders_since_clip_ = 0;
      return *clip;
    }
  }
  return flow_.next(population_, random_);
}

void Generator::fill_in(engine::Transaction& transaction, const Order& order) {
  char digits[20];
  const auto number_end = std::to_chars(digits, digits + sizeof digits, ++number_).ptr;
  id_.resize(id_prefix_bytes_);
  id_.append(digits, number_end);

  Listing& listing = listings_[order.symbol];
  transaction.transaction_id = id_;
  transaction.executed_at = now();
  transaction.client_id = client_ids_[order.client];
  transaction.symbol = listing.symbol;
  transaction.side = order.side;
  transaction.quantity = Quantity::from_whole(order.shares);
  transaction.price = Price::from_units(move_price(listing, random_) * kUnitsPerCent);
  transaction.currency = "USD";
  transaction.broker_id = broker_ids_[order.client % kBrokers];
  transaction.market = listing.market;
  transaction.kind = engine::ExecutionKind::kExecution;
  transaction.ref_transaction_id.clear();
}

}  // namespace risk::simulator

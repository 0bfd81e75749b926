#include "simulator/generator.hpp"

#include <algorithm>
#include <cmath>

namespace risk::simulator {
namespace {

constexpr std::uint32_t kOrdersPerClip = 4;  // a program is at most a quarter of the flow

std::chrono::nanoseconds interval_of(double rate) {
  return std::chrono::nanoseconds{std::llround(1e9 / rate)};
}

engine::Transaction& transaction_in(wire::Input& input) {
  auto* const transaction = std::get_if<engine::Transaction>(&input);
  return transaction != nullptr ? *transaction : input.emplace<engine::Transaction>();
}

}  // namespace

Generator::Generator(const GeneratorOptions& options, Timestamp start)
    : start_(start),
      random_(options.seed),
      population_{Popularity(options.clients), Popularity(options.symbols), options.symbols},
      listings_(make_listings(options.symbols)),
      blotter_(options.id_prefix, options.clients),
      flow_({.symbol_count = options.symbols, .fat_finger_probability = options.fat_finger_probability}),
      amendments_(options.seed, {.reversal = options.reversal_probability,
                                 .duplicate = options.duplicate_probability,
                                 .wild_price = options.wild_price_probability}),
      world_(World::make({.scenario = options.scenario,
                          .seed = options.seed,
                          .id_prefix = options.id_prefix,
                          .clients = options.clients,
                          .rate = options.rate,
                          .base_currency = options.base_currency},
                         start, listings_, blotter_)),
      interval_(interval_of(options.rate)),
      spike_interval_(interval_of(std::max(options.spike_rate, options.rate))),
      has_spikes_(options.spike_rate > options.rate),
      burst_share_(has_spikes_ ? share_of(1 - options.rate / options.spike_rate) : 0) {}

std::chrono::nanoseconds Generator::next(wire::Input& input) {
  while (true) {
    const auto due = now_;
    if (world_) {
      if (const auto earlier = world_->take(due, input)) return *earlier;
    }
    auto& transaction = transaction_in(input);
    // Beside the next execution: it takes neither its time nor its number.
    if (amendments_.take(transaction)) {
      if (transaction.is_reversal()) transaction.executed_at = now();
      return due;
    }
    spike_on_ = has_spikes_ && bursts_.is_on(due, population_, random_);
    const auto turn = world_ ? world_->next_execution(due, transaction) : World::Turn::kOfTheFlow;
    if (turn == World::Turn::kOfTheFlow) {
      write(transaction, next_order());
      amendments_.note(transaction);
    }
    now_ += spike_on_ ? spike_interval_ : interval_;
    if (turn != World::Turn::kNothing) return due;
  }
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

void Generator::write(engine::Transaction& transaction, const Order& order) {
  Listing& listing = listings_[order.symbol];
  move_price(listing, random_);
  blotter_.write(transaction, order, listing, now());
}

}  // namespace risk::simulator

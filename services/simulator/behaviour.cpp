#include "simulator/behaviour.hpp"

#include <algorithm>

namespace risk::simulator {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

nanoseconds time_between(Random& random, milliseconds low, milliseconds high) {
  return milliseconds{random.between(low.count(), high.count())};
}

engine::Side opposite(engine::Side side) {
  return side == engine::Side::kBuy ? engine::Side::kSell : engine::Side::kBuy;
}

}  // namespace

Order reverse_of(Order order) {
  order.side = opposite(order.side);
  return order;
}

Order Population::any_order(Random& random) const {
  Order order;
  order.client = static_cast<std::uint32_t>(clients.draw(random));
  order.symbol = static_cast<std::uint32_t>(symbols.draw(random));
  order.side = random.below(2) == 0 ? engine::Side::kBuy : engine::Side::kSell;
  return order;
}

EverydayFlow::EverydayFlow(const Options& options)
    : draw_size_(options.draw_size),
      open_typical_(options.open_per_symbol * options.symbol_count),
      fat_finger_share_(share_of(options.fat_finger_probability)) {
  open_.reserve(2 * open_typical_);
}

Order EverydayFlow::next(const Population& population, Random& random) {
  if (random.below(2 * open_typical_) < open_.size()) {
    std::swap(open_[random.below(open_.size())], open_.back());
    const Order closing = reverse_of(open_.back());
    open_.pop_back();
    return closing;
  }
  Order order = population.any_order(random);
  std::int64_t size = draw_size_(random);
  if (random.chance(fat_finger_share_)) size *= random.between(100, 1000);
  order.quantity = Quantity::from_whole(size);
  open_.push_back(order);
  return order;
}

void EverydayFlow::split(std::uint32_t symbol, engine::SplitRatio ratio) {
  for (auto& order : open_) {
    if (order.symbol == symbol) order.quantity = engine::split(order.quantity, ratio).value_or(order.quantity);
  }
}

void EverydayFlow::drop(std::uint32_t symbol) {
  std::erase_if(open_, [symbol](const Order& order) { return order.symbol == symbol; });
}

void Programs::begin(const Population& population, Random& random) {
  const Order order = population.any_order(random);
  client_ = order.client;
  side_ = random.below(10) < 7 ? engine::Side::kBuy : engine::Side::kSell;
  const auto other = (order.symbol + 1 + random.below(std::max<std::size_t>(2, population.symbol_count) - 1));
  legs_[0] = {order.symbol, 0};
  legs_[1] = {static_cast<std::uint32_t>(other % population.symbol_count), 0};
  clips_ = static_cast<std::uint32_t>(random.between(20, 32));
  clips_done_ = 0;
  clip_cents_ = random.between(900'000'00, 1'800'000'00) / clips_;
}

std::optional<Order> Programs::next_if_due(nanoseconds now, const Population& population,
                                           const std::vector<Listing>& listings, Random& random) {
  if (now < next_at_) return std::nullopt;
  if (clips_done_ == 2 * clips_) begin(population, random);

  Leg& leg = legs_[clips_done_ % 2];
  Order order{client_, leg.symbol, side_, {}};
  std::int64_t shares = 0;
  if (clips_done_ < clips_) {
    const std::int64_t cents = clip_cents_ * random.between(80, 120) / 100;
    shares = std::max<std::int64_t>(1, cents / listings[leg.symbol].price_cents);
    leg.shares += shares;
  } else {
    const std::uint32_t clips_left = (2 * clips_ - clips_done_ + 1) / 2;  // of this leg, this one included
    order.side = opposite(side_);
    shares = (leg.shares + clips_left - 1) / clips_left;
    leg.shares -= shares;
  }
  order.quantity = Quantity::from_whole(shares);
  ++clips_done_;

  const bool turns = clips_done_ == clips_ || clips_done_ == 2 * clips_;
  next_at_ = now + (turns ? time_between(random, seconds{8}, seconds{15})
                          : time_between(random, milliseconds{1200}, milliseconds{2200}));
  return order;
}

bool Bursts::is_on(nanoseconds now, const Population& population, Random& random) {
  if (!on_ && now >= begins_at_) {
    on_ = true;
    pattern_ = population.any_order(random);
    ends_at_ = now + time_between(random, seconds{10}, seconds{20});
    begins_at_ = now + time_between(random, seconds{45}, seconds{75});
  } else if (on_ && now >= ends_at_ && !to_close_) {
    on_ = false;
  }
  return on_;
}

Order Bursts::next(Random& random) {
  if (to_close_) {
    const Order closing = reverse_of(*to_close_);
    to_close_.reset();
    return closing;
  }
  Order order = pattern_;
  order.quantity = Quantity::from_whole(draw_shares(random));
  to_close_ = order;
  return order;
}

}  // namespace risk::simulator

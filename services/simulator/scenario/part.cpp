#include "simulator/scenario/part.hpp"

#include <utility>

namespace risk::simulator {

Part::Part(const Setting& setting, std::vector<Listing> listings, EverydayFlow::Options flow)
    : random_(setting.seed),
      blotter_(setting.blotter),
      agenda_(setting.agenda),
      population_{Popularity(setting.clients), Popularity(listings.size()), listings.size()},
      listings_(std::move(listings)),
      flow_(flow) {}

bool Part::trade(std::chrono::nanoseconds now, engine::Transaction& transaction) {
  write(transaction, flow_.next(population_, random_), now);
  return true;
}

void Part::write(engine::Transaction& transaction, const Order& order, std::chrono::nanoseconds at) {
  Listing& listing = listings_[order.symbol];
  move_price(listing, random_);
  blotter_.write(transaction, order, listing, agenda_.instant_of(at));
}

Order Part::opening_order(std::uint32_t listing) {
  Order order = population_.any_order(random_);
  order.symbol = listing;
  order.quantity = Quantity::from_whole(draw_shares(random_));
  return order;
}

}  // namespace risk::simulator

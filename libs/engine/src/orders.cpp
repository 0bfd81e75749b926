#include "orders.hpp"

#include <xxhash.h>

#include <algorithm>

namespace risk::engine {

OrderHash order_hash(std::string_view order_id) {
  const XXH128_hash_t hash = XXH3_128bits(order_id.data(), order_id.size());
  return OrderHash{hash.high64} << 64 | hash.low64;
}

std::uint32_t order_window_ms(const RuleSet& rules) {
  const auto counts_orders = [](const VelocityRule& rule) { return rule.order_window_ms != 0; };
  const auto first = std::find_if(rules.velocity_rules.begin(), rules.velocity_rules.end(), counts_orders);
  return first != rules.velocity_rules.end() ? first->order_window_ms : 0;
}

std::uint8_t OrderIds::place_of(OrderHash id) const {
  const auto* const end = counted.begin() + size;
  const auto* const found = std::find(counted.begin(), end, id);
  return found != end ? static_cast<std::uint8_t>(found - counted.begin()) : kNoId;
}

std::uint8_t OrderIds::add(OrderHash id) {
  const std::uint8_t place = next;
  counted[place] = id;
  size = std::max<std::uint8_t>(size, place + 1);
  next = static_cast<std::uint8_t>((place + 1) % kCounted);
  return place;
}

OrderPart Orders::add_with_id(CurrentOrder& order, const Transaction& execution) {
  OrderIds& ids = order.ids != 0 ? this->ids(order) : add_ids(order);
  const OrderHash id = order_hash(execution.order_id);
  const std::uint8_t place = ids.place_of(id);
  if (place != OrderIds::kNoId && place == ids.current) return OrderPart::kContinuation;
  order.first = {};
  order.symbol = kNone;
  order.sells = 0;
  order.held = 0;
  ids.current = place != OrderIds::kNoId ? place : ids.add(id);
  return place != OrderIds::kNoId ? OrderPart::kReturn : OrderPart::kBeginning;
}

OrderIds& Orders::add_ids(CurrentOrder& order) {
  if (used_ == chunks_.size() * kChunk) chunks_.push_back(std::make_unique<std::array<OrderIds, kChunk>>());
  order.ids = ++used_;
  return ids(order);
}

void Orders::forget() {
  used_ = 0;
  chunks_.clear();
}

}  // namespace risk::engine

// The invariants of the clients' orders.
#include <algorithm>

#include "verify.hpp"

namespace risk::engine {
namespace {

std::string ids_problem(const OrderIds& ids) {
  const bool is_full = ids.size == OrderIds::kCounted;
  if (ids.size > OrderIds::kCounted || ids.next >= OrderIds::kCounted || (!is_full && ids.next != ids.size)) {
    return "it has " + std::to_string(ids.size) + " order ids, and the next would be at place " +
           std::to_string(ids.next);
  }
  if (ids.current != OrderIds::kNoId && ids.current >= ids.size) {
    return "its open order has id " + std::to_string(ids.current) + " of " + std::to_string(ids.size);
  }
  for (std::uint8_t i = 0; i < ids.size; ++i) {
    if (ids.place_of(ids.counted[i]) != i) return "it has an order id twice";
  }
  return "";
}

class OrdersVerifier {
 public:
  explicit OrdersVerifier(Verification& to)
      : to_(to), positions_(to.core.positions), is_used_(Internals::used_ids(positions_.orders)) {}

  void verify() {
    for (ClientIndex index = 0; index < positions_.clients.size(); ++index) {
      const ClientState& client = positions_.clients[index];
      if (auto problem = problem_of(client.order); !problem.empty()) to_.add(name_of(client), problem);
    }
    const auto used = std::count(is_used_.begin(), is_used_.end(), true);
    if (static_cast<std::size_t>(used) != is_used_.size()) {
      to_.add("order ids",
              "of " + std::to_string(is_used_.size()) + " only " + std::to_string(used) + " are a client's");
    }
  }

 private:
  std::string problem_of(const CurrentOrder& order) {
    if (!positions_.orders.are_kept()) {
      return order == CurrentOrder{} ? "" : "it keeps an order, and every execution counts for itself";
    }
    bool has_id = false;
    if (order.ids != 0) {
      if (order.ids > is_used_.size() || is_used_[order.ids - 1]) {
        return "its order ids " + std::to_string(order.ids) + " are not there, or somebody else's too";
      }
      is_used_[order.ids - 1] = true;
      const OrderIds& ids = positions_.orders.ids(order);
      if (auto problem = ids_problem(ids); !problem.empty()) return problem;
      has_id = ids.current != OrderIds::kNoId;
    }
    if (order.symbol == kNone) {
      return (order.ids == 0 || has_id) && order.sells == 0 && order.first == Timestamp{}
                 ? ""
                 : "its open order has neither an id nor a symbol";
    }
    if (has_id) return "its open order has an id and a symbol";
    if (order.symbol >= positions_.symbols.size()) return "its open order is in a symbol that is not there";
    if (!to_.core.now || order.first > *to_.core.now) return "its open order began after now";
    return "";
  }

  Verification& to_;
  const Positions& positions_;
  std::vector<bool> is_used_;  // of the ids that there is room for
};

}  // namespace

void verify_orders(Verification& to) {
  OrdersVerifier(to).verify();
}

}  // namespace risk::engine

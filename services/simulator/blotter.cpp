#include "simulator/blotter.hpp"

#include <charconv>
#include <cstdio>
#include <utility>

namespace risk::simulator {
namespace {

constexpr std::uint32_t kBrokers = 8;

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

Blotter::Blotter(std::string id_prefix, std::uint32_t clients)
    : client_ids_(make_client_ids(clients)),
      broker_ids_(make_broker_ids()),
      id_(std::move(id_prefix)),
      id_prefix_bytes_(id_.size()) {}

void Blotter::write(engine::Transaction& transaction, const Order& order, const Listing& listing,
                    Timestamp executed_at) {
  char digits[20];
  const auto number_end = std::to_chars(digits, digits + sizeof digits, ++number_).ptr;
  id_.resize(id_prefix_bytes_);
  id_.append(digits, number_end);

  transaction.transaction_id = id_;
  transaction.executed_at = executed_at;
  transaction.client_id = client_ids_[order.client];
  transaction.symbol = listing.symbol;
  transaction.side = order.side;
  transaction.quantity = order.quantity;
  transaction.price = price_of(listing.price_cents);
  transaction.currency = listing.currency;
  transaction.broker_id = broker_ids_[order.client % kBrokers];
  transaction.market = listing.market;
  transaction.kind = engine::ExecutionKind::kExecution;
  transaction.ref_transaction_id.clear();
}

}  // namespace risk::simulator

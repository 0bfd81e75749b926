// What makes two executions one and the same, whatever stream, file, restart or day each comes by. It is judged before
// an execution becomes an input: nothing of it is in the core.
//
// The identity of an execution is its broker, market, client, symbol as received, side and transaction_id. One that was
// applied is a duplicate where quantity, price and instant are the same too, else a conflict. A bust has none: it is
// known by what it takes back.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "risk/base/decimal.hpp"
#include "risk/base/timestamp.hpp"
#include "risk/engine/core.hpp"
#include "risk/engine/identity_index.hpp"
#include "risk/engine/transaction.hpp"
#include "risk/engine/types.hpp"

namespace risk::engine {

// What other names a broker is known by: one execution can come by two feeds that name its broker differently.
// Case matters. While it is not changed: any thread.
class BrokerAliases {
 public:
  BrokerAliases() = default;
  explicit BrokerAliases(std::map<std::string, std::string, std::less<>> names) : names_(std::move(names)) {}

  // Replaces what the alias meant before.
  void add(std::string_view alias, std::string_view name) { names_.insert_or_assign(std::string(alias), name); }

  // Precondition: no name is itself an alias.
  std::string_view name_of(std::string_view broker_id) const {
    if (names_.empty()) return broker_id;
    const auto found = names_.find(broker_id);
    return found == names_.end() ? broker_id : std::string_view(found->second);
  }
  const std::map<std::string, std::string, std::less<>>& names() const { return names_; }

  friend bool operator==(const BrokerAliases&, const BrokerAliases&) = default;

 private:
  std::map<std::string, std::string, std::less<>> names_;
};

// How executions are compared with those that were applied.
struct ExecutionOptions {
  std::uint64_t remembered_max = 20'000'000;  // in memory, at most 16 bytes each; older ones are looked up in the store
  BrokerAliases broker_aliases;
};

// Whether two instants are one at the coarser precision of the two, which is seconds, milliseconds, microseconds or
// nanoseconds: the coarsest that loses nothing of an instant is its precision. The finer one is cut off.
bool instants_agree(Timestamp a, Timestamp b);

// What of an execution decides whether another is the same. Texts are in it as keyed hashes: who does not know the key
// can make no two executions look like one, and by chance two of 10^12 do with a probability of 10^-14.
struct ExecutionDigest {
  std::uint64_t identity[2];  // SipHash-1-3, 128 bits, of the identity but for its broker
  std::uint64_t broker = 0;   // SipHash-1-3, of the broker's name
  Quantity quantity;
  Price price;
  Timestamp executed_at;

  // Of an IdentityIndex. Without the broker, so that what is kept holds when the aliases change.
  std::uint64_t fingerprint() const { return identity[0] >> (64 - kFingerprintBits); }
  bool has_identity_of(const ExecutionDigest& other) const {
    return identity[0] == other.identity[0] && identity[1] == other.identity[1] && broker == other.broker;
  }
  // Precondition: has_identity_of(other).
  bool is_duplicate_of(const ExecutionDigest& other) const {
    return quantity == other.quantity && price == other.price && instants_agree(executed_at, other.executed_at);
  }
};

// `key` is the secret of the database whose executions are compared.
ExecutionDigest digest_of(const Transaction& transaction, const BrokerAliases& aliases, const HashKey& key);

// The same of what a bust or a correction names: as a BUY, and as a SELL.
using ReferenceDigests = std::array<ExecutionDigest, 2>;
ReferenceDigests reference_digests_of(const Transaction& reversal, const BrokerAliases& aliases, const HashKey& key);

// Why a transaction is refused that has the identity of an execution that was applied: the first figure in which it
// differs. `applied_as` says what that is, "input 12".
Rejection conflict_of(const Transaction& transaction, const ExecutionDigest& applied, const std::string& applied_as);

}  // namespace risk::engine

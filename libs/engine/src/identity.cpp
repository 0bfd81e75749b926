#include "risk/engine/identity.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "id_hash.hpp"

namespace risk::engine {
namespace {

constexpr std::int64_t kPrecisions[] = {kNanosPerSecond, 1'000'000, kNanosPerMicro, 1};

// The unit of the coarsest precision that loses nothing of the instant.
std::int64_t precision_of(Timestamp instant) {
  return *std::find_if(std::begin(kPrecisions), std::end(kPrecisions),
                       [instant](std::int64_t unit) { return instant.nanos % unit == 0; });
}

// Each text behind its length, so that no two lists of texts give the same bytes. Almost all of them fit in place.
class Joined {
 public:
  void add(std::string_view text) {
    const auto length = static_cast<std::uint32_t>(text.size());
    char prefix[sizeof length];
    std::memcpy(prefix, &length, sizeof length);
    append({prefix, sizeof prefix});
    append(text);
  }
  std::string_view bytes() const {
    return is_long() ? std::string_view(long_) : std::string_view(short_.data(), size_);
  }

 private:
  bool is_long() const { return !long_.empty(); }
  void append(std::string_view bytes) {
    if (!is_long() && size_ + bytes.size() > short_.size()) long_.assign(short_.data(), size_);
    if (is_long()) {
      long_.append(bytes);
    } else {
      bytes.copy(short_.data() + size_, bytes.size());
      size_ += bytes.size();
    }
  }

  std::array<char, 256> short_;
  std::size_t size_ = 0;
  std::string long_;
};

}  // namespace

bool instants_agree(Timestamp a, Timestamp b) {
  const auto unit = std::max(precision_of(a), precision_of(b));
  return floor_divide(a.nanos, unit) == floor_divide(b.nanos, unit);
}

ExecutionDigest digest_of(const Transaction& transaction, const BrokerAliases& aliases, const HashKey& key) {
  Joined identity;
  identity.add(transaction.transaction_id);
  identity.add(transaction.client_id.text);
  identity.add(transaction.symbol.text);
  identity.add(transaction.market);
  identity.add(transaction.side == Side::kBuy ? "B" : "S");
  const auto hash = id_hash_128(identity.bytes(), key);
  return {{hash.low, hash.high},
          id_hash(aliases.name_of(transaction.broker_id), key),
          transaction.quantity,
          transaction.price,
          transaction.executed_at};
}

ReferenceDigests reference_digests_of(const Transaction& reversal, const BrokerAliases& aliases, const HashKey& key) {
  Transaction named = reversal;
  named.transaction_id = reversal.ref_transaction_id;
  named.side = Side::kBuy;
  const ExecutionDigest as_buy = digest_of(named, aliases, key);
  named.side = Side::kSell;
  return {as_buy, digest_of(named, aliases, key)};
}

Rejection conflict_of(const Transaction& t, const ExecutionDigest& applied, const std::string& applied_as) {
  const std::string reason = "conflicts with " + applied_as + ", which was applied with quantity " +
                             applied.quantity.to_string() + ", price " + applied.price.to_string() + ", executed at " +
                             format_timestamp(applied.executed_at);
  if (t.quantity != applied.quantity) return {"quantity", t.quantity.to_string(), reason};
  if (t.price != applied.price) return {"price", t.price.to_string(), reason};
  return {"executed_at", format_timestamp(t.executed_at), reason};
}

}  // namespace risk::engine

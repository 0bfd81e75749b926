// What was applied, as it is stored.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "risk/base/decimal.hpp"
#include "risk/base/short_text.hpp"
#include "risk/base/timestamp.hpp"
#include "risk/engine/types.hpp"

namespace risk::store {

// Where an input came from: a record of a stream. A stream whose journal was reset goes on in a later epoch, with its
// sequences from 1 again.
struct Origin {
  ShortText<32> stream_id;  // 32 hexadecimal digits
  std::uint64_t sequence = 0;
  std::uint64_t epoch = 1;

  friend bool operator==(const Origin&, const Origin&) = default;
};

// The stream_id of an input that is no record of a stream at its turn: a person's command made it, or it had to wait.
// Its sequence is its apply_seq.
inline constexpr char kCommandsOrigin[] = "commands";

// Everything that moved the core, in the order of apply_seq (from 1, gapless). Re-applied in that order it gives the
// same state. A transaction goes to `transactions`, the others to `engine_inputs`.
struct TransactionInput {
  engine::Transaction transaction;
  Price base_price;  // what one unit was worth in base currency at the transaction's own price
  bool late = false;
  bool counted_only = false;                   // its bust or correction came before it: it moved nothing
  std::optional<engine::Original> original{};  // of a bust or a correction: what it takes back

  Notional notional() const { return Notional::of(transaction.quantity, base_price).magnitude(); }
  friend bool operator==(const TransactionInput&, const TransactionInput&) = default;
};
struct TickInput {
  Timestamp time;

  friend bool operator==(const TickInput&, const TickInput&) = default;
};
struct RulesInput {
  std::uint64_t config_version = 0;
  std::string rules;  // bytes: the encoded RuleSet; the store does not look inside

  friend bool operator==(const RulesInput&, const RulesInput&) = default;
};
struct AppliedInput {
  std::uint64_t apply_seq = 0;
  Origin origin;  // stream_id "" for rules
  std::variant<TransactionInput, TickInput, engine::OpeningPosition, RulesInput, engine::MarketPrice,
               engine::ExchangeRate, engine::Instrument, engine::HeldPriceDecision, engine::Adjustment>
      input;

  friend bool operator==(const AppliedInput&, const AppliedInput&) = default;
};

// The inputs of a commit, in order. Keeps its elements, and what their strings have allocated, when it is emptied: to
// make and destroy each of a million a second would take a tenth of the applying thread's time.
class AppliedInputs {
 public:
  AppliedInputs() = default;
  AppliedInputs(const AppliedInput* first, const AppliedInput* last) : slots_(first, last), size_(slots_.size()) {}
  AppliedInputs(std::initializer_list<AppliedInput> inputs) : AppliedInputs(inputs.begin(), inputs.end()) {}
  AppliedInputs(AppliedInputs&& other) noexcept
      : slots_(std::exchange(other.slots_, {})), size_(std::exchange(other.size_, 0)) {}
  AppliedInputs& operator=(AppliedInputs&& other) noexcept {
    slots_ = std::exchange(other.slots_, {});
    size_ = std::exchange(other.size_, 0);
    return *this;
  }
  AppliedInputs(const AppliedInputs& other) : AppliedInputs(other.begin(), other.end()) {}
  AppliedInputs& operator=(const AppliedInputs& other) { return *this = AppliedInputs(other); }

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  AppliedInput* begin() { return slots_.data(); }
  AppliedInput* end() { return slots_.data() + size_; }
  const AppliedInput* begin() const { return slots_.data(); }
  const AppliedInput* end() const { return slots_.data() + size_; }
  AppliedInput& operator[](std::size_t i) { return slots_[i]; }
  const AppliedInput& operator[](std::size_t i) const { return slots_[i]; }
  const AppliedInput& front() const { return slots_.front(); }
  const AppliedInput& back() const { return slots_[size_ - 1]; }

  void push_back(AppliedInput input) {
    extend_to(size_ + 1);
    slots_[size_ - 1] = std::move(input);
  }
  // Elements that are added hold something of before, to be written over whole. Precondition: size >= size().
  void extend_to(std::size_t size) {
    if (size > slots_.size()) slots_.resize(std::max(size, 2 * slots_.size()));
    size_ = size;
  }
  // Precondition: size <= size().
  void shrink_to(std::size_t size) { size_ = size; }
  void clear() { size_ = 0; }

  friend bool operator==(const AppliedInputs& a, const AppliedInputs& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
  }

 private:
  std::vector<AppliedInput> slots_;  // from size_ on: kept for later
  std::size_t size_ = 0;
};

}  // namespace risk::store

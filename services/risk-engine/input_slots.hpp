// Where in the inputs to be stored the records at hand go; for the files of Processor alone.
#pragma once

#include <optional>
#include <utility>

#include "risk-engine/processor.hpp"
#include "risk/base/check.hpp"

namespace risk::risk_engine {

// A transaction as it came, in its place among the inputs.
struct Processor::Arrival {
  log::Record record;
  engine::Transaction& transaction;
  std::size_t expected;  // of those that executions_ was told to expect
  engine::ReceivedAt received_at;
};

// The end of pending_.inputs, with a place for each record at hand: transactions are decoded into the places that they
// keep, unless one before them is not kept. A place holds what an earlier input left there. Before them there is room
// for inputs that come of a record besides itself.
class Processor::InputSlots {
 public:
  InputSlots(store::AppliedInputs& inputs, std::size_t records, std::size_t room)
      : inputs_(inputs), next_(inputs.size() + room), kept_(inputs.size()) {
    inputs.extend_to(inputs.size() + room + records);
  }
  ~InputSlots() { inputs_.shrink_to(kept_); }
  InputSlots(const InputSlots&) = delete;
  InputSlots& operator=(const InputSlots&) = delete;

  // The place of a record, from 0, until it has been kept or passed over.
  engine::Transaction& transaction(std::size_t record) {
    auto& input = inputs_[next_ + record].input;
    auto* transaction = std::get_if<store::TransactionInput>(&input);
    return (transaction != nullptr ? *transaction : input.emplace<store::TransactionInput>()).transaction;
  }
  engine::Transaction& next() { return transaction(0); }

  // Each record goes one of these ways, in order. Gives what was kept, in its place.
  const store::TransactionInput& keep(std::uint64_t apply_seq, const log::Record& record, Price base_price, bool late,
                                      bool counted_only, const std::optional<engine::Original>& original = {}) {
    auto& place = inputs_[next_];
    auto& input = std::get<store::TransactionInput>(place.input);
    input.base_price = base_price;
    input.late = late;
    input.counted_only = counted_only;
    input.original = original;
    if (kept_ != next_) inputs_[kept_].input = std::move(place.input);
    keep_from(apply_seq, record);
    return std::get<store::TransactionInput>(inputs_[kept_ - 1].input);
  }
  void keep(std::uint64_t apply_seq, const log::Record& record, decltype(store::AppliedInput::input) input) {
    inputs_[kept_].input = std::move(input);
    keep_from(apply_seq, record);
  }
  // What was decoded there can be of any size: it is not kept for later.
  void pass_over() { inputs_[next_++].input.emplace<store::TransactionInput>(); }

  // Besides the records. Precondition: there is room.
  void add(store::AppliedInput input) {
    RISK_CHECK(kept_ < next_);
    inputs_[kept_++] = std::move(input);
  }

 private:
  void keep_from(std::uint64_t apply_seq, const log::Record& record) {
    inputs_[kept_].apply_seq = apply_seq;
    // Each by itself: one that is put together elsewhere is read there once all that was written before has arrived.
    auto& origin = inputs_[kept_].origin;
    origin.stream_id = record.stream().text;
    origin.sequence = record.sequence();
    origin.epoch = record.epoch();
    ++kept_;
    ++next_;
  }

  store::AppliedInputs& inputs_;
  std::size_t next_;  // of the record that comes
  std::size_t kept_;  // the end of those that are kept
};

}  // namespace risk::risk_engine

// Records of the stream "transactions": values to bytes and back (proto/risk/v1/transaction.proto).
//
// Decoding judges the bytes, not the transaction: an unknown side or a negative price is a value, which the core
// rejects with its field. Unknown fields are skipped, so that a newer publisher can talk to an older engine.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "risk/base/result.hpp"
#include "risk/engine/types.hpp"

namespace risk::wire {

inline constexpr char kTransactionsTopic[] = "transactions";

struct Tick {
  Timestamp time;
  friend bool operator==(const Tick&, const Tick&) = default;
};

// An input that its reader could not turn into a transaction.
struct RejectedInput {
  engine::Rejection rejection;
  std::string raw;  // the row, printable
  friend bool operator==(const RejectedInput&, const RejectedInput&) = default;
};

using Input = std::variant<engine::Transaction, Tick, engine::OpeningPosition, RejectedInput, engine::MarketPrice,
                           engine::ExchangeRate, engine::Instrument, engine::Adjustment>;

// Where an input was read, so that a rejection can be found again, and when.
struct Provenance {
  std::string source;                      // the file's name, up to 200 bytes; empty of a live feed
  std::optional<std::uint64_t> line;       // in the file, from 1
  std::optional<Timestamp> received_at{};  // by the publisher's clock, to the microsecond
  friend bool operator==(const Provenance&, const Provenance&) = default;
};

struct Decoded {
  Input input;
  Provenance provenance;
};

std::string encode(const Input& input, const Provenance& provenance = {});
// The same into `bytes`, whose memory is used again.
void encode(const Input& input, const Provenance& provenance, std::string& bytes);

// Keeps its memory between calls: one for a thread.
class InputDecoder {
 public:
  InputDecoder();
  ~InputDecoder();

  // Errors: "not a TransactionRecord", "an empty TransactionRecord", "line 18446744073709551615: out of range",
  // "received_at -1 us: out of range".
  Result<Decoded> decode(std::string_view payload);
  // Whether it is a transaction, which nearly every record is; it is then in `into`, where the memory of its strings is
  // used again, and `received_at` is that of its Provenance. If not, decode() says what it is, and both are
  // unspecified.
  bool decode_transaction(std::string_view payload, engine::Transaction& into, std::optional<Timestamp>& received_at);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace risk::wire

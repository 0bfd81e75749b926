// A transaction alone in its record, as a live feed sends them, written and read without protobuf's objects: filling
// and emptying those took as long as all that the core does with one. The bytes are protobuf's own.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "risk/base/timestamp.hpp"
#include "risk/engine/types.hpp"

namespace risk::wire {

// What a v1::TransactionRecord with the transaction, when it was received and nothing else is serialized to.
void write_plain(const engine::Transaction& transaction, std::optional<Timestamp> received_at, std::string& bytes);

// Whether the bytes are such a record, with no field unknown, all text in ASCII and both instants in range; it is then
// in `into`, where the memory of its strings is used again, and in `received_at`. False does not mean that they are
// wrong: the generated code says what they are.
bool read_plain(std::string_view bytes, engine::Transaction& into, std::optional<Timestamp>& received_at);

}  // namespace risk::wire

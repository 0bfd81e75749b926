// What a FIX message says of executions: fills, fills taken back (busts), fills replaced by others (corrections), or
// nothing at all. Reads ExecutionReports (35=8) of FIX 4.2, 4.4 and 5.0 SP2 and TradeCaptureReports (35=AE) of the
// latter two. Pure. Threads: any.
//
//   a fill        150=F; of FIX 4.2 also 150=1 or 2 with 20=0 and LastShares above 0; 35=AE with 487=0 or none
//   a bust        150=H; of FIX 4.2 20=1; 35=AE with 487=1: of the execution that ExecRefID names
//   a correction  150=G; of FIX 4.2 20=2; 35=AE with 487=2: the same, and what it becomes
//   a status      every other ExecType of the standard (150=I above all), 20=3, and other kinds of message
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "drop-copy/fix/message.hpp"
#include "risk/base/result.hpp"
#include "risk/engine/transaction.hpp"

namespace risk::drop_copy {

enum class FixVersion : std::uint8_t { k42, k44, k50Sp2 };

// Where a session's messages have what FIX leaves to the parties.
struct FixMapping {
  int client_party_role = 0;           // of the party that is the client; 0: the client is Account (1)
  int trader_party_role = 0;           // of the party that is the trader; 0: none is read
  bool symbol_is_security_id = false;  // SecurityID (48) instead of Symbol (55)
  std::string broker_id;
  std::string market;  // of every execution; "": that of LastMkt (30)
};

// What a message says of the contract that its symbol stands for.
struct ContractTerms {
  std::optional<Multiplier> multiplier;  // nothing: it does not say
  std::optional<Timestamp> expires_at;   // the same
  std::string asset_class;
};

struct Execution {
  // Not judged by engine::value_problem() yet. Of a bust quantity and price are those of the message, if it has them.
  engine::Transaction transaction;
  ContractTerms terms;
};

struct NoExecution {};

// A message that cannot be used.
struct Unusable {
  int tag = 0;  // the field at fault; 0: the message as a whole
  std::string value;
  std::string reason;  // a clause for a person: "is missing"
  friend bool operator==(const Unusable&, const Unusable&) = default;
};

using Meaning = std::variant<NoExecution, std::vector<Execution>, Unusable>;

// Of a session of `version`; a message of FIXT may say another version for itself (1128).
Meaning read_executions(const FixMessage& message, FixVersion version, const FixMapping& mapping);

// The field of FIX that a field of the transaction was read from: 32 of "quantity"; 0 of one that the settings give.
int tag_of_field(std::string_view field, const FixMapping& mapping);

// YYYYMMDD-HH:MM:SS with up to 9 places of a second.
Result<Timestamp> parse_utc_timestamp(std::string_view text);

}  // namespace risk::drop_copy

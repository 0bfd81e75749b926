// Commands to the engine and its answers (proto/risk/v1/control.proto).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "risk/base/result.hpp"
#include "risk/base/timestamp.hpp"
#include "risk/engine/adjustment.hpp"
#include "risk/wire/alert.hpp"

namespace risk::wire {

struct AcknowledgeAlert {
  std::uint64_t alert_id = 0;
  std::string comment;  // may be empty
  friend bool operator==(const AcknowledgeAlert&, const AcknowledgeAlert&) = default;
};
struct AssignAlert {
  std::uint64_t alert_id = 0;
  std::string assignee;  // 1 to 50 bytes
  friend bool operator==(const AssignAlert&, const AssignAlert&) = default;
};
struct CommentAlert {
  std::uint64_t alert_id = 0;
  std::string comment;  // 1 to 1000 bytes
  friend bool operator==(const CommentAlert&, const CommentAlert&) = default;
};
struct Cleanup {
  std::uint32_t days = 0;  // 0 to 36500
  friend bool operator==(const Cleanup&, const Cleanup&) = default;
};

// What became of an alert event that a channel did not deliver.
struct DeliveryRecord {
  enum class Outcome : std::uint8_t { kRefused = 1, kGivenUp = 2, kPartly = 3 };
  std::string channel;  // "slack", 1 to 50 bytes
  std::uint64_t event_id = 0;
  std::uint64_t alert_id = 0;
  Outcome outcome = Outcome::kRefused;
  std::string answer;  // what the channel said last, at most 400 bytes
  Timestamp at;        // of the outcome
  friend bool operator==(const DeliveryRecord&, const DeliveryRecord&) = default;
};
std::string_view to_string(DeliveryRecord::Outcome outcome);  // "REFUSED", "GIVEN_UP", "PARTLY"

struct RecordDeliveries {
  std::string stream_id;                // of the alert events
  std::vector<DeliveryRecord> records;  // 1 to kDeliveryRecordsMax
  friend bool operator==(const RecordDeliveries&, const RecordDeliveries&) = default;
};
inline constexpr std::size_t kDeliveryRecordsMax = 100;  // with the longest answers still one request of 64 KiB

struct DecideQuarantined {
  enum class Action : std::uint8_t { kApply = 1, kDrop = 2 };
  std::uint64_t quarantine_id = 0;
  Action action = Action::kDrop;
  std::string reason;  // 1 to 1000 bytes
  friend bool operator==(const DecideQuarantined&, const DecideQuarantined&) = default;
};

struct Adjust {
  engine::Adjustment adjustment;
  friend bool operator==(const Adjust&, const Adjust&) = default;
};

// One that waits for its instant.
struct WithdrawAdjustment {
  std::uint64_t adjustment_id = 0;
  std::string reason;  // 1 to 1000 bytes
  friend bool operator==(const WithdrawAdjustment&, const WithdrawAdjustment&) = default;
};

struct Command {
  std::string actor;  // who asks, 1 to 50 bytes
  std::variant<AcknowledgeAlert, AssignAlert, CommentAlert, Cleanup, RecordDeliveries, DecideQuarantined, Adjust,
               WithdrawAdjustment>
      command;
  friend bool operator==(const Command&, const Command&) = default;
};

// Why the command cannot be sent: field, value and what is wrong with it ("days 99999: must be at most 36500"), or
// nothing when it can. Names and comments must not pass for others (risk/base/text.hpp).
std::optional<std::string> command_problem(const Command& command);

// Precondition: its texts are UTF-8.
std::string encode(const Command& command);
// Errors are those of command_problem(), and of bytes that are no command.
Result<Command> decode_command(std::string_view payload);

struct CleanupResult {
  std::uint64_t alerts = 0;
  std::uint64_t alert_events = 0;
  std::uint64_t metrics = 0;
  std::uint64_t quarantine = 0;
  std::uint64_t deliveries = 0;
  friend bool operator==(const CleanupResult&, const CleanupResult&) = default;
};

// Comes when the command's effect is stored, or when it has none; after 5 s with kUnavailable, and then it may have one
// yet.
struct CommandReply {
  enum class Outcome : std::uint8_t { kDone = 1, kNotFound = 2, kConflict = 3, kInvalid = 4, kUnavailable = 5 };
  Outcome outcome = Outcome::kDone;
  std::string reason;                 // for a person, unless kDone
  std::optional<AlertMessage> event;  // what came of an alert's command
  std::optional<CleanupResult> cleanup;
  friend bool operator==(const CommandReply&, const CommandReply&) = default;
};

std::string encode(const CommandReply& reply);
Result<CommandReply> decode_command_reply(std::string_view payload);

}  // namespace risk::wire
